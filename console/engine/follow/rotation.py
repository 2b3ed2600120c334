"""The files that hold the past of a ledger: rotated, compressed, moved once more.

A rotated ledger is read on in the file that it was moved to, because its writer may still hold that file open. Only
when nobody has written there for a while does reading go on in the new file at the ledger's own path. A ledger whose
past was there before the console was is read from its oldest file on, one file after the other: which these are is
asked where every door asks (``console.engine.ledgers.volumes``).
"""

import asyncio
import time
from collections.abc import Sequence, Set
from dataclasses import replace
from pathlib import Path

from console.engine.follow.ledger import FollowedLedger
from console.engine.ingest.ingest import Ingest
from console.engine.ledgers.continuity import Continuity, compare, holds, mark, moved_to, size_of
from console.engine.ledgers.rotated_source import source_at
from console.engine.ledgers.volumes import volumes_of
from console.model.record import Cursor
from console.sources.content import FileContent
from console.sources.protocol import Source, SourceError
from console.sources.text.jsonl import JsonlSource
from console.verify.catalogue import finding

SILENCE = 2.0
"""Seconds for which the earlier file is read on after there is a new one."""
_LONG_AGO = float("-inf")
"""There was a new file before the console was."""


class Rotation:
    """Follows ledgers from file to file. ``past`` are paths that hold the past of one."""

    def __init__(self, ingest: Ingest) -> None:
        self._ingest = ingest
        self._writer = ingest.writer
        self.past: set[str] = set()

    async def load(self) -> None:
        """Learn what the index knows."""
        self.past.update(await self._writer.past_paths())

    def begin(self, ledger: FollowedLedger, past: Sequence[Source]) -> None:
        """Nothing was read yet: it is read from the oldest of these files on."""
        earlier = ledger.earlier
        earlier.source, earlier.waiting = (past[0], past[1:]) if past else (None, ())
        earlier.overtaken, earlier.finished = (_LONG_AGO if past else None), None
        self.past.update(each.path for each in past)

    async def resume(self, ledger: FollowedLedger, past: Sequence[Source]) -> None:
        """A ledger of the index, whose past is in these files now: its newest records may be in one of them."""
        self.past.update(each.path for each in past)
        _, path, member = (await self._writer.volumes(ledger.id))[-1]
        if (path, member) != (ledger.path, ledger.member):
            ledger.earlier.source = source_at(path, member) or ledger.opened.source
            self._wait_for(ledger, path, past)
        ledger.earlier.finished = await self._finished(ledger)

    async def lacks(self, ledger: FollowedLedger, past: Sequence[Source]) -> bool:
        """True if the ledger was read from its middle on, because files of its past were not there."""
        first = (await self._writer.volumes(ledger.id))[0]
        files = [*past, ledger.opened.source]
        at = next((number for number, each in enumerate(files) if each.path == first.path), 0)
        if not at:
            return False
        opening = await mark(self._writer, ledger.id, 1)
        return opening is None or await asyncio.to_thread(holds, files[at], opening)

    def _wait_for(self, ledger: FollowedLedger, path: str, past: Sequence[Source]) -> None:
        """Files that come behind the one that is read on."""
        paths = [each.path for each in past]
        if path in paths:
            ledger.earlier.waiting = past[paths.index(path) + 1 :]

    async def follow_move(self, ledger: FollowedLedger, moved: Source, code: str, *, besides: Set[str]) -> None:
        """The newest records are in another file, perhaps with more than was read. ``besides`` are ledgers' paths."""
        last = ledger.reading.records
        name = Path(moved.path).name
        older = await self._writer.volumes(ledger.id)
        async with self._ingest.transaction():
            await self._writer.move_volume(ledger.id, last, moved.path, moved.member)
            await self._writer.add_findings(
                ledger.id, [finding(code, f"What was read so far, up to record {last:,}, is in {name} now.")]
            )
            await self._writer.describe(ledger.id, note=f"earlier records are in {name}")
        ledger.earlier.source, ledger.earlier.overtaken, ledger.earlier.finished = moved, None, None
        self.past.add(moved.path)
        past = await asyncio.to_thread(volumes_of, ledger.path)
        self.past.update(each.path for each in past[:-1])
        self._wait_for(ledger, moved.path, past[:-1])
        for at, (first, path, member) in enumerate(older[:-1]):
            await self._find_older(ledger, first, older[at + 1][0] - 1, path, member, besides)

    async def _find_older(
        self, ledger: FollowedLedger, first: int, last: int, path: str, member: str | None, besides: Set[str]
    ) -> None:
        """An older file may have been moved once more, as one rotation pushes the next."""
        marks = await mark(self._writer, ledger.id, first), await mark(self._writer, ledger.id, last)
        source = await asyncio.to_thread(source_at, path, member)
        if source is not None and await asyncio.to_thread(compare, source, Cursor(), *marks) is Continuity.SAME:
            return
        here = source or ledger.opened.source
        found = await asyncio.to_thread(moved_to, here, *marks, besides=set(besides))
        if found is not None:
            async with self._ingest.transaction():
                await self._writer.move_volume(ledger.id, first, found.path, found.member)
            self.past.add(found.path)

    async def go_on_in_new_file(self, ledger: FollowedLedger) -> None:
        """From here on, records are in the next file, which is at the ledger's own path if none waits before it."""
        earlier = ledger.earlier
        following = next(iter(earlier.waiting), None)
        if following is None:
            source = source_at(ledger.path, ledger.member) or JsonlSource(FileContent(ledger.path))
            ledger.opened = replace(ledger.opened, source=source)
        path, member = (ledger.path, ledger.member) if following is None else (following.path, following.member)
        async with self._ingest.transaction():
            await self._writer.begin_volume(ledger.id, ledger.reading.next.ordinal, path, member)
        ledger.reading.begin_next_file()
        earlier.source, earlier.waiting = following, earlier.waiting[1:]
        earlier.overtaken = None if following is None else _LONG_AGO
        earlier.finished = await self._finished(ledger)

    async def _finished(self, ledger: FollowedLedger) -> tuple[str, int] | None:
        """The plain file that a ledger was rotated into last, and the bytes of it that were read; None without one."""
        known = await self._writer.volumes(ledger.id)
        if len(known) < 2 or known[-1][1:] != (ledger.path, ledger.member):
            return None
        last = await mark(self._writer, ledger.id, known[-1][0] - 1)
        _, path, member = known[-2]
        source = source_at(path, member)
        if last is None or source is None or source.container != "jsonl" or not holds(source, last):
            return None
        return path, last.offset + last.length + 1

    async def report_late_lines(self, ledger: FollowedLedger, code: str) -> None:
        """Report, once, that lines came into the earlier file after the ledger went on in a new one."""
        ledger.earlier.finished = await self._finished(ledger)  # another file may stand at its path by now
        if ledger.earlier.finished is None or not wrote_late(ledger):
            return
        path, end = ledger.earlier.finished
        ledger.earlier.finished = None
        if await self._writer.has_finding(ledger.id, code, end):
            return
        message = (
            f"Lines were appended to {Path(path).name} after the ledger went on in {Path(ledger.path).name}:"
            f" what stands there from byte {end:,} on is not part of what is shown."
        )
        async with self._ingest.transaction():
            await self._writer.add_findings(ledger.id, [finding(code, message, offset=end)])

    def forget(self, ledger: FollowedLedger) -> None:
        """The ledger is read again: what it was moved to is not its past any more."""
        ledger.earlier.source = ledger.earlier.overtaken = ledger.earlier.finished = None
        ledger.earlier.waiting = ()


def wrote_late(ledger: FollowedLedger) -> bool:
    """True if more stands in the ledger's earlier file than was read."""
    finished = ledger.earlier.finished
    return finished is not None and size_of(finished[0]) > finished[1]


def has_ended(ledger: FollowedLedger) -> bool:
    """True if nobody has written to the earlier file for a while since there is a new one."""
    earlier = ledger.earlier
    if earlier.waiting:
        return True
    if earlier.overtaken is None:
        earlier.overtaken = time.monotonic()
    try:
        age = time.time() - ledger.source.state().mtime_ns / 1e9
    except SourceError:
        return True
    return time.monotonic() - earlier.overtaken >= SILENCE and not 0 <= age < SILENCE
