"""Tables and files as ZakOps writes them: nothing proves them, and whatever breaks their rules is found."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.verdicts import Verdict, judge
from tests.support.writers.zakops import (
    DEAL,
    RUN,
    STATUS,
    Row,
    action_documents,
    agent_event,
    agent_rows,
    audit_rows,
    database,
    deal_file,
    deal_rows,
    inbox_rows,
    jsonl,
    outbox_rows,
    seconds,
    service_answer,
    service_outbox,
    service_rows,
)

LEGACY = [("correlation.missing-id", "note"), ("schema.missing-version", "note")]
"""What every row of the older kind lacks, in one finding each."""


def judged(tmp_path: Path, **tables: list[Row]) -> Verdict:
    database(tmp_path / "ingest_state.db", **tables)
    return judge(tmp_path / "ingest_state.db")


def found(verdict: Verdict) -> list[tuple[str, Any]]:
    usual = {code for code, _ in LEGACY}
    return [(code, record) for code, record in verdict.at("record") if code not in usual]


def test_the_audit_of_actions(tmp_path: Path) -> None:
    verdict = judged(tmp_path, action_audit_events=audit_rows())
    assert sorted((each["code"], each["severity"]) for each in verdict.findings) == LEGACY
    assert {each["count"] for each in verdict.findings} == {17}
    assert (verdict.code, verdict.trusts) == (0, {"unchained": 17})
    assert {key: state["status"] for key, state in verdict.states.items() if key in STATUS} == STATUS


def without(event: str, action: str = "ACT-0001") -> list[Row]:
    return [row for row in audit_rows() if (row["event"], row["action_id"]) != (event, action)]


def audited(at: int, **change: Any) -> list[Row]:
    rows = audit_rows()
    rows[at] |= change
    return rows


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (without("approved"), [("lifecycle.illegal-transition", 3)]),
        (without("started"), [("lifecycle.illegal-transition", 5)]),
        (without("created"), [("lifecycle.event-before-creation", 1)]),
        (audited(9, details=json.dumps({"retry_count": 3})), []),
        (audited(3, details="not JSON"), [("record.invalid-json", 4)]),
        (audited(5, timestamp=seconds(-60)), [("order.time-regression", 6)]),
        (audited(5, event="teleported"), [("schema.unknown-event-type", 6)]),
        (audit_rows()[:5], [("operation.interrupted", 5)]),
    ],
)
def test_what_breaks_the_rules_of_actions_is_found(
    tmp_path: Path, rows: list[Row], expected: list[tuple[str, int]]
) -> None:
    verdict = judged(tmp_path, action_audit_events=rows)
    assert set(expected) <= set(found(verdict)) and bool(expected) == bool(found(verdict))
    assert verdict.broken() == []


def test_a_live_database_is_read_and_nothing_is_written_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / "live"
    folder.mkdir()
    database(folder / "ingest_state.db", action_audit_events=audit_rows())
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert judge(folder).trusts == {"unchained": 17}
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


# Agent events, outbox and inbox


@pytest.mark.parametrize("form", ["table", "jsonl"])
def test_agent_events(tmp_path: Path, form: str) -> None:
    if form == "table":
        verdict = judged(tmp_path, agent_events=agent_rows())
    else:
        (tmp_path / "agent_events.jsonl").write_bytes(jsonl(agent_rows()))
        verdict = judge(tmp_path / "agent_events.jsonl")
    assert (verdict.code, verdict.findings, verdict.trusts) == (0, [], {"unchained": 6})
    kinds = {each["kind"] for each in verdict.report["ledgers"][0]["streams"]}
    assert kinds >= {"run", "deal", "trace"}


LATER = agent_event(9, "email.ingested", None, {"email_id": "m-1"})


def agents(at: int, **change: Any) -> list[Row]:
    rows = agent_rows()
    rows[at] |= change
    return rows


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (agents(2, causation_id="e0000000-0000-4000-8000-0000000000ff"), [("correlation.broken-causation", 3)]),
        ([*agents(2, causation_id=LATER["id"]), LATER], [("correlation.broken-causation", 3)]),
        (agents(2, correlation_id="d0000000-0000-4000-8000-0000000000ff"), [("correlation.mismatch", 3)]),
        (agents(2, trace_id=None), [("correlation.missing-id", 3)]),
        (agents(2, schema_version=None), [("schema.missing-version", 3)]),
        (agents(2, schema_version=99), [("schema.unknown-version", 3)]),
        (agents(2, event_type="run.teleported"), [("schema.unknown-event-type", 3)]),
        (agents(2, id=agent_rows()[1]["id"]), [("identity.duplicate-event-id", 3)]),
        ([*agent_rows(), agent_event(9, "run.tool_called", agent_rows()[5]["id"])], [("lifecycle.event-after-end", 7)]),
        (agent_rows()[1:], [("lifecycle.event-before-creation", 1)]),
        (agents(0, causation_id=agent_rows()[0]["id"]), [("reference.cycle", 1)]),
    ],
)
def test_what_is_wrong_with_agent_events_is_found(
    tmp_path: Path, rows: list[Row], expected: list[tuple[str, int]]
) -> None:
    (tmp_path / "agent_events.jsonl").write_bytes(jsonl(rows))
    verdict = judge(tmp_path / "agent_events.jsonl")
    assert set(expected) <= set(verdict.at("record"))


def test_what_was_sent_out_is_what_was_recorded(tmp_path: Path) -> None:
    messages = outbox_rows(agent_rows())
    verdict = judged(tmp_path, agent_events=agent_rows(), outbox=messages, inbox=inbox_rows(messages))
    assert (verdict.code, verdict.findings) == (0, [])
    states = [state for state in verdict.states.values() if state and "delivered" in state]
    assert states == [{"delivered": "6", "lag": "1 s"}]


def sent(at: int, **change: Any) -> list[Row]:
    rows = outbox_rows(agent_rows())
    rows[at] |= change
    return rows


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (sent(2, is_dead=1, published_at=None, attempts=5, last_error="gone"), [("outbox.dead", 3)]),
        (sent(2, published_at=None, attempts=0), [("outbox.stalled", 3)]),
    ],
)
def test_what_was_not_delivered_is_found(tmp_path: Path, rows: list[Row], expected: list[tuple[str, int]]) -> None:
    verdict = judged(tmp_path, outbox=rows)
    assert set(expected) <= set(found(verdict))


# What the service itself writes


def test_agent_events_of_the_service(tmp_path: Path) -> None:
    (tmp_path / "agent_events.json").write_text(json.dumps(service_rows()))
    verdict = judge(tmp_path / "agent_events.json")
    assert (
        found(verdict) == [] and verdict.trusts == {"unchained": 4} and verdict.states[RUN] == {"status": "COMPLETED"}
    )
    (tmp_path / "answer.json").write_bytes(service_answer())
    verdict = judge(tmp_path / "answer.json")
    assert found(verdict) == [] and verdict.trusts == {"unchained": 4}


def test_deal_events_of_the_service_say_once_that_ids_are_cut(tmp_path: Path) -> None:
    (tmp_path / "deal_events.json").write_text(json.dumps(deal_rows()))
    verdict = judge(tmp_path / "deal_events.json")
    (mismatch,) = [each for each in verdict.findings if each["code"] == "correlation.mismatch"]
    assert mismatch["count"] == 3 and "chain.sequence-gap" not in verdict.codes


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        (service_outbox(), None),
        (service_outbox("dead", 5), "outbox.dead"),
        (service_outbox("pending", 0), "outbox.stalled"),
    ],
)
def test_the_outbox_of_the_service(tmp_path: Path, rows: list[Row], code: str | None) -> None:
    (tmp_path / "outbox.jsonl").write_bytes(jsonl(rows))
    verdict = judge(tmp_path / "outbox.jsonl")
    assert [each for each in found(verdict) if each[0].startswith("outbox")] == ([(code, 2)] if code else [])


# Documents


def test_documents_of_actions_and_the_file_of_a_deal(tmp_path: Path) -> None:
    (tmp_path / "actions.json").write_bytes(action_documents())
    verdict = judge(tmp_path / "actions.json")
    assert (verdict.code, verdict.findings, verdict.trusts) == (0, [], {"unchained": 3})
    (tmp_path / f"{DEAL}.jsonl").write_bytes(deal_file())
    verdict = judge(tmp_path / f"{DEAL}.jsonl")
    assert sorted((each["code"], each["severity"]) for each in verdict.findings) == LEGACY


def test_a_document_that_contradicts_its_trail_is_found(tmp_path: Path) -> None:
    documents = json.loads(action_documents())
    documents[0]["status"] = "FAILED"
    (tmp_path / "actions.json").write_text(json.dumps(documents))
    verdict = judge(tmp_path / "actions.json")
    assert [record for _, record in verdict.at("record")] == [1]
