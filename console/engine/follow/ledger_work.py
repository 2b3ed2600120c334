"""What the task of one ledger does: look, decide, do it, and again until the ledger may rest.

Reading is the only step that may take long. It stops between two commits where the file turns out to be another one,
or where its turn is over and others wait; the ledger is then looked at again, and read on from what was committed.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace

from console.engine.follow.apply import Applier
from console.engine.follow.decide import PATIENCE, LedgerState, Next, Transition, decide
from console.engine.follow.ledger import FollowedLedger
from console.engine.follow.ledger_tasks import LedgerTask
from console.engine.follow.observe import Observation, Observer
from console.engine.follow.row_comparison import begin
from console.engine.follow.unfinished_writes import just_written, remember_tail
from console.engine.ingest.ingest import Ingest, Step
from console.engine.ingest.turns import LONG_READS, TURN, Turns
from console.engine.ledgers.faults import READER_FAILED, as_source_error
from console.engine.memory.in_index import Witnessing
from console.store.errors import StoreError

BEHIND = 1.0
"""Seconds of reading without coming to the end after which a ledger is shown to be behind."""


class LedgerWork:
    """Works on ledgers. ``report`` is called after each commit, and when a ledger comes to rest; ``release`` with paths
    that held the past of a ledger and may be ledgers of their own. ``follow``: more looks will come."""

    def __init__(
        self,
        ingest: Ingest,
        observer: Observer,
        applier: Applier,
        report: Callable[[Step], None],
        release: Callable[[str], None],
        witnessing: Witnessing,
        *,
        follow: bool,
    ) -> None:
        self._ingest = ingest
        self._observer = observer
        self._applier = applier
        self._report = report
        self._release = release
        self._witnessing = witnessing
        self._follow = follow
        self._long_reads = Turns(LONG_READS)
        self._moving = False
        """A ledger is being moved to another path, which may be another ledger's."""

    async def look(self, task: LedgerTask) -> None:
        """See what is there, decide, and do it, until the ledger may rest."""
        ledger = task.ledger
        while not task.removed:
            await self._applier.reopen(ledger)
            seen = await self._observer.look(ledger)
            step = decide(seen.facts)
            match step.action:
                case Next.READ:
                    task.decided()
                    await self._read(task)
                case Next.FINISH_EARLIER_FILE:
                    task.decided()
                    # Much may be unread: that is read in turns with others, and the unfinished last line behind it.
                    if not await self._read(task):
                        break
                    await self._read(task, ended=True)
                    await self._applier.apply(ledger, step, seen)
                case Next.WAIT:
                    await asyncio.sleep(step.again)
                case Next.FOLLOW_MOVE:
                    await self._follow_move(ledger, step, seen)
                case _:
                    for path in await self._applier.apply(ledger, step, seen):
                        self._release(path)
            if step.final:
                again = [step.again, await self._witness(task)]
                if ledger.rows.past_changed:
                    continue
                if any(again):
                    task.wake_later(min(each for each in again if each))
                break
        if task.removed or not task.wanted:  # else it is looked at again at once, and perhaps still behind
            self._report(Step(ledger.id, 0, 0, 0))

    async def _witness(self, task: LedgerTask) -> float:
        """Compare what was read to its end with the memory. Seconds after which to look again, 0 for none."""
        read = task.ledger.status.state is LedgerState.LIVE and task.ledger.reading.file
        return await self._witnessing.look(task.ledger) if read and not (task.removed or task.wanted) else 0.0

    async def _follow_move(self, ledger: FollowedLedger, step: Transition, seen: Observation) -> None:
        """One after the other: two ledgers of the same content would wait for each other's end."""
        if self._moving:
            await asyncio.sleep(PATIENCE)
            return
        self._moving = True
        try:
            await self._applier.apply(ledger, step, seen)
        finally:
            self._moving = False

    async def _read(self, task: LedgerTask, *, ended: bool = False) -> bool:
        """Read on, and report what became of it. False if there is more to read."""
        ledger = task.ledger
        file = ledger.file_now()
        if not ledger.reading.records:
            begin(ledger, file)
        try:
            task.file_being_read = ledger.source.state()
            later = self._follow and not ended and just_written(ledger)
            done = await self._read_on(task, ended=ended, later=later)
            if ledger.reading.pending or ledger.suspicion.tail is not None:
                await asyncio.to_thread(remember_tail, ledger)
            if done and later and not ledger.reading.file:
                task.wake_later(PATIENCE)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a reader raises costs its own ledger and no other
            found = as_source_error(ledger.path, error).finding
            await self._applier.report_failure(ledger, found, file if found.code == READER_FAILED else "")
            return True
        finally:
            task.file_being_read = None
        if done:
            await self._applier.read_to_end(ledger)
        return done

    async def _read_on(self, task: LedgerTask, *, ended: bool, later: bool) -> bool:
        """Read portion after portion; false if there is more to read, and the ledger was woken for it.

        A ledger that has more than one portion needs a place among the long reads.
        """
        ledger = task.ledger
        opened = replace(ledger.opened, source=ledger.source)
        steps = self._ingest.read(ledger.reading, opened, compared=ledger.rows.state, ended=ended, later=later)
        began, turn_began = time.monotonic(), None
        async with AsyncExitStack() as place, aclosing(steps):
            if self._ingest.is_long(ledger.reading, ledger.source):
                turn_began = await self._take_place(ledger, place)
            async for step in steps:
                self._report(step)
                if task.removed:
                    return False
                if not step.more:
                    continue
                if time.monotonic() - began > BEHIND:
                    await self._applier.fall_behind(ledger)
                if turn_began is None:
                    turn_began = await self._take_place(ledger, place)
                over = time.monotonic() - turn_began > TURN and self._long_reads.waiting > 0
                if over or (task.wanted and not task.reads_on):
                    task.wake()
                    return False
        return True

    async def _take_place(self, ledger: FollowedLedger, place: AsyncExitStack) -> float:
        """Wait for a place among the long reads; the time at which the turn begins."""
        if self._long_reads.full:
            await self._applier.fall_behind(ledger)
        await place.enter_async_context(self._long_reads)
        return time.monotonic()
