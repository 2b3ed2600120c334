"""A slot in a process of its own: started with a connection to talk over, and nothing else.

The standard library's spawn start runs the caller's main module again and needs a real standard error, which is not to
be had while a screen is shown. A process does work after work, and is ended with work that is cancelled.
"""

import asyncio
import contextlib
import os
import pickle
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import TypeVar

from console.engine.errors import ExecutorError
from console.engine.run.executor import Begun, Failed, Finished, Lost, Message, Messages, Work
from console.sources.sqlite.private_folder import sweep

_Any = TypeVar("_Any")
# Modules come from where ours come from. Python's own choice would begin with the current folder: with the evidence.
_CODE = (
    "import sys; descriptor, nice, modules, *sys.path = sys.argv[1:]\n"
    "from console.engine.run.child import main; main(int(descriptor), int(nice), modules)"
)
_LAST_WORDS = 2.0
"""Seconds in which a process that hung up may end, so that its own exit code is known."""


class Child:
    """A started process. ``connection`` raises EOFError or OSError once it is gone. Raises ``OSError``."""

    def __init__(self, nice: int = 0, modules: Sequence[str] = ()) -> None:
        ours, theirs = socket.socketpair()
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _CODE, str(theirs.fileno()), str(nice), ",".join(modules), *sys.path],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        self.connection = Connection(ours.detach())

    def hang_up(self) -> None:
        """End the talk on both sides at once, also where one of them waits. Does not wait itself."""
        with (
            contextlib.suppress(OSError),
            socket.socket(fileno=os.dup(self.connection.fileno())) as ours,
        ):
            ours.shutdown(socket.SHUT_RDWR)

    def end(self, patience: float) -> str:
        """Wait so many seconds for its end, or kill it; remove the private copies that it could not remove itself. How
        it ended, in words."""
        try:
            code = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.connection.close()
        sweep()
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


class ProcessSlot:
    """See ``console.engine.run.pool.Slot``. The process has this nice level and imports these modules at its start."""

    def __init__(self, nice: int = 0, modules: Sequence[str] = ()) -> None:
        self._nice, self._modules = nice, modules
        self._child: Child | None = None
        # One thread does all that blocks: whatever waits for the process ends when it is hung up on.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="process")

    async def start(self) -> None:
        """See ``Slot.start``."""
        if self._child is not None:
            return
        try:
            child = self._child = Child(self._nice, self._modules)
        except OSError as error:
            raise ExecutorError(f"No process can be started: {error.strerror}. Try --jobs 1.") from error
        try:
            await self._blocking(child.connection.recv_bytes)
        except (EOFError, OSError) as error:
            reason = await self._end(_LAST_WORDS)
            raise ExecutorError(f"A process ended while it started ({reason}). Try --jobs 1.") from error
        except BaseException:
            await self._end()
            raise

    async def run(self, work: Work, data: bytes) -> Messages:
        """See ``Slot.run``."""
        child = self._child
        assert child is not None
        name = f"process {child.process.pid}"
        patience = work.patience
        done = False
        try:
            await self._blocking(child.connection.send_bytes, data)
            # The next message is fetched while the caller has this one, so that neither waits for the other.
            coming = self._blocking(_receive, child.connection)
            yield Begun(name, child.process.pid)
            while not done:
                message = await coming
                done = isinstance(message, Finished | Failed)
                if not done:
                    coming = self._blocking(_receive, child.connection)
                yield message
        except (EOFError, OSError):
            lost = Lost(name, await self._end(_LAST_WORDS))
            yield lost
        finally:
            if not done:
                await self._end(patience)

    async def close(self) -> None:
        """See ``Slot.close``."""
        await self._end()
        self._thread.shutdown(wait=False)

    async def _end(self, patience: float = 0.0) -> str:
        child, self._child = self._child, None
        if child is None:
            return ""
        child.hang_up()
        if not patience:
            child.process.kill()
        # Shielded: a task that is cancelled twice leaves no process behind.
        return await asyncio.shield(self._blocking(child.end, patience))

    def _blocking(self, call: Callable[..., _Any], *arguments: object) -> "asyncio.Future[_Any]":
        future = asyncio.get_running_loop().run_in_executor(self._thread, call, *arguments)
        future.add_done_callback(lambda done: done.cancelled() or done.exception())  # an error may come too late
        return future


def _receive(connection: Connection) -> Message:
    message: Message = pickle.loads(connection.recv_bytes())
    return message
