"""Each check of ZakOps by a small example."""

import json
from typing import Any, get_type_hints

import pytest

from console.formats.json.times import parse
from console.formats.protocol import key64
from console.formats.reading.findings import Place
from console.formats.zakops.checks import Missing
from console.formats.zakops.columns import Judged
from console.formats.zakops.event_types import AUDIT, JUDGED, REGISTRY, gaps
from console.formats.zakops.rules.actions import TRANSITIONS
from console.formats.zakops.rules.delivery import Recent, span
from console.formats.zakops.schema import PAYLOADS
from console.model.trust import Severity, Trust
from tests.support.clock import later
from tests.support.zakops_cases import agent, audit, codes, outbox, read, uid

TABLE = "action_audit_events"


def states(reader: Any) -> dict[str, dict[str, str]]:
    return {f"{each.kind}/{each.key}": dict(each.state) for each in reader.facts()}


def test_a_whole_life_of_an_action_is_clean_and_ends_in_its_status() -> None:
    events = ["created", "inputs_updated", "approved", "execution_requested", "step_approved", "started", "completed"]
    out, findings, reader = read([audit(each) for each in events], TABLE)
    assert codes(findings) == []
    assert states(reader) == {"action/ACT-1": {"status": "COMPLETED"}}
    assert set(out.trust) == {Trust.UNCHAINED} and set(out.worst) == {Severity.NONE}


@pytest.mark.parametrize(
    ("before", "event", "status"),
    [
        ([], "created", "PENDING_APPROVAL"),
        (["created"], "cancelled", "CANCELLED"),
        (["created", "approved"], "cancelled", "CANCELLED"),
        (["created", "approved", "started"], "retry_scheduled", "READY"),
        (["created", "approved", "started"], "failed_timeout", "FAILED"),
        (["created", "approved", "started"], "unstuck", "READY"),
        (["created", "approved", "started", "failed"], "requeued", "READY"),
        (["created", "approved", "started", "completed"], "hidden_from_quarantine", "COMPLETED"),
    ],
)
def test_each_event_leads_to_its_status(before: list[str], event: str, status: str) -> None:
    _, findings, reader = read([audit(each) for each in [*before, event]], TABLE)
    assert codes(findings) == []
    assert states(reader)["action/ACT-1"]["status"] == status


@pytest.mark.parametrize(
    ("before", "event"),
    [
        (["created"], "started"),
        (["created"], "completed"),
        (["created", "approved"], "approved"),
        (["created", "approved", "started", "completed"], "started"),
        (["created", "cancelled"], "approved"),
        (["created", "approved", "started", "completed"], "requeued"),
        (["created"], "created"),
    ],
)
def test_an_event_that_its_status_does_not_allow(before: list[str], event: str) -> None:
    out, findings, _ = read([audit(each) for each in [*before, event]], TABLE)
    found = [each for each in findings if each.code == "lifecycle.illegal-transition"]
    assert [(each.record, each.stream, each.severity) for each in found] == [
        (len(before) + 1, "ACT-1", Severity.WARNING)
    ]
    assert found[0].actual and found[0].expected
    assert out.worst[-1] == Severity.WARNING


def test_after_an_illegal_event_the_rules_go_on_from_where_it_leads() -> None:
    _, findings, _ = read([audit(each) for each in ["created", "started", "completed"]], TABLE)
    assert codes(findings) == ["lifecycle.illegal-transition"]


def test_many_illegal_events_of_one_action_are_three_findings_and_a_count() -> None:
    out, findings, _ = read([audit("created"), *(audit("completed") for _ in range(40))], TABLE)
    found = [each for each in findings if each.code == "lifecycle.illegal-transition"]
    assert [each.count for each in found] == [1, 1, 1, 37]
    assert found[-1].standing and found[-1].record == 5
    assert set(out.worst[1:]) == {Severity.WARNING}, "each row is marked all the same"


