"""Every transition of the lives that ZakOps records: those that are allowed, and those that are not."""

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import pytest

from console.formats.zakops.rules.actions import EVENTS, TRANSITIONS
from console.formats.zakops.rules.lives import DEAL_EVENTS, EMAIL_EVENTS
from console.model.finding import Finding
from console.model.trust import Severity
from tests.support.zakops_cases import agent, audit, read, uid

ILLEGAL, AFTER, BEFORE = "lifecycle.illegal-transition", "lifecycle.event-after-end", "lifecycle.event-before-creation"
Step = tuple[str, dict[str, Any]]
TO_STATUS = {
    "PENDING_APPROVAL": ["created"],
    "READY": ["created", "approved"],
    "PROCESSING": ["created", "approved", "started"],
    "COMPLETED": ["created", "approved", "started", "completed"],
    "FAILED": ["created", "approved", "started", "failed"],
    "CANCELLED": ["created", "cancelled"],
}
"""The shortest way to each status of an action."""


def lives(findings: Sequence[Finding], *, least: Severity = Severity.WARNING) -> list[tuple[str, int | None]]:
    families = ("lifecycle", "replay", "operation", "correlation.mismatch")
    return [(each.code, each.record) for each in findings if each.code.startswith(families) and each.severity >= least]


@pytest.mark.parametrize("status", TO_STATUS)
@pytest.mark.parametrize("event", sorted(TRANSITIONS))
def test_every_event_of_an_action_in_every_status(status: str, event: str) -> None:
    rows = [audit(each) for each in [*TO_STATUS[status], event]]
    found = [each for each in lives(read(rows, "action_audit_events")[1]) if each[0] != "operation.interrupted"]
    allowed = status in TRANSITIONS[event][0]
    assert found == ([] if allowed else [(ILLEGAL, len(rows))])


@pytest.mark.parametrize("event", sorted({*TRANSITIONS} - {"created"}))
def test_an_action_begins_with_its_creation(event: str) -> None:
    assert (BEFORE, 1) in lives(read([audit(event)], "action_audit_events")[1])
    rows = [audit("hidden_from_quarantine"), audit("created")]
    assert lives(read(rows, "action_audit_events")[1]) == [(BEFORE, 1), (ILLEGAL, 2)]


def events(steps: Sequence[str | Step], **columns: Any) -> list[dict[str, Any]]:
    """Agent events of one run, a second apart."""
    rows = []
    for number, step in enumerate(steps):
        name, more = (step, {}) if isinstance(step, str) else step
        time = f"2026-01-12T15:00:{number:02}.000000Z"
        rows.append(agent(name, number, created_at=time, **{**columns, **more}))
    return rows


def judged(steps: Sequence[str | Step], *, least: Severity = Severity.WARNING, **columns: Any) -> list[Any]:
    return lives(read(events(steps, **columns), "agent_events")[1], least=least)


def call(kind: str, name: str) -> Step:
    return f"run.tool_{kind}", {"payload": {"tool_call_id": name}}


def stage(left: str | None, entered: str | None) -> Step:
    return "deal.stage_changed", {"payload": {"from_stage": left, "to_stage": entered}}


