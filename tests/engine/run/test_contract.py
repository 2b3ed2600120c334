"""What every executor holds, wherever its workers are."""

import asyncio
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from console.engine.run.executor import (
    Begun,
    Executor,
    Failed,
    Finished,
    Lost,
    LostError,
    Repeated,
    Reported,
    UnsendableError,
    Work,
    WorkError,
    outcome,
)
from console.sources.findings import unreadable
from console.sources.protocol import SourceError
from tests.support.executors import (
    add,
    compute,
    count,
    die,
    executor_of,
    fail,
    fail_unpicklably,
    give_unpicklable,
    go_on,
    held,
    messages_of,
    send_back,
    wait_for_hang_up,
)
from tests.support.places import ROOT

KINDS = ["inline", "processes", pytest.param("dask", marks=pytest.mark.slow)]
APART = KINDS[1:]
"""Workers that can die without us."""


@pytest.fixture
async def executor(request: pytest.FixtureRequest) -> AsyncIterator[Executor]:
    address = request.getfixturevalue("cluster") if request.param == "dask" else ""
    async with executor_of(request.param, address) as one:
        yield one


everywhere = pytest.mark.parametrize("executor", KINDS, indirect=True)
apart = pytest.mark.parametrize("executor", APART, indirect=True)


@everywhere
async def test_a_result(executor: Executor) -> None:
    first, last = await messages_of(executor, Work("a sum", add, (1, 2, 3)))
    assert isinstance(first, Begun)
    assert first.process > 0
    assert last == Finished(6, first.worker)


@everywhere
async def test_reports_come_in_order_and_before_the_result(executor: Executor) -> None:
    _, *reports, last = await messages_of(executor, Work("a count", count, (500,)))
    assert reports == [Reported(number) for number in range(500)]
    assert isinstance(last, Finished)
    assert last.value == "500 counted"


@everywhere
async def test_more_work_than_workers(executor: Executor) -> None:
    works = [Work(f"sum {number}", add, (number, 1)) for number in range(30)]
    results = await asyncio.gather(*(outcome(executor, work) for work in works))
    assert [value for value, _ in results] == list(range(1, 31))


@everywhere
@pytest.mark.parametrize("error", [KeyError("a key"), unreadable("/some/ledger", "There is no such file.")])
async def test_an_error_comes_with_its_words(executor: Executor, error: Exception) -> None:
    _, report, last = await messages_of(executor, Work("an error", fail, (error,)))
    assert report == Reported("before")
    assert isinstance(last, Failed)
    assert (type(last.error), str(last.error)) == (type(error), str(error))
    if isinstance(error, SourceError):
        assert isinstance(last.error, SourceError)
        assert (last.error.path, last.error.finding) == (error.path, error.finding)
    with pytest.raises(type(error)):
        await outcome(executor, Work("an error", fail, (error,)))


@everywhere
async def test_an_error_that_cannot_be_pickled_comes_as_its_words(executor: Executor) -> None:
    *_, last = await messages_of(executor, Work("an error", fail_unpicklably))
    assert isinstance(last, Failed)
    assert (type(last.error), str(last.error)) == (WorkError, "LocalError: bread and butter")


@everywhere
async def test_work_that_cannot_be_pickled(executor: Executor) -> None:
    with pytest.raises(UnsendableError, match="the lambda cannot be sent to a worker"):
        await messages_of(executor, Work("the lambda", lambda _: None))
    assert (await outcome(executor, Work("a sum", add, (1,))))[0] == 1


@apart
async def test_a_result_that_cannot_be_pickled(executor: Executor) -> None:
    with pytest.raises(WorkError, match="The result cannot be sent: TypeError"):
        await outcome(executor, Work("a lock", give_unpicklable))
    assert (await outcome(executor, Work("a sum", add, (1,))))[0] == 1


@everywhere
async def test_large_messages(executor: Executor) -> None:
    data = os.urandom(1 << 20) * 12
    _, report, last = await messages_of(executor, Work("much", send_back, (data,)))
    assert report == Reported(data)
    assert isinstance(last, Finished)
    assert last.value == data[::-1]


