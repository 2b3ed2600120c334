"""Processes of our own: they say when they are gone, and go when nobody listens. Records: read again, and checked."""

import os
import signal
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from console.engine.run.processes import start
from tests.support.engine_cases import Deal, console
from tests.support.places import ROOT


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The functions of this module can be found by the processes."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def say_and_wait(connection: Connection, words: str) -> None:
    connection.send((words, os.getpid()))
    while True:
        connection.recv()


def crash(connection: Connection) -> None:
    connection.send("before")
    raise RuntimeError("on purpose")


def flood(connection: Connection) -> None:
    while True:
        connection.send(b"x" * 100_000)


def test_it_answers_and_is_stopped() -> None:
    child = start(say_and_wait, "hello")
    words, pid = child.connection.recv()
    assert (words, pid) == ("hello", child.process.pid)
    child.stop()
    assert child.process.returncode == 0


def test_a_crash_is_an_end() -> None:
    child = start(crash)
    assert child.connection.recv() == "before"
    with pytest.raises(EOFError):
        child.connection.recv()
    assert child.process.wait(20) != 0
    child.kill()


def test_a_kill_is_an_end() -> None:
    child = start(say_and_wait, "hello")
    child.connection.recv()
    os.kill(child.process.pid, signal.SIGKILL)
    with pytest.raises((EOFError, OSError)):
        child.connection.recv()
    child.kill()
    child.kill()


@pytest.mark.parametrize("function", [flood, crash])
def test_hanging_up_ends_it(function: object) -> None:
    child = start(function)  # type: ignore[arg-type]  # a parametrized function
    child.connection.recv()
    child.stop()
    assert child.process.returncode is not None


async def test_bytes_that_changed_are_said(tmp_path: Path) -> None:
    ledger = tmp_path / "deals.jsonl"
    ledger.write_bytes(Deal().lines(3))
    content = ledger.read_bytes()
    async with console(ledger, index=tmp_path / "i.sqlite") as one:
        events = await one.events()
        details = await one.session.details(events[1].id)
        assert (details.intact, details.problem, details.raw) == (True, "", content.splitlines()[1])
        assert details.proof is not None
        assert details.event.sequence == 2
        # The console must not notice by itself, so that the check at reading is what is tried.
        worker = one.session._child
        assert worker is not None
        os.kill(worker.process.pid, signal.SIGSTOP)
        try:
            ledger.write_bytes(content.replace(b'"anna"', b'"anne"'))
            details = await one.session.details(events[1].id)
            assert not details.intact
            assert "not those" in details.problem
            assert details.event.actor == "anne"
            ledger.write_bytes(content[:500])
            details = await one.session.details(events[2].id)
            assert not details.intact
            assert details.problem
            assert details.raw == b""
            ledger.unlink()
            for event in events:
                details = await one.session.details(event.id)
                assert not details.intact
                assert details.problem
            ledger.mkdir()
            assert (await one.session.details(events[0].id)).problem
            ledger.rmdir()
            ledger.write_bytes(content)
            assert (await one.session.details(events[0].id)).intact
        finally:
            os.kill(worker.process.pid, signal.SIGCONT)
    with pytest.raises(LookupError):
        async with console(ledger, index=tmp_path / "i.sqlite") as one:
            await one.session.details(99 << 32)
