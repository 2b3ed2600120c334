"""ZakOps' ledgers: the audit of actions in SQLite, agent events, outbox and inbox, files of one deal, API documents.

There are no hashes. What can be judged: an action's status allows what happens to it, correlation and causation hold,
runs end once, and what was sent out is what was recorded.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

Row = dict[str, Any]
START = datetime(2026, 1, 12, 15, 0, 0, tzinfo=UTC)
DEAL = "d0000000-0000-4000-8000-00000000000d"
RUN, TRACE = "f0000000-0000-4000-8000-000000000001", "c0000000-0000-4000-8000-000000000001"
AUDIT = """
CREATE TABLE IF NOT EXISTS action_audit_events (
  audit_id TEXT PRIMARY KEY, action_id TEXT NOT NULL, timestamp TEXT NOT NULL, event TEXT NOT NULL,
  actor TEXT NOT NULL, details TEXT)
"""
AGENT = """
CREATE TABLE agent_events (
  id TEXT PRIMARY KEY, run_id TEXT NOT NULL, trace_id TEXT NOT NULL, correlation_id TEXT NOT NULL, causation_id TEXT,
  event_type TEXT NOT NULL, schema_version INTEGER NOT NULL DEFAULT 1, payload TEXT NOT NULL,
  deal_id TEXT, action_id TEXT, created_at TEXT NOT NULL)
"""
OUTBOX = """
CREATE TABLE outbox (
  id TEXT PRIMARY KEY, aggregate_type TEXT NOT NULL, aggregate_id TEXT NOT NULL, event_type TEXT NOT NULL,
  schema_version INTEGER NOT NULL DEFAULT 1, payload TEXT NOT NULL, trace_id TEXT, correlation_id TEXT,
  created_at TEXT NOT NULL, published_at TEXT, attempts INTEGER NOT NULL DEFAULT 0, last_error TEXT,
  is_dead INTEGER NOT NULL DEFAULT 0)
