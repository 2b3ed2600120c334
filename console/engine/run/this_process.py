"""A slot in this process: work in a thread of its own, so that the event loop goes on."""

import asyncio
import contextlib
import os
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
        channel = _ThreadChannel(asyncio.get_running_loop())
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


class _ThreadChannel:
    """See ``Channel``: ``work``, ``send`` and ``on_hang_up`` are the thread's, the rest is the loop's."""

    worker = NAME

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.ended = asyncio.Event()
        self._loop = loop
        self._messages: asyncio.Queue[Message] = asyncio.Queue()
        self._room = threading.Semaphore(_AHEAD)
        self._lock = threading.Lock()
        self._hung_up = self._over = False
        self._calls: list[Callable[[], object]] = []

    def work(self, data: bytes) -> None:
        with contextlib.suppress(RuntimeError):  # a loop that is closed has nobody left who waits
            try:
                outcome = perform(data, self)
                with self._lock:
                    self._over = True
                self._put(outcome)
            except HungUpError:
                pass
            finally:
                self._loop.call_soon_threadsafe(self.ended.set)

    def send(self, value: object) -> None:
        self._room.acquire()
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
        self._room.release()
        return message

    def hang_up(self, thread: threading.Thread) -> None:
        """Want no more: whoever asked to be called is called, other work is interrupted where it is."""
        with self._lock:
            self._hung_up = True
            if not self._over and not self._calls:
                import ctypes

                # What ``KeyboardInterrupt`` is for the main thread. Not once the work is over: see ``work``.
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(thread.ident or 0), ctypes.py_object(HungUpError)
                )
        self._room.release()
        for call in self._calls:
            call()
