"""Executors of every kind, and work for them to do."""

import fcntl
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from console.engine.run.cluster import connect
from console.engine.run.executor import Channel, Executor, Message, Work
from console.engine.run.pool import Pool
from console.engine.run.processes import ProcessSlot
from console.engine.run.this_process import ThisProcess


@contextmanager
def local_cluster(workers: int = 2) -> Iterator[str]:
    """HOST:PORT of the scheduler of a real cluster: worker processes of one thread each, on loopback."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        protocol="tcp",
        dashboard_address=None,
        scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},  # for its health page, which cannot be turned off
        worker_dashboard_address=None,
        silence_logs=60,
    ) as cluster:
        yield cluster.scheduler_address.removeprefix("tcp://")


@asynccontextmanager
async def executor_of(kind: str, address: str = "") -> AsyncIterator[Executor]:
    """An executor of two workers, or inline."""
    match kind:
        case "inline":
            pool = Pool([ThisProcess()])
        case "processes":
            pool = Pool([ProcessSlot(), ProcessSlot()])
        case "dask":
            pool = await connect(address)
        case _:
            raise ValueError(kind)
    async with pool:
        yield pool


async def messages_of(executor: Executor, work: Work) -> list[Message]:
    async with aclosing(executor.submit(work)) as messages:
        return [message async for message in messages]


class Heard:
    """A channel that keeps what is sent."""

    worker = "a test"

    def __init__(self) -> None:
        self.values: list[Any] = []

    def send(self, value: Any) -> None:
        self.values.append(value)

    def on_hang_up(self, call: Callable[[], object]) -> None:
        """Nobody hangs up."""


def add(_: Channel, *numbers: int) -> int:
    return sum(numbers)


def count(channel: Channel, until: int) -> str:
    """Reports 0, 1, 2 …"""
    for number in range(until):
        channel.send(number)
    return f"{until} counted"


def fail(channel: Channel, error: Exception) -> None:
    channel.send("before")
    raise error


class LocalError(Exception):
    """Cannot be pickled."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.lock = threading.Lock()


def fail_unpicklably(_: Channel) -> None:
    raise LocalError("bread and butter")


def give_unpicklable(_: Channel) -> Any:
    return threading.Lock()


def send_back(channel: Channel, data: bytes) -> bytes:
    channel.send(data)
    return data[::-1]


def die(channel: Channel, times: int, notes: str) -> int:
    """Kill the own process the first so many times; each call leaves a line in the file of notes."""
    with Path(notes).open("a") as file:
        file.write(f"{os.getpid()}\n")
    calls = Path(notes).read_text().count("\n")
    channel.send(calls)
    if calls <= times:
        os.kill(os.getpid(), signal.SIGKILL)
    return calls


def go_on(channel: Channel, lock: str, data: bytes = b"") -> None:
    """Report for ever, with a lock on a file."""
    with Path(lock).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        while True:
            file.write(".")
            file.flush()
            channel.send((os.getpid(), data))


def compute(channel: Channel, lock: str) -> None:
    """Compute for ever, with a lock on a file, and report only the beginning."""
    with Path(lock).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        channel.send("computing")
        number = 1
        while number:
            number = (number * 48271) % (2**31 - 1)


def wait_for_hang_up(channel: Channel, notes: str) -> None:
    """End by itself once nobody wants anything, with a last note."""
    over = threading.Event()
    channel.on_hang_up(over.set)
    channel.send("waiting")
    over.wait()
    Path(notes).write_text("farewell")


def held(lock: Path) -> bool:
    """True while work holds a lock on the file."""
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
