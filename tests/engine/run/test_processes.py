"""Processes of our own: quiet, nice, with our modules, reused, and gone with the one that started them."""

import asyncio
import os
import select
import signal
import subprocess
import sys
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from console.engine.errors import ExecutorError
from console.engine.run import processes
from console.engine.run.executor import Begun, Channel, Lost, Reported, Work, outcome
from console.engine.run.pool import Pool
from console.engine.run.processes import Child, ProcessSlot
from console.engine.run.this_process import NAME, ThisProcess
from tests.support.executors import add, count, messages_of, wait_for_hang_up
from tests.support.places import ROOT


def circumstances(_: Channel) -> dict[str, Any]:
    """What work finds in its process."""
    return {
        "process": os.getpid(),
        "nice": os.nice(0),
        "path": sys.path,
        "modules": set(sys.modules),
        "main": sys.modules["__main__"].__dict__.get("__file__"),
        "interrupt": signal.getsignal(signal.SIGINT),
        "open": [str(Path(f"/proc/self/fd/{each}").readlink()) for each in range(3)],
    }


def leave(_: Channel, code: int) -> None:
    os._exit(code)


async def test_what_a_process_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "socket.py").write_text("raise RuntimeError('evidence is not to be run')")
    monkeypatch.chdir(tmp_path)
    async with Pool([ProcessSlot(3, ("console.verify.javascript",))]) as pool:
        found, worker = await outcome(pool, Work("a look", circumstances))
        assert worker == f"process {found['process']}"
        assert found["process"] != os.getpid()
        assert found["nice"] == os.nice(0) + 3
        assert found["path"] == sys.path
        assert found["main"] is None, "the caller's main module is not run again"
        assert found["interrupt"] == signal.SIG_IGN
        assert found["open"] == ["/dev/null"] * 3
        assert "console.verify.javascript" in found["modules"]
        assert not found["modules"] & {"textual", "rich", "pydantic", "click", "distributed"}
        again, _ = await outcome(pool, Work("a look", circumstances))
        assert again["process"] == found["process"]


async def test_this_process_comes_first_and_others_only_where_they_are_needed() -> None:
    async with Pool([ThisProcess(), ProcessSlot(), ProcessSlot()]) as pool:
        for _ in range(3):
            assert await outcome(pool, Work("a sum", add, (1, 2))) == (3, NAME)
        works = [Work("a count", count, (2000,)) for _ in range(9)]
        workers = {worker for _, worker in await asyncio.gather(*(outcome(pool, work) for work in works))}
        assert NAME in workers


async def test_how_it_ended_is_known() -> None:
    async with Pool([ProcessSlot()]) as pool:
        *_, last = await messages_of(pool, Work("an end", leave, (7,)))
        assert isinstance(last, Lost)
        assert last.reason == "exit code 7"


async def test_a_process_that_is_killed_while_it_is_idle_is_replaced() -> None:
    async with Pool([ProcessSlot()]) as pool:
        first, _ = await outcome(pool, Work("a look", circumstances))
        os.kill(first["process"], signal.SIGKILL)
        second, _ = await outcome(pool, Work("a look", circumstances, repeats=1))
        assert second["process"] != first["process"]


async def test_no_process_is_to_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: Any, **__: Any) -> Child:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(processes, "Child", none)
    async with Pool([ProcessSlot(), ProcessSlot()]) as pool:
        works = [outcome(pool, Work("a sum", add, (1,))) for _ in range(3)]
        for result in await asyncio.gather(*works, return_exceptions=True):
            assert isinstance(result, ExecutorError)
            assert str(result) == "No process can be started: Resource temporarily unavailable. Try --jobs 1."
    async with Pool([ThisProcess(), ProcessSlot()]) as pool:
        assert [await outcome(pool, Work("a sum", add, (1,))) for _ in range(3)] == [(1, NAME)] * 3


async def test_a_process_that_cannot_be_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: Any, **__: Any) -> Child:
        raise OSError(11, "Resource temporarily unavailable")

    async with Pool([ThisProcess(), ProcessSlot()]) as pool:
        works = [outcome(pool, Work("a count", count, (500,))) for _ in range(8)]
        assert {worker for _, worker in await asyncio.gather(*works)} >= {NAME}
        monkeypatch.setattr(processes, "Child", none)
        work = Work("an end", leave_another_process, (os.getpid(),), repeats=1)
        results = await asyncio.gather(*(outcome(pool, work) for _ in range(2)), return_exceptions=True)
        assert all(isinstance(each, ExecutorError) or each == ("here", NAME) for each in results)
        assert [await outcome(pool, Work("a sum", add, (1,))) for _ in range(3)] == [(1, NAME)] * 3


def leave_another_process(channel: Channel, own: int) -> str:
    """Take long enough here that another process gets to it as well."""
    channel.send("begun")
    if os.getpid() != own:
        os._exit(1)
    return "here"


async def test_a_process_that_cannot_start(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Pool([ProcessSlot(modules=("console.no_such_module",))]) as pool:
        with pytest.raises(ExecutorError, match=r"ended while it started \(exit code 1\)"):
            await outcome(pool, Work("a sum", add, (1,)))


async def test_patience_has_an_end(tmp_path: Path) -> None:
    """Work that does not end by itself is killed."""
    async with Pool([ProcessSlot()]) as pool:
        async with aclosing(pool.submit(Work("deaf", deaf, (), patience=0.1))) as messages:
            async for message in messages:
                if isinstance(message, Reported):
                    break
            assert isinstance(message, Reported)
            process = message.value
        assert not Path(f"/proc/{process}").exists()


def deaf(channel: Channel) -> None:
    channel.send(os.getpid())
    select.select([], [], [])


async def test_closing_leaves_no_process(tmp_path: Path) -> None:
    pool = Pool([ProcessSlot(), ProcessSlot()])
    idle, _ = await outcome(pool, Work("a look", circumstances))
    messages = pool.submit(Work("a farewell", wait_for_hang_up, (str(tmp_path / "notes"),)))
    first = await anext(messages)
    assert isinstance(first, Begun)
    await pool.close()
    await messages.aclose()
    await pool.close()
    for process in (idle["process"], first.process):
        assert not Path(f"/proc/{process}").exists()


ORPHAN = """
import asyncio, sys
from console.engine.run.choice import process
from console.engine.run.executor import Work, outcome
from tests.support.executors import go_on, wait_for_hang_up
async def main():
    function = {"sends": go_on, "waits": wait_for_hang_up}[sys.argv[1]]
    work = Work("an orphan", function, (sys.argv[2],))
    async with process() as executor:
        async for message in executor.submit(work):
            print(getattr(message, "process", ""), flush=True)
asyncio.run(main())
"""


@pytest.mark.parametrize("kind", ["sends", "waits"])
def test_it_ends_when_its_parent_is_killed(kind: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", ORPHAN, kind, str(tmp_path / "file")]
    parent = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = os.pidfd_open(int(parent.stdout.readline()))
    parent.stdout.readline()
    parent.kill()
    parent.communicate()
    assert select.select([child], [], [], 30)[0]
    os.close(child)
