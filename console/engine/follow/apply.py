"""Writes what was decided about a ledger: into the index, and into the parts of the ledger that is followed.

Every step is one transaction, and what the console remembers of the ledger is changed only when that is committed: a
worker that is killed in between decides the same again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from console.engine.follow.decide import LedgerState, Next, Transition
from console.engine.follow.ledger import FollowedLedger
from console.engine.follow.observe import Observation, files_beside, recognise_again, with_past
from console.engine.follow.rotation import Rotation
from console.engine.ingest.ingest import Ingest, Reading, where_earlier
from console.engine.ledgers.opening import Opened
from console.engine.ledgers.rotated_source import source_at
from console.engine.ledgers.volumes import parted
from console.model.finding import Finding
from console.model.words import count
from console.store.facts import KnownLedger
from console.store.protocol import StatedBy
from console.verify.catalogue import finding

_WORDS = {
    "witness.vanished": "{path} is not there any more.",
    "witness.truncated": "The ledger became shorter: {records} had been read.",
    "witness.rewritten": "The content that had been read changed: {records}.",
    "witness.replaced": "Another content stands here: {records} had been read.",
}


class Applier:
    """Carries out transitions. ``remove`` forgets the ledgers at a path; ``ledger_paths`` are those of all of them."""

    def __init__(
        self,
        ingest: Ingest,
        rotation: Rotation,
        remove: Callable[[str], Awaitable[None]],
        ledger_paths: Callable[[], set[str]],
    ) -> None:
        self._ingest = ingest
        self._writer = ingest.writer
        self._rotation = rotation
        self._remove = remove
        self._ledger_paths = ledger_paths

    def resume(self, ledger: FollowedLedger, known: KnownLedger) -> None:
        """A ledger of the index, as it was left."""
        ledger.status.state, ledger.status.reported = LedgerState(known.state), known.stated

    async def apply(self, ledger: FollowedLedger, step: Transition, seen: Observation) -> list[str]:
        """Carry out a step other than reading. Paths that hold nothing of this ledger any more, and may be ledgers."""
        match step.action:
            case Next.FOLLOW_MOVE:
                assert seen.moved is not None
                # It was seen before the ledger was gone from its path, and taken for a ledger of its own.
                await self._remove(seen.moved.path)
                await self._rotation.follow_move(ledger, seen.moved, step.code, besides=self._ledger_paths())
            case Next.GO_ON_IN_NEW_FILE | Next.FINISH_EARLIER_FILE:
                await self._rotation.go_on_in_new_file(ledger)
            case Next.REPORT_LATE_LINES:
                await self._rotation.report_late_lines(ledger, step.code)
            case Next.REPORT_REPLACED_TAIL:
                await self._report_replaced_tail(ledger, step.code)
            case Next.READ_AGAIN:
                return await self._read_again(ledger, step, seen)
            case Next.DECODE_AGAIN:
                assert seen.opened is not None
                await self.decode_again(ledger, seen.opened)
            case Next.NOTE_COMPANIONS:
                ledger.opened = replace(ledger.opened, beside=files_beside(ledger))
            case Next.NOTE_COMPARISON:
                async with self._ingest.transaction():
                    await self._writer.describe(ledger.id, file=ledger.reading.file)
            case Next.REPORT_GONE:
                words = _WORDS[step.code].format(path=ledger.source.path)
                await self.report(ledger, LedgerState.GONE, finding(step.code, words))
                ledger.reading.forget_file()
        return []

    async def _report_replaced_tail(self, ledger: FollowedLedger, code: str) -> None:
        """Report, once, that an unfinished record was replaced."""
        tail = ledger.suspicion.tail
        assert tail is not None
        message = f"{tail.length:,} bytes without a line end stood here; other content, or none, is in their place."
        where: dict[str, Any] = {"record": ledger.reading.next.ordinal, "offset": tail.offset, "length": tail.length}
        async with self._ingest.transaction():
            await self._writer.add_findings(ledger.id, [finding(code, message, **where)])
        ledger.suspicion.tail = None

    async def report(self, ledger: FollowedLedger, state: LedgerState, found: Finding) -> None:
        """What became of a ledger's file, until it can be read again."""
        if (ledger.status.state, ledger.status.reported) == (state, True):
            return
        async with self._ingest.transaction():
            await self._writer.describe(ledger.id, state=state, note=found.message)
            await self._writer.replace_standing(ledger.id, [found], StatedBy.FOLLOWING)
            await self._writer.replace_standing(ledger.id, [], StatedBy.MEMORY)
        ledger.witnessed.state = ""
        ledger.status.state, ledger.status.reported = state, True

    async def report_failure(self, ledger: FollowedLedger, found: Finding, failed: str) -> None:
        """The ledger cannot be read. ``failed`` is the state of its file if the fault is the reader's, else ''."""
        ledger.status.failed = failed
        await self.report(ledger, LedgerState.UNREADABLE, found)

    async def fall_behind(self, ledger: FollowedLedger) -> None:
        """Much of the ledger is still unread."""
        if ledger.status.state is not LedgerState.BEHIND:
            async with self._ingest.transaction():
                await self._describe_state(ledger, LedgerState.BEHIND)
            ledger.status.state = LedgerState.BEHIND

    async def read_to_end(self, ledger: FollowedLedger) -> None:
        """All that is there was read."""
        status = ledger.status
        status.failed = ""
        if status.state is LedgerState.LIVE and not status.reported:
            return
        async with self._ingest.transaction():
            await self._describe_state(ledger, LedgerState.LIVE)
            await self._writer.replace_standing(ledger.id, [], StatedBy.FOLLOWING)
        status.state, status.reported = LedgerState.LIVE, False

    async def reopen(self, ledger: FollowedLedger) -> None:
        """What stands at the path of a ledger that could not be read may be in another container by now."""
        if not ledger.status.state.is_read and ledger.earlier.source is None:
            source = await asyncio.to_thread(source_at, ledger.path, ledger.member)
            ledger.opened = replace(ledger.opened, source=source or ledger.opened.source)

    async def _read_again(self, ledger: FollowedLedger, step: Transition, seen: Observation) -> list[str]:
        """The content changed under us: report it, and begin again with what is there now."""
        content = seen.facts.content
        ledger.rows.past_changed = False
        past = [path for _, path, _ in await self._writer.volumes(ledger.id) if path != ledger.path]
        now = None if step.state is LedgerState.NOT_RECOGNISED else await asyncio.to_thread(recognise_again, ledger)
        now = now and await asyncio.to_thread(with_past, ledger, now)
        if now is not None:
            await self._take_in(now)
        async with self._ingest.transaction():
            await self._writer.clear(ledger.id)
            if step.code:
                words = _WORDS[step.code].format(records=count(ledger.reading.records, "record"))
                if not ledger.witnessed.kept:  # else the memory says what changed, and where
                    await self._writer.add_findings(ledger.id, [finding(step.code, words)])
                await self._writer.describe(ledger.id, note=content.value)
            else:
                note = "its writer changes records in place: they were read again"
                await self._writer.describe(ledger.id, note=note)
            if now is not None:
                await self._describe(ledger, now)
        self._rotation.past.difference_update(past)
        if now is not None:
            self._begin_again(ledger, now)
        else:
            self._rotation.forget(ledger)
            source = await asyncio.to_thread(source_at, ledger.path, ledger.member) or ledger.opened.source
            ledger.opened, ledger.reading = replace(ledger.opened, source=source), Reading(ledger.id)
        if step.state is LedgerState.NOT_RECOGNISED:
            found = finding("container.not-recognised", "What stands here now is no ledger.")
            await self.report(ledger, step.state, found)
        return [each for each in past if each not in self._rotation.past]

    async def decode_again(self, ledger: FollowedLedger, opened: Opened) -> None:
        """More is known of what the records are, or of the files that they are in: all of them are decoded again."""
        await self._take_in(opened)
        async with self._ingest.transaction():
            await self._writer.clear(ledger.id)
            await self._describe(ledger, opened)
        self._begin_again(ledger, opened)

    async def _take_in(self, opened: Opened) -> None:
        """Files of a ledger's past that were taken for ledgers of their own are none."""
        ledgers = self._ledger_paths()
        for each in parted(opened)[1]:
            if each.path in ledgers:
                await self._remove(each.path)

    def _begin_again(self, ledger: FollowedLedger, opened: Opened) -> None:
        """Nothing of the ledger was read: it is read from its oldest file on."""
        ledger.opened, past = parted(opened)
        ledger.reading = Reading(ledger.id)
        self._rotation.begin(ledger, past)

    async def _describe_state(self, ledger: FollowedLedger, state: LedgerState) -> None:
        """The ledger is read: the note about why it could not be is not true any more."""
        if ledger.status.state.is_read:
            await self._writer.describe(ledger.id, state=state)
        else:
            await self._writer.describe(ledger.id, state=state, note="")

    async def _describe(self, ledger: FollowedLedger, opened: Opened) -> None:
        await self._writer.describe(
            ledger.id, format=opened.format.name, shape=opened.claim.shape, container=opened.source.container
        )
        await self._writer.note_beside(ledger.id, opened.beside)
        await self._writer.add_findings(ledger.id, opened.remarks)
        past = parted(opened)[1]
        if past:
            await self._writer.move_volume(ledger.id, 1, past[0].path, past[0].member)
            await self._writer.describe(ledger.id, note=where_earlier(past))