def test_a_ledger_that_begins_in_the_middle_says_so_once_for_each_action() -> None:
    rows = [audit("inputs_updated"), audit("started"), audit("completed"), audit("started", action="ACT-2")]
    _, findings, _ = read(rows, TABLE)
    found = [each.stream for each in findings if each.code == "lifecycle.event-before-creation"]
    assert found == ["ACT-1", "ACT-2"]
    assert "lifecycle.illegal-transition" not in codes(findings), "what came before is not known"


def test_a_retry_count_that_goes_back() -> None:
    rows = [audit("created"), audit("approved")]
    for count in (1, 2, 1):
        rows += [audit("started"), audit("retry_scheduled", f'{{"retry_count":{count}}}')]
    _, findings, reader = read(rows, TABLE)
    found = [each for each in findings if each.code == "lifecycle.illegal-transition"]
    assert [(each.field, each.actual) for each in found] == [("details.retry_count", "1")]
    assert states(reader)["action/ACT-1"]["retries"] == "1"


def test_requeueing_starts_the_retries_anew() -> None:
    rows = [audit("created"), audit("approved"), audit("started"), audit("retry_scheduled", '{"retry_count":2}')]
    rows += [audit("started"), audit("failed"), audit("requeued"), audit("started")]
    rows += [audit("retry_scheduled", '{"retry_count":1}')]
    assert codes(read(rows, TABLE)[1]) == []


def test_an_action_without_an_end_after_its_time() -> None:
    rows = [audit("created"), audit("approved"), audit("started")]
    _, findings, _ = read(rows, TABLE)
    found = [each for each in findings if each.code == "operation.interrupted"]
    assert [(each.stream, each.record, each.standing) for each in found] == [("ACT-1", 3, True)]
    nine_minutes_later = parse("2026-01-12T15:09:00Z")
    assert nine_minutes_later is not None
    assert codes(read(rows, TABLE, nine_minutes_later.micros)[1]) == []


@pytest.mark.parametrize(
    ("details", "code"),
    [
        ("{not json", "record.invalid-json"),
        ("[1]", "record.not-an-object"),
        (5, "schema.wrong-type"),
        ([1], "schema.wrong-type"),
        ('{"a":1,"a":2}', "record.duplicate-key"),
        ('{"source":7}', "schema.wrong-type"),
    ],
)
def test_details_that_cannot_be_read_are_a_finding_and_are_shown(details: Any, code: str) -> None:
    out, findings, _ = read([audit("created", details)], TABLE)
    assert codes(findings) == [code]
    assert findings[0].field in ("details", "details.source") and findings[0].record == 1
    assert findings[0].actual is not None
    assert out.trust[0] == Trust.UNCHAINED


def test_details_may_be_null_and_hold_more() -> None:
    assert codes(read([audit("created", None), audit("approved", '{"by":"phone"}')], TABLE)[1]) == []


def test_an_unknown_audit_event_is_a_warning_once_for_its_type() -> None:
    out, findings, _ = read([audit("created"), *(audit("teleported") for _ in range(5))], TABLE)
    found = [each for each in findings if each.code == "schema.unknown-event-type"]
    assert [(each.severity, each.count, each.standing) for each in found] == [(Severity.WARNING, 5, True)]
    assert list(out.worst) == [Severity.NONE] + [Severity.WARNING] * 5


def test_legacy_rows_without_ids_and_versions_are_one_finding_each() -> None:
    out, findings, _ = read([audit("created", action=f"ACT-{n}") for n in range(7)], TABLE)
    assert [(each.code, each.count, each.severity) for each in findings] == [
        ("schema.missing-version", 7, Severity.NOTE),
        ("correlation.missing-id", 7, Severity.NOTE),
    ]
    assert set(out.worst) == {Severity.NONE}, "rows are not marked for what their whole table lacks"