@everywhere
async def test_closing_the_messages_cancels_the_work(executor: Executor, tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    for _ in range(3):
        async with aclosing(executor.submit(Work("for ever", go_on, (str(lock),)))) as messages:
            async for message in messages:
                if isinstance(message, Reported):
                    break
            assert held(lock)
        while held(lock):
            await asyncio.sleep(0)
    assert (await outcome(executor, Work("a sum", add, (1,))))[0] == 1


@pytest.mark.parametrize("executor", KINDS[:2], indirect=True)
async def test_work_that_does_not_report_is_cancelled_too(executor: Executor, tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    async with aclosing(executor.submit(Work("a computation", compute, (str(lock),)))) as messages:
        async for message in messages:
            if message == Reported("computing"):
                break
        assert held(lock)
    while held(lock):
        await asyncio.sleep(0)
    assert (await outcome(executor, Work("a sum", add, (1,))))[0] == 1


@everywhere
async def test_cancelling_the_task_that_listens_cancels_the_work(executor: Executor, tmp_path: Path) -> None:
    lock, heard = tmp_path / "lock", asyncio.Event()
    work = Work("for ever", go_on, (str(lock),))
    task = asyncio.create_task(outcome(executor, work, lambda _: heard.set()))
    await heard.wait()
    waiting = asyncio.create_task(outcome(executor, work))
    task.cancel()
    waiting.cancel()
    await asyncio.gather(task, waiting, return_exceptions=True)
    while held(lock):
        await asyncio.sleep(0)
    assert (await outcome(executor, Work("a sum", add, (1,))))[0] == 1


@everywhere
async def test_work_can_learn_that_nobody_waits(executor: Executor, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    work = Work("a farewell", wait_for_hang_up, (str(notes),), patience=20)
    async with aclosing(executor.submit(work)) as messages:
        async for message in messages:
            if message == Reported("waiting"):
                break
    while not notes.exists():
        await asyncio.sleep(0)


@apart
async def test_a_worker_that_dies_is_lost(executor: Executor, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    *_, last = await messages_of(executor, Work("a death", die, (9, str(notes))))
    assert isinstance(last, Lost)
    assert last.worker
    assert last.reason
    with pytest.raises(LostError, match="did a death ended before"):
        await outcome(executor, Work("a death", die, (9, str(notes))))
    assert (await outcome(executor, Work("a sum", add, (1,))))[0] == 1


@apart
async def test_a_worker_that_dies_is_replaced(executor: Executor, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    messages = await messages_of(executor, Work("a death", die, (2, str(notes)), repeats=2))
    kinds = [type(message) for message in messages if not isinstance(message, Begun | Reported)]
    # A cluster may itself have begun the work elsewhere, where it died once more, before that was called off.
    assert kinds in ([Repeated, Repeated, Finished], [Repeated, Finished])
    assert isinstance(messages[-1], Finished)
    assert messages[-1].value >= 3


@apart
async def test_work_that_kills_every_worker_is_lost_in_the_end(executor: Executor, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    messages = await messages_of(executor, Work("a death", die, (9, str(notes)), repeats=1))
    assert [type(message) for message in messages if not isinstance(message, Begun | Reported)] == [Repeated, Lost]
    assert notes.read_text().count("\n") >= 2


@pytest.mark.parametrize("executor", KINDS[:2], indirect=True)
async def test_work_is_at_most_a_message_ahead(executor: Executor, tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    taken = 0
    async with aclosing(executor.submit(Work("much", go_on, (str(lock), bytes(1 << 20))))) as messages:
        async for message in messages:
            if isinstance(message, Reported):
                taken += 1
                # One is in our hands, one is fetched, one is being sent.
                assert lock.stat().st_size <= taken + 3
            if taken == 50:
                break


INTERRUPTED = """
import asyncio, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # what starts the tests may ignore it
from console.engine.run.executor import Work, outcome
from tests.support.executors import executor_of, go_on
kind, address, lock = sys.argv[1:]
async def main():
    async with executor_of(kind, address) as executor:
        await outcome(executor, Work("for ever", go_on, (lock,)), lambda value: print(value[0], flush=True))
try:
    asyncio.run(main())
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupt_ends_all(kind: Any, end: signal.Signals, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    address = request.getfixturevalue("cluster") if kind == "dask" else ""
    lock = tmp_path / "lock"
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, kind, address, str(lock)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline()
    if end == signal.SIGINT:
        os.killpg(process.pid, end)
    else:
        process.kill()
    _, words = process.communicate(timeout=60)
    assert process.returncode == (130 if end == signal.SIGINT else -end)
    assert "Traceback" not in words
    while held(lock):
        pass


def test_messages_are_plain_values() -> None:
    for message in (Begun("a", 1), Reported(2), Repeated("a", "b"), Finished(3, "a"), Lost("a", "b")):
        assert pickle.loads(pickle.dumps(message)) == message
