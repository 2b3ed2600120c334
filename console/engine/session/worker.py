"""The process that writes the index: one per index, started by the console, gone when the console is."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from console.engine.follow.keeper import Keeper
from console.engine.follow.watch import watched
from console.engine.ingest.ingest import Ingest, Step
from console.engine.ledgers.options import Options
from console.engine.run.executor import Channel
from console.engine.session.protocol import Progress
from console.sources.private import sweep
from console.store.errors import StoreError
from console.store.opening import store_at

FRAME = 1 / 60
"""Seconds between two messages to the console; the first goes at once."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a worker is started with."""

    index: str
    paths: Sequence[str]
    options: Options
    follow: bool = True


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
        now = time.monotonic()
        self.events += events
        self._seen.append((now, self.events))
        while len(self._seen) > 2 and self._seen[0][0] < now - 3:
            self._seen.popleft()
        first, count = self._seen[0]
        return (self.events - count) / (now - first) if now > first else 0.0


def run(channel: Channel, assignment: Assignment) -> None:
    """Entry of the process."""
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
    index = Path(assignment.index)
    index.parent.mkdir(parents=True, exist_ok=True)
    store = store_at(index)
    with store.lock() as lock:
        if not lock.acquire():
            speaker.say(Progress("reader only", note="Another console writes this index; this one reads it."), now=True)
            while not stop.is_set() and not lock.acquire():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), 0.5)
            if stop.is_set():
                return
        writer, note = await store.writer()
        try:
            ingest = Ingest(writer, assignment.options)
            keeper = Keeper(ingest, assignment.paths, assignment.index, follow=assignment.follow)
            await _keep(keeper, speaker, stop, note, follow=assignment.follow)
        except StoreError as error:
            speaker.say(Progress("failed", note=f"The index cannot be written ({error})."), now=True)
            if error.damaged:
                store.discard()
        finally:
            with contextlib.suppress(StoreError):
                await writer.close()


async def _keep(keeper: Keeper, speaker: _Speaker, stop: asyncio.Event, note: str, *, follow: bool) -> None:
    pace = _Pace()
    speaker.say(Progress("reading", note=note), now=True)

    async def tell(steps: AsyncIterator[Step], phase: str) -> None:
        async for step in steps:
            rate = pace.add(step.events)
            speaker.say(Progress(phase, step.done, step.total, pace.events, rate, note))
            if stop.is_set():
                return

    pending: asyncio.Queue[set[str]] = asyncio.Queue()

    async def listen() -> None:
        async for paths in watched(keeper.paths, keeper.changed, stop):
            pending.put_nowait(paths)

    listening = asyncio.create_task(listen()) if follow else None
    try:
        await tell(keeper.start(), "reading")
        speaker.say(Progress("following" if follow else "done", events=pace.events, note=note), now=True)
        while follow and not stop.is_set():
            get = asyncio.ensure_future(pending.get())
            stopped = asyncio.ensure_future(stop.wait())
            await asyncio.wait({get, stopped}, return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            if not get.done():
                get.cancel()
                break
            paths = get.result()
            while not pending.empty():
                paths |= pending.get_nowait()
            for path in sorted(paths):
                await tell(keeper.look(path), "following")
            speaker.say(Progress("following", events=pace.events, rate=pace.add(0), note=note))
    finally:
        stop.set()
        if listening is not None:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
