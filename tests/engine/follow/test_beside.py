"""What comes beside a ledger later: the files that help to check it, and further tables of its database."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.engine_cases import Console, append, assert_same, console, dump, indexed
from tests.support.places import SAMPLES

RUN = SAMPLES / "smvm/runs/harbour-point/validation/RUN-20251009-113340-d2744a08"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run's folder with nothing in it but the ledger."""
    folder = tmp_path / "run"
    folder.mkdir()
    shutil.copy(RUN / "events.jsonl", folder)
    return folder


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "index.sqlite"


async def proved(one: Console, ledger: Path, events: int) -> None:
    """Wait until so many events are verified."""

    async def there() -> bool:
        row = await one.ledger(ledger)
        return row.records == 9 and row.trust[1] == events

    await one.until(there)


@pytest.mark.parametrize("given", ["folder", "file"])
async def test_companions_that_come_later_are_used(given: str, run: Path, index: Path, tmp_path: Path) -> None:
    ledger = run / "events.jsonl"
    async with console(run if given == "folder" else ledger, index=index) as one:
        await proved(one, ledger, 1)
        (event, *_) = await one.events("trust:unchecked")
        assert "puts/" not in str((await one.session.details(event.id)).proof)
        shutil.copytree(RUN / "inputs", run / "inputs")
        shutil.copytree(RUN / "outputs", run / "outputs")
        shutil.copy(RUN / "meta.json", run)
        await proved(one, ledger, 9)
        assert "puts/" in str((await one.session.details(event.id)).proof)
        words = [each.verdict async for each in one.session.verify()][-1]
        assert "9 verified" in words
    whole = tmp_path / "whole.sqlite"
    await indexed(whole, run if given == "folder" else ledger)
    assert_same(dump(index), dump(whole))


async def test_companions_that_came_and_went_between_starts(run: Path, index: Path) -> None:
    ledger = run / "events.jsonl"
    for verified in (1, 9, 9, 1):
        shutil.rmtree(run / "outputs", ignore_errors=True)
        shutil.rmtree(run / "inputs", ignore_errors=True)
        if verified == 9:
            shutil.copytree(RUN / "inputs", run / "inputs", copy_function=shutil.copy2)
            shutil.copytree(RUN / "outputs", run / "outputs", copy_function=shutil.copy2)
        async with console(run, index=index) as one:
            await proved(one, ledger, verified)


async def test_an_event_and_its_payload_come_together(run: Path, index: Path) -> None:
    ledger = run / "events.jsonl"
    lines = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(b"".join(lines[:-1]))
    async with console(run, index=index) as one:
        shutil.copytree(RUN / "inputs", run / "inputs")
        shutil.copytree(RUN / "outputs", run / "outputs")
        append(ledger, lines[-1])
        await proved(one, ledger, 9)


async def test_tables_that_come_later_are_ledgers(tmp_path: Path, index: Path) -> None:
    path = tmp_path / "state.db"
    with closing(sqlite3.connect(SAMPLES / "zakops/events.db")) as sample:
        schemas = dict(sample.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall())
        rows = {name: sample.execute(f"SELECT * FROM {name}").fetchall() for name in schemas}
    first, second = [name for name in ("outbox", "agent_events", "inbox", "action_audit_events") if rows.get(name)][:2]
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=WAL")
        for name in (first, second):
            if name == second:
                continue
            db.execute(schemas[name])
            db.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(rows[name][0]))})", rows[name])
        db.execute("CREATE TABLE notes (text)")
        db.execute("INSERT INTO notes VALUES ('none')")
        async with console(path, index=index) as one:
            assert [row.member for row in await one.ledgers()] == [first]
            db.execute(schemas[second])
            db.execute("INSERT INTO notes VALUES ('still empty')")
            insert = f"INSERT INTO {second} VALUES ({', '.join('?' * len(rows[second][0]))})"
            db.executemany(insert, rows[second][:2])

            async def both(count: int) -> bool:
                return {row.member: row.records for row in await one.ledgers()} == {
                    first: len(rows[first]),
                    second: count,
                }

            await one.until(lambda: both(2))
            db.executemany(insert, rows[second][2:5])
            await one.until(lambda: both(5))
