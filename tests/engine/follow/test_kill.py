"""Whoever is killed, and whenever: nothing is lost, nothing is doubled."""

import asyncio
import json
import os
import random
import select
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from console.sources.sqlite import private_folder
from console.store.opening import store_at
from tests.support.engine_cases import Console, Deal, append, assert_same, console, dump
from tests.support.places import ROOT, SAMPLES
from tests.support.rotated import SCHEMES, write_volumes

RLIMIT = "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2);"


def command(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "console", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def events_in(index: Path) -> int:
    """Committed events, 0 while there is no index."""
    try:
        db = sqlite3.connect(f"file:{index}?mode=ro", uri=True)
    except sqlite3.OperationalError:
        return 0
    try:
        return int(db.execute("SELECT coalesce(sum(records), 0) FROM ledger").fetchone()[0])
    except sqlite3.DatabaseError:
        return 0
    finally:
        db.close()


def killed(index: Path, ledger: Path, when: Callable[[], bool]) -> bool:
    """Run the command and kill it, with all that it started, once ``when`` holds; False if it ended before."""
    process = command("ledgers", str(ledger), "--index", str(index))
    try:
        while process.poll() is None:
            if when():
                os.killpg(process.pid, signal.SIGKILL)
                return True
        return False
    finally:
        process.communicate()


def finished(index: Path, ledger: Path) -> None:
    process = command("ledgers", str(ledger), "--index", str(index), "--format", "json")
    out, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert json.loads(out)[0]["state"] == "live"


def backwards(ledger: Path, events: int) -> None:
    """Deals whose events come in disorder, with torn lines: findings, irregular chains, references."""
    dice = random.Random(1)
    lines = []
    for number in range(20):
        deal = Deal(f"deal-{number}")
        rows = deal.lines(events // 20).splitlines(keepends=True)
        if number % 3 == 0:
            at = dice.randrange(len(rows) - 2)
            rows[at], rows[at + 1] = rows[at + 1], rows[at]
        if number % 5 == 0:
            rows[dice.randrange(len(rows))] = b"{torn\n"
        lines.append(rows)
    ledger.write_bytes(b"".join(line for rows in zip(*lines, strict=True) for line in rows))


@pytest.mark.parametrize(("events", "rounds"), [(20_000, 4), pytest.param(60_000, 6, marks=pytest.mark.slow)])
def test_killed_while_reading(events: int, rounds: int, tmp_path: Path) -> None:
    ledger = tmp_path / "deals.jsonl"
    backwards(ledger, events)
    finished(tmp_path / "whole.sqlite", ledger)
    whole = dump(tmp_path / "whole.sqlite")
    index = tmp_path / "index.sqlite"
    dice = random.Random(7)
    had: list[int] = []
    for _ in range(rounds):
        looks = dice.randrange(1, 400)
        before = events_in(index)

        def when(before: int = before) -> bool:
            nonlocal looks
            looks -= 1
            return looks <= 0 or events_in(index) > before

        if not killed(index, ledger, when):
            break
        had.append(events_in(index))
    assert had == sorted(had)
    finished(index, ledger)
    assert_same(dump(index), whole)


@pytest.mark.slow
def test_killed_while_reading_several_files(tmp_path: Path) -> None:
    """A ledger whose past was there before: whoever goes on leaves out no file, and reads none twice."""
    whole, folder = tmp_path / "whole.jsonl", tmp_path / "ledgers"
    backwards(whole, 20_000)
    lines = whole.read_bytes().splitlines(keepends=True)
    cuts = [0, 3_000, 3_001, 9_000, 15_000, len(lines)]
    parts = [b"".join(lines[start:stop]) for start, stop in pairwise(cuts)]
    ledger = write_volumes(folder, parts, SCHEMES["numbered"], [True, False, True])[-1]
    finished(tmp_path / "once.sqlite", ledger)
    index, dice = tmp_path / "index.sqlite", random.Random(3)
    for _ in range(8):
        before, looks = events_in(index), dice.randrange(1, 400)

        def when(before: int = before, looks: list[int] = [looks]) -> bool:  # noqa: B006 - one a round
            looks[0] -= 1
            return looks[0] <= 0 or events_in(index) > before

        if not killed(index, ledger, when):
            break
    finished(index, ledger)
    assert events_in(index) == len(lines)
    assert_same(dump(index), dump(tmp_path / "once.sqlite"))


@pytest.mark.slow
@pytest.mark.parametrize("point", ["commit", "append", "_check_references", "_walk_again", "rewalked", "add_ledger"])
def test_killed_at_a_point(point: str, tmp_path: Path) -> None:
    """Killed by its own hand where it matters most: around a commit, before the references, amid a second walk."""
    ledger, index = tmp_path / "deals.jsonl", tmp_path / "index.sqlite"
    ledger.write_bytes(
        (SAMPLES / "kernel" / "audit-forked.jsonl").read_bytes()
        + b"".join((SAMPLES / "kernel" / "audit.jsonl").read_bytes().splitlines(keepends=True)[::-1])
    )
    finished(tmp_path / "whole.sqlite", ledger)
    script = f"""
import os, signal, sys
from console.cli.main import main
from console.engine.ingest import portions as decode
from console.engine.ingest import ingest
from console.store.sqlite.write.writer import SqliteWriter as IndexWriter
from functools import partial
ingest.portions = partial(decode.portions, rows=60)
count = int(sys.argv.pop(1))
def die():
    global count
    count -= 1
    if count <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
owner = {{"_check_references": ingest.Ingest, "_walk_again": ingest.Ingest}}.get("{point}", IndexWriter)
if "{point}" == "commit":
    inner = IndexWriter.transaction
    class After:
        def __init__(self, writer): self.inner = inner(writer)
        async def __aenter__(self): return await self.inner.__aenter__()
        async def __aexit__(self, *error):
            result = await self.inner.__aexit__(*error)
            die()
            return result
    IndexWriter.transaction = After
    IndexWriter.transaction = lambda self: After(self)
else:
    inner = getattr(owner, "{point}")
    async def killing(*a, **k):
        result = await inner(*a, **k)
        die()
        return result
    setattr(owner, "{point}", killing)
main()
"""
    for count in (1, 3, 2):
        process = subprocess.run(
            [sys.executable, "-c", script, str(count), "ledgers", str(ledger), "--index", str(index)],
            cwd=ROOT,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert process.returncode in (-signal.SIGKILL, 0), process.stderr
    finished(index, ledger)
    assert_same(dump(index), dump(tmp_path / "whole.sqlite"))


def worker_of(one: Console) -> int:
    worker = one.session.worker
    assert worker is not None
    return worker


@pytest.mark.slow
async def test_the_worker_is_killed(tmp_path: Path) -> None:
    deal, ledger, index = Deal(), tmp_path / "deals.jsonl", tmp_path / "index.sqlite"
    ledger.write_bytes(deal.lines(2000))
    async with console(ledger, index=index) as one:
        for turn in (1, 2):
            os.kill(worker_of(one), signal.SIGKILL)
            append(ledger, deal.lines(500))
            row = await one.records(ledger, 2000 + 500 * turn)
            assert row.trust[1] == row.records
            await one.following()
        assert any("was started again" in note for note in one.notes)
        assert "restarting" in one.phases
    await asyncio.to_thread(finished, tmp_path / "whole.sqlite", ledger)
    assert_same(dump(index), dump(tmp_path / "whole.sqlite"))


CONSOLE = """
import asyncio, sys
from console.engine.session.client import open_session
from console.engine.session.protocol import IndexPlace
async def main():
    session = await open_session([sys.argv[1]], IndexPlace(sys.argv[2]))
    async for change in session.changes():
        print(change.progress.phase, session.worker or 0, flush=True)
asyncio.run(main())
"""


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z"


def until_gone(pid: int) -> None:
    descriptor = os.pidfd_open(pid) if not gone(pid) else None
    if descriptor is not None:
        assert select.select([descriptor], [], [], 20)[0]
        os.close(descriptor)


def test_the_console_is_killed(tmp_path: Path) -> None:
    """Its worker ends by itself and gives the index free."""
    ledger, index = tmp_path / "deals.jsonl", tmp_path / "index.sqlite"
    ledger.write_bytes(Deal().lines(100))
    process = subprocess.Popen(
        [sys.executable, "-c", CONSOLE, str(ledger), str(index)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    worker = next(int(line.split()[1]) for line in process.stdout if line.startswith("following"))
    assert not store_at(index).lock().acquire()
    process.kill()
    process.wait()
    process.stdout.close()
    until_gone(worker)
    with store_at(index).lock() as lock:
        assert lock.acquire()


READING = """
import asyncio, sys
from console.engine.session.client import open_session
from console.engine.session.protocol import IndexPlace
async def main():
    session = await open_session([sys.argv[1]], IndexPlace(sys.argv[2]))
    async for change in session.changes():
        if change.progress.phase == "following":
            break
    view = await session.view()
    await session.details((await view.rows(0, 1))[0].id)
    print(session.worker, flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


@pytest.mark.parametrize("index", ["index.sqlite", ":memory:"])
def test_the_worker_clears_up_behind_a_killed_console(index: str, tmp_path: Path) -> None:
    """The console had a database's copy of its own, to show one of its rows, and perhaps the index."""
    database, temporary = tmp_path / "portal.db", tmp_path / "temporary"
    database.write_bytes((SAMPLES / "kernel" / "portal.db").read_bytes())
    temporary.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", READING, str(database), index if index[0] == ":" else str(tmp_path / index)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(temporary)},
    )
    assert process.stdout is not None
    worker = int(process.stdout.readline())
    assert len(list(temporary.glob("*"))) == 2
    process.kill()
    process.communicate()
    until_gone(worker)
    assert not list(temporary.iterdir())


async def test_the_console_clears_up_behind_its_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database, temporary = tmp_path / "portal.db", tmp_path / "temporary"
    database.write_bytes((SAMPLES / "kernel" / "portal.db").read_bytes())
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)

    def others() -> list[Path]:
        """Folders of other processes than this one."""
        return [
            path for path in temporary.iterdir() if private_folder._held is None or str(path) != private_folder._held[0]
        ]

    async with console(database, index=tmp_path / "index.sqlite") as one:
        (first,) = others()
        os.kill(worker_of(one), signal.SIGKILL)
        await one.until(lambda: _is("restarting" in one.phases))
        await one.following()
        (second,) = others()
        assert second != first
        _ = [each async for each in one.session.verify()]  # in another process, which is ended when it has spoken
        assert others() == [second]
    assert not others()


@pytest.mark.slow
async def test_a_full_disk_is_said(tmp_path: Path) -> None:
    """No traceback, no half index that is taken for a whole one; with room again, all is there."""
    ledger, index = tmp_path / "deals.jsonl", tmp_path / "index.sqlite"
    ledger.write_bytes(Deal().lines(5000))
    script = RLIMIT + "sys.argv = ['console', *sys.argv[2:]]; runpy.run_module('console', run_name='__main__')"
    process = subprocess.run(
        [sys.executable, "-c", script, "300000", "ledgers", str(ledger), "--index", str(index)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert process.returncode not in (0, -signal.SIGXFSZ)
    assert "cannot be written" in process.stderr
    assert "Traceback" not in process.stderr
    await asyncio.to_thread(finished, index, ledger)
    await asyncio.to_thread(finished, tmp_path / "whole.sqlite", ledger)
    assert_same(dump(index), dump(tmp_path / "whole.sqlite"))


async def test_a_second_console_reads_and_takes_over(tmp_path: Path) -> None:
    deal, ledger, index = Deal(), tmp_path / "deals.jsonl", tmp_path / "index.sqlite"
    ledger.write_bytes(deal.lines(10))
    async with console(ledger, index=index) as first:
        async with console(ledger, index=index, wait=False) as second:
            await second.until(lambda: _is(second.phases[-1:] == ["reader only"]))
            assert any("Another console writes" in note for note in second.notes)
            append(ledger, deal.lines(5))
            await first.records(ledger, 15)
            await second.records(ledger, 15)
            assert len(await second.events()) == 15
            await first.session.close()
            await second.following()
            append(ledger, deal.lines(5))
            await second.records(ledger, 20)
        assert len(dump(index)["event"]) == 20


async def _is(value: bool) -> bool:
    return value
