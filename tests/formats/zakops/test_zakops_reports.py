"""The reports: what is delivered, and which required types are recorded."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from console.formats.json.times import parse
from console.formats.protocol import Context
from console.formats.report import Report, ReportTable
from console.formats.zakops import FORMAT
from console.model.record import Record
from console.model.trust import Severity
from tests.support.zakops_cases import NOW, agent, audit, outbox, raw, uid

Ledgers = Mapping[str, tuple[str, Sequence[Mapping[str, Any]]]]


def table_of(name: str, ledgers: Ledgers, times: int = 1) -> ReportTable:
    (report,) = [each for each in FORMAT.reports if each.name == name]
    fold = report.fold()
    for _ in range(times):
        for ledger, (shape, rows) in ledgers.items():
            fold.begin(ledger, shape, {})
            for number, row in enumerate(rows, 1):
                data = raw(row)
                fold.take(ledger, FORMAT.decode(Record(number, number, len(data), data), Context(shape, NOW)))
    table = fold.table(NOW)
    assert all({*row.values} <= {each.name for each in columns(report)} for row in table.rows)
    return table


def columns(report: Report) -> Sequence[Any]:
    return report.columns


MESSAGES = [
    outbox(1, published_at="2026-01-19T23:59:04Z", attempts=1),
    outbox(2, published_at="2026-01-19T23:59:10Z", attempts=3),
    outbox(3, is_dead=1, attempts=5, last_error="refused"),
    outbox(4, created_at="2026-01-19T22:00:00Z"),
    outbox(5, event_type="deal.created"),
]


def test_delivery_counts_by_type_and_names_what_is_late() -> None:
    ledgers = {"x#outbox": ("outbox", MESSAGES)}
    for times in (1, 2):  # a ledger that is read again counts once
        table = table_of("delivery", ledgers, times)
        actions, deals = table.rows
        shown = {name: value for name, value in actions.values.items() if value}
        assert shown == {
            "table": "outbox",
            "type": "action.created",
            "messages": 4,
            "delivered": 2,
            "stalled": 1,
            "dead": 1,
            "attempts": 5,
            "retries": 6,
            "oldest": 7200 * 10**6,
            "lag": 7 * 10**6,
            "slowest": 10 * 10**6,
            "last": (parse("2026-01-19T23:59:10Z") or parse("")).micros,  # type: ignore[union-attr]
        }
        assert (actions.worst, actions.ledger, actions.ordinal) == (Severity.ERROR, "x#outbox", 3)
        assert actions.details == (
            "record 3: given up after 5 attempts: refused",
            "record 4: undelivered for 2 h and due",
        )
        assert (deals.values["waiting"], deals.worst) == (1, Severity.NONE)
        assert table.summary["messages"] == 5 and table.summary["oldest"] == "2 h"


def test_delivery_shows_what_was_processed_twice_and_how_late() -> None:
    inbox = [
        {"event_id": uid(f"o{number}"), "consumer_id": "mail", "event_type": "action.created", "processed_at": time}
        for number, time in ((1, "2026-01-19T23:59:06Z"), (2, "2026-01-19T23:59:14Z"), (1, "2026-01-19T23:59:20Z"))
    ]
    table = table_of("delivery", {"i": ("inbox", inbox), "o": ("outbox", MESSAGES)})
    row = table.rows[-1]
    assert (row.values["type"], row.values["processed"], row.values["duplicates"]) == ("mail", 3, 1)
    assert (row.values["lag"], row.values["slowest"]) == (3 * 10**6, 4 * 10**6)
    assert (row.worst, row.ordinal) == (Severity.ERROR, 3)


def recorded(table: ReportTable) -> dict[str, tuple[str, int]]:
    return {row.values["type"]: (row.values["recorded"], row.values["events"]) for row in table.rows}


def test_gaps_name_every_required_type() -> None:
    rows = [audit("created"), audit("failed"), audit("failed_timeout")]
    trail = {"action_id": "A", "audit_trail": json.loads(json.dumps(rows)), "created_at": "2026-01-12T15:00:00Z"}
    ledgers: Ledgers = {
        "a": ("action_audit_events", rows),
        "d": ("action documents", [trail]),
        "e": ("agent_events", [agent("run_started", 1), agent("action.created", 2)]),
        "o": ("outbox", [outbox(1, event_type="email.ingested")]),
    }
    table = table_of("gaps", ledgers)
    found = recorded(table)
    assert len(found) == 25 and table.summary == {"seen": 2, "legacy": 2, "never": 21}
    assert found["action.created"] == ("seen", 1) and found["run.started"] == ("seen", 1)
    assert found["action.failed"] == ("legacy", 2) and found["action.awaiting_approval"] == ("legacy", 1)
    assert found["email.ingested"] == ("never", 0), "a message is no event"
    only = recorded(table_of("gaps", {"d": ledgers["d"]}))
    assert only["action.failed"] == ("legacy", 2)
