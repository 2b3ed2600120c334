"""Where records stand that cannot be read: what stood there may have been any event of any stream.

A link across such a place is not known, and nobody is accused of it. Unreadable records next to each other are one
hole, so that a damaged ledger costs a few bytes for each of its readable records at most.
"""

import json
from array import array
from bisect import bisect_left
from collections.abc import Iterator

from console.formats.reading.findings import Place
from console.formats.reading.saved_state import pack, unpack
from console.model.event import StreamKey

_TOGETHER = 512
"""Holes that are saved in one item: a long list is not saved whole for each new one."""
_MARK = '["holes", '


class Holes:
    """The holes of one ledger, in its order: ordinals of their first and last record, and where the first starts."""

    __slots__ = ("_columns", "_saved")

    def __init__(self) -> None:
        self._columns = tuple(array("q") for _ in range(4))
        self._saved = 0
        """Holes that did not change since they were saved."""

    def __len__(self) -> int:
        return len(self._columns[0])

    def add(self, place: Place) -> None:
        """A record that cannot be read; it comes behind all that are known."""
        self._add(place.ordinal, place.ordinal, place.offset, place.length)

    def between(self, low: int, high: int) -> Place | None:
        """The first record of the last hole between these two ordinals; None where there is none."""
        at = self.before(high)
        return self.place(at) if at >= 0 and self._columns[0][at] > low else None

    def before(self, ordinal: int) -> int:
        """Which hole is the last one that begins before this ordinal; -1 for none."""
        return bisect_left(self._columns[0], ordinal) - 1

    def place(self, at: int) -> Place:
        """The first record of a hole."""
        first, _, offset, length = (column[at] for column in self._columns)
        return Place(first, offset, length)

    def extend(self, more: "Holes", by: int) -> None:
        """Take in those of the part of the ledger behind, whose ordinals grow by ``by``."""
        for first, last, offset, length in zip(*more._columns, strict=True):
            self._add(first + by, last + by, offset, length)

    def _add(self, first: int, last: int, offset: int, length: int) -> None:
        firsts, lasts, offsets, lengths = self._columns
        if lasts and lasts[-1] == first - 1:
            lasts[-1] = last
            self._saved = min(self._saved, len(self) - 1)
            return
        for column, value in zip((firsts, lasts, offsets, lengths), (first, last, offset, length), strict=True):
            column.append(value)

    def save(self) -> Iterator[tuple[str, bytes]]:
        """Holes that changed since this was last asked, as items for ``restore``."""
        start = self._saved // _TOGETHER * _TOGETHER if self._saved < len(self) else len(self)
        for low in range(start, len(self), _TOGETHER):
            part = [column[low : low + _TOGETHER].tolist() for column in self._columns]
            yield json.dumps(["holes", low]), pack(part)
        self._saved = len(self)

    def restore(self, name: str | StreamKey, data: bytes) -> bool:
        """Restore one item; items come in any order. False if it is none of these."""
        if not isinstance(name, str) or not name.startswith(_MARK):
            return False
        low = json.loads(name)[1]
        for column, values in zip(self._columns, unpack(data, list[list[int]]), strict=True):
            column.extend([0] * (low + len(values) - len(column)))
            column[low : low + len(values)] = array("q", values)
        self._saved = len(self)
        return True


class Excuses:
    """The holes of a ledger for one walk along a chain: each explains one broken link of it, not several."""

    def __init__(self, holes: Holes) -> None:
        self._holes = holes
        self._below: dict[int, int] = {}
        """For holes that explained a link already, the one before them."""

    def take(self, one: int, other: int) -> Place | None:
        """The first record of a hole between the records with these ordinals, in whatever order they stand."""
        low, high = min(one, other), max(one, other)
        at = free = self._holes.before(high)
        while free in self._below:
            free = self._below[free]
        while at in self._below:  # the next one to ask comes there at once
            self._below[at], at = free, self._below[at]
        if free < 0 or self._holes.place(free).ordinal <= low:
            return None
        self._below[free] = free - 1
        return self._holes.place(free)
