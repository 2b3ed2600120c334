"""Slots on a Dask cluster: each holds one task, and the scheduler puts it on whatever worker is free.

Only the address that was given is talked to, over plain TCP: results come by way of the scheduler. Beside results Dask
carries events, and those are the messages on the way. ``distributed`` is an optional dependency, imported when a
cluster is asked for.
"""

import asyncio
import concurrent.futures
import contextlib
import logging
import os
import pickle
import threading
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from console import __version__
from console.engine.errors import ExecutorError
from console.engine.run.executor import (
    Begun,
    Failed,
    Finished,
    HungUpError,
    Lost,
    Message,
    Messages,
    Reported,
    Work,
    message_bytes,
    perform,
)
from console.engine.run.pool import Pool

if TYPE_CHECKING:
    from distributed import Client, Future

INSTALL = "pip install 'audit-console[cluster]'"
PATIENCE = 10.0
"""Seconds until a scheduler that does not answer, or has no workers, is an error."""
SKEW = 60.0
"""Seconds that a worker's clock may differ: checks compare events with the clock of the machine that makes them."""
_GONE = "the cluster lost it"
_LOOK = 0.2
"""Seconds between two looks: ours for workers, a worker's for a task that is not wanted any more."""


class Cluster(Pool):
    """A pool of the cluster's slots, with the connection to it. Made by ``connect``."""

    remote = True

    def __init__(self, link: "_Link", workers: int) -> None:
        super().__init__([_ClusterSlot(link) for _ in range(workers)])
        self._link = link

    async def close(self) -> None:
        """See ``Executor.close``."""
        await super().close()
        await self._link.close()


async def connect(address: str) -> Cluster:
    """The cluster whose scheduler listens at ``HOST:PORT``. Raises ``ExecutorError``, for people.

    It trusts the scheduler: Dask runs what it is sent, on both sides.
    """
    try:
        import dask
        from distributed import Client
    except ImportError as error:
        raise ExecutorError(f"A cluster needs the package distributed, which is not installed: {INSTALL}.") from error
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # what it has to tell comes as an ExecutorError
    # Work comes with its arguments, however large: what is kept on a worker beside it is lost with that worker.
    dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GiB"})
    client = Client(
        f"tcp://{address}", asynchronous=True, set_as_default=False, direct_to_workers=False, timeout=PATIENCE
    )
    try:
        await client
    except Exception as error:  # what listens there may answer anything, and Dask's reading of it raise anything
        with contextlib.suppress(Exception):
            await client.close()
        raise ExecutorError(f"No Dask scheduler can be reached at dask://{address}: {_words(error)}.") from error
    link = _Link(client, address)
    try:
        threads = await link.threads()
    except BaseException:
        await link.close()
        raise
    return Cluster(link, 2 * threads)  # one under way and one that waits, for each


def _words(error: Exception) -> str:
    """The first line of an error of Dask's, which may have many."""
    words = str(error).strip().partition("\n")[0].rstrip(".")
    return words if isinstance(error, OSError) and words else f"{type(error).__name__}: {words}".removesuffix(": ")


class _Link:
    """The connection: events by task, and a watch over the workers."""

    def __init__(self, client: "Client", address: str) -> None:
        self.client, self.address = client, address
        self.topic = f"audit-console-{uuid.uuid4().hex}"
        self.tasks: dict[str, asyncio.Queue[Message | ExecutorError]] = {}
        client.subscribe_topic(self.topic, self._hear)
        client.subscribe_topic("all", self._hear_of_workers)
        self._watch = asyncio.create_task(self._watch_workers())

    async def threads(self) -> int:
        """Threads of all workers, as soon as there is one. Raises ``ExecutorError`` where there is none for long."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                if threads := sum((await self.client.nthreads()).values()):
                    return int(threads)
            except OSError as error:
                raise self.lost() from error
            if time.monotonic() > until:
                raise ExecutorError(f"The Dask scheduler at dask://{self.address} has no workers.")
            await asyncio.sleep(_LOOK)

    def lost(self) -> ExecutorError:
        """The error of a connection that is gone."""
        return ExecutorError(f"The connection to the Dask scheduler at dask://{self.address} was lost.")

    async def close(self) -> None:
        """Hang up. A second call does nothing."""
        self._watch.cancel()
        with contextlib.suppress(OSError, asyncio.TimeoutError):
            await self.client.close()

    def _hear(self, event: tuple[float, tuple[str, bytes, float]]) -> None:
        key, data, sent = event[1]
        if key not in self.tasks:
            return
        message: Message | ExecutorError = pickle.loads(data)
        late = time.time() - sent
        if isinstance(message, Begun) and abs(late) > SKEW:
            words = f"{abs(late):,.0f} seconds {'behind' if late > 0 else 'ahead of'} the one here"
            message = ExecutorError(f"The clock of the worker {message.worker} is {words}.")
        self.tasks[key].put_nowait(message)

    def _hear_of_workers(self, event: tuple[float, dict[str, Any]]) -> None:
        """The scheduler's own news. A worker may die with its first message unsent, so that only this tells of it."""
        news = event[1]
        if news.get("action") == "remove-worker":
            for key in self.tasks.keys() & set(news.get("processing-tasks", ())):
                self.tasks[key].put_nowait(Lost(str(news["worker"]), _GONE))

    async def _watch_workers(self) -> None:
        while True:
            await asyncio.sleep(_LOOK)
            try:
                await self.threads()
            except ExecutorError as error:
                for messages in self.tasks.values():
                    messages.put_nowait(error)


