"""Whole runs of lines at once: decoding that proves as much as the careful way does, at a tenth of its cost.

A run is accepted only if encoding what was decoded gives its very bytes again: then no key stands twice, none is
unknown, there is no white space, and every line is one object. What is not accepted is halved, and ends at the careful
way line by line.
"""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Raw

from console.formats.json.flags import MAX_DEPTH
from console.formats.json.strict import SAFE_INTEGER

_REQUIRED = ("id", "dealId", "type", "payload", "authorityContext", "evidenceRefs", "createdAt")
_CHAIN = ("sequenceNumber", "previousEventHash", "eventHash")
_TYPES: dict[str, Any] = {
    "id": Annotated[str, msgspec.Meta(min_length=1)],
    "dealId": Annotated[str, msgspec.Meta(min_length=1)],
    "type": str,
    "payload": dict[str, Any],
    "actorId": str | None,
    "authorityContext": Raw,
    "evidenceRefs": list[str],
    "sequenceNumber": Annotated[int, msgspec.Meta(ge=0)],
    "previousEventHash": str | None,
    "eventHash": str | None,
    "createdAt": str,
}
_DIGITS = bytes(48 if 48 <= byte <= 57 else 58 if byte in b":,[-" else byte for byte in range(256))
_LONG = b":" + b"0" * 16
"""A number of 16 digits or more in compact JSON, once digits and what may stand before a number look alike."""
_SHORT = 2 * MAX_DEPTH
_encode_lines = msgspec.json.Encoder().encode_lines
_decode_objects = msgspec.json.Decoder(dict[str, Any]).decode_lines
_decode_any = msgspec.json.Decoder().decode
_REFUSED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Run:
    """Decoded lines: ``events`` have the fields of an API event, their payloads as values; ``payloads`` are the texts
    of these."""

    __slots__ = ("events", "payloads")

    def __init__(self, events: list[Any], payloads: list[str]) -> None:
        self.events = events
        self.payloads = payloads


class LineDecoder:
    """Decodes runs of API events, in whatever order their keys stand; remembers layouts and contexts it has proved."""

    def __init__(self) -> None:
        self._layouts: dict[tuple[str, ...], Any] = {}
        self._contexts: set[bytes] = set()

    def decode(self, lines: bytes, first: bytes) -> Run | None:
        """The run of LF-ended lines, of which ``first`` is the first. None: not accepted."""
        decoder = self._layout(first)
        if decoder is None:
            return None
        try:
            events = decoder(lines)
            if _encode_lines(events) != lines:
                return None
            encoded = _encode_lines([event.payload for event in events])
            if not self._contexts_hold(events):
                return None
        except _REFUSED:
            return None
        if _holds_long(encoded) and not all(_is_safe(event.payload) for event in events):
            return None
        texts = encoded.decode().split("\n")
        texts.pop()
        if max(map(len, texts)) > _SHORT and any(
            len(text) > _SHORT and text.count("{") + text.count("[") >= MAX_DEPTH - 1 for text in texts
        ):
            return None
        return Run(events, texts)

    def _layout(self, first: bytes) -> Any:
        try:
            document = _decode_any(first)
        except _REFUSED:
            return None
        if type(document) is not dict:
            return None
        keys = tuple(document)
        found = self._layouts.get(keys)
        if found is None and len(self._layouts) < 64:
            names = set(keys)
            if names.issuperset(_REQUIRED) and names.issuperset(_CHAIN) and names.issubset(_TYPES):
                layout = msgspec.defstruct("Line", [(key, _TYPES[key]) for key in keys], gc=False)
                found = msgspec.json.Decoder(layout).decode_lines
            self._layouts[keys] = found
        return found

    def _contexts_hold(self, events: Sequence[Any]) -> bool:
        """Whether every authorityContext is a plain object, proved once for each distinct text."""
        fresh = {bytes(event.authorityContext) for event in events} - self._contexts
        if not fresh:
            return True
        texts = list(fresh)
        joined = b"\n".join(texts) + b"\n"
        objects = _decode_objects(joined)
        if len(objects) != len(texts) or _encode_lines(objects) != joined:
            return False
        if any(len(text) > _SHORT for text in texts) or not all(map(_is_safe, objects)):
            return False
        if len(self._contexts) > 4096:
            self._contexts.clear()
        self._contexts |= fresh
        return True


def _holds_long(text: bytes) -> bool:
    """Whether it may hold a long number; a string may look like one."""
    return _LONG in text.translate(_DIGITS)


def _is_safe(value: Any) -> bool:
    """Whether every integer in it is one that JavaScript holds exactly, and every number is finite."""
    todo = [value]
    while todo:
        item = todo.pop()
        kind = type(item)
        if kind is dict:
            todo.extend(item.values())
        elif kind is list:
            todo.extend(item)
        elif (kind is int and not -SAFE_INTEGER <= item <= SAFE_INTEGER) or (kind is float and item - item != 0):
            return False
    return True
