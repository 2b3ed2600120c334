"""The files that hold the past of a ledger: rotated, compressed, moved once more."""

import os
import time
from collections.abc import Set
from dataclasses import replace
from pathlib import Path

from console.engine.follow.continuity import Continuity, Mark, compare, holds, moved_to
from console.engine.ingest.ingest import Live
from console.engine.ledgers.volumes import source_at
from console.model.record import Cursor
from console.sources.base import Source, SourceError
from console.sources.content import FileContent
from console.sources.jsonl import JsonlSource
from console.store.protocol import IndexWriter, RecordsOf
from console.verify.catalogue import finding

SILENCE = 2.0
"""Seconds for which the earlier file is read on after there is a new one: its writer may still hold it open."""


class Rotation:
    """Follows ledgers from file to file. ``past`` are paths that hold the past of one."""

    def __init__(self, writer: IndexWriter) -> None:
        self._writer = writer
        self.past: set[str] = set()

    async def load(self) -> None:
        """Learn what the index knows."""
        self.past.update(await self._writer.past_paths())

    async def moved(self, live: Live, moved: Source, *, besides: Set[str]) -> None:
        """The newest volume is in another file now, perhaps with more than was read. ``besides`` are ledgers' paths."""
        compressed = moved.container == "gzip" and live.source.container != "gzip"
        code = "container.compressed" if compressed else "container.rotated"
        last = live.next.ordinal - 1
        name = Path(moved.path).name
        older = await self._writer.volumes(live.id)
        async with self._writer.transaction():
            await self._writer.move_volume(live.id, last, moved.path, moved.member)
            await self._writer.add_findings(
                live.id, [finding(code, f"What was read so far, up to record {last:,}, is in {name} now.")]
            )
            await self._writer.describe(live.id, note=f"earlier records are in {name}")
        live.moved, live.overtaken, live.before = moved, None, None
        self.past.add(moved.path)
        for at, (first, path, member) in enumerate(older[:-1]):
            await self._find_volume(live, first, older[at + 1][0] - 1, path, member, besides)

    async def _find_volume(
        self, live: Live, first: int, last: int, path: str, member: str | None, besides: Set[str]
    ) -> None:
        """An older volume may have been moved once more, as one rotation pushes the next."""
        marks = await mark(self._writer, live.id, first), await mark(self._writer, live.id, last)
        source = source_at(path, member)
        if source is not None and compare(source, Cursor(), *marks) is Continuity.SAME:
            return
        found = moved_to(source or live.opened.source, *marks, besides=set(besides))
        if found is not None:
            await self._writer.move_volume(live.id, first, found.path, found.member)
            self.past.add(found.path)

    async def next(self, live: Live) -> None:
        """From here on, records are at the ledger's own path again."""
        now = source_at(live.path, live.member) or JsonlSource(FileContent(live.path))
        live.opened = replace(live.opened, source=now)
        async with self._writer.transaction():
            await self._writer.begin_volume(live.id, live.next.ordinal, live.path, live.member)
        live.moved, live.next, live.file = None, Cursor(live.next.ordinal, 0), ""
        live.before = await self.before(live)

    async def before(self, live: Live) -> tuple[str, int] | None:
        """The plain file that a ledger was rotated into last, and the bytes of it that were read; None without one."""
        known = await self._writer.volumes(live.id)
        if len(known) < 2 or known[-1][1:] != (live.path, live.member):
            return None
        last = await mark(self._writer, live.id, known[-1][0] - 1)
        _, path, member = known[-2]
        source = source_at(path, member)
        if last is None or source is None or source.container != "jsonl" or not holds(source, last):
            return None
        return path, last.offset + last.length + 1

    async def say_late(self, live: Live) -> None:
        """Say it, once, where lines came into the earlier file after the ledger went on in a new one."""
        if not wrote_late(live):
            return
        live.before = await self.before(live)  # another volume may stand at its path now
        if live.before is None or not wrote_late(live):
            return
        path, end = live.before
        live.before = None
        if await self._writer.has_finding(live.id, "container.late-lines", end):
            return
        name = Path(path).name
        message = (
            f"Lines were appended to {name} after the ledger went on in {Path(live.path).name}:"
            f" what stands there from byte {end:,} on is not part of what is shown."
        )
        async with self._writer.transaction():
            await self._writer.add_findings(live.id, [finding("container.late-lines", message, offset=end)])


def wrote_late(live: Live) -> bool:
    """Whether more stands in the ledger's earlier file than was read."""
    return live.before is not None and _size(live.before[0]) > live.before[1]


def silent(live: Live) -> bool:
    """Whether, since there is a new file, nobody has written to the earlier one for a while."""
    if live.overtaken is None:
        live.overtaken = time.monotonic()
    try:
        age = time.time() - live.source.state().mtime_ns / 1e9
    except SourceError:
        return True
    return time.monotonic() - live.overtaken >= SILENCE and not 0 <= age < SILENCE


async def marks(store: RecordsOf, live: Live) -> tuple[Mark | None, Mark | None]:
    """The first and the last record that were read of the newest volume; None twice where there are none."""
    first = (await store.volumes(live.id))[-1][0]
    last = live.next.ordinal - 1
    if last < first:
        return None, None
    return await mark(store, live.id, first), await mark(store, live.id, last)


async def mark(store: RecordsOf, ledger: int, ordinal: int) -> Mark | None:
    """A record by which a file can be known again."""
    place = await store.place(ledger, ordinal)
    digest = await store.record_hash(ledger, ordinal)
    return None if place is None or digest is None else Mark(place.offset, place.length, digest)


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)  # noqa: PTH202 - the text of the path
    except OSError:
        return 0
