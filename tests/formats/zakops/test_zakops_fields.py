"""Every column and value of ZakOps' tables: one ledger that is right, and one for each way to be wrong."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from console.formats.protocol import Sample
from console.formats.registry import recognise
from console.formats.zakops.event_types import AUDIT, REGISTRY
from console.model.finding import Finding
from console.model.trust import Severity
from tests.support.zakops_cases import agent, audit, outbox, raw, read, uid

Row = dict[str, Any]
ABSENT = object()
TIME = "2026-01-12T15:00:00Z"


def inbox(**more: Any) -> Row:
    return {"event_id": uid("e1"), "event_type": "deal.created", "processed_at": TIME, **more}


def service_agent(**more: Any) -> Row:
    row: Row = {"id": 1, "event_id": uid("b1"), "thread_id": "THR-1", "run_id": uid("r"), "event_type": "run_started"}
    row |= {"event_data": {}, "tool_call_id": None, "sequence_number": None, "created_at": TIME}
    return {**row, "correlation_id": uid("d"), "trace_id": None, "causation_id": None, **more}


def service_outbox(**more: Any) -> Row:
    row: Row = {"id": uid("o"), "correlation_id": uid("d"), "aggregate_type": "action", "aggregate_id": "ACT-0"}
    row |= {"event_type": "action.created", "schema_version": 1, "event_data": {}, "trace_id": None}
    row |= {"status": "delivered", "attempts": 1, "max_attempts": 5, "last_attempt_at": TIME, "next_attempt_at": None}
    return {**row, "delivered_at": TIME, "error_message": None, "created_at": TIME, **more}


def deal_event(**more: Any) -> Row:
    row: Row = {"id": 7, "deal_id": "DL-0001", "event_type": "deal.created", "source": "workflow", "actor": "zaks"}
    row |= {"details": {}, "created_at": TIME, "idempotency_key": None, "sequence_number": 4}
    return {**row, "actor_id": None, "actor_type": "user", **more}


def document(**more: Any) -> Row:
    trail = [audit(each, {}) for each in ("created", "approved", "started", "completed")]
    row: Row = {
        "action_id": "ACT-1",
        "deal_id": "DEAL-1",
        "status": "COMPLETED",
        "retry_count": 0,
        "audit_trail": trail,
    }
    return {**row, "created_at": TIME, "updated_at": TIME, **more}


SHAPES: Mapping[str, tuple[str, Callable[[], Row]]] = {
    "audit": ("action_audit_events", lambda: audit("created")),
    "agent": ("agent_events", lambda: agent("run.started", 1)),
    "outbox": ("outbox", lambda: outbox(1, published_at="2026-01-19T23:59:04Z", attempts=1)),
    "inbox": ("inbox", inbox),
    "service-agent": ("agent_events", service_agent),
    "service-outbox": ("outbox", service_outbox),
    "deal": ("deal_events", deal_event),
    "document": ("action documents", document),
}


def judged(shape: str, change: Mapping[str, Any]) -> list[Finding]:
    """The findings of a ledger of one good row and the changed one. Only these are of warning or worse."""
    claim, make = SHAPES[shape]
    row = make()
    for name, value in change.items():
        if value is ABSENT:
            row.pop(name, None)
        else:
            row[name] = value
    return [each for each in read([row], claim)[1] if each.severity >= Severity.NOTE]


def of_warning(findings: list[Finding]) -> list[tuple[str, int | None]]:
    return [(each.code, each.record) for each in findings if each.severity >= Severity.WARNING]


MISSING, TYPE, PATTERN, RANGE = "schema.missing-field", "schema.wrong-type", "schema.bad-pattern", "schema.out-of-range"
VOCABULARY, UNKNOWN, DATE = "schema.not-in-vocabulary", "schema.unknown-field", "schema.impossible-date"
VERSION, NEW_VERSION, NEW_TYPE = "schema.missing-version", "schema.unknown-version", "schema.unknown-event-type"
MISMATCH, CONTRADICTION = "correlation.mismatch", "schema.inconsistent"
UUIDS = {"agent": "id run_id trace_id correlation_id causation_id deal_id action_id", "outbox": "id aggregate_id"}
UUIDS |= {"outbox": "id aggregate_id trace_id correlation_id", "inbox": "event_id", "audit": "audit_id"}
NOT_NULL = {
    "audit": "audit_id action_id timestamp event actor",
    "agent": "id run_id trace_id correlation_id event_type payload created_at",
    "outbox": "id aggregate_type aggregate_id event_type payload created_at attempts is_dead",
    "inbox": "event_id event_type processed_at",
    "service-agent": "event_type created_at",
    "service-outbox": "aggregate_type aggregate_id event_type attempts created_at",
    "document": "action_id audit_trail",
}
TIMES = {
    "audit": "timestamp",
    "agent": "created_at",
    "outbox": "created_at published_at",
    "inbox": "processed_at",
    "service-outbox": "created_at delivered_at last_attempt_at next_attempt_at",
    "deal": "created_at",
}
WRONG: list[tuple[str, Row, str]] = [
    *((shape, {name: "not-a-uuid"}, PATTERN) for shape, names in UUIDS.items() for name in names.split()),
    *((shape, {name: 5}, TYPE) for shape, names in UUIDS.items() for name in names.split()),
    *((shape, {name: ABSENT}, MISSING) for shape, names in NOT_NULL.items() for name in names.split()),
    *((shape, {name: "yesterday"}, PATTERN) for shape, names in TIMES.items() for name in names.split()),
    *((shape, {name: 5}, TYPE) for shape, names in TIMES.items() for name in names.split()),
    *((shape, {"event_type": 5}, TYPE) for shape in ("agent", "outbox", "inbox", "service-agent", "deal")),
    *((shape, {"updated_at": TIME}, UNKNOWN) for shape in ("audit", "agent", "service-agent", "deal")),
    *((shape, {"colour": "red"}, UNKNOWN) for shape in ("audit", "agent", "outbox", "inbox")),
    # action_audit_events
    ("audit", {"timestamp": "2026-01-12T15:00:00.5Z"}, PATTERN),
    ("audit", {"timestamp": "2026-01-12T15:00:00+00:00"}, PATTERN),
    ("audit", {"timestamp": "2026-01-12 15:00:00Z"}, PATTERN),
    ("audit", {"timestamp": "2026-02-30T15:00:00Z"}, DATE),
    ("audit", {"event": "teleported"}, NEW_TYPE),
    ("audit", {"actor": ""}, MISSING),
    ("audit", {"details": "{torn"}, "record.invalid-json"),
    ("audit", {"details": "[]"}, "record.not-an-object"),
    ("audit", {"details": {"source": 5}}, TYPE),
    ("audit", {"details": {"type": 5}}, TYPE),
    ("audit", {"details": {"capability_id": 5}}, TYPE),
    # agent_events
    ("agent", {"event_type": "run." + "x" * 100}, RANGE),
    ("agent", {"event_type": "run.danced"}, NEW_TYPE),
    ("agent", {"schema_version": ABSENT}, VERSION),
    ("agent", {"schema_version": None}, VERSION),
    ("agent", {"schema_version": "1"}, TYPE),
    ("agent", {"schema_version": True}, TYPE),
    ("agent", {"schema_version": 0}, NEW_VERSION),
    ("agent", {"schema_version": 2}, NEW_VERSION),
    ("agent", {"payload": None}, TYPE),
    ("agent", {"run_id": None}, TYPE),
    ("agent", {"trace_id": None}, TYPE),
    ("outbox", {"payload": None}, TYPE),
    ("agent", {"payload": []}, TYPE),
    ("agent", {"payload": "[]"}, "record.not-an-object"),
    ("agent", {"payload": {"correlation_id": uid("d2")}}, MISMATCH),
    ("agent", {"payload": {"correlation_id": 5}}, TYPE),
    ("agent", {"payload": {"schema_version": 2}}, CONTRADICTION),
    ("agent", {"payload": {"original_type": "agent.run_failed"}}, CONTRADICTION),
    ("agent", {"deal_id": uid("d2")}, MISMATCH),
    ("agent", {"created_at": "2026-13-12T15:00:00Z"}, DATE),
    ("agent", {"created_at": "2026-12-12T15:00:00Z"}, "order.future-timestamp"),
    # the real table
    ("service-agent", {"event_id": ABSENT, "id": ABSENT}, MISSING),
    ("service-agent", {"sequence_number": -1}, RANGE),
    ("service-agent", {"sequence_number": "1"}, TYPE),
    ("service-agent", {"tool_call_id": 1.5}, TYPE),
    ("service-agent", {"event_data": 5}, TYPE),
    # deal_events
    ("deal", {"id": ABSENT}, MISSING),
    ("deal", {"sequence_number": -1}, RANGE),
    ("deal", {"actor": 5}, TYPE),
    ("deal", {"idempotency_key": 5}, TYPE),
    ("deal", {"event_type": "stage_changed", "details": {"to_stage": 5}}, TYPE),
    ("deal", {"event_type": "stage_changed", "details": {"from_stage": 5}}, TYPE),
    ("deal", {"event_type": "stage_changed", "details": {"reason": 5}}, TYPE),
    # outbox
    ("outbox", {"aggregate_type": "x" * 51}, RANGE),
    ("outbox", {"event_type": "x" * 101}, RANGE),
    ("outbox", {"schema_version": None}, VERSION),
    ("outbox", {"attempts": -1}, RANGE),
    ("outbox", {"attempts": "1"}, TYPE),
    ("outbox", {"is_dead": 2}, RANGE),
    ("outbox", {"is_dead": "no"}, TYPE),
    ("outbox", {"last_error": 5}, TYPE),
    ("outbox", {"is_dead": 1}, CONTRADICTION),
    ("outbox", {"is_dead": 1, "published_at": None}, "outbox.dead"),
    ("outbox", {"published_at": "2026-01-19T23:58:00Z"}, "order.time-regression"),
    ("outbox", {"published_at": "2026-02-19T23:58:00Z"}, "order.future-timestamp"),
    ("outbox", {"aggregate_type": "deal"}, MISMATCH),
    ("outbox", {"published_at": None, "created_at": TIME}, "outbox.stalled"),
    ("outbox", {"published_at": None, "attempts": 5}, "outbox.stalled"),
    ("service-outbox", {"status": "lost"}, VOCABULARY),
    ("service-outbox", {"status": "pending"}, CONTRADICTION),
    ("service-outbox", {"delivered_at": None}, CONTRADICTION),
    ("service-outbox", {"status": "dead", "delivered_at": None}, "outbox.dead"),
    ("service-outbox", {"max_attempts": -1}, RANGE),
    ("service-outbox", {"delivered_at": "2026-01-12T14:00:00Z"}, "order.time-regression"),
    # inbox
    ("inbox", {"event_type": "x" * 101}, RANGE),
    ("inbox", {"event_type": "mail.danced"}, NEW_TYPE),
    # documents
    ("document", {"status": "ASLEEP"}, VOCABULARY),
    ("document", {"status": "FAILED"}, "replay.value-discontinuity"),
    ("document", {"retry_count": -1}, RANGE),
    ("document", {"retry_count": 2}, "replay.value-discontinuity"),
    ("document", {"audit_trail": {}}, TYPE),
    ("document", {"audit_trail": [{**audit("created", {}), "audit_id": "a"}], "status": "PENDING_APPROVAL"}, PATTERN),
    ("document", {"audit_trail": [{**audit("created", {}), "timestamp": "x"}], "status": "PENDING_APPROVAL"}, PATTERN),
    ("document", {"audit_trail": [{**audit("created", {}), "actor": ""}], "status": "PENDING_APPROVAL"}, MISSING),
]
WRONG += [
    ("service-agent", {"event_id": ABSENT}, MISSING),
    ("service-agent", {"event_id": 5}, TYPE),
    ("service-agent", {"id": -1}, RANGE),
    ("service-agent", {"id": "x"}, PATTERN),
    ("service-agent", {"run_id": ABSENT}, MISSING),
    ("service-agent", {"run_id": 5}, TYPE),
    ("service-agent", {"thread_id": 5}, TYPE),
    ("service-agent", {"tool_call_id": 5}, TYPE),
    ("service-agent", {"event_data": ABSENT}, MISSING),
    ("service-outbox", {"id": ABSENT}, MISSING),
    ("service-outbox", {"id": "x"}, PATTERN),
    ("service-outbox", {"status": ABSENT}, MISSING),
    ("service-outbox", {"event_data": ABSENT}, MISSING),
    ("service-outbox", {"schema_version": ABSENT}, VERSION),
    ("service-outbox", {"aggregate_id": 5}, TYPE),
    ("deal", {"deal_id": ABSENT}, MISSING),
    ("deal", {"deal_id": 5}, TYPE),
    ("deal", {"details": ABSENT}, MISSING),
    ("deal", {"id": "x"}, PATTERN),
    ("deal", {"actor_id": 5}, TYPE),
    ("document", {"status": ABSENT}, MISSING),
    ("document", {"created_at": "yesterday"}, PATTERN),
    ("document", {"updated_at": 5}, TYPE),
    ("document", {"deal_id": 5}, TYPE),
]
RIGHT: list[tuple[str, Row]] = [
    *((shape, {}) for shape in SHAPES),
    ("audit", {"details": None}),
    ("audit", {"details": "{}"}),
    ("audit", {"details": '{"further":{"x":1}}'}),
    ("agent", {"causation_id": uid("e0")}),
    ("agent", {"deal_id": None}),
    ("agent", {"action_id": uid("a"), "payload": "{}"}),
    ("agent", {"id": uid("e1").upper()}),
    ("agent", {"created_at": "2026-01-12 15:00:00.123456+00:00"}),
    ("agent", {"correlation_id": "DEAL-2026-006", "deal_id": "DEAL-2026-006", "action_id": "ACT-20260115T2118-1"}),
    ("agent", {"payload": {"correlation_id": uid("d1"), "schema_version": 1, "original_type": "agent.run_started"}}),
    ("outbox", {"aggregate_type": "x" * 50, "is_dead": False}),
    ("outbox", {"trace_id": None, "correlation_id": None}),
    ("outbox", {"published_at": None, "attempts": 4}),
    ("outbox", {"aggregate_type": "deal", "aggregate_id": uid("d1")}),
    ("service-outbox", {"status": "pending", "delivered_at": None, "next_attempt_at": "2026-01-20T00:10:00Z"}),
    ("service-agent", {"sequence_number": 3, "tool_call_id": "call-1"}),
    ("deal", {"event_type": "stage_changed", "details": {"from_stage": "inbound", "to_stage": "loi", "reason": "x"}}),
    ("deal", {"id": uid("v"), "event_source": "workflow"}),
    ("inbox", {"consumer_id": "mail"}),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "change", "code"), WRONG, ids=[f"{a}-{[*b]}-{c}" for a, b, c in WRONG])
def test_a_wrong_value_is_a_finding_at_its_event(shape: str, change: Row, code: str) -> None:
    found = judged(shape, change)
    assert (code, 1) in of_warning(found), [(each.code, each.message) for each in found]


@pytest.mark.parametrize(("shape", "change"), RIGHT)
def test_a_right_value_is_none(shape: str, change: Row) -> None:
    assert of_warning(judged(shape, change)) == []


@pytest.mark.parametrize("name", sorted({*REGISTRY} - {"custom"}))
def test_each_type_of_the_registry_is_known(name: str) -> None:
    rows = [agent("run.started", 0), agent(name, 1, run_id=uid("other"))]
    assert {NEW_TYPE, NEW_VERSION} & {each.code for each in read(rows, "agent_events")[1]} == set()


@pytest.mark.parametrize("name", sorted(AUDIT))
def test_each_event_of_the_audit_takes_its_details(name: str) -> None:
    details: Row = {"source": "chat", "type": "T", "capability_id": "c", "next_attempt_at": TIME, "owner_id": "o"}
    details |= {"error_code": "E", "retry_count": 1, "cutoff": TIME, "reason": "r", "previous_error": None}
    rows = [audit(name, {**details, "step_id": "s", "step_name": "n"})]
    assert not [code for code, _ in of_warning(read(rows, "action_audit_events")[1]) if code.startswith("schema.")]


@pytest.mark.parametrize(
    ("name", "details", "code"),
    [
        ("execution_requested", {"next_attempt_at": "soon"}, PATTERN),
        ("execution_requested", {"next_attempt_at": 5}, TYPE),
        ("started", {"owner_id": 5}, TYPE),
        ("completed", {"status": "FAILED"}, CONTRADICTION),
        ("completed", {"status": "DONE"}, VOCABULARY),
        ("completed", {"error_code": 5}, TYPE),
        ("failed", {"status": "COMPLETED"}, CONTRADICTION),
        ("failed", {"error_code": 5}, TYPE),
        ("retry_scheduled", {"retry_count": -1}, RANGE),
        ("retry_scheduled", {"retry_count": "1"}, TYPE),
        ("retry_scheduled", {"next_attempt_at": "soon"}, PATTERN),
        ("retry_scheduled", {"error_code": 5}, TYPE),
        ("failed_timeout", {"cutoff": "late"}, PATTERN),
        ("unstuck", {"reason": 5}, TYPE),
        ("requeued", {"reason": 5}, TYPE),
        ("cancelled", {"reason": 5}, TYPE),
        ("hidden_from_quarantine", {"reason": 5}, TYPE),
        ("step_approved", {"step_id": 5}, TYPE),
        ("step_approved", {"step_name": 5}, TYPE),
    ],
)
def test_details_that_are_not_as_documented(name: str, details: Row, code: str) -> None:
    found = read([audit(name, details)], "action_audit_events")[1]
    assert [(each.code, each.record) for each in found if each.code == code] == [(code, 1)]


ONE_KEY_LESS = [(shape, name) for shape, (_, make) in SHAPES.items() for name in make()]
UNKNOWN_WITHOUT = {("inbox", "processed_at"), ("document", "action_id"), ("document", "audit_trail")}
"""What is left is anyone's."""


