"""One task for each ledger that has something to do, so that none waits for another.

A task looks at its ledger until there is nothing left to do. What happens to the ledger meanwhile is remembered as one
more look, so that a file that is written to a thousand times a second is looked at as often as there is time for.
"""

import asyncio
from collections.abc import Awaitable, Callable

from console.engine.follow.ledger import FollowedLedger
from console.sources.protocol import FileState, SourceError


class LedgerTask:
    """The work on one ledger. ``look`` is called whenever the ledger was woken, and comes back when it may rest."""

    def __init__(
        self,
        ledger: FollowedLedger,
        look: Callable[["LedgerTask"], Awaitable[None]],
        failed: Callable[[Exception], None],
    ) -> None:
        self.ledger = ledger
        self.wanted = False
        """Something may have happened since the present look began."""
        self.removed = False
        """The ledger is no ledger of its own any more: the present look is to end soon."""
        self.running: asyncio.Task[None] | None = None
        self.file_being_read: FileState | None = None
        """What the file was when a read began that is still going on."""
        self._look = look
        self._failed = failed
        self._timer: asyncio.TimerHandle | None = None
        self._deciding: list[asyncio.Future[None]] = []
        """Who waits for the decision that the present look leads to."""
        self._next: list[asyncio.Future[None]] = []
        """Who waits for that of the next look."""

    def wake(self) -> None:
        """Something may have happened: look at the ledger as soon as there is time."""
        self.wanted = True
        if self.running is None and not self.removed:
            self.running = asyncio.create_task(self._run())

    def wake_later(self, seconds: float) -> None:
        """Look at the ledger again after some time."""
        if self._timer is None and not self.removed:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._timed)

    def decision(self) -> asyncio.Future[None]:
        """Look at the ledger; done as soon as it is known what became of its file. It may be read for long after."""
        waiting = asyncio.get_running_loop().create_future()
        self._next.append(waiting)
        self.wake()
        return waiting

    def decided(self) -> None:
        """The present look knows what became of the ledger's file, and what is left is to read."""
        answered, self._deciding = self._deciding, []
        for each in answered:
            if not each.done():
                each.set_result(None)

    @property
    def reads_on(self) -> bool:
        """True if the ledger is being read, and its file is still the one that is read and only grew."""
        before = self.file_being_read
        if before is None:
            return False
        try:
            now = self.ledger.source.state()
        except SourceError:
            return False
        return (now.device, now.inode) == (before.device, before.inode) and now.size >= before.size

    def remove(self) -> None:
        """The ledger is to be left alone from the next commit on."""
        self.removed = True
        if self._timer is not None:
            self._timer.cancel()

    def _timed(self) -> None:
        self._timer = None
        self.wake()

    async def _run(self) -> None:
        try:
            while self.wanted and not self.removed:
                self.wanted = False
                self._deciding, self._next = self._deciding + self._next, []
                await self._look(self)
                self.decided()
        except Exception as error:  # noqa: BLE001 - the index fails: whoever waits raises it
            self._failed(error)
        finally:
            self.running = None
            self._deciding += self._next
            self.decided()


class LedgerTasks:
    """The tasks of all ledgers. An exception that a look lets through ends everything: ``failure`` holds it."""

    def __init__(self, look: Callable[[LedgerTask], Awaitable[None]]) -> None:
        self._look = look
        self._tasks: dict[int, LedgerTask] = {}
        self.failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def of(self, ledger: FollowedLedger) -> LedgerTask:
        """The task of a ledger."""
        if ledger.id not in self._tasks:
            self._tasks[ledger.id] = LedgerTask(ledger, self._look, self.fail)
        return self._tasks[ledger.id]

    async def until_rest(self) -> None:
        """Wait until there is nothing left to do."""
        while running := [each.running for each in self._tasks.values() if each.running is not None]:
            await self.guard(*running)

    async def remove(self, ledger: FollowedLedger) -> None:
        """End the work on a ledger, between two commits."""
        task = self.of(ledger)
        task.remove()
        if task.running is not None:
            await self.guard(task.running)
        del self._tasks[ledger.id]

    async def guard(self, *waiting: asyncio.Future[None]) -> None:
        """Wait for all of these, or raise what ended everything."""
        left = set(waiting)
        while left and not self.failure.done():
            _, left = await asyncio.wait({*left, self.failure}, return_when=asyncio.FIRST_COMPLETED)
            left.discard(self.failure)
        if self.failure.done():
            self.failure.result()

    async def close(self) -> None:
        """End all work at once; what was not committed is not there."""
        running = []
        for task in self._tasks.values():
            task.remove()
            if task.running is not None:
                task.running.cancel()
                running.append(task.running)
        await asyncio.gather(*running, return_exceptions=True)
        self.failure.cancel()

    def fail(self, error: Exception) -> None:
        """End everything."""
        if not self.failure.done():
            self.failure.set_exception(error)
