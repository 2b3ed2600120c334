"""Slots that take work in turn: an executor made of whatever can do one piece of work at a time.

A slot is started when there is work that no other slot is free for, and gets work only once it is up: what is done
before that costs nothing but the start.
"""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from typing import Protocol, Self

from console.engine.errors import ExecutorError
from console.engine.run.executor import Lost, Messages, Repeated, Work, packed


class Slot(Protocol):
    """A place where one piece of work is done at a time."""

    async def start(self) -> None:
        """Make it ready to take work; nothing where it is. Raises ``ExecutorError``."""

    def run(self, work: Work, data: bytes) -> Messages:
        """Do packed work; the slot is started. Closing the messages ends it. After that, and after ``Lost``, the slot
        is to be started again."""

    async def close(self) -> None: ...


class Pool:
    """See ``Executor``."""

    remote = False

    def __init__(self, slots: Sequence[Slot]) -> None:
        self.workers = len(slots)
        self._slots = slots
        self._unstarted = list(slots)
        self._starting: set[asyncio.Task[None]] = set()
        self._free: asyncio.Queue[Slot | ExecutorError] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def start(self, slots: int) -> None:
        """Start so many slots ahead of the work."""
        for slot in self._unstarted[:slots]:
            self._unstarted.remove(slot)
            task = asyncio.create_task(self._start(slot))
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)

    async def submit(self, work: Work) -> Messages:
        """See ``Executor.submit``."""
        data = packed(work)
        slot = await self._take()
        try:
            for repeats in range(work.repeats, -1, -1):
                await slot.start()
                lost: Lost | None = None
                async with aclosing(slot.run(work, data)) as messages:
                    async for message in messages:
                        if repeats and isinstance(message, Lost):
                            lost = message
                        else:
                            yield message
                if lost is None:
                    return
                # Done again in the same slot: what kills one worker after the other is kept away from this process.
                yield Repeated(lost.worker, lost.reason)
        finally:
            self._free.put_nowait(slot)

    async def close(self) -> None:
        """See ``Executor.close``."""
        for task in self._starting:
            task.cancel()
        await asyncio.gather(*self._starting, return_exceptions=True)
        await asyncio.gather(*(slot.close() for slot in self._slots))

    async def _take(self) -> Slot:
        """A free slot that is ready. Raises ``ExecutorError`` where there is none that can be started."""
        while True:
            if self._free.empty():
                self.start(1)
            found = await self._free.get()
            if isinstance(found, ExecutorError):
                self._free.put_nowait(found)  # for whoever else waits
                raise found
            try:
                await found.start()  # again, where its process is gone
            except ExecutorError as error:
                self._drop(error)
            except BaseException:
                self._free.put_nowait(found)
                raise
            else:
                return found

    async def _start(self, slot: Slot) -> None:
        try:
            await slot.start()
        except ExecutorError as error:
            self._drop(error)
        else:
            self._free.put_nowait(slot)

    def _drop(self, error: ExecutorError) -> None:
        """Do without a slot; the last one leaves the reason."""
        self.workers -= 1
        if not self.workers:
            self._free.put_nowait(error)