"""
INBOX = "CREATE TABLE inbox (event_id TEXT PRIMARY KEY, event_type TEXT NOT NULL, processed_at TEXT NOT NULL)"


def seconds(at: int) -> str:
    """A time as the audit writes it: UTC, to the second."""
    return (START + timedelta(seconds=at)).strftime("%Y-%m-%dT%H:%M:%SZ")


def micros(at: int) -> str:
    return (START + timedelta(seconds=at, microseconds=417)).isoformat()


LIVES: dict[str, tuple[tuple[str, Row], ...]] = {
    "ACT-0001": (
        ("created", {"source": "email", "type": "draft_reply", "capability_id": "c1"}),
        ("inputs_updated", {}),
        ("approved", {}),
        ("execution_requested", {"next_attempt_at": seconds(40)}),
        ("started", {"owner_id": "runner-1"}),
        ("completed", {"status": "COMPLETED"}),
    ),
    "ACT-0002": (
        ("created", {"source": "chat", "type": "fetch", "capability_id": "c2"}),
        ("approved", {}),
        ("started", {"owner_id": "runner-1"}),
        ("retry_scheduled", {"retry_count": 1, "next_attempt_at": seconds(50), "error_code": "timeout"}),
        ("started", {"owner_id": "runner-2"}),
        ("failed", {"status": "FAILED", "error_code": "gone"}),
        ("requeued", {"reason": "operator", "previous_error": "gone"}),
        ("started", {"owner_id": "runner-2"}),
        ("completed", {"status": "COMPLETED"}),
    ),
    "ACT-0003": (
        ("created", {"source": "chat", "type": "fetch", "capability_id": "c2"}),
        ("cancelled", {"reason": "not needed – é"}),
    ),
}
"""Actions, and what happens to each in its order."""
STATUS = {"ACT-0001": "COMPLETED", "ACT-0002": "COMPLETED", "ACT-0003": "CANCELLED"}
"""Where each of them ends."""


def audit_rows() -> list[Row]:
    """The audit of these actions, one after the other, with ties in time."""
    found: list[Row] = []
    for action, life in LIVES.items():
        for event, details in life:
            found.append(
                {
                    "audit_id": f"a0000000-0000-4000-8000-{len(found):012x}",
                    "action_id": action,
                    "timestamp": seconds(len(found) // 2),
                    "event": event,
                    "actor": "zaks",
                    "details": json.dumps(details),
                }
            )
    return found


def agent_event(at: int, kind: str, cause: str | None = None, payload: Mapping[str, Any] | None = None) -> Row:
    return {
        "id": f"e0000000-0000-4000-8000-{at:012x}",
        "run_id": RUN,
        "trace_id": TRACE,
        "correlation_id": DEAL,
        "causation_id": cause,
        "event_type": kind,
        "schema_version": 1,
        "payload": dict(payload or {}),
        "deal_id": DEAL,
        "action_id": None,
        "created_at": micros(at),
    }


def agent_rows() -> list[Row]:
    """A run from its start to its end, each event caused by the one before."""
    kinds: tuple[tuple[str, Row], ...] = (
        ("run.started", {"goal": "reply"}),
        ("run.tool_called", {"tool": "search"}),
        ("run.tool_completed", {"tool": "search"}),
        ("run.paused", {"reason": "approval"}),
        ("run.resumed", {}),
        ("run.completed", {"result": "ok"}),
    )
    found: list[Row] = []
    for at, (kind, payload) in enumerate(kinds):
        found.append(agent_event(at, kind, found[-1]["id"] if found else None, payload))
    return found


def outbox_rows(events: Sequence[Row]) -> list[Row]:
    """One message for each event, delivered a second later."""
    return [
        {
            "id": event["id"],
            "aggregate_type": "run",
            "aggregate_id": event["run_id"],
            "event_type": event["event_type"],
            "schema_version": 1,
            "payload": event["payload"],
            "trace_id": event["trace_id"],
            "correlation_id": event["correlation_id"],
            "created_at": event["created_at"],
            "published_at": micros(at + 1),
            "attempts": 1,
            "last_error": None,
            "is_dead": 0,
        }
        for at, event in enumerate(events)
    ]


def inbox_rows(messages: Sequence[Row]) -> list[Row]:
    return [
        {"event_id": each["id"], "event_type": each["event_type"], "processed_at": micros(at + 2)}
        for at, each in enumerate(messages)
    ]


def database(path: Path, **tables: Sequence[Row]) -> None:
    """A database with these tables, in WAL mode as the service keeps it; objects become JSON text."""
    ddl = {"action_audit_events": AUDIT, "agent_events": AGENT, "outbox": OUTBOX, "inbox": INBOX}
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        for table, rows in tables.items():
            db.execute(ddl[table])
            for row in rows:
                values = [json.dumps(value) if isinstance(value, dict) else value for value in row.values()]
                marks = ", ".join("?" * len(row))
                db.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", values)
        db.commit()


def jsonl(rows: Iterable[Row]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def service_rows() -> list[Row]:
    """Agent events as the service itself stores them: other names, an open number, and no ids of traces."""
    kinds = ("run_started", "tool_call_started", "tool_call_completed", "run_completed")
    return [
        {
            "id": at + 1,
            "event_id": f"b0000000-0000-4000-8000-{at:012x}",
            "thread_id": "THR-1",
            "run_id": RUN,
            "event_type": kind,
            "event_data": {"n": None, "x": 0.1, "name": "naïve ✓"},
            "tool_call_id": "call-1" if "tool" in kind else None,
            "sequence_number": None,
            "created_at": micros(at).replace("T", " "),
            "correlation_id": DEAL,
            "trace_id": None,
            "causation_id": None,
        }
        for at, kind in enumerate(kinds)
    ]


def service_answer() -> bytes:
    """The same as the API gives them."""
    keys = ("correlation_id", "event_type", "event_data", "run_id", "thread_id", "created_at")
    rows = [
        {"id": row["event_id"], **{key: row[key] for key in keys}, "schema_version": 1, "source": "agent"}
        for row in service_rows()
    ]
    return json.dumps({"events": rows, "total": len(rows)}).encode()


def service_outbox(status: str = "delivered", attempts: int = 1) -> list[Row]:
    """The service's own outbox: a status, and how often it was tried."""
    return [
        {
            "id": f"c0000000-0000-4000-8000-{at:012x}",
            "correlation_id": DEAL,
            "aggregate_type": "action",
            "aggregate_id": f"ACT-{at}",
            "event_type": "action.created",
            "schema_version": 1,
            "event_data": {"i": at},
            "trace_id": None,
            "status": status if at == 1 else "delivered",
            "attempts": attempts if at == 1 else 1,
            "max_attempts": 5,
            "last_attempt_at": micros(at + 1),
            "next_attempt_at": None,
            "delivered_at": None if at == 1 and status != "delivered" else micros(at + 1),
            "error_message": None,
            "created_at": micros(at),
        }
        for at in range(3)
    ]


def deal_rows() -> list[Row]:
    """Rows of ``deal_events``: one sequence for all deals, so that gaps are normal, and ids cut by a narrow column."""
    return [
        {
            "id": at + 1,
            "deal_id": DEAL[:20],
            "event_type": kind,
            "source": "action_engine",
            "actor": "action_engine",
            "details": {"event_id": f"d{at}", "correlation_id": DEAL, "schema_version": 1},
            "created_at": micros(at),
            "idempotency_key": None,
            "sequence_number": 3 * at + 1,
            "actor_id": "action_engine",
            "actor_type": "system",
        }
        for at, kind in enumerate(("deal.created", "action.approved", "deal.stage_changed"))
    ]


def deal_file() -> bytes:
    """``events/{deal_id}.jsonl`` of one deal."""
    kinds = ("deal.created", "deal.scored", "deal.stage_changed")
    rows = [
        {
            "event_id": f"f{at}",
            "event_type": kind,
            "timestamp": micros(at),
            "actor": "zaks",
            "data": {"deal_id": DEAL, "stage": "review"},
        }
        for at, kind in enumerate(kinds)
    ]
    return jsonl(rows)


def action_documents() -> bytes:
    """Actions as the API gives them, each with its own trail."""
    found = []
    rows = audit_rows()
    for action, status in STATUS.items():
        trail = [
            {
                **{key: row[key] for key in ("audit_id", "timestamp", "event", "actor")},
                "details": json.loads(row["details"]),
            }
            for row in rows
            if row["action_id"] == action
        ]
        found.append(
            {
                "action_id": action,
                "deal_id": DEAL,
                "type": "fetch",
                "status": status,
                "created_at": trail[0]["timestamp"],
                "updated_at": trail[-1]["timestamp"],
                "audit_trail": trail,
            }
        )
    return json.dumps(found).encode()
