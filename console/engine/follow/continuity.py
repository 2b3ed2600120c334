"""Whether a file still holds what was read from it. Content decides; size and times only hint."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from console.model.record import Cursor
from console.sources.base import Skipped, Source, SourceError
from console.sources.discover import open_sources
from console.sources.identity import matches
from console.sources.leaf import leaf

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


def compare(source: Source, next: Cursor, first: Mark | None, last: Mark | None) -> Continuity:
    """Compare a source with the first and last record that were read from it."""
    if first is None or last is None:
        return Continuity.SAME if exists(source) else Continuity.GONE
    if not exists(source):
        return Continuity.GONE
    if holds(source, last) and holds(source, first):
        return Continuity.SAME
    size = source.state().size
    if not holds(source, first):
        return Continuity.REPLACED if size else Continuity.SHRUNK
    return Continuity.SHRUNK if source.container == "jsonl" and size < next.offset else Continuity.REWRITTEN


async def all_hold(source: Source, first: int, last: int, leaves: AsyncIterator[bytes]) -> bool:
    """Whether records ``first`` to ``last`` of a source are still those of these hashes. Raises ``SourceError``."""
    for batch in source.batches(Cursor(first, 0)):
        for index, raw in enumerate(batch.raws):
            if batch.first + index > last:
                return True
            known = await anext(leaves, None)
            if (batch.leaves.get(index) or leaf(raw)) != known:
                return False
        await asyncio.sleep(0)
    # What is missing now is the unfinished tail, or else the last record, which is always compared by itself.
    return True


def touched(then: str, now: str) -> bool:
    """Whether a file changed other than by growing, from its state as text (see ``file_text``)."""
    if not then or then == now:
        return False
    before, after = then.split(":"), now.split(":")
    return before[:2] != after[:2] or int(after[2]) <= int(before[2])


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
    """Whether its file is there."""
    try:
        source.state()
    except SourceError:
        return False
    return True


def holds(source: Source, mark: Mark) -> bool:
    """Whether a record is still where it was read."""
    try:
        return matches(source, [(mark.offset, mark.length, mark.leaf)])
    except SourceError:
        return False