STARTED = "run.started"
DONE = "run.completed"
RUNS: list[tuple[list[str | Step], list[tuple[str, int]]]] = [
    ([STARTED, DONE], []),
    ([STARTED, "run.failed"], []),
    (["run_created", STARTED, "run_cancelled"], []),
    (["run_created", "run_cancelled"], []),
    ([STARTED, "run.tool_called", "run.tool_completed", DONE], []),
    ([STARTED, call("called", "a"), call("called", "b"), call("completed", "b"), call("completed", "a"), DONE], []),
    ([STARTED, call("called", "a"), "tool_call_failed", DONE], []),
    ([STARTED, "run.paused", "run.resumed", "run.paused", "run.resumed", DONE], []),
    ([STARTED, "agent.waiting_approval", "run.paused", "tool_approval_granted", "run.resumed", DONE], []),
    ([STARTED, call("called", "a"), "run.paused", call("completed", "a"), "run.resumed", DONE], []),
    ([STARTED, "run.paused", "run.failed"], []),
    ([STARTED, "stream_start", "stream_token", "stream_end", DONE], []),
    (["run.tool_called", STARTED], [(BEFORE, 1)]),
    ([DONE], [(BEFORE, 1)]),
    ([STARTED, STARTED], [(ILLEGAL, 2)]),
    ([STARTED, "run_created"], [(ILLEGAL, 2)]),
    (["run_created", "run_created"], [(ILLEGAL, 2)]),
    (["run_created", "run.tool_called", "run.tool_completed"], [(ILLEGAL, 2)]),
    (["run_created", DONE], [(ILLEGAL, 2)]),
    ([STARTED, "run.resumed"], [(ILLEGAL, 2)]),
    ([STARTED, "run.paused", "run.paused"], [(ILLEGAL, 3)]),
    ([STARTED, "run.paused", call("called", "a"), call("completed", "a")], [(ILLEGAL, 3)]),
    ([STARTED, "run.paused", "run.resumed", "run.resumed"], [(ILLEGAL, 4)]),
    ([STARTED, "run.tool_completed"], [(ILLEGAL, 2)]),
    ([STARTED, call("called", "a"), call("completed", "b"), call("completed", "a")], [(ILLEGAL, 3)]),
    ([STARTED, call("called", "a"), call("completed", "a"), call("completed", "a")], [(ILLEGAL, 4)]),
    ([STARTED, call("called", "a"), call("called", "a"), call("completed", "a")], [(ILLEGAL, 3)]),
    ([STARTED, DONE, "run.tool_called"], [(AFTER, 3)]),
    ([STARTED, DONE, DONE], [(AFTER, 3)]),
    ([STARTED, "run.failed", STARTED], [(AFTER, 3)]),
    ([STARTED, "run_cancelled", "stream_token"], [(AFTER, 3)]),
    ([STARTED, DONE, "run.resumed"], [(AFTER, 3)]),
    ([STARTED, call("called", "a"), DONE], [("operation.interrupted", 2)]),
    ([STARTED, call("called", "a"), call("called", "b"), call("completed", "a")], [("operation.interrupted", 3)]),
    ([STARTED, (DONE, {"deal_id": uid("d2"), "correlation_id": uid("d2"), "trace_id": uid("t2")})],
     [("correlation.mismatch", 2)]),
    ([STARTED, (DONE, {"deal_id": uid("d2"), "correlation_id": uid("d2")})], [("correlation.mismatch", 2)] * 2),
    ([STARTED, (STARTED, {"run_id": uid("r2"), "correlation_id": uid("d2"), "deal_id": uid("d2")})],
     [("correlation.mismatch", 2)]),
    ([STARTED, (STARTED, {"run_id": uid("r2"), "correlation_id": uid("d2"), "deal_id": uid("d2"),
                          "trace_id": uid("t2")})], []),
]  # fmt: skip


def archived() -> Iterator[tuple[list[str | Step], list[tuple[str, int]]]]:
    for name in DEAL_EVENTS:
        yield ["deal.created", "deal.archived", name], [(AFTER, 3)]


CREATED_INBOUND: Step = ("deal.created", {"payload": {"stage": "inbound"}})
DEALS: list[tuple[list[str | Step], list[tuple[str, int]]]] = [
    (["deal.created", stage("inbound", "loi"), stage("loi", "closed"), "deal.scored", "deal.archived"], []),
    (["deal.created", ("deal.updated", {}), "deal.profile_enriched", "deal.archived"], []),
    ([CREATED_INBOUND, stage("inbound", "loi")], []),
    (["deal.created", "deal.created"], [(ILLEGAL, 2)]),
    (["deal.scored", "deal.created"], [(ILLEGAL, 2)]),
    *archived(),
    (["deal.created", stage("inbound", "loi"), stage("inbound", "closed")], [("replay.value-discontinuity", 3)]),
    (
        [("deal.created", {"payload": {"stage": "inbound"}}), stage("loi", "closed")],
        [("replay.value-discontinuity", 2)],
    ),
]
TO_ACTION = {
    "PENDING_APPROVAL": ["action.created"],
    "READY": ["action.created", "action.approved"],
    "PROCESSING": ["action.created", "action.approved", "action.executing"],
    "COMPLETED": ["action.created", "action.approved", "action.completed"],
    "FAILED": ["action.created", "action.approved", "action.failed"],
    "REJECTED": ["action.created", "action.awaiting_approval", "action.rejected"],
}
JOB: Step = ("", {"payload": {"job_id": "j1"}})
MAIL: Step = ("", {"payload": {"email_id": "m1"}})


def of(thing: Step, *names: str) -> list[str | Step]:
    return [(name, thing[1]) for name in names]


