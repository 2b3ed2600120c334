"""Writers: what they write verifies, what the rules would find they refuse, and nothing is half written."""

import asyncio
import json
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console import api
from console.api import LibraryError, RefusedError
from tests.support.verdicts import Verdict, judge

DEAL = "550e8400-e29b-41d4-a716-446655440000"
TYPES = [
    *("ReviewOpened", "DealApproved", "DealTerminated", "ExitFinalized", "MaterialChangeDetected", "DistressDeclared"),
    *("ApprovalDenied", "DataDisputed", "FreezeImposed", "FreezeLifted", "OperationsActivated"),
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8) | st.floats(-1e6, 1e6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)


def refused(call: Callable[[], object]) -> list[str]:
    """Codes of what a writer refuses."""
    with pytest.raises(RefusedError) as caught:
        call()
    return [each.code for each in caught.value.findings]


def sound(path: Path) -> None:
    """No finding of warning or worse, and every event is there."""
    verdict = judged(path)
    assert verdict.code == 0, verdict.findings
    assert not [each for each in verdict.findings if each["severity"] != "note"], verdict.findings


def judged(path: Path) -> Verdict:
    """By the clock of the writers."""
    return judge(path, "--now", datetime.now(UTC).isoformat())


# The hash chain


@pytest.mark.parametrize("profile", ["kernel-doc/1", "kernel-audit/1"])
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    wanted=st.lists(
        st.tuples(st.sampled_from(TYPES), st.dictionaries(st.text(max_size=6), VALUES, max_size=3)), max_size=6
    )
)
def test_a_chain_that_was_appended_verifies(tmp_path: Path, profile: str, wanted: list[tuple[str, Any]]) -> None:
    path = tmp_path / f"{uuid4()}.jsonl"
    written = [api.append(path, DEAL, "DealCreated", {"name": "n"}, profile=profile)]
    for type, payload in wanted:
        try:
            written.append(api.append(path, DEAL, type, payload, authority_context={"role": "GP"}, profile=profile))
        except RefusedError as error:
            assert error.findings
    assert [json.loads(line) for line in path.read_bytes().splitlines()] == written
    answer = api.verify(path, DEAL)
    assert answer == {"valid": True, "issues": [], "eventsChecked": len(written), "chainIntact": True}


def test_deals_go_on_from_their_own_heads(tmp_path: Path) -> None:
    path, other = tmp_path / "deals.jsonl", str(uuid4())
    first = api.append(path, DEAL, "DealCreated", {}, sync=True)
    second = api.append(path, other, "DealCreated", {})
    third = api.append(path, DEAL, "ReviewOpened", {}, authority_context={"role": "GP"})
    assert [each["sequenceNumber"] for each in (first, second, third)] == [1, 1, 2]
    assert third["previousEventHash"] == first["eventHash"] and second["previousEventHash"] is None
    assert asyncio.run(api.averify(path, other))["eventsChecked"] == 1
    with pytest.raises(LibraryError, match="deal"):
        api.verify(path)
    sound(path)


def test_what_the_rules_of_deals_find_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "deals.jsonl"
    api.append(path, DEAL, "DealCreated", {}, id="550e8400-e29b-41d4-a716-446655440001")
    before = path.read_bytes()
    assert "lifecycle.illegal-transition" in refused(
        lambda: api.append(path, DEAL, "ChangeReconciled", {}, authority_context={"role": "GP"})
    )
    assert "identity.duplicate-event-id" in refused(
        lambda: api.append(path, DEAL, "DataDisputed", {}, id="550e8400-e29b-41d4-a716-446655440001")
    )
    assert refused(lambda: api.append(path, DEAL, "DataDisputed", {}, created_at="2099-01-01T00:00:00.000Z"))
    with pytest.raises(LibraryError, match="kernel-doc/1"):
        api.append(path, DEAL, "DataDisputed", {}, profile="other/1")
    assert path.read_bytes() == before
    assert api.append(path, DEAL, "ReviewOpened", {}, authority_context={"role": "GP"})["sequenceNumber"] == 2


def test_a_log_that_others_write_too(tmp_path: Path) -> None:
    path, copy = tmp_path / "deals.jsonl", tmp_path / "copy.jsonl"
    api.append(path, DEAL, "DealCreated", {})
    copy.write_bytes(path.read_bytes())
    api.append(copy, DEAL, "ReviewOpened", {}, authority_context={"role": "GP"})
    path.write_bytes(copy.read_bytes())  # in place, as another process appends
    assert api.append(path, DEAL, "DataDisputed", {}, authority_context={"role": "GP"})["sequenceNumber"] == 3
    path.unlink()
    assert api.append(path, DEAL, "DealCreated", {})["sequenceNumber"] == 1, "another file of that name"


