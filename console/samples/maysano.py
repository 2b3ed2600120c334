"""Maysano: structural events, product activities, objective history with one change missing, and set-up streams."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from console.samples import story
from console.samples.pen import Dice, Document, after, at, compact, lines, millis, write

PRODUCTS = (
    "Rent roll",
    "Comparable sales",
    "Closing costs",
    "Tenant ledger",
    "Acquisition pipeline",
    "Lender covenants",
)
OBJECTIVES = {
    story.OBJECTIVE_ID: ("Acquisition cost of Harbour Point at most", "targetValue"),
    "obj-occupancy": ("Occupancy of the portfolio at least", "targetValue"),
    "obj-close-days": ("Days from review to closing at most", "targetValue"),
    "obj-data-quality": ("Checks passed on rent rolls at least", "targetValue"),
}
WHO = ("maren.oduya", "priya.raman", "jonas.brandt")


def write_all(root: Path) -> None:
    """Every Maysano sample, into ``root``."""
    write(root / "structural-events.json", compact(_by_time(_structural())).encode())
    activities = _by_time(_activities())
    write(root / "product-activities.jsonl", lines(map(compact, activities)))
    history = _by_time(_history())
    answer = {"data": history, "total": len(history), "offset": 0, "limit": 500}
    write(root / "objective-history.json", json.dumps(answer, indent=2).encode())
    complete = list(_batch())
    write(root / "batch-setup.sse", _stream(complete))
    broken_off = next(n for n, (name, _) in enumerate(complete) if name == "run_start")
    write(root / "batch-setup-interrupted.sse", _stream(complete[: broken_off - 3]))


def _by_time(events: Iterator[Document]) -> list[Document]:
    return sorted(events, key=lambda event: str(event["createdAt"]))


def _times(dice: Dice, start: datetime, end: datetime) -> Iterator[str]:
    """Rising times from start on; the last is before end."""
    time = start
    while (time := after(time, dice.between(600_000, 90_000_000) / 1000)) < end:
        yield millis(time)


def _structural() -> Iterator[Document]:
    kinds = {"product": PRODUCTS, "kpi": ("Vacancy", "NOI margin", "DSCR"), "sla_profile": ("Daily", "Monthly")}
    for kind, names in kinds.items():
        for number, name in enumerate(names, 1):
            dice = Dice(f"maysano/structural/{name}")
            times = _times(dice, at("2025-09-20 08:00"), story.BACKUP_AT)
            yield from entity_life(dice, kind, f"{kind}-{number}", name, times)


def entity_life(dice: Dice, kind: str, id: str, name: str, times: Iterator[str]) -> Iterator[Document]:
    """Structural events of one entity at these times: created, then updates and changes of status that follow on."""
    status = ""
    metadata: Document
    for moment in times:
        if not status:
            status, what, metadata = "draft", "created", {"status": "draft"}
        elif dice.below(3):
            what, metadata = "updated", {"field": "description", "relatedEntities": [story.OBJECTIVE_ID]}
        else:
            old, status = status, {"draft": "review", "review": "active", "active": "review"}[status]
            what, metadata = "status_changed", {"old": old, "new": status}
        named = {"entityType": kind, "entityId": id, "entityName": name}
        yield named | {"eventType": what, "metadata": metadata, "createdAt": moment}


def _activities() -> Iterator[Document]:
    for number, name in enumerate(PRODUCTS, 1):
        dice = Dice(f"maysano/activities/{name}")
        version = 0
        for moment in _times(dice, at("2025-09-20 08:00"), story.BACKUP_AT):
            what = dice.pick(("updated", "version_published", "governance_attached")) if version else "created"
            version += what in ("created", "version_published")
            described = {
                "created": f"{name} created",
                "updated": f"Description of {name} changed",
                "version_published": f"Version {version} of {name} published",
                "governance_attached": f"Retention policy attached to {name}",
            }
            yield {
                "productId": f"product-{number}",
                "productName": name,
                "activityType": what,
                "description": described[what],
                "details": {"version": version},
                "performedBy": dice.pick(WHO),
                "createdAt": moment,
            }


def _history() -> Iterator[Document]:
    for objective, (title, field) in OBJECTIVES.items():
        dice = Dice(f"maysano/history/{objective}")
        cost = objective == story.OBJECTIVE_ID
        value: int | None = None
        created = False
        for moment in _times(dice, at("2025-09-24 08:00"), at("2025-10-14 08:00")):
            change: Document = {"objectiveId": objective, "action": "updated", "field": field}
            if not created:
                created = True
                change |= {"action": "created", "field": None, "oldValue": None, "newValue": None}
                summary = f"{title}: created"
            elif value is not None and dice.below(4) == 0:
                linked = f"kpi-{dice.between(1, 3)}"
                change |= {"action": "kpi_linked", "field": None, "oldValue": None, "newValue": linked}
                summary = f"{title}: linked to {linked}"
            else:
                old, value = value, _next(value, dice, cost)
                change |= {"oldValue": None if old is None else str(old), "newValue": str(value)}
                summary = f"{title} {value}"
            yield change | {"summary": summary, "performedBy": dice.pick(WHO), "createdAt": moment}
        if cost and value is not None:
            yield _target(title, value, story.APPROVED, WHO[0], "2025-10-14T09:44:02.118Z")
            # The change from the approved to the claimed amount is not in the history: it was taken out.
            yield _target(title, story.CLAIMED, story.CLAIMED + 100_000, WHO[1], "2025-10-14T19:31:40.507Z")


def _next(value: int | None, dice: Dice, cost: bool) -> int:
    if value is None:
        return 15_000_000 if cost else dice.between(60, 95)
    return value + (dice.between(1, 3) * 25_000 if cost else dice.between(-2, 2))


def _target(title: str, old: int, new: int, who: str, moment: str) -> Document:
    change: Document = {"objectiveId": story.OBJECTIVE_ID, "action": "updated", "field": "targetValue"}
    change |= {"oldValue": str(old), "newValue": str(new), "summary": f"{title} {new}"}
    return change | {"performedBy": who, "createdAt": moment}


def _batch() -> Iterator[tuple[str, Document]]:
    """One batch set-up: names and data of its server-sent events."""
    tables = ("rent_roll", "tenants", "leases", "closing_costs", "covenants", "comparables")
    yield "recommend_phase_start", {"total": len(tables)}
    for first, second in zip(tables[::2], tables[1::2], strict=True):
        for table in (first, second):
            yield "recommend_start", {"table": table}
        if second == "closing_costs":
            yield "recommend_error", {"table": second, "error": "no primary key"}
        else:
            yield "recommend_complete", {"table": second, "recommendations": 4}
        yield "recommend_complete", {"table": first, "recommendations": 3}
    yield "recommend_phase_done", {"total": len(tables), "completed": len(tables) - 1, "errors": 1}
    checks = [
        (table, check) for table in tables if table != "closing_costs" for check in ("not_null", "unique", "range")
    ]
    yield "create_phase_start", {"total": len(checks)}
    for number, (table, check) in enumerate(checks, 1):
        yield (
            "create_progress",
            {"table": table, "check": f"{table}_{check}", "completed": number, "total": len(checks)},
        )
    yield "create_phase_done", {"total": len(checks), "completed": len(checks), "errors": 0}
    yield "run_start", {"total": len(checks)}
    yield "run_complete", {"total": len(checks), "passed": len(checks) - 1, "failed": 1}
    yield "done", {"tables": len(tables), "checks": len(checks)}


def _stream(blocks: list[tuple[str, Document]]) -> bytes:
    texts = [": batch auto-setup\n\n"]
    for number, (name, data) in enumerate(blocks, 1):
        texts.append(f"id: {number}\nevent: {name}\ndata: {compact(data)}\n\n")
    return "".join(texts).encode()
