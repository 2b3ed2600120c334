"""Plain records of a batch in bulk: which they are, what they decode to, and the stretches in which they stand.

A record is plain if the scanner proves it: one object from which no decoder drops anything. Then msgspec may decode it
among others without any further guard. What a type refuses is found by decoding record by record, which costs a third
more than the bulk does; no record is decoded more than twice.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from console.formats.json.scan import Scan, rows_of
from console.formats.reading.findings import Place
from console.model.record import RecordBatch


class Typed:
    """Decodes plain records into objects of one msgspec type, which says of every key what it may hold.

    Integers of plain records have at most 15 digits, so that types need no bounds to keep them exact.
    """

    __slots__ = ("_lines", "_one")

    def __init__(self, type: Any) -> None:
        decoder = msgspec.json.Decoder(type)
        self._lines, self._one = decoder.decode_lines, decoder.decode

    def objects(self, scan: Scan, rows: Sequence[int]) -> list[Any]:
        """What these plain rows decode to; None for those that the type refuses."""
        whole = len(rows) == scan.count
        data, starts, ends = scan.data, scan.starts, scan.ends
        raws = [] if whole else [data[starts[row] : ends[row]] for row in rows]
        try:
            found: list[Any] = self._lines(data if whole else b"\n".join(raws))
        except msgspec.DecodeError:
            return [*map(self._each, raws or map(scan.record, rows))]
        return found

    def _each(self, raw: bytes) -> Any:
        try:
            return self._one(raw)
        except msgspec.DecodeError:
            return None


class Run:
    """Plain records that stand together in a batch, from its row ``start`` on. Rows of a run count from 0.

    ``scan`` has their columns alone, ``objects`` what they decode to (empty where a reader has no types). A system's
    own columns are attributes of a subclass.
    """

    __slots__ = ("batch", "objects", "scan", "start")

    def __init__(self, batch: RecordBatch, scan: Scan, start: int, objects: Sequence[Any]) -> None:
        self.batch = batch
        self.scan = scan
        self.start = start
        self.objects = objects

    def __len__(self) -> int:
        return self.scan.count

    def place(self, row: int) -> Place:
        """Where a record is."""
        at = self.start + row
        return Place(self.batch.first + at, self.batch.offsets[at], self.batch.lengths[at])

    def offset(self, row: int) -> int:
        """Where a record starts in the ledger."""
        batch = self.batch
        return batch.offsets[self.start + row] if batch.lines is None else batch.offset + self.scan.starts[row]

    def raw(self, row: int) -> bytes:
        """A record's bytes."""
        return self.scan.record(row)

    def part(self, low: int, high: int) -> slice:
        """Rows of the run as rows of the batch."""
        return slice(self.start + low, self.start + high)


def stretches_of(mask: bytes | bytearray) -> Iterator[tuple[int, int]]:
    """Where ones stand together: the first, and the one behind the last."""
    low = mask.find(1)
    while low >= 0:
        high = mask.find(0, low)
        high = len(mask) if high < 0 else high
        yield low, high
        low = mask.find(1, high)


def decoded(scan: Scan, plain: bytearray, types: Sequence[Typed], which: Sequence[int] | None) -> list[Any]:
    """One object for each row, of the plain ones; None for others, and for those that their type refuses.

    ``which`` names each row's type; None is the first for all.
    """
    rows = [*rows_of(plain)]
    if which is None:
        found = types[0].objects(scan, rows)
        if len(rows) == scan.count:
            return found
        parts = [(rows, found)]
    else:
        of: list[list[int]] = [[] for _ in types]
        for row in rows:
            of[which[row]].append(row)
        parts = [(some, each.objects(scan, some)) for some, each in zip(of, types, strict=True) if some]
    objects: list[Any] = [None] * scan.count
    for some, values in parts:
        for row, value in zip(some, values, strict=True):
            objects[row] = value
    return objects
