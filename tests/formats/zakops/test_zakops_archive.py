"""``agent_events_archive`` is the past of ``agent_events``: what is there is not missing here."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from console.engine.ledgers.opening import Opened, open_ledgers
from console.engine.ledgers.options import Options
from console.engine.verify.results import LedgerReport
from console.engine.verify.verification import check_ledger
from tests.support.zakops_cases import uid

COLUMNS = "id, run_id, trace_id, correlation_id, causation_id, event_type, schema_version, payload, deal_id, created_at"
Row = tuple[str, str, str, str | None]


def database(path: Path, archive: list[Row], now: list[Row]) -> Path:
    with closing(sqlite3.connect(path)) as db:
        for table, rows in (("agent_events_archive", archive), ("agent_events", now)):
            db.execute(f"CREATE TABLE {table} ({COLUMNS})")
            for second, (name, run, kind, cause) in enumerate(rows, len(archive) * (table == "agent_events")):
                stamp = f"2026-01-01T00:00:{second:02}Z"
                cause = cause and uid(cause)
                row = (
                    uid(name),
                    uid(run),
                    uid(f"t-{run}"),
                    uid(f"d-{run}"),
                    cause,
                    kind,
                    1,
                    "{}",
                    uid(f"d-{run}"),
                    stamp,
                )
                db.execute(f"INSERT INTO {table} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        db.commit()
    return path


def checked(path: Path) -> dict[str | None, LedgerReport]:
    opened = [each for each in open_ledgers([str(path)]) if isinstance(each, Opened)]
    return {each.source.member: asyncio.run(check_ledger(each, Options())) for each in opened}


def test_runs_and_causes_in_the_archive_are_known(tmp_path: Path) -> None:
    archive: list[Row] = [("e1", "r1", "run.started", None), ("e2", "r1", "run.tool_called", "e1")]
    now: list[Row] = [("e3", "r1", "run.tool_completed", "e2"), ("e4", "r1", "run.completed", "e3")]
    found = checked(database(tmp_path / "state.db", archive, now))
    assert {*found} == {"agent_events", "agent_events_archive"}
    assert [each.findings for each in found.values()] == [[], []]


def test_what_is_in_neither_table_is_still_said(tmp_path: Path) -> None:
    archive: list[Row] = [("e1", "r1", "run.started", None)]
    now: list[Row] = [("e3", "r2", "run.completed", "e2")]
    found = checked(database(tmp_path / "state.db", archive, now))["agent_events"].findings
    assert {each.code for each in found} == {"correlation.broken-causation", "lifecycle.event-before-creation"}