def test_missing_fields_and_times() -> None:
    row = audit("created")
    del row["actor"]
    assert codes(read([row], TABLE)[1]) == ["schema.missing-field"]
    assert codes(read([audit("created", timestamp="2026-02-30T10:00:00Z")], TABLE)[1]) == ["schema.impossible-date"]
    assert codes(read([audit("created", timestamp="yesterday")], TABLE)[1]) == ["schema.bad-pattern"]
    naive = [audit("created", timestamp="2026-01-12T10:00:00")]
    assert codes(read(naive, TABLE)[1]) == ["schema.bad-pattern", "order.naive-timestamp"]
    assert codes(read([audit("created", timestamp="2026-02-12T10:00:00Z")], TABLE)[1]) == ["order.future-timestamp"]


def test_ties_are_normal_and_time_going_back_is_not() -> None:
    rows = [audit("created", second=5), audit("approved", second=5), audit("started", second=4)]
    findings = [each for each in read(rows, TABLE)[1] if each.code == "order.time-regression"]
    assert [(each.record, each.severity) for each in findings] == [(3, Severity.ERROR)]
    rows = [agent("run.started", 1), agent("run.paused", 2, created_at="2026-01-12T14:59:59Z")]
    findings = [each for each in read(rows, "agent_events")[1] if each.code == "order.time-regression"]
    assert [each.severity for each in findings] == [Severity.WARNING], "transactions that overlap do this too"


def test_a_run_from_start_to_end_is_clean() -> None:
    types = ["run.started", "run.tool_called", "run.tool_completed", "run.paused", "run.resumed", "run.completed"]
    out, findings, reader = read([agent(each, n) for n, each in enumerate(types)], "agent_events")
    assert findings == []
    assert states(reader)[f"run/{uid('r1')}"] == {"status": "COMPLETED"}
    assert [each.kind for each in out.new_streams] == ["run", "deal", "trace"]
    assert (out.new_further, {*out.further}) == ([(2, 3)], {1})


@pytest.mark.parametrize(
    ("types", "code", "record"),
    [
        (["run.tool_called", "run.started"], "lifecycle.event-before-creation", 1),
        (["run.started", "run.completed", "run.tool_called"], "lifecycle.event-after-end", 3),
        (["run_started", "run_cancelled", "stream_token"], "lifecycle.event-after-end", 3),
        (["run.started", "run.resumed"], "lifecycle.illegal-transition", 2),
        (["run.started", "run.tool_completed"], "lifecycle.illegal-transition", 2),
        (["run.started", "run.started"], "lifecycle.illegal-transition", 2),
        (["run_created", "tool_call_started"], "lifecycle.illegal-transition", 2),
    ],
)
def test_runs_that_go_wrong(types: list[str], code: str, record: int) -> None:
    _, findings, _ = read([agent(each, n) for n, each in enumerate(types)], "agent_events")
    assert (code, record) in [(each.code, each.record) for each in findings]


def test_an_action_that_is_followed_is_late_once_its_time_has_passed() -> None:
    started = parse("2026-01-12T15:00:00Z")
    assert started is not None
    _, findings, reader = read([audit("created"), audit("approved"), audit("started")], TABLE, started.micros)
    assert codes(findings) == []
    with later(601):
        assert "operation.interrupted" in codes(reader.standing())


def test_a_run_that_ends_with_calls_unanswered() -> None:
    types = ["run_started", "tool_call_started", "tool_call_started", "tool_call_completed", "run_completed"]
    rows = [agent(each, n, tool_call_id=call) for n, (each, call) in enumerate(zip(types, "-abb-", strict=True))]
    _, findings, reader = read(rows, "agent_events")
    assert [(each.code, each.stream, each.record) for each in findings] == [("operation.interrupted", uid("r1"), 2)]
    assert states(reader)[f"run/{uid('r1')}"] == {"status": "COMPLETED", "open calls": "1"}