# The event log of a simulation

names = st.text(min_size=1, max_size=12)
objects = st.dictionaries(st.text(max_size=6), VALUES, max_size=3)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), count=st.integers(1, 6))
def test_a_log_of_every_factory_verifies(tmp_path: Path, data: st.DataObject, count: int) -> None:
    path = tmp_path / f"{uuid4()}.jsonl"
    log = api.EventLog(path)
    last: api.LoggedEvent | None = None
    for at in range(count):
        stamp, parent = f"2026-02-16T20:49:{at:02d}.123456", last.provenance_id if last else None
        match data.draw(st.integers(0, 4)):
            case 0:
                last = api.tool_call_executed_event(
                    data.draw(names), data.draw(names), data.draw(objects), 1, True, parent, timestamp=stamp
                )
            case 1:
                last = api.artifact_created_event(
                    data.draw(names), data.draw(names), "memory", data.draw(objects), parent, timestamp=stamp
                )
            case 2:
                audited = last.event_id if last else None
                last = api.audit_event(
                    data.draw(names), data.draw(names), data.draw(objects), audited, parent, timestamp=stamp
                )
            case 3:
                last = api.intervention_event(
                    data.draw(names), data.draw(names), "a", "r", ["x"], parent, timestamp=stamp
                )
            case _:
                last = api.agent_message_event(data.draw(names), "assistant", "c", None, parent, timestamp=stamp)
        log.append(last)
    sound(path)
    assert len([*log.replay()]) == count
    assert [json.loads(line) for line in path.read_text().splitlines()] == [each.to_dict() for each in log.replay()]


def test_what_the_rules_of_the_log_find_is_refused(tmp_path: Path) -> None:
    log = api.EventLog(tmp_path / "log.jsonl")
    call = log.append(api.tool_call_executed_event("a", "t", {}))
    before = log.path.read_bytes()
    assert refused(lambda: log.append(api.agent_message_event("a", "user", "x", parent_event_id="0" * 12))) == [
        "reference.orphan-parent"
    ]
    assert "provenance.id-collision" in refused(lambda: log.append(call))
    forged = replace(api.audit_event("b", "safety", {}), provenance_id="0" * 12)
    assert "provenance.id-mismatch" in refused(lambda: log.append(forged))
    assert log.path.read_bytes() == before
    log.append(api.audit_event("b", "safety", {}, call.event_id, call.provenance_id), sync=True)
    sound(log.path)


@pytest.mark.parametrize("folder", ["example", "committed"])
def test_csv_forms_of_a_log(real: Path, tmp_path: Path, folder: str) -> None:
    """Byte for byte those that the real software wrote of its own logs."""
    (path,) = (real / "swarm" / folder).glob("*.jsonl")
    log = api.EventLog(path)
    log.to_csv(tmp_path / "full.csv")
    log.to_csv(tmp_path / "payload.csv", include_payload=True)
    log.to_provenance_csv(tmp_path / "provenance.csv")
    made = {each.read_bytes() for each in tmp_path.glob("*.csv")}
    assert {each.read_bytes() for each in path.parent.glob("*.csv")} == made
    assert len([*log.replay()]) == len(path.read_bytes().splitlines())


def test_csv_forms_of_a_new_log(tmp_path: Path) -> None:
    log = api.EventLog(tmp_path / "log.jsonl")
    log.append(api.tool_call_executed_event("=a", "t", {}, timestamp="2026-02-16T20:49:34.123456"))
    assert log.to_csv(tmp_path / "all.csv", include_payload=True) == (tmp_path / "all.csv").stat().st_size
    log.to_provenance_csv(tmp_path / "some.csv", spreadsheet_safe=True)
    assert b'"{""tool_name"": ""t""' in (tmp_path / "all.csv").read_bytes()
    assert b",'=a," in (tmp_path / "some.csv").read_bytes()
    with pytest.raises(LibraryError):
        log.to_csv(tmp_path / "absent" / "x.csv")


# Tables


def table(path: Path, name: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(f"SELECT * FROM {name} ORDER BY rowid")]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["approved", "started", "completed", "failed", "cancelled", "requeued"]), max_size=7))
def test_an_audit_that_was_recorded_verifies(tmp_path: Path, events: list[str]) -> None:
    path = tmp_path / f"{uuid4()}.db"
    written = [api.record_audit(path, "ACT-1", "created", "desk", {"source": "chat"})]
    for event in events:
        try:
            written.append(api.record_audit(path, "ACT-1", event, "desk", {"reason": event}))
        except RefusedError as error:
            assert error.findings
    assert table(path, "action_audit_events") == written
    sound(path)