@pytest.mark.parametrize("value", [ABSENT, None, 5, [], {}, ""])
def test_a_row_with_one_wrong_column_is_still_known(value: Any) -> None:
    for shape, name in ONE_KEY_LESS:
        claim, make = SHAPES[shape]
        row = {**make(), name: value}
        if value is ABSENT:
            row.pop(name)
            if (shape, name) in UNKNOWN_WITHOUT:
                continue
        found = recognise(Sample("x.jsonl", "jsonl", None, [raw(row)]))
        assert found is not None and found[0].name == "zakops" and not found[1].alike, (shape, name)
        assert found[1].shape == claim


def test_numbers_of_deal_events_stand_once() -> None:
    rows = [deal_event(id=number, sequence_number=value) for number, value in enumerate((4, 9, 5, 9, None, None))]
    found = read(rows, "deal_events")[1]
    assert [(each.code, each.record) for each in found if each.code.startswith("chain")] == [
        ("chain.sequence-duplicate", 4)
    ]


def test_a_line_of_a_deal_file_names_that_deal() -> None:
    line = {"event_id": "e", "event_type": "deal.created", "timestamp": TIME, "actor": "a", "data": {"deal_id": "D-2"}}
    found = of_warning(read([line], "events of deal D-1")[1])
    assert found == [("correlation.mismatch", 1)]
    assert of_warning(read([line], "events of deal D-2")[1]) == []


def test_what_an_earlier_row_lacks_is_not_the_later_ones_fault() -> None:
    rows = [agent("run.started", 1), agent("run.paused", 2, run_id="x"), agent("run.resumed", 3)]
    found = [each for each in read(rows, "agent_events")[1] if each.code == PATTERN]
    assert [(each.record, each.field) for each in found] == [(2, "run_id")]