def test_correlation_is_the_deal_and_one_for_a_trace() -> None:
    rows = [agent("run.started", 1), agent("run.completed", 2, deal_id=uid("d2"))]
    found = [each for each in read(rows, "agent_events")[1] if each.code == "correlation.mismatch"]
    assert [(each.record, each.expected, each.actual) for each in found] == [(2, uid("d1"), uid("d2"))]
    rows = [agent("run.started", 1), agent("run.completed", 2, deal_id=uid("d2"), correlation_id=uid("d2"))]
    found = [each for each in read(rows, "agent_events")[1] if each.code == "correlation.mismatch"]
    assert [(each.record, each.stream) for each in found] == [(2, uid("t1")), (2, uid("r1"))]


def test_a_deal_id_cut_short_by_its_column_is_said_once() -> None:
    whole = "21636369-8b52-4b4a-97b7-50923ceb3ffd"
    row = {"id": 1, "deal_id": whole[:20], "event_type": "deal.created", "source": "x", "actor": "y"}
    row |= {"details": {"correlation_id": whole, "schema_version": 1}, "created_at": "2026-01-12T15:00:00Z"}
    _, findings, _ = read([row] * 9, "deal_events")
    found = [each for each in findings if each.code == "correlation.mismatch"]
    assert [(each.count, each.severity) for each in found] == [(9, Severity.WARNING)]


def test_causes_are_left_to_the_index_as_keys() -> None:
    out, _, _ = read([agent("run.started", 1), agent("run.completed", 2, causation_id=uid("e1"))], "agent_events")
    assert list(out.key) == [key64(uid("e1")), key64(uid("e2"))]
    assert list(out.parent) == [0, key64(uid("e1"))]


def test_versions_and_types_of_the_registry() -> None:
    rows = [
        agent("run.started", 1, schema_version=None),
        agent("run.paused", 2, schema_version=9),
        agent("run.danced", 3),
        agent("deal.stage_changed", 4, payload={"to_stage": 5}),
        agent("deal.stage_changed", 5, payload='{"to_stage": "loi"}'),
    ]
    _, findings, _ = read(rows, "agent_events")
    assert sorted((each.code, each.severity.word) for each in findings if each.record) == [
        ("lifecycle.event-before-creation", "note"),
        ("schema.missing-version", "warning"),
        ("schema.unknown-event-type", "warning"),
        ("schema.unknown-version", "warning"),
        ("schema.wrong-type", "error"),
    ]
    assert {model for each in REGISTRY.values() for model in each.versions.values()} <= set(PAYLOADS)
    assert set(AUDIT) == set(TRANSITIONS)


def test_dead_letters_and_stalled_messages() -> None:
    rows = [
        outbox(1, published_at="2026-01-19T23:59:04Z", attempts=1),
        outbox(2, is_dead=1, attempts=5, last_error="refused"),
        outbox(3, created_at="2026-01-19T22:00:00Z"),
        outbox(4),
        outbox(5, status="failed", attempts=3, max_attempts=3),
        outbox(6, status="pending", created_at="2026-01-19T22:00:00Z", next_attempt_at="2026-01-20T01:00:00Z"),
        outbox(7, status="dead", error_message="gone"),
    ]
    out, findings, reader = read(rows, "outbox")
    assert [(each.code, each.count, each.record) for each in findings] == [
        ("outbox.dead", 2, 2),
        ("outbox.stalled", 2, 3),
    ]
    assert "refused" in findings[0].message
    assert [Severity(each).word for each in out.worst] == [
        "none",
        "error",
        "warning",
        "none",
        "warning",
        "none",
        "error",
    ]
    assert states(reader) == {
        f"aggregate/action/{uid('ACT-1')}": {"delivered": "1", "waiting": "4", "dead": "2", "lag": "1 min"}
    }


