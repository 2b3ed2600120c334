"""Proof by counting that a typed decoder dropped no key: each key's closing quote is followed by its colon, and there
are as many of these as keys in what was decoded.

``strict.decode`` does the same for any object; this is for formats whose sound records have a known type.
"""

from typing import Any

from console.formats.strict import MAX_DEPTH, SAFE_INTEGER


def plain(lines: bytes | None) -> bool:
    """Whether these records hold nothing that could part a key from its colon, and no escapes: ``countable`` is then
    true of each."""
    return lines is not None and not (b"\t" in lines or b"\r" in lines or b"\\" in lines or b" :" in lines)


def countable(raw: bytes) -> bytes | None:
    """The record with its escaped quotes masked; None if a key may stand apart from its colon."""
    masked = raw.replace(b"\\\\", b"__").replace(b'\\"', b"__") if b"\\" in raw else raw
    return None if b" :" in masked or b"\n" in raw or b"\t" in raw or b"\r" in raw[:-1] else masked


def keys(value: Any, depth: int = MAX_DEPTH - 3) -> int:
    """How many keys there are in an object or array at any depth; -1 if a number or the depth needs the careful way."""
    if not depth:
        return -1
    if type(value) is dict:
        total, items = len(value), value.values()
    else:
        total, items = 0, value
    for each in items:
        kind = type(each)
        if kind is str:
            continue
        if kind is dict or kind is list:
            inner = keys(each, depth - 1)
            if inner < 0:
                return -1
            total += inner
        elif (kind is int or kind is float) and not -SAFE_INTEGER < each < SAFE_INTEGER:
            return -1
    return total
