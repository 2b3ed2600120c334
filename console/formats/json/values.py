"""Single values that a scan's columns need a look at: the unusual ones, one by one."""

import json
from functools import cache
from hashlib import blake2b

from console.formats.json.flags import Kind

NO_KEY = bytes(8)
KEYED = frozenset((int(Kind.ESCAPED), int(Kind.INTEGER)))
"""Kinds beside usual texts that have keys."""
_GOLDEN, _ALL = 0x9E3779B97F4A7C15, 2**64 - 1


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


def mark_of(raw: bytes) -> int:
    """A signed 64-bit number, never 0, that equal texts have in common and others hardly ever: cheaper than a key, and
    no secret, so that what it suspects is to be looked at."""
    mark = len(raw)
    for at in range(0, len(raw), 8):
        mark = ((mark ^ int.from_bytes(raw[at : at + 8], "little")) * _GOLDEN) & _ALL
        mark ^= mark >> 32
    return (mark or 1) - (mark >> 63 << 64)


@cache
def kinds_table(kinds: tuple[Kind, ...]) -> bytes:
    """For ``bytes.translate``: 1 for these kinds, 0 for others."""
    return bytes(kind in kinds for kind in range(256))
