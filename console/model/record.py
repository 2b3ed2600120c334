"""Raw units of a ledger, before anyone asks what they mean.

A batch of lines is one block of bytes until somebody asks for more: whoever takes it whole pays for no list.
"""

from array import array
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from itertools import accumulate
from operator import sub
from typing import Any

from console.model.finding import Finding


@dataclass(frozen=True, slots=True)
class Record:
    """One raw unit: ``ordinal`` from 1, ``offset`` and ``length`` in bytes of the decoded stream (row id for SQLite).

    ``raw`` holds the exact bytes without the LF that ends a line; a CR before it belongs to the record.
    """

    ordinal: int
    offset: int
    length: int
    raw: bytes


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where reading goes on: the ordinal of the next record, and the offset at which it starts."""

    ordinal: int = 1
    offset: int = 0


class RecordBatch:
    """Consecutive records of one ledger.

    ``raws[i]`` has ordinal ``first + i`` and starts at ``offsets[i]``; ``lengths[i]`` is its length in the ledger. It
    differs from ``len(raws[i])`` only where bytes were skipped (``record.too-large``: the raw is then empty). ``lines``
    is set when the batch is one run of LF-ended lines: it is exactly ``b"\\n".join(raws) + b"\\n"``, so that a fast
    decoder can take it whole; the lists, and how many they are, are then made when first asked for. ``next`` is the
    cursor behind the last record. ``leaves`` holds what a source already knows of record hashes (records that are too
    large, or lost), by index; ``leaf_of`` makes the hash of the record at an index where it is not that of its raw.
    ``findings`` are the container's own. ``torn``: the first record begins within a line, behind another one.
    ``offset_in`` gives the place in the ledger of a byte within the record at an index, where records are no stretches
    of the ledger's bytes. ``recovered`` are indexes of whole records that were found in damaged lines. ``scanned`` is
    what a scanner found in the records, kept for the next who asks.
    """

    __slots__ = (
        *("_lengths", "_next", "_offset", "_offsets", "_places", "_raws"),
        *("findings", "first", "leaf_of", "leaves", "lines", "offset_in", "recovered", "scanned", "torn"),
    )

    def __init__(
        self,
        first: int,
        offsets: list[int],
        lengths: list[int],
        raws: list[bytes],
        next: Cursor,
        lines: bytes | None = None,
        leaves: dict[int, bytes] | None = None,
        findings: list[Finding] | None = None,
    ) -> None:
        self.first = first
        self.lines = lines
        self.leaves = {} if leaves is None else leaves
        self.findings = [] if findings is None else findings
        self.leaf_of: Callable[[int], bytes] | None = None
        self.offset_in: Callable[[int, int], int] | None = None
        self.torn = False
        self.recovered: Sequence[int] = ()
        self.scanned: Any = None
        self._offsets: list[int] | None = offsets
        self._lengths: list[int] | None = lengths
        self._raws: list[bytes] | None = raws
        self._next: Cursor | None = next
        self._places: tuple[array[int], array[int]] | None = None
        self._offset = 0

    @classmethod
    def of_lines(cls, first: int, offset: int, lines: bytes) -> "RecordBatch":
        """The records of whole LF-ended lines that start at ``offset``."""
        batch = cls(first, [], [], [], Cursor(), lines)
        batch._offset = offset
        batch._offsets = batch._lengths = batch._raws = batch._next = None
        return batch

    @property
    def next(self) -> Cursor:
        if self._next is None:
            assert self.lines is not None
            self.counted(self.lines.count(b"\n"))
        assert self._next is not None
        return self._next

    @next.setter
    def next(self, cursor: Cursor) -> None:
        self._next = cursor

    @property
    def offset(self) -> int:
        """Where the first record starts; where there is none, where it would."""
        return self._offsets[0] if self._offsets else self._offset

    @property
    def end(self) -> int:
        """``next.offset``, without counting lines."""
        if self._next is not None or self.lines is None:
            return self.next.offset
        return self._offset + len(self.lines)

    def counted(self, records: int) -> None:
        """Who decodes the lines knows how many they are: it need not be counted again."""
        if self._next is None and self.lines is not None:
            self._next = Cursor(self.first + records, self._offset + len(self.lines))

    def renumbered(self, by: int) -> "RecordBatch":
        """The same records with ordinals that are so much higher: the batch's source counts on from its own."""
        found = copy(self)
        found.first += by
        if found._next is not None:
            found._next = replace(found._next, ordinal=found._next.ordinal + by)
        found.findings = [
            each if each.record is None else replace(each, record=each.record + by) for each in self.findings
        ]
        return found

    def located(self, starts: "array[int]", ends: "array[int]") -> None:
        """Who has scanned the lines knows where in them each record starts and ends."""
        self.counted(len(starts))
        self._places = starts, ends

    @property
    def raws(self) -> list[bytes]:
        if self._raws is None:
            assert self.lines is not None
            self._raws = self.lines.split(b"\n")
            self._raws.pop()
        return self._raws

    @property
    def lengths(self) -> list[int]:
        if self._lengths is None:
            self._lengths = (
                [len(raw) for raw in self.raws] if self._places is None else [*map(sub, *self._places[::-1])]
            )
        return self._lengths

    @property
    def offsets(self) -> list[int]:
        if self._offsets is None and self._places is not None:
            self._offsets = [self._offset + start for start in self._places[0]]
        elif self._offsets is None:
            assert self.lines is not None
            self._offsets = list(accumulate([length + 1 for length in self.lengths], initial=self._offset))
            self._offsets.pop()
        return self._offsets

    def __len__(self) -> int:
        return len(self._raws) if self._raws is not None else self.next.ordinal - self.first
