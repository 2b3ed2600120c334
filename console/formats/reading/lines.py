"""Sound records by the hundred: decoded at once into typed objects, and proved to have lost nothing.

A decoder silently keeps the last of two equal keys. Encoding what was decoded gives each key and text again, so that
where as many colons come out as went in, nothing was dropped, in whatever order and with whatever white space it was
written. What is not proved is halved, down to single records, which are read the careful way (``strict``).
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import msgspec

from console.formats.json.strict import SAFE_INTEGER
from console.model.record import RecordBatch

LEVELS = 6
"""Brackets in brackets that an open value may have here."""

_FEW = 8
"""Records that are not halved where other decoders take them."""
SafeInteger = Annotated[int, msgspec.Meta(gt=-SAFE_INTEGER, lt=SAFE_INTEGER)]


def _open(levels: int) -> Any:
    plain: Any = str | SafeInteger | float | bool | None
    if not levels:
        return plain
    inner: Any = _open(levels - 1)
    return plain | dict[str, inner] | list[inner]


Open: Any = _open(LEVELS)
"""Any JSON value of a few levels whose integers are exact everywhere."""
OpenObject: Any = dict[str, _open(LEVELS - 1)]  # type: ignore[misc]  # made at run time


class Decoder:
    """Decodes records of one msgspec type, which says of every key what it may hold."""

    def __init__(self, type: Any) -> None:
        self._decode = msgspec.json.Decoder(type).decode_lines
        self._encode = msgspec.json.Encoder().encode

    def read(self, raws: list[bytes], lines: bytes) -> list[Any] | None:
        """One object for each of these records, which ``lines`` holds one behind the other; None if one of them needs
        a second look."""
        # Objects may only meet where records do: then each record is one object.
        if {raw[:1] for raw in raws} != {b"{"} or not {raw[-1:] for raw in raws} <= {b"}", b"\r"}:
            return None
        if b"\r" in lines and not all(raw.endswith((b"}", b"}\r")) for raw in raws):
            return None
        if b"\\" in lines and (b"\\u003a" in lines or b"\\u003A" in lines):
            return None
        try:
            found = self._decode(lines)
            if len(found) != len(raws) or self._encode(found).count(b":") != lines.count(b":"):
                return None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        return found


def stretches(
    batch: RecordBatch, decoders: Sequence[Decoder], others: Decoder | None = None
) -> Iterator[tuple[int, list[Any] | None]]:
    """The records of a batch in their order: the index of a first one, and the objects from there on; None for a
    single record that needs the careful way. ``others`` is for the few records that no decoder takes.
    """
    raws = batch.raws
    todo = [(0, len(raws))]
    while todo:
        start, stop = todo.pop()
        some = raws if stop - start == len(raws) else raws[start:stop]
        lines = batch.lines if some is raws and batch.lines is not None else b"\n".join(some)
        able = [*decoders, others] if others is not None and len(some) <= _FEW else decoders
        found = next((objects for objects in (each.read(some, lines) for each in able) if objects is not None), None)
        if found is None and stop - start > 1:
            middle = (start + stop) // 2
            todo += [(middle, stop), (start, middle)]
        elif stop > start:
            yield start, found