Q, S, R = "worker.job_queued", "worker.job_started", "worker.job_retrying"
C, F, D = "worker.job_completed", "worker.job_failed", "worker.job_dlq"
JOBS: list[tuple[list[str | Step], list[tuple[str, int]]]] = [
    (of(JOB, Q, S, C), []),
    (of(JOB, Q, S, F), []),
    (of(JOB, Q, S, R, S, C), []),
    (of(JOB, Q, S, R, R, F, D), []),
    (of(JOB, Q, Q), [(ILLEGAL, 2)]),
    (of(JOB, Q, S, S), [(ILLEGAL, 3)]),
    (of(JOB, Q, C), [(ILLEGAL, 2)]),
    (of(JOB, Q, F), [(ILLEGAL, 2)]),
    (of(JOB, Q, R), [(ILLEGAL, 2)]),
    (of(JOB, S, Q), [(ILLEGAL, 2)]),
    *((of(JOB, Q, S, C, after), [(AFTER, 4)]) for after in (Q, S, R, C, F, D)),
    *((of(JOB, Q, S, F, after), [(AFTER, 4)]) for after in (Q, S, C, F)),
    ([*of(JOB, Q, S), (R, {"payload": {"job_id": "j1", "retry_count": 2}}),
      (R, {"payload": {"job_id": "j1", "retry_count": 1}})], [(ILLEGAL, 4)]),
    (of(MAIL, "email.ingested", "email.classified", "email.processed"), []),
    (of(MAIL, "email.ingested", "email.ingested"), [(ILLEGAL, 2)]),
    (of(MAIL, "email.classified", "email.ingested"), [(ILLEGAL, 2)]),
    (of(MAIL, "email.ingested", "email.classified", "email.classified"), [(ILLEGAL, 3)]),
    *((of(MAIL, "email.ingested", "email.classified", "email.processed", name), [(AFTER, 4)]) for name in EMAIL_EVENTS),
]  # fmt: skip


def named(cases: Sequence[tuple[list[str | Step], Any]]) -> Iterator[str]:
    for steps, _ in cases:
        yield "-".join(step if isinstance(step, str) else step[0] for step in steps)


@pytest.mark.parametrize(("steps", "expected"), RUNS, ids=named(RUNS))
def test_the_life_of_a_run(steps: list[str | Step], expected: list[tuple[str, int]]) -> None:
    found = judged(steps)
    assert found[: len(expected)] == expected and bool(found) == bool(expected)


@pytest.mark.parametrize(("steps", "expected"), [*DEALS, *JOBS], ids=named([*DEALS, *JOBS]))
def test_the_lives_of_deals_jobs_and_emails(steps: list[str | Step], expected: list[tuple[str, int]]) -> None:
    assert judged(steps) == expected


@pytest.mark.parametrize("status", TO_ACTION)
@pytest.mark.parametrize("event", sorted(EVENTS))
def test_every_agent_event_of_an_action_in_every_status(status: str, event: str) -> None:
    steps = [*TO_ACTION[status], event]
    found = [each for each in judged(steps, action_id=uid("a")) if each[0] != "operation.interrupted"]
    rule = EVENTS[event]
    ended = status in ("COMPLETED", "FAILED", "REJECTED")
    allowed = status in rule.before or ("*" in rule.before and not ended)
    if event == "action.awaiting_approval" and status == "PENDING_APPROVAL":
        assert judged([*steps, event], action_id=uid("a")) == [(ILLEGAL, 3)], "asked twice"
    assert found == ([] if allowed else [(AFTER if ended else ILLEGAL, len(steps))])


def test_a_life_whose_beginning_is_not_recorded_is_only_noted() -> None:
    for first in ("deal.scored", "worker.job_started", "email.classified", "action.completed"):
        step: Step = (first, {"payload": {"job_id": "j", "email_id": "m"}, "action_id": uid("a")})
        assert judged([STARTED, step]) == []
        assert judged([STARTED, step], least=Severity.NOTE)[0] == (BEFORE, 2)


def test_two_jobs_without_ids_are_told_apart_by_nothing() -> None:
    assert judged([STARTED, Q, Q]) == []
    assert (ILLEGAL, 3) in judged([STARTED, Q, Q], least=Severity.NOTE)


def test_an_action_that_is_executed_for_long_is_interrupted() -> None:
    steps = TO_ACTION["PROCESSING"]
    assert judged(steps, action_id=uid("a")) == [("operation.interrupted", 3)]


def test_retries_of_an_action_do_not_go_back() -> None:
    retries = [{"action_id": uid("a"), "payload": {"retry_count": count}} for count in (2, 1)]
    steps: list[Any] = [*TO_ACTION["PROCESSING"], *(("action.retry_scheduled", each) for each in retries)]
    assert (ILLEGAL, 5) in judged(steps, action_id=uid("a"))


def test_a_trail_is_walked_like_a_table() -> None:
    for status, events_before in TO_STATUS.items():
        trail = [audit(each, {}, second=number) for number, each in enumerate(events_before)]
        document = {"action_id": "A", "deal_id": "D", "status": status, "audit_trail": trail}
        document |= {"created_at": "2026-01-12T15:00:00Z", "updated_at": "2026-01-12T15:00:00Z"}
        assert read([document], "action documents")[1] == []
        for first, second in pairwise(trail):
            twice = {**document, "audit_trail": [first, {**second, "audit_id": first["audit_id"]}, *trail[2:]]}
            assert "identity.duplicate-event-id" in {each.code for each in read([twice], "action documents")[1]}


def test_rows_of_a_table_are_judged_as_lines_are() -> None:
    rows = [{**row, "payload": json.dumps(row["payload"])} for row in events([STARTED, *of(JOB, Q, C)])]
    assert lives(read(rows, "agent_events")[1]) == [(ILLEGAL, 3)]
