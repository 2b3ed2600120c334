"""The console's own index in a watched folder is no ledger, and nothing else hides behind its mark."""

import asyncio
import contextlib
import re
import sqlite3
from pathlib import Path

from console.sources.discover import discover, open_sources
from console.sources.protocol import Skipped, Source
from console.sources.sqlite.own_index import APPLICATION_ID, TABLES
from console.sources.sqlite.rows import SqliteTable
from console.store.sqlite import schema
from console.store.sqlite.store import SqliteStore


def index(path: Path) -> Path:
    async def make() -> None:
        writer, _ = await SqliteStore(path).writer()
        await writer.close()

    asyncio.run(make())
    return path


def found(folder: Path) -> list[Source | Skipped]:
    return list(discover([str(folder)]))


def test_every_table_of_an_index_is_known() -> None:
    assert {*re.findall(r"CREATE TABLE (\w+)", schema.TABLES), "sqlite_sequence"} == TABLES


def test_an_index_in_a_folder_is_passed_over(tmp_path: Path) -> None:
    index(tmp_path / "index.sqlite")
    (nothing,) = found(tmp_path)
    assert isinstance(nothing, Skipped)
    assert nothing.finding.code == "container.empty"


def test_an_index_that_is_given_is_named(tmp_path: Path) -> None:
    (skipped,) = open_sources(str(index(tmp_path / "index.sqlite")))
    assert isinstance(skipped, Skipped)
    assert skipped.finding.code == "container.not-recognised"
    assert "index of audit-console" in skipped.finding.message


def test_a_ledger_with_the_mark_of_an_index_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute("CREATE TABLE agent_events (id TEXT)")
        db.execute("INSERT INTO agent_events VALUES ('x')")
    (table,) = found(tmp_path)
    assert isinstance(table, SqliteTable)
