"""The process that writes the index: one per index, started by the console, gone when the console is."""

import asyncio
import contextlib
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from console.engine.follow.follower import Follower
from console.engine.follow.watch import watched
from console.engine.ingest.ingest import Ingest, Step
from console.engine.ledgers.options import Options
from console.engine.run.executor import Channel
from console.engine.session.index_place import purpose_of
from console.engine.session.protocol import Progress
from console.formats.registry import broken
from console.sources.sqlite.private_folder import sweep
from console.store.errors import StoreError
from console.store.opening import store_at
from console.store.protocol import IndexStore, IndexWriter
from console.witness.place import MemoryPlace

SWITCH = 0.0005
"""Seconds after which a thread that decodes lets others go on: an append passes from thread to thread a dozen times."""
NOW_AND_THEN = 0.25
"""Seconds between two messages while much is read, though nothing is committed: counts go on, and rates grow old."""
FRAME = 1 / 60
"""Seconds between two messages to the console; the first goes at once."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a worker is started with."""

    index: str
    paths: Sequence[str]
    options: Options
    follow: bool = True
    memory: MemoryPlace | None = None


class _Speaker:
    """Tells the console that something changed: at once, then at most once a frame."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._last = 0.0
        self._later: asyncio.TimerHandle | None = None
        self._message: Progress | None = None

    def say(self, progress: Progress, *, now: bool = False) -> None:
        self._message = progress
        wait = self._last + FRAME - time.monotonic()
        if now or wait <= 0:
            self._send()
        elif self._later is None:
            self._later = asyncio.get_running_loop().call_later(wait, self._send)

    def _send(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None
        if self._message is not None:
            self._last = time.monotonic()
            message, self._message = self._message, None
            self._channel.send(message)


class _Pace:
    """Events a second over the last seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque(maxlen=64)
        self.events = 0

    def add(self, events: int) -> float:
        self.events += events
        return self.now()

    def now(self) -> float:
        """The rate at this moment, which falls while nothing comes."""
        now = time.monotonic()
        self._seen.append((now, self.events))
        while len(self._seen) > 2 and self._seen[0][0] < now - 3:
            self._seen.popleft()
        first, count = self._seen[0]
        return (self.events - count) / (now - first) if now > first else 0.0


def run(channel: Channel, assignment: Assignment) -> None:
    """Entry of the process."""
    sys.setswitchinterval(SWITCH)
    sweep()
    try:
        asyncio.run(_main(channel, assignment))
    finally:
        sweep()  # the console may have been killed


async def _main(channel: Channel, assignment: Assignment) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    speaker = _Speaker(channel)
    channel.on_hang_up(partial(loop.call_soon_threadsafe, stop.set))
    store = store_at(Path(assignment.index))
    try:
        await _serve(store, assignment, speaker, stop)
    except StoreError as error:
        if error.damaged:
            store.discard()
        speaker.say(Progress("no place" if error.no_place else "failed", note=str(error)), now=True)


async def _serve(store: IndexStore, assignment: Assignment, speaker: _Speaker, stop: asyncio.Event) -> None:
    """Write the index, or wait until another console has left it. Raises what the index raises."""
    with store.lock() as lock:
        purpose = purpose_of(assignment.paths)
        if not lock.acquire(purpose):
            speaker.say(Progress("reader only", note="Another console writes this index; this one reads it."), now=True)
            while not stop.is_set() and not lock.acquire(purpose):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), 0.5)
            if stop.is_set():
                return
        writer, note = await store.writer()
        try:
            await _Following(writer, assignment, speaker, note).run(stop)
        finally:
            with contextlib.suppress(StoreError):
                await writer.close()


class _Following:
    """Keeps the index in step with its paths, and the console informed."""

    def __init__(self, writer: IndexWriter, assignment: Assignment, speaker: _Speaker, note: str) -> None:
        self._assignment = assignment
        self._speaker = speaker
        self._note = note
        self._pace = _Pace()
        self._phase = "reading"
        self._behind: dict[int, Step] = {}
        """The last step of each ledger with more to be read."""
        self._read_once: set[int] = set()
        """Ledgers that came to rest."""
        self._follower = Follower(
            Ingest(writer, assignment.options),
            assignment.paths,
            assignment.index,
            follow=assignment.follow,
            report=self._report,
            memory=assignment.memory,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Read what is there and, if so wanted, what comes, until ``stop``. Raises what the index raises."""
        self._speaker.say(self._progress(0.0), now=True)
        tasks = [asyncio.create_task(self._read()), asyncio.create_task(stop.wait())]
        if self._assignment.follow:
            tasks.append(asyncio.create_task(self._listen(stop)))
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.set()
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            await self._follower.close()
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _read(self) -> None:
        telling = asyncio.create_task(self._say_now_and_then())
        try:
            await self._follower.start()
        finally:
            telling.cancel()
        self._note = " ".join(filter(None, (self._note, *(each.why for each in broken()))))
        self._phase = "following" if self._assignment.follow else "done"
        self._speaker.say(self._progress(0.0), now=True)
        if self._assignment.follow:
            await self._follower.settle()
            await self._follower.until_failure()

    async def _say_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(NOW_AND_THEN)
            self._speaker.say(self._progress(self._pace.now()))

    async def _listen(self, stop: asyncio.Event) -> None:
        async for paths in watched(self._follower.paths, self._follower.changed, stop):
            self._follower.wake(paths)

    def _report(self, step: Step) -> None:
        if step.more:
            self._behind[step.ledger] = step
        else:
            self._behind.pop(step.ledger, None)
            self._read_once.add(step.ledger)
        self._speaker.say(self._progress(self._pace.add(step.events)))

    def _progress(self, rate: float) -> Progress:
        steps = self._behind.values()
        done, total = sum(each.done for each in steps), sum(each.total for each in steps)
        progress = Progress(self._phase, done, total, self._pace.events, rate, self._note, len(steps))
        if self._phase != "reading":
            return progress
        follower, read = self._follower, len(self._read_once)
        ledgers = follower.found if follower.all_found else 0
        return replace(progress, found=follower.found, ledgers=ledgers, read=min(read, ledgers))
