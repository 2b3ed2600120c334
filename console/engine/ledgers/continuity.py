"""How a file relates to what was read from it. Content decides; size and times only hint.

The first and the last record that were read of a file are its marks: where both still stand, what lies between them is
taken for unchanged (``row_comparison`` looks closer where there is reason to). Records are compared by their hashes, as
the index holds them, so that nothing of a ledger needs to be kept.
"""

import os
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from console.model.record import Cursor
from console.sources.discover import open_sources
from console.sources.identity import matches
from console.sources.protocol import Skipped, Source, SourceError
from console.store.protocol import RecordsOf

NEIGHBOURS = 1000
"""Files of a folder that are looked at for the earlier content of a ledger."""


class Continuity(Enum):
    """How the present content relates to what was read."""

    SAME = "what was read is still there"
    SHRUNK = "the end of what was read is gone"
    REWRITTEN = "what was read has changed"
    REPLACED = "another content stands in its place"
    GONE = "the file is not there"


@dataclass(frozen=True, slots=True)
class Mark:
    """A record that must still be found: its place and its hash."""

    offset: int
    length: int
    leaf: bytes


Marks = tuple[Mark | None, Mark | None]
"""The first and the last record; None where nothing was read."""


async def marks(index: RecordsOf, ledger: int, records: int) -> Marks:
    """The marks of the newest file of a ledger, after so many records were read."""
    first = (await index.volumes(ledger))[-1].first
    if records < first:
        return None, None
    return await mark(index, ledger, first), await mark(index, ledger, records)


async def mark(index: RecordsOf, ledger: int, ordinal: int) -> Mark | None:
    """A record by which a file can be known again."""
    where = await index.place(ledger, ordinal)
    digest = await index.record_hash(ledger, ordinal)
    return None if where is None or digest is None else Mark(where.offset, where.length, digest)


def compare(source: Source, next: Cursor, first: Mark | None, last: Mark | None) -> Continuity:
    """Compare a source with the first and last record that were read from it."""
    if not exists(source):
        return Continuity.GONE
    if first is None or last is None:
        return Continuity.SAME
    if not holds(source, first):
        return Continuity.REPLACED if source.state().size else Continuity.SHRUNK
    if holds(source, last):
        return Continuity.SAME
    shorter = source.container == "jsonl" and source.state().size < next.offset
    return Continuity.SHRUNK if shorter else Continuity.REWRITTEN


def moved_to(source: Source, first: Mark | None, last: Mark | None, *, besides: set[str]) -> Source | None:
    """Another file of the same folder that holds what was read from ``source``: it was rotated or compressed.

    Files in ``besides`` are ledgers of their own. Those whose name begins alike are looked at first.
    """
    if first is None or last is None:
        return None
    here = Path(source.path)
    try:
        with os.scandir(here.parent) as entries:
            names = [entry.name for _, entry in zip(range(NEIGHBOURS), entries, strict=False) if entry.is_file()]
    except OSError:
        return None
    stem = here.name.split(".")[0]
    names.sort(key=lambda name: (not name.startswith(stem), name))
    for name in names:
        path = str(here.with_name(name))
        if name == here.name or path in besides:
            continue
        for other in open_sources(path):
            if not isinstance(other, Skipped) and holds(other, last) and holds(other, first):
                return other
    return None


def exists(source: Source) -> bool:
    """True if its file is there."""
    try:
        source.state()
    except SourceError:
        return False
    return True


def holds(source: Source, mark: Mark) -> bool:
    """True if a record is still where it was read."""
    try:
        return matches(source, [(mark.offset, mark.length, mark.leaf)])
    except SourceError:
        return False


def is_file(path: str) -> bool:
    """True if a file stands at this path."""
    return os.path.isfile(path)  # noqa: PTH113 - the text of the path


def size_of(path: str) -> int:
    """Bytes of a file, 0 if there is none."""
    try:
        return os.path.getsize(path)  # noqa: PTH202 - the text of the path
    except OSError:
        return 0
