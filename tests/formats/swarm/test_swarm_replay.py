"""The state of simulations, agents and episodes, event by event; and what events say of others."""

import json
from pathlib import Path
from typing import Any

import pytest

from console.engine.replay.states import state_as_of
from console.formats.protocol import Context
from console.formats.swarm import FORMAT
from console.model.record import Record
from tests.support.writers.swarm import V3, Event, episode, episode_jsonl, event, jsonl, simulation, trace


def state(path: Path, stream: str, sequence: int | None = None) -> dict[str, str]:
    return state_as_of([str(path)], stream, sequence=sequence).state


def test_a_simulation_step_by_step(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    more = event(30, "reputation_updated", agent_id="honest_1", payload={"new_reputation": 0.25}, epoch=3, step=9)
    path.write_bytes(jsonl([*simulation(V3), *simulation(V3, 20)[:2], more]))
    assert state(path, "sim-1", 1) == {
        "state": "running",
        "scenario": "baseline/7",
        "epoch": "0",
        "step": "0",
        "agents": "0",
    }
    whole = state(path, "sim-1")
    assert (whole["state"], whole["agents"], whole["interactions completed"]) == ("ended", "2", "1")
    assert whole["agent honest_1"] == "honest"
    second = state(path, "sim-2")
    assert (second["state"], second["epoch"], second["step"]) == ("running", "3", "9")
    assert second["agent honest_1"] == "honest, reputation 0.25"
    assert "interactions completed" not in second, "the second run begins with nothing"
    assert state(path, "agent:honest_1")["agent honest_1"] == "honest, reputation 0.25"


def test_what_was_done_is_counted_by_factory(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(jsonl(trace()))
    found = state(path, "sim-1")
    done = {name: found[name] for name in ("messages", "tool calls", "artifacts", "audits", "interventions")}
    assert set(done.values()) == {"1"} and found["state"] == "not started"


def test_an_agent_created_twice_is_remarked(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(jsonl([event(at, "agent_created", agent_id="a", payload={}) for at in range(2)]))
    answer = state_as_of([str(path)], "sim-1")
    assert [step.why for step in answer.steps] == ["", "the agent was created before"]


def test_an_episode_counts_costs_and_votes(tmp_path: Path) -> None:
    path = tmp_path / "episode.jsonl"
    path.write_bytes(episode_jsonl(episode()))
    assert state(path, "episode") == {
        "api_call entries": "2",
        "irreversible_proposed entries": "1",
        "irreversible_vote entries": "2",
        "cost": "4",
        "request req_1": "grant_permission: 1 for, 1 against",
    }
    assert state(path, "episode", 3)["request req_1"] == "grant_permission: 1 for, 0 against"


def relations(document: Event) -> dict[str, Any]:
    raw = json.dumps(document).encode()
    context = Context("event", 0)
    return FORMAT.relations(FORMAT.decode(Record(1, 0, len(raw), raw), context))._asdict()


def test_relations_of_an_audit() -> None:
    asked, called, _, audited, frozen = trace()
    found = relations(audited)
    assert found["ids"] == (audited["provenance_id"], audited["event_id"])
    assert found["causes"] == (("parent", called["provenance_id"]), ("audited", called["event_id"]))
    assert set(found["about"]) == {("audit", audited["audit_id"]), ("agent", "auditor")}
    assert ("tool_call", called["tool_call_id"]) in relations(called)["about"]
    assert ("intervention", frozen["intervention_id"]) in relations(frozen)["about"]
    assert relations(asked)["causes"] == ()


@pytest.mark.parametrize("evidence", [["03b7defd7578"], [], None, ["a", 7]])
def test_relations_of_a_vote(evidence: Any) -> None:
    vote = episode()[2]
    vote["payload"] = vote["payload"] | {"evidence_ids": evidence}
    found = relations(vote)
    assert found["causes"][0] == ("parent", vote["parent_event_hash"][:12])
    assert [how for how, _ in found["causes"][1:]] == ["evidence"] * len([e for e in evidence or [] if e != 7])
    assert ("request", "req_1") in found["about"]