class _ClusterSlot:
    """See ``console.engine.run.pool.Slot``.

    Where a worker dies, the scheduler begins its tasks elsewhere at once, by itself. Those are called off: how often
    work is done again is the caller's to decide.
    """

    def __init__(self, link: _Link) -> None:
        self._link = link

    async def start(self) -> None:
        """See ``Slot.start``."""

    async def run(self, work: Work, data: bytes) -> Messages:
        """See ``Slot.run``. Messages on the way are not held back where the caller is slow."""
        link = self._link
        key = f"audit-console-{uuid.uuid4().hex}"
        messages = link.tasks[key] = asyncio.Queue()
        future = link.client.submit(_perform, key, link.topic, __version__, data, key=key, pure=False, retries=0)
        answer = asyncio.create_task(self._answer(future, messages))
        worker = ""
        try:
            while True:
                message = await messages.get()
                if isinstance(message, ExecutorError):
                    raise message
                if isinstance(message, Begun):
                    if worker:  # the scheduler began again elsewhere
                        yield Lost(worker, _GONE)
                        return
                    worker = message.worker
                yield message
                if isinstance(message, Finished | Failed | Lost):
                    return
        finally:
            del link.tasks[key]
            answer.cancel()
            with contextlib.suppress(OSError):
                await future.cancel()

    async def close(self) -> None:
        """See ``Slot.close``."""

    async def _answer(self, future: "Future[bytes]", messages: "asyncio.Queue[Message | ExecutorError]") -> None:
        from distributed import KilledWorker

        try:
            messages.put_nowait(pickle.loads(await future))
        except (asyncio.CancelledError, concurrent.futures.CancelledError):
            if future.status == "pending":
                raise  # it is us who want it no more
            messages.put_nowait(self._link.lost())
        except KilledWorker as error:
            messages.put_nowait(Lost(str(error.last_worker.address), _GONE))
        except Exception as error:  # noqa: BLE001 - anything that Dask has against it
            needs = f"Scheduler and workers need audit-console {__version__} as well"
            words = f"The cluster at dask://{self._link.address} fails ({_words(error)}). {needs}."
            messages.put_nowait(ExecutorError(words))


def _perform(key: str, topic: str, version: str, data: bytes) -> bytes:
    """The worker's side: the last message, pickled."""
    from distributed import get_worker

    worker = get_worker()
    name = worker.address
    if version != __version__:
        words = f"The worker {name} has audit-console {__version__}, this is {version}."
        return message_bytes(Failed(ExecutorError(words), name))
    channel = _TaskChannel(worker, topic, key)
    channel.put(Begun(name, os.getpid()))
    try:
        answer: Message = perform(data, channel)
    except HungUpError:
        answer = Lost(name, "the work was cancelled")  # nobody reads it
    channel.over = True
    return message_bytes(answer)


class _TaskChannel:
    """See ``Channel``. A task whose future is cancelled runs on, in another state: that is how it learns."""

    def __init__(self, worker: Any, topic: str, key: str) -> None:  # noqa: ANN401 - distributed has no types
        self.worker: str = worker.address
        self.over = False
        self._worker, self._topic, self._key = worker, topic, key

    def put(self, message: Message) -> None:
        self._worker.log_event(self._topic, (self._key, message_bytes(message), time.time()))

    def send(self, value: object) -> None:
        if not self._wanted():
            raise HungUpError
        self.put(Reported(value))

    def on_hang_up(self, call: Callable[[], object]) -> None:
        def watch() -> None:
            while self._wanted():
                time.sleep(_LOOK)
            if not self.over:
                call()

        threading.Thread(target=watch, daemon=True).start()

    def _wanted(self) -> bool:
        task = self._worker.state.tasks.get(self._key)
        return task is not None and task.state == "executing"
