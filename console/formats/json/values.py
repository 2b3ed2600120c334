"""Single values that a scan's columns need a look at: the unusual ones, one by one."""

import json
from functools import cache
from hashlib import blake2b

from console.formats.json.flags import Kind

NO_KEY = bytes(8)
KEYED = frozenset((int(Kind.ESCAPED), int(Kind.INTEGER)))
"""Kinds beside usual texts that have keys."""


def unescaped(raw: bytes) -> str:
    """The text of a JSON string with its quotes."""
    text: str = json.loads(raw.decode())
    return text


def key_of(prefix: bytes, raw: bytes, kind: int, salt: bytes) -> bytes:
    """The key of a value that is no usual text."""
    if kind == Kind.ESCAPED:
        raw = unescaped(raw).encode("utf-8", "surrogatepass")
    elif kind == Kind.INTEGER:
        raw = b"0" if raw == b"-0" else raw
    else:
        return NO_KEY
    return blake2b(prefix + raw, digest_size=8, salt=salt).digest()


@cache
def kinds_table(kinds: tuple[Kind, ...]) -> bytes:
    """For ``bytes.translate``: 1 for these kinds, 0 for others."""
    return bytes(kind in kinds for kind in range(256))
