"""Schemas with functions in them are read as other ones are, and what cannot be read is not called damaged."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from console.sources.discover import open_sources
from console.sources.protocol import Skipped
from console.sources.sqlite.rows import SqliteTable

SCHEMAS = {
    "check": ["CREATE TABLE t (id TEXT, payload TEXT CHECK (json_valid(payload)))"],
    "operator": ["CREATE TABLE t (id TEXT, payload TEXT CHECK (payload ->> '$.a' IS NOT NULL))"],
    "index": ["CREATE TABLE t (id TEXT, payload TEXT)", "CREATE INDEX i ON t (json_extract(payload, '$.a'))"],
    "partial index": [
        "CREATE TABLE t (id TEXT, payload TEXT)",
        "CREATE INDEX i ON t (id) WHERE json_type(payload) = 'object'",
    ],
    "virtual column": [
        "CREATE TABLE t (id TEXT, payload TEXT, a TEXT GENERATED ALWAYS AS (json_extract(payload, '$.a')) VIRTUAL)"
    ],
    "stored column": [
        "CREATE TABLE t (id TEXT, payload TEXT, a TEXT GENERATED ALWAYS AS (json_extract(payload, '$.a')) STORED)"
    ],
    "own function": ["CREATE TABLE t (id TEXT, payload TEXT CHECK (mine(payload)))"],
}


def made(path: Path, statements: list[str]) -> Path:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.create_function("mine", 1, lambda _: True, deterministic=True)
        for statement in [*statements, "INSERT INTO t (id, payload) VALUES ('x', '{\"a\":1}')"]:
            db.execute(statement)
    return path


@pytest.mark.parametrize("schema", SCHEMAS)
def test_functions_in_a_schema_hinder_no_reading(schema: str, tmp_path: Path) -> None:
    (table,) = open_sources(str(made(tmp_path / "x.db", SCHEMAS[schema])))
    assert isinstance(table, SqliteTable)
    batches = list(table.batches())
    assert [raw for batch in batches for raw in batch.raws] == [b'{"id":"x","payload":"{\\"a\\":1}"}']
    assert not [found for batch in batches for found in batch.findings]
    assert table.read(1, 0) == batches[0].raws[0]


def test_a_view_may_call_what_it_likes(tmp_path: Path) -> None:
    path = made(tmp_path / "x.db", [*SCHEMAS["index"], "CREATE VIEW v AS SELECT load_extension('x') FROM t"])
    (table,) = open_sources(str(path))
    assert isinstance(table, SqliteTable)
    assert table.member == "t"


def refusal(path: Path) -> tuple[str, str]:
    (skipped,) = open_sources(str(path))
    assert isinstance(skipped, Skipped)
    return skipped.finding.code, skipped.finding.message


def patched(path: Path, old: bytes, new: bytes) -> Path:
    """The schema changed in the file, without SQLite."""
    assert len(old) == len(new)
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new))
    return path


def test_a_function_that_may_do_more_than_compute_is_refused_by_name(tmp_path: Path) -> None:
    table = "CREATE TABLE t (id, payload CHECK (json_valid(payload)))"
    path = made(tmp_path / "x.db", [table, "CREATE INDEX i ON t (json_type(payload))"])
    code, message = refusal(patched(path, b"json_valid(payload)", b"load_extension(id) "))
    assert code == "container.unreadable"
    assert "load_extension" in message
    assert "damaged" not in message


def test_a_schema_of_another_sqlite_is_not_called_damaged(tmp_path: Path) -> None:
    path = made(tmp_path / "x.db", ["CREATE TABLE t (id, payload, q TEXT)"])
    code, message = refusal(patched(path, b"q TEXT)", b"q) WHAT"))
    assert code == "container.unreadable"
    assert "schema" in message
    assert "damaged" not in message


def test_a_damaged_database_is_called_damaged(tmp_path: Path) -> None:
    path = made(tmp_path / "x.db", SCHEMAS["check"])
    data = bytearray(path.read_bytes())
    data[100:200] = bytes(100)
    path.write_bytes(data)
    code, _ = refusal(path)
    assert code == "container.sqlite-corrupt"
