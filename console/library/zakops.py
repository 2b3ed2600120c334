"""ZakOps' writers: the action audit, agent events with their outbox row, and the inbox that processes each event once.

They follow the document's patterns on SQLite: the tables are those that it asks for, and are made where they are not
there. ``emit_event`` writes the event and its outbox row in one transaction, which is what the outbox is for. Source:
"Event Emission" and "Outbox/Inbox Pattern" in the audit of the event system.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from console.formats.json.times import now_micros, parse
from console.library.database import Database, against, insert, rows, transaction
from console.library.errors import RefusedError
from console.verify.catalogue import finding

__all__ = ["emit_event", "process_once", "record_audit"]

FORMAT = "zakops"
AUDIT_SCHEMA = """
CREATE TABLE IF NOT EXISTS action_audit_events (
  audit_id TEXT PRIMARY KEY, action_id TEXT NOT NULL, timestamp TEXT NOT NULL, event TEXT NOT NULL, actor TEXT NOT NULL,
  details TEXT
);
CREATE INDEX IF NOT EXISTS idx_audit_action_id ON action_audit_events(action_id);
CREATE INDEX IF NOT EXISTS idx_audit_timestamp ON action_audit_events(timestamp DESC);
"""
EVENTS_SCHEMA = """
CREATE TABLE IF NOT EXISTS agent_events (
  id TEXT PRIMARY KEY, run_id TEXT NOT NULL, trace_id TEXT NOT NULL, correlation_id TEXT NOT NULL, causation_id TEXT,
  event_type VARCHAR(100) NOT NULL, schema_version INT NOT NULL DEFAULT 1, payload TEXT NOT NULL, deal_id TEXT,
  action_id TEXT, created_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS idx_agent_events_run ON agent_events(run_id);
CREATE INDEX IF NOT EXISTS idx_agent_events_trace ON agent_events(trace_id);
CREATE INDEX IF NOT EXISTS idx_agent_events_correlation ON agent_events(correlation_id);
CREATE TABLE IF NOT EXISTS outbox (
  id TEXT PRIMARY KEY, aggregate_type VARCHAR(50) NOT NULL, aggregate_id TEXT NOT NULL,
  event_type VARCHAR(100) NOT NULL, schema_version INT NOT NULL DEFAULT 1, payload TEXT NOT NULL, trace_id TEXT,
  correlation_id TEXT, created_at TEXT NOT NULL, published_at TEXT, attempts INT NOT NULL DEFAULT 0, last_error TEXT,
  is_dead BOOLEAN NOT NULL DEFAULT FALSE
);
"""
INBOX_SCHEMA = """
CREATE TABLE IF NOT EXISTS inbox (
  event_id TEXT PRIMARY KEY, event_type VARCHAR(100) NOT NULL, processed_at TEXT NOT NULL
);
"""


def record_audit(
    database: Database,
    action_id: str,
    event: str,
    actor: str,
    details: Mapping[str, Any] | None = None,
    *,
    audit_id: str | None = None,
    timestamp: str | None = None,
) -> dict[str, Any]:
    """Record what happened to an action in ``action_audit_events``; the row.

    Raises ``RefusedError`` where the action's status does not allow it, ``LibraryError`` for what SQLite refuses.

    >>> import tempfile
    >>> database = tempfile.mkdtemp() + "/ingest_state.db"
    >>> record_audit(database, "ACT-1", "created", "chat:desk", {"source": "chat"})["event"]
    'created'
    >>> from console.api import RefusedError
    >>> try:
    ...     record_audit(database, "ACT-1", "completed", "runner")
    ... except RefusedError as refused:
    ...     print(refused.findings[0].code)
    lifecycle.illegal-transition
    """
    row = {
        "audit_id": audit_id or str(uuid4()),
        "action_id": action_id,
        "timestamp": timestamp or _now(0),
        "event": event,
        "actor": actor,
        "details": json.dumps(details or {}),
    }
    with transaction(database) as connection:
        _tables(connection, AUDIT_SCHEMA)
        past = rows(connection, "action_audit_events", "action_id = ?", [action_id])
        if found := against(FORMAT, "action_audit_events", past, row, now=_as_of(row["timestamp"])):
            raise RefusedError(found)
        insert(connection, "action_audit_events", row)
    return row


def emit_event(
    database: Database,
    event_type: str,
    payload: Mapping[str, Any],
    run_id: str,
    trace_id: str,
    *,
    correlation_id: str,
    causation_id: str | None = None,
    action_id: str | None = None,
    schema_version: int = 1,
    id: str | None = None,
    created_at: str | None = None,
) -> dict[str, Any]:
    """Record an agent event and its outbox row, both or none; the event's row, its payload as it was given.

    ``correlation_id`` is the deal's id, always. The outbox row has the event's id, so that delivery can be followed.
    Raises ``RefusedError`` where the rules would find something (a run that has ended, a trace of another deal, a cause
    that is not there), ``LibraryError`` for what SQLite refuses.

    >>> import tempfile
    >>> from uuid import uuid4
    >>> database, run, trace, deal = tempfile.mkdtemp() + "/events.db", *(str(uuid4()) for _ in range(3))
    >>> started = emit_event(database, "run.started", {"agent": "desk"}, run, trace, correlation_id=deal)
    >>> done = emit_event(
    ...     database, "run.completed", {}, run, trace, correlation_id=deal, causation_id=started["id"]
    ... )
    >>> done["causation_id"] == started["id"]
    True
    """
    stamp = created_at or _now(6)
    row = {
        "id": id or str(uuid4()),
        "run_id": run_id,
        "trace_id": trace_id,
        "correlation_id": correlation_id,
        "causation_id": causation_id,
        "event_type": event_type,
        "schema_version": schema_version,
        "payload": json.dumps(payload),
        "deal_id": correlation_id,
        "action_id": action_id,
        "created_at": stamp,
    }
    kind = event_type.partition(".")[0]
    of = {"run": run_id, "deal": correlation_id, "action": action_id}.get(kind) or run_id
    outbox = {
        "id": row["id"],
        "aggregate_type": kind if of != run_id else "run",
        "aggregate_id": of,
        "event_type": event_type,
        "schema_version": schema_version,
        "payload": row["payload"],
        "trace_id": trace_id,
        "correlation_id": correlation_id,
        "created_at": stamp,
        "published_at": None,
        "attempts": 0,
        "last_error": None,
        "is_dead": 0,
    }
    now = _as_of(stamp)
    with transaction(database) as connection:
        _tables(connection, EVENTS_SCHEMA)
        near = "run_id = ? OR trace_id = ? OR correlation_id = ?"
        past = rows(connection, "agent_events", near, [run_id, trace_id, correlation_id])
        found = against(FORMAT, "agent_events", past, row, now=now) + against(FORMAT, "outbox", [], outbox, now=now)
        if causation_id is not None and not rows(connection, "agent_events", "id = ?", [causation_id]):
            found.append(finding("correlation.broken-causation", "The event that caused it is not recorded."))
        if found:
            raise RefusedError(found)
        insert(connection, "agent_events", row)
        insert(connection, "outbox", outbox)
    return row | {"payload": dict(payload)}


@contextmanager
def process_once(
    database: Database, event_id: str, event_type: str, *, processed_at: str | None = None
) -> Iterator[bool]:
    """True if the event was not processed before; then it is marked in the ``inbox`` at the end, with all that was done
    on the same connection. What raises inside takes the mark back, so that the event is processed again.

    >>> import tempfile
    >>> database = tempfile.mkdtemp() + "/inbox.db"
    >>> for _ in range(2):
    ...     with process_once(database, "e-1", "run.completed") as new:
    ...         print(new)
    True
    False
    """
    with transaction(database) as connection:
        _tables(connection, INBOX_SCHEMA)
        mark = [event_id, event_type, processed_at or _now(6)]
        yield connection.execute("INSERT OR IGNORE INTO inbox VALUES (?, ?, ?)", mark).rowcount == 1


def _as_of(stamp: str) -> int:
    """The clock by which a row is judged: its own time, so that what is recorded late is not old already; but not one
    that is still to come."""
    found, now = parse(stamp), now_micros()
    return now if found is None else min(found.micros, now)


def _tables(connection: sqlite3.Connection, schema: str) -> None:
    for statement in schema.split(";"):
        if statement.strip():
            connection.execute(statement)


def _now(digits: int) -> str:
    """UTC with a Z, to the second as the audit has it, or to the microsecond."""
    spec = "seconds" if digits == 0 else "microseconds"
    return datetime.now(UTC).isoformat(timespec=spec).replace("+00:00", "Z")
