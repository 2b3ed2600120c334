"""Ledgers of an index compared with the memory, once all that is there was read.

The index knows the hash of every record that it read, so that nothing is read again for it; that the file still holds
them is the observer's business. While a ledger is followed it is looked at now and then, not at every append.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from console.engine.follow.ledger import FollowedLedger
from console.engine.ingest.ingest import Ingest
from console.engine.ledgers.opening import Opened
from console.engine.ledgers.rotated_source import RotatedSource, files_of, source_at
from console.engine.memory.consult import Seen, Witness
from console.engine.memory.hints import hints_of
from console.engine.memory.missing import judged, missing
from console.engine.memory.remembered import NOT_ASKED, Remembered
from console.engine.memory.second_reading import read_again
from console.model.finding import Finding
from console.model.trust import Severity
from console.sources.protocol import Skipped, SourceError
from console.store.protocol import StatedBy
from console.witness.memory import MemoryFolder
from console.witness.place import MemoryPlace

PAUSE = 2.0
"""Seconds between two looks at a ledger that grows."""


class Witnessing:
    """Compares followed ledgers with the memory at this place, if there is one."""

    def __init__(self, ingest: Ingest, place: MemoryPlace | None, *, follow: bool) -> None:
        self._ingest = ingest
        self._writer = ingest.writer
        self._place = place
        self._follow = follow

    async def look(self, ledger: FollowedLedger) -> float:
        """Compare a ledger that was read to its end. Seconds after which to look again, 0 where there is no reason."""
        witnessed = ledger.witnessed
        since = ledger.rows.at if ledger.rows.put_off else ""
        if self._place is None:
            await self._state(ledger, replace(NOT_ASKED, compared=since), [])
            return 0.0
        opened = await self._whole(ledger)
        try:
            now = f"{ledger.reading.records}:{since}:{(await asyncio.to_thread(hints_of, opened.source)).state}"
        except SourceError:
            return 0.0  # the next look at it says why
        if witnessed.state == now:
            return 0.0
        wait = witnessed.not_before - time.monotonic()
        if self._follow and wait > 0:
            return wait
        with MemoryFolder(self._place) as memory:
            witness = Witness(memory)
            needed = await asyncio.to_thread(witness.needs_leaves, opened)
            leaves = await self._leaves(ledger, opened) if needed else None
            if leaves is not None and await self._changed(ledger, opened, leaves):
                ledger.rows.past_changed = True
                return 0.0
            profile, records = ledger.reading.profile, ledger.reading.records
            seen = Seen(records, leaves, complete=True, profile=profile, compared=not since)
            word, found = await asyncio.to_thread(witness.compare, opened, self._ingest.options, seen)
        await self._state(ledger, replace(word, compared=since), found)
        witnessed.state = now
        witnessed.not_before = time.monotonic() + PAUSE
        return 0.0

    async def judged(self, skipped: Skipped) -> list[Skipped]:
        """A path that is no ledger; where one was seen there, what became of it and what makes it worse."""
        if self._place is None:
            return [skipped]
        with MemoryFolder(self._place) as memory:
            return await asyncio.to_thread(judged, memory, skipped, {}, None, self._ingest.options.now)

    async def missing(self, paths: Sequence[str], ledgers: Sequence[FollowedLedger]) -> list[Skipped]:
        """Known ledgers below these paths that are not among these, and that nobody else holds."""
        if self._place is None:
            return []
        with MemoryFolder(self._place) as memory:
            witness = Witness(memory, now=self._ingest.options.now)
            found = [(each.path, each.member) for each in ledgers]
            found += [(path, member) for each in ledgers for _, path, member in await self._writer.volumes(each.id)]
            read = {each.path: partial(witness.leaves_of, each.opened, None) for each in ledgers}
            gone = await asyncio.to_thread(missing, witness, paths, found, [], read)
        return [each for each in gone if each.finding.severity > Severity.NOTE]

    async def _leaves(self, ledger: FollowedLedger, opened: Opened) -> bytes:
        """The record hashes: as the index knows them or, of several files, as they are; the observer looks at one."""
        if len(files_of(opened.source)) > 1:
            return (await asyncio.to_thread(read_again, opened, self._ingest.options)).leaves
        return await self._known(ledger)

    async def _known(self, ledger: FollowedLedger) -> bytes:
        return b"".join([each async for each in self._writer.record_hashes(ledger.id, 1)])

    async def _changed(self, ledger: FollowedLedger, opened: Opened, leaves: bytes) -> bool:
        """True if all files of the ledger are there, and one of them holds other records than were read from it."""
        files = len(files_of(opened.source))
        if files == 1 or files != len(await self._writer.volumes(ledger.id)):
            return False
        known = await self._known(ledger)
        return len(leaves) >= len(known) and not leaves.startswith(known)

    async def _whole(self, ledger: FollowedLedger) -> Opened:
        """The ledger with all its files, under its own path."""
        volumes = await self._writer.volumes(ledger.id)
        if len(volumes) == 1 and ledger.earlier.source is None:
            return replace(ledger.opened, source=ledger.source)
        found = await asyncio.to_thread(lambda: [source_at(each.path, each.member) for each in volumes])
        pairs = [(each.first, source) for each, source in zip(volumes, found, strict=True) if source is not None]
        rotated = RotatedSource(pairs or [(1, ledger.source)])
        rotated.path, rotated.member = ledger.path, ledger.member
        return replace(ledger.opened, source=rotated)

    async def _state(self, ledger: FollowedLedger, word: Remembered, found: Sequence[Finding]) -> None:
        text = word.text()
        if text == ledger.witnessed.words and not found:
            return
        async with self._ingest.transaction():
            await self._writer.describe(ledger.id, memory=text)
            await self._writer.replace_standing(ledger.id, found, StatedBy.MEMORY)
            await self._writer.mark(ledger.id, found)
        ledger.witnessed.words = text