def test_an_event_processed_twice_by_one_consumer() -> None:
    def row(event: str, consumer: str | None) -> dict[str, Any]:
        return {"event_id": event, "consumer_id": consumer, "processed_at": "2026-01-12T15:00:00Z"}

    rows = [row("e1", "mail"), row("e1", "search"), row("e1", "mail"), row("e2", None), row("e2", None)]
    out, findings, _ = read(rows, "inbox")
    assert [(each.code, each.record) for each in findings] == [("inbox.duplicate", 3), ("inbox.duplicate", 5)]
    assert len(set(out.key)) == 4 and out.key[2] == out.key[4] == 0, "one finding of each: no key for the index"


def test_the_memory_of_an_inbox_forgets_the_oldest() -> None:
    recent = Recent()
    assert not any(recent.seen(n) for n in range(1, Recent.SIZE + 2))
    assert recent.seen(Recent.SIZE + 1) and not recent.seen(1)


def test_an_action_document_is_judged_by_its_trail() -> None:
    trail = [audit(each, {}) for each in ("created", "started", "vanished")]
    trail[2]["timestamp"] = "2026-01-12T14:00:00Z"
    document = {"action_id": "ACT-1", "deal_id": "D", "status": "COMPLETED", "audit_trail": trail}
    document |= {"created_at": "2026-01-12T15:00:00Z", "updated_at": "2026-01-12T16:00:00Z"}
    out, findings, reader = read([document], "action documents")
    assert [(each.code, each.field) for each in findings] == [
        ("lifecycle.illegal-transition", "audit_trail[1]"),
        ("schema.unknown-event-type", "audit_trail[2].event"),
        ("order.time-regression", "audit_trail[2].timestamp"),
        ("replay.value-discontinuity", "status"),
    ]
    assert {(each.code, each.field) for each in findings} >= {
        ("lifecycle.illegal-transition", "audit_trail[1]"),
        ("replay.value-discontinuity", "status"),
    }
    assert states(reader) == {"action/ACT-1": {"status": "COMPLETED"}}
    assert len(out) == 1


def test_gaps_name_what_is_never_recorded() -> None:
    found = {
        each.type: (each.seen, each.events)
        for each in gaps({"created": 3, "failed": 1, "failed_timeout": 2, "tool_call_started": 4})
    }
    assert found["action.created"] == ("legacy", 3)
    assert found["action.failed"] == ("legacy", 3)
    assert found["run.tool_called"] == ("seen", 4)
    assert found["email.ingested"] == ("never", 0)
    assert len(found) == 25


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (59, "59 s"), (188, "3 min 8 s"), (3_600, "1 h"), (3_605, "1 h"), (34_708_279, "401 d 17 h")],
)
def test_a_span_is_said_in_its_two_largest_units(seconds: int, said: str) -> None:
    assert span(seconds) == said


def test_the_error_that_a_requeued_action_had_may_be_written_in_any_way() -> None:
    begun = ["created", "approved", "started", "failed"]
    for error in ("timed out", {"code": "E1"}, ["E1"], None):
        rows = [*map(audit, begun), audit("requeued", json.dumps({"reason": "again", "previous_error": error}))]
        assert codes(read(rows, TABLE)[1]) == []


def test_keys_that_are_judged_are_those_of_the_models() -> None:
    models = PAYLOADS.values()
    assert {name for model in models for name in model.model_fields} == JUDGED
    asked = {name: info.annotation for model in models for name, info in model.model_fields.items()}
    assert get_type_hints(Judged) == asked


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        ([(None, "c"), (None, "c"), ("t", "c")], "2 events lack trace_id."),
        ([("t", None)], "1 event lacks correlation_id."),
        ([(None, None), (None, None)], "2 events lack trace_id and correlation_id."),
        ([(None, None), (None, "c")], "2 events lack ids: trace_id 2, correlation_id 1 of them."),
    ],
)
def test_only_ids_that_are_lacking_are_named(ids: list[tuple[str | None, str | None]], words: str) -> None:
    missing = Missing()
    for trace, correlation in ids:
        missing.add(Place(1, 0, 1), trace, correlation)
    assert missing.words() == words
