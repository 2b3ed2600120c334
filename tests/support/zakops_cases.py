"""Rows of ZakOps, and readers fed with them."""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from console.formats.json.times import parse
from console.formats.protocol import Context, Reader
from console.formats.zakops import FORMAT
from console.model.batch import EventBatch
from console.model.finding import Finding
from console.model.record import Cursor, RecordBatch

AT = parse("2026-01-20T00:00:00Z")
assert AT is not None
NOW = AT.micros


def raw(row: Mapping[str, Any]) -> bytes:
    """A row as the SQLite source gives it: one compact object."""
    return json.dumps(row, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")


def batch_of(raws: list[bytes], first: int = 1) -> RecordBatch:
    offsets = list(range(first, first + len(raws)))
    return RecordBatch(first, offsets, [len(each) for each in raws], raws, Cursor(first + len(raws), 0))


def reader_of(shape: str, now: int = NOW) -> Reader:
    return FORMAT.reader(Context(shape, now))


def read(rows: Iterable[Mapping[str, Any]], shape: str, now: int = NOW) -> tuple[EventBatch, list[Finding], Reader]:
    """One batch through a new reader: its columns, all findings (standing ones last), and the reader."""
    reader = reader_of(shape, now)
    out = reader.read(batch_of([raw(each) for each in rows]))
    return out, [*out.findings, *reader.standing()], reader


def codes(findings: Iterable[Finding]) -> list[str]:
    """Codes without those that every ledger of these systems has."""
    usual = ("schema.missing-version", "correlation.missing-id")
    return [each.code for each in findings if each.code not in usual]


def uid(name: object) -> str:
    """A UUID for a short name, the same each time."""
    return str(uuid5(NAMESPACE_OID, str(name)))


def audit(event: str, details: Any = "{}", action: str = "ACT-1", second: int = 0, **more: Any) -> dict[str, Any]:
    audit.count += 1  # type: ignore[attr-defined]
    return {
        "audit_id": uid(f"a{audit.count}"),  # type: ignore[attr-defined]
        "action_id": action,
        "timestamp": f"2026-01-12T15:00:{second:02d}Z",
        "event": event,
        "actor": "zaks",
        "details": details,
        **more,
    }


audit.count = 0  # type: ignore[attr-defined]


def agent(event_type: str, number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": uid(f"e{number}"),
        "run_id": uid("r1"),
        "trace_id": uid("t1"),
        "correlation_id": uid("d1"),
        "causation_id": None,
        "event_type": event_type,
        "schema_version": 1,
        "payload": {},
        "deal_id": uid("d1"),
        "action_id": None,
        "created_at": "2026-01-12T15:00:00.000001Z",
        **more,
    }


def outbox(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": uid(f"o{number}"),
        "aggregate_type": "action",
        "aggregate_id": uid("ACT-1"),
        "event_type": "action.created",
        "schema_version": 1,
        "payload": {},
        "trace_id": uid("t1"),
        "correlation_id": uid("d1"),
        "created_at": "2026-01-19T23:59:00Z",
        "published_at": None,
        "attempts": 0,
        "last_error": None,
        "is_dead": 0,
        **more,
    }
