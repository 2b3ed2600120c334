"""Logs as SWARM writes them: ids are made again, episodes are verified link by link, and every change is found."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.support.data import facts
from tests.support.verdicts import Verdict, judge
from tests.support.writers import swarm
from tests.support.writers.swarm import Event, episode, episode_jsonl, event, jsonl, seal, simulation, tool_call, trace

NAIVE = "order.naive-timestamp"
"""What every log has: times without a zone."""


def judged(tmp_path: Path, events: list[Event]) -> Verdict:
    (tmp_path / "events.jsonl").write_bytes(jsonl(events))
    return judge(tmp_path / "events.jsonl")


def codes(verdict: Verdict) -> list[tuple[str, int]]:
    return [(code, record) for code, record in verdict.at("record") if code != NAIVE]


@pytest.mark.parametrize("vector", facts("swarm_ids")["canonical"], ids=lambda each: each["id"])
def test_vectors_of_canonical_texts(vector: dict[str, str]) -> None:
    assert sha256(vector["text"].encode()).hexdigest()[:12] == vector["id"]


@pytest.mark.parametrize("vector", facts("swarm_ids")["factories"], ids=lambda each: each["event_type"])
def test_vectors_of_ids(tmp_path: Path, vector: dict[str, Any]) -> None:
    line = event(34, vector["event_type"], agent_id=vector["agent_id"], payload=vector["payload"], **vector["ids"])
    line["timestamp"] = vector["timestamp"]
    verdict = judged(tmp_path, [line])
    assert codes(verdict) == [] and verdict.profiles == ["swarm-id/1"] and verdict.trusts == {"unchained": 1}
    for field, value in vector["ids"].items():
        if field != "artifact_id":  # the caller's own
            wrong = line | {field: value[::-1]}
            assert codes(judged(tmp_path, [wrong])) == [("provenance.id-mismatch", 1)], field


# Event logs


@pytest.mark.parametrize("keys", [swarm.V1, swarm.V2, swarm.V3], ids=["v1", "v2", "v3"])
def test_a_simulation_in_each_shape(tmp_path: Path, keys: tuple[str, ...]) -> None:
    verdict = judged(tmp_path, simulation(keys))
    (note,) = verdict.findings
    assert (note["code"], note["severity"], note["count"], verdict.code) == (NAIVE, "note", 7, 0)
    assert verdict.trusts == {"unchained": 7}
    kinds = {each["kind"] for each in verdict.report["ledgers"][0]["streams"]}
    assert kinds == {"simulation", "agent", "scenario"} - ({"scenario"} if keys is swarm.V1 else set())


def test_a_run_appended_to_the_same_file_is_another_simulation_in_whatever_shape(tmp_path: Path) -> None:
    verdict = judged(
        tmp_path, [*simulation(swarm.V1), *simulation(swarm.V3, start=20), *simulation(swarm.V2, start=40)]
    )
    assert codes(verdict) == []
    streams = verdict.report["ledgers"][0]["streams"]
    assert [each["events"] for each in streams if each["kind"] == "simulation"] == [7, 7, 7]


def test_a_trace_through_all_factories(tmp_path: Path) -> None:
    verdict = judged(tmp_path, trace())
    assert codes(verdict) == [] and verdict.profiles == ["swarm-id/1"] and verdict.trusts == {"unchained": 5}


def traced(at: int, **change: Any) -> list[Event]:
    events = trace()
    events[at] |= change
    return events


LOOP = trace()[1]["provenance_id"]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (traced(1, agent_id="agent_2"), [("provenance.id-mismatch", 2)]),
        (traced(1, timestamp=swarm.stamp(1)[:-1] + "7"), [("provenance.id-mismatch", 2)]),
        (traced(1, payload={**trace()[1]["payload"], "tool_name": "update"}), [("provenance.id-mismatch", 2)]),
        (traced(4, provenance_id="0" * 12), [("provenance.id-mismatch", 5)]),
        (traced(1, event_id="4d7216e5-ada1-4fe5-af53-ffffffffffff"), [("reference.unresolved", 4)]),
        (traced(1, payload={**trace()[1]["payload"], "success": False, "result": None}), []),
        (traced(4, parent_event_id="0" * 12), [("reference.orphan-parent", 5)]),
        (traced(1, parent_event_id=LOOP), [("reference.cycle", 2)]),
        ([*trace()[1:], trace()[0]], [("order.time-regression", 5), ("reference.parent-after-child", 1)]),
        (trace()[1:], [("reference.orphan-parent", 1)]),
        (
            [*trace(), tool_call(1, "agent_1", "query_database")],
            [("identity.duplicate-event-id", 6), ("order.time-regression", 6), ("provenance.id-collision", 6)],
        ),
        ([event(0, "memory_written", payload={"entry": 1}, provenance_id="0" * 12)], [("provenance.unverifiable", 1)]),
    ],
)
def test_what_is_wrong_with_a_trace_is_found(
    tmp_path: Path, events: list[Event], expected: list[tuple[str, int]]
) -> None:
    verdict = judged(tmp_path, events)
    assert codes(verdict) == expected
    mismatches = [record for code, record in expected if code == "provenance.id-mismatch"]
    assert verdict.broken() == mismatches


# Episodes


def episode_of(tmp_path: Path, entries: list[Event]) -> Verdict:
    (tmp_path / "episode.jsonl").write_bytes(episode_jsonl(entries))
    return judge(tmp_path / "episode.jsonl")


def test_an_episode_is_verified_link_by_link(tmp_path: Path) -> None:
    verdict = episode_of(tmp_path, episode())
    assert (verdict.code, verdict.findings, verdict.profiles) == (0, [], ["swarm-simapi/1"])
    assert verdict.trusts == {"verified": 5}


def entered(at: int, **change: Any) -> list[Event]:
    entries = episode()
    entries[at] |= change
    return entries


def resealed(at: int, **change: Any) -> list[Event]:
    entries = entered(at, **change)
    entries[at] = seal(entries[at])
    return entries


VOTE = {"request_id": "req_1", "approve": False, "evidence_ids": ["é – ✓"]}


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        (entered(2, payload=VOTE), [("chain.hash-mismatch", 3)]),
        (entered(2, agent_id="a9"), [("chain.hash-mismatch", 3)]),
        (entered(2, timestamp=episode()[3]["timestamp"]), [("chain.hash-mismatch", 3)]),
        (entered(2, event_type="api_call"), [("chain.hash-mismatch", 3)]),
        (entered(2, event_hash="1" * 64), [("chain.hash-mismatch", 3)]),
        (entered(2, parent_event_hash="1" * 64), [("chain.previous-mismatch", 3)]),
        (entered(2, provenance_id="1" * 12), [("provenance.id-mismatch", 3)]),
        (entered(4, event_hash=None), [("chain.hash-missing", 5)]),
        (resealed(2, payload=VOTE), [("chain.previous-mismatch", 4)]),
        (episode()[:3], []),
        (episode()[:2] + episode()[3:], [("chain.previous-mismatch", 3)]),
        (episode()[1:], [("chain.begins-later", 1)]),
    ],
)
def test_what_is_tampered_with_in_an_episode_is_found(
    tmp_path: Path, entries: list[Event], expected: list[tuple[str, int]]
) -> None:
    verdict = episode_of(tmp_path, entries)
    assert verdict.at("record", "chain", "provenance") == expected
    assert verdict.broken() == [record for code, record in expected if code != "chain.begins-later"]