def run() -> tuple[str, str, str]:
    return str(uuid4()), str(uuid4()), str(uuid4())


def test_an_event_and_its_outbox_row_are_written_together(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    run_id, trace, deal = run()
    first = api.emit_event(path, "run.started", {"agent": "x"}, run_id, trace, correlation_id=deal)
    scored = api.emit_event(
        path, "deal.scored", {"score": 5}, run_id, trace, correlation_id=deal, causation_id=first["id"]
    )
    events, outbox = table(path, "agent_events"), table(path, "outbox")
    assert [each["id"] for each in events] == [each["id"] for each in outbox] == [first["id"], scored["id"]]
    assert [(each["aggregate_type"], each["aggregate_id"]) for each in outbox] == [("run", run_id), ("deal", deal)]
    assert UUID(first["id"]) and events[0]["deal_id"] == deal and json.loads(events[1]["payload"]) == {"score": 5}
    verdict = judged(path)
    assert not [each for each in verdict.findings if each["severity"] in ("error", "critical")], verdict.findings


@pytest.mark.parametrize("broken", ["outbox", "agent_events"])
def test_neither_is_written_where_one_cannot_be(tmp_path: Path, broken: str) -> None:
    path = tmp_path / "events.db"
    run_id, trace, deal = run()
    api.emit_event(path, "run.started", {}, run_id, trace, correlation_id=deal)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"CREATE TRIGGER no BEFORE INSERT ON {broken} BEGIN SELECT RAISE(ABORT, 'not today'); END")
        connection.commit()
    with pytest.raises(LibraryError, match="not today"):
        api.emit_event(path, "run.completed", {}, run_id, trace, correlation_id=deal)
    assert len(table(path, "agent_events")) == len(table(path, "outbox")) == 1


def test_what_the_rules_of_events_find_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    run_id, trace, deal = run()
    api.emit_event(path, "run.started", {}, run_id, trace, correlation_id=deal)
    assert "correlation.broken-causation" in refused(
        lambda: api.emit_event(path, "run.completed", {}, run_id, trace, correlation_id=deal, causation_id=str(uuid4()))
    )
    assert "correlation.mismatch" in refused(
        lambda: api.emit_event(path, "run.completed", {}, run_id, trace, correlation_id=str(uuid4()))
    )
    api.emit_event(path, "run.completed", {}, run_id, trace, correlation_id=deal)
    assert refused(lambda: api.emit_event(path, "run.completed", {}, run_id, trace, correlation_id=deal))
    assert len(table(path, "agent_events")) == len(table(path, "outbox")) == 2


def test_on_a_connection_its_owner_commits(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    run_id, trace, deal = run()
    with closing(sqlite3.connect(path)) as connection:
        api.emit_event(connection, "run.started", {}, run_id, trace, correlation_id=deal)
        connection.rollback()
        api.record_audit(connection, "ACT-1", "created", "desk", {})
        with pytest.raises(RefusedError):
            api.record_audit(connection, "ACT-1", "completed", "desk", {})
        connection.commit()
    assert len(table(path, "action_audit_events")) == 1
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        table(path, "agent_events")


def test_each_event_is_processed_once(tmp_path: Path) -> None:
    path, done = tmp_path / "inbox.db", list[str]()
    for each in ("a", "b", "a"):
        with api.process_once(path, each, "run.completed") as new:
            if new:
                done.append(each)
    assert done == ["a", "b"]
    with pytest.raises(ValueError, match="failed"), api.process_once(path, "c", "run.completed") as new:
        raise ValueError("failed")
    with api.process_once(path, "c", "run.completed") as new:
        assert new, "what failed is processed again"
    assert [each["event_id"] for each in table(path, "inbox")] == ["a", "b", "c"]
    with pytest.raises(LibraryError), api.process_once(tmp_path / "absent" / "x.db", "a", "t"):
        pass


def test_writers_of_one_log_see_what_the_others_wrote(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    written: list[str] = []

    def write(agent: str) -> None:
        log = api.EventLog(path)
        for _ in range(20):
            call = log.append(partial(api.tool_call_executed_event, agent, "t", {}))
            log.append(partial(api.audit_event, agent, "safety", {}, call.event_id, call.provenance_id))
        written.append(agent)

    threads = [threading.Thread(target=write, args=(agent,)) for agent in ("a", "b", "c")]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(written) == ["a", "b", "c"]
    assert judged(path).trusts == {"unchained": 120}
    sound(path)
