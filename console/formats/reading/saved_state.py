"""What a reader keeps between starts, as bytes: MessagePack, also for texts that hold half of a surrogate pair.

JSON can spell such a half; UTF-8, and so MessagePack, cannot. Where one occurs, all texts are escaped, behind a mark
that begins no MessagePack value.
"""

import json
import re
from collections.abc import Callable
from typing import Any

import msgspec

from console.model.event import StreamKey

_MARK = b"\xc1"
_ESCAPED = re.compile(r"\\(?:\\|u(d[89a-f][0-9a-f]{2}))")


def pack(value: object) -> bytes:
    """The bytes of a value of plain types and msgspec structs."""
    try:
        return msgspec.msgpack.encode(value)
    except UnicodeEncodeError:
        plain = msgspec.to_builtins(value, builtin_types=(bytes,))
        return _MARK + msgspec.msgpack.encode(_texts(plain, _escape))


def unpack(data: bytes, type: Any) -> Any:
    """The value of this type that ``pack`` was given."""
    if data[:1] != _MARK:
        return msgspec.msgpack.decode(data, type=type)
    return msgspec.convert(_texts(msgspec.msgpack.decode(data[1:]), _unescape), type)


def stream_name(kind: str, key: str) -> str | StreamKey:
    """The name under which a reader's state of a stream is kept: the stream's own, where that is UTF-8."""
    try:
        key.encode()
    except UnicodeEncodeError:
        return json.dumps(["stream", kind, key])
    return StreamKey(kind, key)


def stream_of(name: str | StreamKey) -> StreamKey | None:
    """The stream that ``stream_name`` named; None for other names."""
    if isinstance(name, str) and name.startswith('["stream", '):
        return StreamKey(*json.loads(name)[1:])
    return name if isinstance(name, StreamKey) else None


def _texts(value: Any, change: Callable[[str], str]) -> Any:
    """The same value with each text changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list | tuple | set | frozenset):
        return type(value)(_texts(each, change) for each in value)
    if isinstance(value, dict):
        return {_texts(key, change): _texts(each, change) for key, each in value.items()}
    return value


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").encode("utf-8", "backslashreplace").decode()


def _unescape(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)) if found[1] else "\\", text)
