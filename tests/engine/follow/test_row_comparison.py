"""Rows of audit tables that are changed or deleted behind the console's back, or before its eyes."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from console.app.widgets.tables.ledger_words import verdict_sentence
from console.engine.api import verdict_of
from console.engine.follow import row_comparison
from console.engine.memory import in_index
from console.engine.verify.verify_paths import verify_paths
from console.witness.place import MemoryPlace
from tests.support.engine_cases import NOW, Deal, append, console, following, indexed, reading
from tests.support.places import SAMPLES

TABLE = "action_audit_events"
DELETE = f"DELETE FROM {TABLE} WHERE rowid BETWEEN 10 AND 14"
EDIT = f"UPDATE {TABLE} SET actor = 'nobody' WHERE rowid = 7"
SWAP = f"UPDATE {TABLE} SET event = 'EVIL' WHERE rowid = 20"


def add(database: Path, start: int, count: int) -> None:
    """Rows of the sample's audit table, in its order."""
    with closing(sqlite3.connect(SAMPLES / "zakops" / "ingest_state.db")) as source:
        (schema,) = source.execute("SELECT sql FROM sqlite_master WHERE name = ?", (TABLE,)).fetchone()
        rows = source.execute(f"SELECT * FROM {TABLE} LIMIT ? OFFSET ?", (count, start)).fetchall()
    with closing(sqlite3.connect(database)) as db:
        db.execute(schema.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS"))
        db.executemany(f"INSERT INTO {TABLE} VALUES (?, ?, ?, ?, ?, ?)", rows)
        db.commit()


def act(database: Path, statement: str) -> None:
    with closing(sqlite3.connect(database)) as db:
        db.execute(statement)
        db.commit()


@pytest.fixture(params=["delete", "wal"])
def database(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """One audit table with 30 rows, by both of SQLite's journals."""
    path = tmp_path / "state.db"
    act(path, f"PRAGMA journal_mode={request.param}")
    add(path, 0, 30)
    return path


async def _said(index: Path) -> tuple[int, set[str]]:
    async with reading(index) as reader:
        (row,) = [each for each in await reader.ledgers() if each.format]
        found, _ = await reader.findings(limit=1000)
        return row.records, {each.finding.code for each in found if each.finding.family == "witness"}


async def _sentence(index: Path) -> str:
    """What the screen says of the ledger."""
    async with reading(index) as reader:
        (row,) = [each for each in await reader.ledgers() if each.format]
    return verdict_sentence(verdict_of(row))


async def test_a_look_at_what_was_not_compared_is_no_reason_to_trust_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The memory keeps the look, and the next one reads what this one did not."""
    monkeypatch.setattr(row_comparison, "SHARE", 1e9)
    monkeypatch.setattr(in_index, "PAUSE", 0.0)
    database, index = tmp_path / "state.db", tmp_path / "index.sqlite"
    place = MemoryPlace(str(tmp_path / "memory"), "test")
    add(database, 0, 30)
    async with following(index, database, memory=place) as (follower, _):
        add(database, 30, 5)
        await follower.look(str(database))
        act(database, EDIT)
        add(database, 35, 5)
        await follower.look(str(database))
        assert "not compared since" in await _sentence(index)
    (report,) = (await verify_paths([str(database)], NOW, executor="inline", memory=place)).ledgers
    assert "witness.edited" in {each.code for each in report.findings}


@pytest.mark.parametrize(("statement", "records"), [(DELETE, 25), (EDIT, 30), (SWAP, 30)])
@pytest.mark.parametrize("added", [0, 5])
async def test_changed_behind_its_back(
    database: Path, tmp_path: Path, statement: str, records: int, added: int
) -> None:
    index = tmp_path / "index.sqlite"
    assert await indexed(index, database) == 30
    act(database, statement)
    add(database, 30, added)
    await indexed(index, database)
    assert await _said(index) == (records + added, {"witness.rewritten"})
    assert await indexed(index, database) == 0


async def test_only_added_to(database: Path, tmp_path: Path) -> None:
    index = tmp_path / "index.sqlite"
    await indexed(index, database)
    add(database, 30, 5)
    assert await indexed(index, database) == 5
    assert await _said(index) == (35, set())


@pytest.mark.parametrize(("statement", "records"), [(DELETE, 25), (EDIT, 30)])
async def test_changed_before_its_eyes(database: Path, tmp_path: Path, statement: str, records: int) -> None:
    async with console(database, index=tmp_path / "index.sqlite") as one:
        await one.records(database, 30)
        act(database, statement)
        await one.found("witness.rewritten")
        await one.records(database, records)


async def test_what_was_put_off_is_made_up_for(database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A console that ended before it compared all rows again leaves that to the next one.

    Followed in this process: a worker of its own would know nothing of the share that is set here.
    """
    monkeypatch.setattr(row_comparison, "SHARE", 1e9)
    index = tmp_path / "index.sqlite"
    async with following(index, database) as (follower, _):
        add(database, 30, 5)
        await follower.look(str(database))  # compared, and not again for a long time
        act(database, EDIT)
        add(database, 35, 5)
        await follower.look(str(database))
        assert await _said(index) == (40, set())
        assert "not compared since" in (await _sentence(index))
    await indexed(index, database)
    assert await _said(index) == (40, {"witness.rewritten"})


async def test_an_edit_behind_an_append(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the same length, so that the first and the last record that were read stand where they stood. It is found when
    it comes, or when what was put off is made up for."""
    ledger, deal = tmp_path / "deals.jsonl", Deal()
    ledger.write_bytes(deal.lines(30))
    for share in (0.0, 1e9):
        monkeypatch.setattr(row_comparison, "SHARE", share)
        index = tmp_path / f"{share}.sqlite"
        async with following(index, ledger) as (follower, _):
            append(ledger, deal.lines(2))
            await follower.look(str(ledger))  # compared, and with a large share not again for a long time
            before = ledger.read_bytes()
            append(ledger, deal.lines(1))
            with ledger.open("r+b") as file:
                file.seek(before.index(b'"anna"', len(before) // 2))
                file.write(b'"otto"')
            await follower.look(str(ledger))
            found = {"witness.rewritten"} if not share else set()
            assert (await _said(index))[1] == found
            assert ("edits before the newest records: verified at 20" in await _sentence(index)) == bool(share)
            if share:
                (followed,) = follower._ledgers()
                followed.rows.not_before = 0.0  # its time has come
                assert await follower.changed() == [str(ledger)]
                await follower.look(str(ledger))
                assert (await _said(index))[1] == {"witness.rewritten"}
                assert await follower.changed() == []
                assert "not compared since" not in await _sentence(index)
