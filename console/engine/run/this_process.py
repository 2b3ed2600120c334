"""A slot in this process: work in a thread of its own, so that the event loop goes on."""

import asyncio
import contextlib
import os
import queue
import sys
import threading
from collections.abc import Callable

from console.engine.run.executor import (
    Begun,
    Failed,
    Finished,
    HungUpError,
    Message,
    Messages,
    Reported,
    Work,
    perform,
)

NAME = "this process"
SWITCH = 0.0005
"""Seconds that one thread of Python's keeps the others waiting. By default it is ten times as long, and work that ends
elsewhere would wait for the work that goes on here, at each of several steps."""
_AHEAD = 2
"""Messages that the work may be ahead of the caller: one that is being read, and one that waits."""


class ThisProcess:
    """See ``console.engine.run.pool.Slot``."""

    async def start(self) -> None:
        """See ``Slot.start``."""
        sys.setswitchinterval(SWITCH)

    async def run(self, work: Work, data: bytes) -> Messages:
        """See ``Slot.run``."""
        channel = ThreadChannel(asyncio.get_running_loop())
        # A daemon: a thread that does not come to its end does not hold up that of the process.
        thread = threading.Thread(target=channel.work, args=(data,), name=work.name, daemon=True)
        thread.start()
        done = False
        try:
            yield Begun(NAME, os.getpid())
            while not done:
                message = await channel.next()
                done = isinstance(message, Finished | Failed)
                yield message
        finally:
            if not done:
                channel.hang_up(thread)
            await channel.ended.wait()

    async def close(self) -> None:
        """See ``Slot.close``."""


class ThreadChannel:
    """See ``Channel``: ``work``, ``send`` and ``on_hang_up`` are the thread's, the rest is the loop's."""

    worker = NAME

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.ended = asyncio.Event()
        self._loop = loop
        self._messages: asyncio.Queue[Message] = asyncio.Queue()
        # Both are C: an interrupt finds no lock of theirs taken, as it may between the lines of ``Semaphore``.
        self._room: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._hung_up = self._interruptible = False
        self._calls: list[Callable[[], object]] = []
        for _ in range(_AHEAD):
            self._room.put(None)

    def work(self, data: bytes) -> None:
        with contextlib.suppress(RuntimeError):  # a loop that is closed has nobody left who waits
            try:
                self._perform(data)
            except HungUpError:
                pass  # late: it arrived between the work's end and that of being interruptible
            finally:
                self._loop.call_soon_threadsafe(self.ended.set)

    def _perform(self, data: bytes) -> None:
        """Do the work. An interrupt comes while it is interruptible, or in here just after, and never later."""
        with self._lock:
            if self._hung_up:
                return
            self._interruptible = True
        try:
            outcome = perform(data, self)
        finally:
            with self._lock:
                self._interruptible = False
        self._put(outcome)

    def send(self, value: object) -> None:
        self._room.get()
        if self._hung_up:
            raise HungUpError
        self._put(Reported(value))

    def on_hang_up(self, call: Callable[[], object]) -> None:
        with self._lock:
            self._calls.append(call)
            late = self._hung_up
        if late:
            call()

    def _put(self, message: Message) -> None:
        self._loop.call_soon_threadsafe(self._messages.put_nowait, message)

    async def next(self) -> Message:
        message = await self._messages.get()
        self._room.put(None)
        return message

    def hang_up(self, thread: threading.Thread) -> None:
        """Want no more: whoever asked to be called is called, other work is interrupted where it is."""
        with self._lock:
            self._hung_up = True
            if self._interruptible and not self._calls:
                import ctypes

                # What ``KeyboardInterrupt`` is for the main thread.
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(thread.ident or 0), ctypes.py_object(HungUpError)
                )
        self._room.put(None)
        for call in self._calls:
            call()
