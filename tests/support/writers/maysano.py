"""Maysano's documents: answers of its REST API saved to files, and captures of the set-up stream.

There are no hashes. What can be judged is the replay: the value that a change starts from is the one that the last
change left, nothing changes before it is created or after it is deleted, and a set-up stream keeps its phases.
"""

import gzip
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

Event = dict[str, Any]
START = datetime(2026, 4, 7, 8, 0, 0, 0, tzinfo=UTC)


def stamp(minute: float) -> str:
    moment = START + timedelta(minutes=minute)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def structural_events() -> list[Event]:
    """A product and a KPI from their creation to their end."""

    def made(minute: int, kind: str, entity: str, name: str, what: str, **metadata: Any) -> Event:
        return {
            "entityType": kind,
            "entityId": entity,
            "entityName": name,
            "eventType": what,
            "metadata": metadata,
            "createdAt": stamp(minute),
        }

    return [
        made(0, "product", "p-1", "Orders", "created"),
        made(1, "kpi", "k-1", "Freshness", "created"),
        made(2, "product", "p-1", "Orders", "status_changed", old="draft", new="review"),
        made(3, "product", "p-1", "Orders", "status_changed", old="review", new="published"),
        made(4, "product", "p-1", "Orders – EU", "published"),
        made(5, "kpi", "k-1", "Freshness", "deleted"),
    ]


def activities() -> list[Event]:
    """What was done to two products."""

    def made(minute: int, product: str, what: str, **details: Any) -> Event:
        return {
            "productId": product,
            "productName": f"Product {product}",
            "activityType": what,
            "description": f"{what} {product}",
            "details": details,
            "performedBy": "ana@example.com",
            "createdAt": stamp(minute),
        }

    return [
        made(0, "p-1", "created"),
        made(1, "p-2", "created"),
        made(2, "p-1", "version_published", version="1.0"),
        made(3, "p-1", "governance_attached", policy="gdpr"),
        made(4, "p-2", "updated", field="owner"),
    ]


def history() -> list[Event]:
    """An objective's changes: each starts from the value that the last one left."""

    def made(minute: int, action: str, field: str | None = None, old: Any = None, new: Any = None) -> Event:
        return {
            "objectiveId": "o-1",
            "action": action,
            "field": field,
            "oldValue": old,
            "newValue": new,
            "summary": f"{action} {field or ''}".strip(),
            "performedBy": "ben@example.com",
            "createdAt": stamp(minute),
        }

    return [
        made(0, "created"),
        made(1, "updated", "target", "90", "95"),
        made(2, "status_changed", "status", "draft", "active"),
        made(3, "updated", "target", "95", "97"),
        made(4, "kpi_linked", "kpi", None, "k-1"),
        made(5, "status_changed", "status", "active", "achieved"),
    ]


def answer(rows: Sequence[Event], *, newest_first: bool = True, wrapped: str | None = None) -> bytes:
    """An answer of the API; ``wrapped`` names the member that holds the rows beside ``total``."""
    listed = list(rows)[::-1] if newest_first else list(rows)
    document: Any = listed if wrapped is None else {wrapped: listed, "total": len(listed), "offset": 0, "limit": 100}
    return json.dumps(document, indent=1).encode()


def jsonl(rows: Iterable[Event], packed: bool = False) -> bytes:
    data = "".join(json.dumps(row, separators=(",", ":"), ensure_ascii=False) + "\n" for row in rows).encode()
    return gzip.compress(data) if packed else data


def setup(tables: Sequence[str] = ("orders", "customers", "returns"), checks: int = 4) -> list[tuple[str, Event]]:
    """The events of a batch set-up, several tables at once, to its ``done``."""
    return [
        ("recommend_phase_start", {"totalTables": len(tables)}),
        *(("recommend_start", {"table": table}) for table in tables),
        *(("recommend_complete", {"table": table, "recommendations": 2}) for table in tables[::-1]),
        ("recommend_phase_done", {"completed": len(tables)}),
        ("create_phase_start", {"totalChecks": checks}),
        *(("create_progress", {"check": f"check-{at}", "table": tables[at % len(tables)]}) for at in range(checks)),
        ("create_phase_done", {"created": checks}),
        ("run_start", {"checks": checks}),
        ("run_complete", {"passed": checks}),
        ("done", {"ok": True}),
    ]


def sse(events: Iterable[tuple[str, Event]], end: str = "\n") -> bytes:
    """A capture of a stream: a block each, with line ends of one kind."""
    blocks = [f"event: {name}{end}data: {json.dumps(data)}{end}{end}" for name, data in events]
    return "".join(blocks).encode()
