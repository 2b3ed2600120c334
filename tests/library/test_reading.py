"""Reading functions on the sample ledgers: what they return is what stands there, in every container."""

import json
from pathlib import Path
from typing import Any

import pytest

from console import api
from tests.support.places import SAMPLES

RUNS = SAMPLES / "smvm"
CHANGES = SAMPLES / "maysano"


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def a_run() -> tuple[str, list[dict[str, Any]]]:
    for path in sorted(RUNS.rglob("*.jsonl")):
        rows = lines(path)
        if rows and "data_hash" in rows[0]:
            return rows[0]["run_id"], [row for row in rows if row.get("run_id") == rows[0]["run_id"]]
    raise AssertionError


async def test_events_of_a_run() -> None:
    run, rows = a_run()
    assert api.get_events_by_run(run, paths=RUNS) == rows
    types = [rows[0]["event_type"], rows[-1]["event_type"]]
    wanted = [row for row in rows if row["event_type"] in types]
    assert api.get_events_by_run(run, types, paths=[str(RUNS)]) == wanted
    assert await api.aget_events_by_run(run, types, paths=RUNS) == wanted
    chain = api.get_event_chain(run, paths=RUNS)
    assert sorted(map(json.dumps, chain)) == sorted(map(json.dumps, rows))
    assert [each["timestamp"][:19] for each in chain] == sorted(each["timestamp"][:19] for each in chain)
    assert await api.aget_event_chain(run, paths=RUNS) == chain
    assert api.get_events_by_run("RUN-20990101-000000-00000000", paths=RUNS) == []


def test_what_is_not_there_is_an_error_and_not_an_empty_answer(tmp_path: Path) -> None:
    run, rows = a_run()
    nowhere = tmp_path / "nowhere"
    for read in (api.get_events_by_run, api.get_event_chain, api.product_activities):
        with pytest.raises(api.LibraryError, match="nowhere: there is no such file"):
            read(run, paths=[RUNS, nowhere])
    with pytest.raises(api.LibraryError, match=r"no event type 'DECIDE'. Known: .*DECIDED"):
        api.get_events_by_run(run, ["DECIDE"], paths=RUNS)
    decided = api.get_events_by_run(run, "DECIDED", paths=RUNS)
    assert decided == [row for row in rows if row["event_type"] == "DECIDED"]


@pytest.mark.parametrize("name", ["RULES_FILE", "KEY_FILE"])
def test_a_setting_of_the_environment_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(f"AUDIT_CONSOLE_{name}", "/nope.json")
    words = f"{name.lower()} /nope.json: there is no such file"
    with pytest.raises(api.LibraryError, match=words):
        api.verify(SAMPLES / "kernel/deals.jsonl")
    with pytest.raises(api.LibraryError, match=words):
        api.get_event_chain("x", paths=RUNS)


def test_integrity_of_an_event() -> None:
    _, rows = a_run()
    decided = next(row for row in rows if row["event_type"] == "DECIDED")
    verdict = api.validate_event_integrity(decided)
    assert verdict and verdict.verdict == "verified" and "right" in verdict.reason
    changed = decided | {"metadata": decided["metadata"] | {"confidence_level": 0.01}}
    verdict = api.validate_event_integrity(changed)
    assert not verdict and verdict.verdict == "mismatch" and verdict.recomputed != decided["data_hash"]
    assert api.validate_event_integrity(decided | {"data_hash": "abc"}).verdict == "malformed"
    other = next(row for row in rows if row["event_type"] != "DECIDED")
    assert api.validate_event_integrity(other).verdict == "unverifiable"
    assert api.validate_event_integrity(other, {"not": "it"}).verdict == "mismatch"
    assert api.validate_event_integrity({}).verdict == "malformed"


async def test_the_three_queries() -> None:
    events = json.loads((CHANGES / "structural-events.json").read_text(encoding="utf-8"))
    kpis = [each for each in events if each["entityType"] == "kpi"]
    assert api.structural_events("kpi", paths=CHANGES) == kpis == await api.astructural_events("kpi", paths=CHANGES)
    assert api.structural_events(paths=CHANGES) == events
    activities = [each for each in lines(CHANGES / "product-activities.jsonl") if each["productId"] == "product-1"]
    assert api.product_activities("product-1", paths=CHANGES) == activities
    assert await api.aproduct_activities("product-1", paths=CHANGES) == activities
    history = json.loads((CHANGES / "objective-history.json").read_text(encoding="utf-8"))["data"]
    of_one = [each for each in history if each["objectiveId"] == "obj-occupancy"]
    assert api.objective_history("obj-occupancy", paths=CHANGES) == of_one
    assert await api.aobjective_history("obj-occupancy", paths=CHANGES) == of_one
    assert api.objective_history("nobody", paths=CHANGES) == []


def test_answers_that_are_written_newest_first_come_oldest_first(tmp_path: Path) -> None:
    rows = [
        {"objectiveId": 7, "action": what, "summary": "s", "performedBy": "a", "createdAt": f"2026-01-0{day}T00:00:00Z"}
        for day, what in ((3, "kpi_linked"), (2, "updated"), (1, "created"))
    ]
    (tmp_path / "answer.json").write_text(json.dumps({"data": rows, "total": 3}), encoding="utf-8")
    assert [each["action"] for each in api.objective_history(7, paths=tmp_path)] == ["created", "updated", "kpi_linked"]


def test_half_of_a_ledger_does_not_pass_for_the_whole(tmp_path: Path) -> None:
    run, _ = a_run()
    path = next(each for each in sorted(RUNS.rglob("*.jsonl")) if run in each.read_text(encoding="utf-8"))
    import gzip

    packed = gzip.compress(path.read_bytes())
    (tmp_path / "events.jsonl.gz").write_bytes(packed)
    assert api.get_events_by_run(run, paths=tmp_path)
    assert api.get_events_by_run(run, paths=[]) == []


@pytest.mark.parametrize("name", ["simulation.jsonl", "provenance.jsonl"])
async def test_replay_of_a_log(name: str) -> None:
    path = SAMPLES / "swarm" / name
    log = api.EventLog(path)
    events = [*log.replay()]
    assert [each.event_id for each in events] == [each["event_id"] for each in lines(path)]
    assert [each async for each in log.areplay()] == events
    kind = events[3].event_type
    assert [*log.replay([kind])] == [each for each in events if each.event_type == kind]
    agent = next(each.agent_id for each in events if each.agent_id)
    assert all(agent in (e.agent_id, e.initiator_id, e.counterparty_id) for e in log.replay(agent_id=agent))
    from datetime import datetime

    middle = datetime.fromisoformat(events[len(events) // 2].timestamp)
    assert len([*log.replay(until=middle)]) + len([*log.replay(since=middle)]) == len(events)
    assert all(each.epoch == 0 for each in log.replay(epoch=0))


def test_a_bad_line_costs_itself(tmp_path: Path) -> None:
    good = (SAMPLES / "swarm" / "provenance.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "log.jsonl").write_bytes(b"".join([*good[:3], b"{torn\n", *good[3:6]]))
    assert len([*api.EventLog(tmp_path / "log.jsonl").replay()]) == 6
    assert [*api.EventLog(tmp_path / "absent.jsonl").replay()] == []
