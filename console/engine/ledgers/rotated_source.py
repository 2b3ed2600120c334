"""The records of one ledger wherever they are: in its own file, and in those that it was rotated into."""

import os
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from console.model.finding import Finding
from console.model.record import Cursor, Record, RecordBatch
from console.sources.discover import open_sources
from console.sources.files import opened, read_at
from console.sources.findings import add_large
from console.sources.protocol import MAX_RECORD, FileState, Skipped, Source, SourceError
from console.verify.catalogue import finding

HEAD = 4096
"""Bytes by which a file is known again while its ledger is read."""
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


@dataclass(frozen=True, slots=True)
class Beginning:
    """The first stored bytes of a file: how many, and their SHA-256."""

    size: int
    digest: bytes

    def still(self, path: str) -> bool:
        """True if the file begins so now. Raises ``SourceError``."""
        return beginning(path, self.size) == self


def beginning(path: str, most: int = HEAD) -> Beginning:
    """How a file begins. Raises ``SourceError``."""
    with opened(path) as descriptor:
        data = read_at(path, descriptor, 0, most)
    return Beginning(len(data), sha256(data).digest())


class RotatedSource:
    """The files of one ledger as one source, to be read from its beginning. ``volumes`` are (first ordinal, source),
    the ordinal 1 where it is not known.

    An offset also says which file it is in. The unfinished last line of a file that is not the newest is a record.
    ``beginnings`` say how each file begins: where one begins otherwise when its turn comes, it was rotated meanwhile,
    and reading ends, because records may have been left out.
    """

    def __init__(self, volumes: Sequence[tuple[int, Source]], beginnings: Sequence[Beginning] = ()) -> None:
        self._volumes = volumes
        self._beginnings = beginnings
        newest = volumes[-1][1]
        self.path, self.member, self.container = newest.path, newest.member, newest.container
        self.fixed = getattr(newest, "fixed", False)

    @property
    def files(self) -> list[Source]:
        """The files, oldest first."""
        return [source for _, source in self._volumes]

    def batches(self, start: Cursor = _START) -> Iterator[RecordBatch]:
        """See ``Source.batches``."""
        ordinal, (at, offset) = start.ordinal, divmod(start.offset, _VOLUME)
        for number, (first, source) in enumerate(self._volumes):
            if number < at:
                continue
            ordinal = max(ordinal, first)
            place = Cursor(ordinal, offset if number == at else 0)
            batches = source.batches(place)
            batch = next(batches, None)  # from here on its file is open
            self._ensure(number)
            if batch is None and number > at:  # whoever reads is in this file, though no record of it is whole
                yield RecordBatch(ordinal, [], [], [], Cursor(ordinal, number * _VOLUME))
            while batch is not None:
                place = batch.next
                yield self._in_volume(batch, number)
                batch = next(batches, None)
            if number + 1 < len(self._volumes) and (tail := source.tail(place)) is not None:
                place = Cursor(tail.ordinal + 1, tail.offset + tail.length)
                whole = RecordBatch(tail.ordinal, [tail.offset], [tail.length], [tail.raw], place)
                if tail.length > MAX_RECORD:
                    whole = RecordBatch(tail.ordinal, [], [], [], place)
                    add_large(whole, tail.offset, tail.length, None)
                yield self._in_volume(whole, number)
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

    def _ensure(self, number: int) -> None:
        """Raise ``SourceError`` if the file is not the one that it was."""
        path = self._volumes[number][1].path
        if self._beginnings and not self._beginnings[number].still(path):
            words = f"{os.path.basename(path)} became another file while the ledger was read. Verify it again."  # noqa: PTH119
            raise SourceError(self.path, finding("container.replaced", words))

    def _in_volume(self, batch: RecordBatch, number: int) -> RecordBatch:
        """A batch of one file, with offsets that say which, and findings that do so in words."""
        if not number and len(self._volumes) == 1:
            return batch
        base = number * _VOLUME
        if not number:
            moved = batch
        elif batch.lines is not None:
            moved = RecordBatch.of_lines(batch.first, base + batch.offset, batch.lines)
        else:
            behind = Cursor(batch.next.ordinal, base + batch.next.offset)
            moved = RecordBatch(batch.first, [base + each for each in batch.offsets], batch.lengths, batch.raws, behind)
        moved.leaves, moved.torn, moved.recovered = batch.leaves, batch.torn, batch.recovered
        if (place := batch.offset_in) is not None:
            moved.offset_in = lambda index, begin: base + place(index, begin)
        moved.findings = [named(each, self._volumes[number][1].path) for each in batch.findings]
        return moved


def named(found: Finding, path: str) -> Finding:
    """A container's finding that points at no record says which file it speaks of."""
    if found.record is not None:
        return found
    return replace(found, message=f"{os.path.basename(path)}: {found.message}")  # noqa: PTH119 - the text of the path


def files_of(source: Source) -> list[Source]:
    """The files of a ledger, oldest first."""
    return source.files if isinstance(source, RotatedSource) else [source]


def file_number(offset: int) -> int:
    """Which of its ledger's files a place of a ``RotatedSource`` is in."""
    return offset // _VOLUME


def place_of(number: int, offset: int) -> int:
    """The place in a ``RotatedSource`` of an offset in one of its files."""
    return number * _VOLUME + offset


def in_file(offset: int) -> int:
    """The offset in that file."""
    return offset % _VOLUME


def source_at(path: str, member: str | None) -> Source | None:
    """The ledger of this place, None if there is none now."""
    try:
        found = open_sources(path)
    except SourceError:
        return None
    return next((each for each in found if not isinstance(each, Skipped) and each.member == member), None)
