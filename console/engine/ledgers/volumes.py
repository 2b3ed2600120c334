"""The records of one ledger wherever they are now: in its own file, and in those that it was rotated into."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from console.model.record import Cursor, Record, RecordBatch
from console.sources.discover import open_sources
from console.sources.protocol import FileState, Skipped, Source, SourceError
from console.verify.catalogue import finding

_START = Cursor()
_VOLUME = 1 << 44
"""Offsets of one file in a row of files, more than any file has bytes."""


class VolumeReader:
    """Reads records of a ledger by ordinal. ``volumes`` are (first ordinal, path, member), oldest first."""

    def __init__(self, volumes: Sequence[tuple[int, str, str | None]]) -> None:
        self._volumes = volumes
        self._sources: dict[tuple[str, str | None], Source | None] = {}

    def read(self, ordinal: int, offset: int, length: int) -> bytes:
        """The bytes of a record. Raises ``SourceError``."""
        at = bisect_right([first for first, _, _ in self._volumes], ordinal) - 1
        _, path, member = self._volumes[at]
        if (path, member) not in self._sources:
            self._sources[path, member] = source_at(path, member)
        source = self._sources[path, member]
        if source is None:
            words = "The file with these records cannot be opened any more."
            raise SourceError(path, finding("container.unreadable", words))
        return source.read(offset, length)


class RotatedSource:
    """The files of one ledger as one source, to be read from its beginning. ``volumes`` are (first ordinal, source).

    An offset also says which file it is in. The unfinished last line of a file that is not the newest is a record.
    """

    def __init__(self, volumes: Sequence[tuple[int, Source]]) -> None:
        self._volumes = volumes
        newest = volumes[-1][1]
        self.path, self.member, self.container = newest.path, newest.member, newest.container

    def batches(self, start: Cursor = _START) -> Iterator[RecordBatch]:
        """See ``Source.batches``."""
        ordinal, (at, offset) = start.ordinal, divmod(start.offset, _VOLUME)
        for number, (first, source) in enumerate(self._volumes):
            if number < at:
                continue
            ordinal = max(ordinal, first)
            place = Cursor(ordinal, offset if number == at else 0)
            for batch in source.batches(place):
                place = batch.next
                yield _in_volume(batch, number)
            if number + 1 < len(self._volumes) and (tail := source.tail(place)) is not None:
                place = Cursor(tail.ordinal + 1, tail.offset + tail.length)
                yield _in_volume(RecordBatch(tail.ordinal, [tail.offset], [tail.length], [tail.raw], place), number)
            ordinal = place.ordinal

    def tail(self, start: Cursor) -> Record | None:
        """See ``Source.tail``."""
        newest = len(self._volumes) - 1
        at, offset = divmod(start.offset, _VOLUME)
        found = self._volumes[-1][1].tail(Cursor(start.ordinal, offset if at == newest else 0))
        return None if found is None else replace(found, offset=found.offset + newest * _VOLUME)

    def read(self, offset: int, length: int) -> bytes:
        """See ``Source.read``."""
        at, offset = divmod(offset, _VOLUME)
        return self._volumes[at][1].read(offset, length)

    def state(self) -> FileState:
        """The newest file's, with the size of all."""
        states = [source.state() for _, source in self._volumes]
        return replace(states[-1], size=sum(each.size for each in states))


def _in_volume(batch: RecordBatch, number: int) -> RecordBatch:
    """A batch of one file, with offsets that say which."""
    if not number:
        return batch
    base = number * _VOLUME
    if batch.lines is not None:
        moved = RecordBatch.of_lines(batch.first, base + batch.offset, batch.lines)
    else:
        behind = Cursor(batch.next.ordinal, base + batch.next.offset)
        moved = RecordBatch(batch.first, [base + each for each in batch.offsets], batch.lengths, batch.raws, behind)
    moved.leaves, moved.findings = batch.leaves, batch.findings
    return moved


def source_at(path: str, member: str | None) -> Source | None:
    """The ledger of this place, None if there is none now."""
    try:
        found = open_sources(path)
    except SourceError:
        return None
    return next((each for each in found if not isinstance(each, Skipped) and each.member == member), None)
