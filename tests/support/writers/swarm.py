"""SWARM's logs: simulation events in the three shapes that are in use, traced events with ids, hash-linked episodes.

A traced event's ids are the first 12 digits of ``sha256(json.dumps({...}, sort_keys=True))`` over the time, the agent
and one name. An entry of a SimApiEpisodeLog hashes its payload and its parent's hash as compact JSON with sorted keys.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

Event = dict[str, Any]
START = datetime(2026, 2, 16, 20, 49, 34, 123_456)
V1 = (
    *("event_id", "timestamp", "event_type", "interaction_id", "agent_id", "initiator_id", "counterparty_id"),
    *("payload", "epoch", "step"),
)
V2 = (*V1, "scenario_id", "replay_k", "seed")
V3 = (*V2, "provenance_id", "parent_event_id", "tool_call_id", "artifact_id", "audit_id", "intervention_id")


def stamp(at: int) -> str:
    """``datetime.now().isoformat()`` of a later moment: local, without a zone."""
    return (START + timedelta(milliseconds=1.5 * at)).isoformat()


def event(at: int, kind: str, keys: Iterable[str] = V3, **more: Any) -> Event:
    """One line's object with its keys in order; what is not given is null."""
    given = {
        "event_id": f"4d7216e5-ada1-4fe5-af53-{at:012x}",
        "timestamp": stamp(at),
        "event_type": kind,
        "payload": {},
        "epoch": 0,
        "step": at,
        **more,
    }
    return {key: given.get(key) for key in keys}


def simulation(keys: Iterable[str] = V3, start: int = 0) -> list[Event]:
    """A small simulation from its start to its end, in one of the shapes."""
    keys = tuple(keys)
    scene = {"scenario_id": "baseline", "seed": 7}
    return [
        event(start, "simulation_started", keys, payload={"n_epochs": 1, "n_agents": 2}, **scene),
        event(start + 1, "agent_created", keys, agent_id="honest_1", payload={"agent_type": "honest"}, **scene),
        event(start + 2, "agent_created", keys, agent_id="deceptive_1", payload={"agent_type": "deceptive"}, **scene),
        event(
            start + 3,
            "interaction_proposed",
            keys,
            interaction_id="i-1",
            initiator_id="honest_1",
            counterparty_id="deceptive_1",
            payload={"p": 0.5, "note": "naïve"},
            **scene,
        ),
        event(start + 4, "interaction_completed", keys, interaction_id="i-1", payload={"accepted": True}, **scene),
        event(start + 5, "epoch_completed", keys, payload={"welfare": 1.5}, **scene),
        event(start + 6, "simulation_ended", keys, payload={"total_epochs": 1}, **scene),
    ]


def id_of(event_type: str, agent_id: str | None, timestamp: str | None, **names: str) -> str:
    """``generate_deterministic_id``."""
    canonical = {"event_type": event_type, "agent_id": agent_id, "timestamp": timestamp, **names}
    return sha256(json.dumps(canonical, sort_keys=True).encode()).hexdigest()[:12]


def tool_call(at: int, agent: str, tool: str, parent: str | None = None) -> Event:
    """``tool_call_executed_event``."""
    call = id_of("tool_call", agent, stamp(at), tool_name=tool)
    return event(
        at,
        "awm_tool_call_executed",
        agent_id=agent,
        payload={"tool_name": tool, "arguments": {"query": "SELECT 1"}, "result": {"rows": 1}, "success": True},
        provenance_id=id_of("awm_tool_call_executed", agent, stamp(at), tool_call_id=call),
        parent_event_id=parent,
        tool_call_id=call,
    )


def artifact(at: int, agent: str, name: str, parent: str | None = None) -> Event:
    """``artifact_created_event``."""
    return event(
        at,
        "memory_written",
        agent_id=agent,
        payload={"artifact_type": "memory", "artifact_data": {"title": "日本"}},
        provenance_id=id_of("artifact_created", agent, stamp(at), artifact_id=name),
        parent_event_id=parent,
        artifact_id=name,
    )


def audit(at: int, agent: str, kind: str, audited: Event) -> Event:
    """``audit_event``; it follows what it audits."""
    found = id_of("audit", agent, stamp(at), audit_type=kind)
    return event(
        at,
        "council_audit",
        agent_id=agent,
        payload={"audit_type": kind, "audit_result": {"risk": 0.9}, "audited_event_id": audited["event_id"]},
        provenance_id=id_of("council_audit", agent, stamp(at), audit_id=found),
        parent_event_id=audited["provenance_id"],
        audit_id=found,
    )


def intervention(at: int, agent: str, kind: str, parent: str | None = None) -> Event:
    """``intervention_event``."""
    found = id_of("intervention", agent, stamp(at), intervention_type=kind)
    return event(
        at,
        "governance_cost_applied",
        agent_id=agent,
        payload={
            "intervention_type": kind,
            "intervention_action": "freeze_agent",
            "intervention_reason": "suspicious",
            "affected_agents": ["agent_2"],
        },
        provenance_id=id_of("governance_intervention", agent, stamp(at), intervention_id=found),
        parent_event_id=parent,
        intervention_id=found,
    )


def message(at: int, agent: str, text: str, parent: str | None = None) -> Event:
    """``agent_message_event``."""
    return event(
        at,
        "agent_state_updated",
        agent_id=agent,
        payload={"message_role": "user", "message_content": text, "tool_calls": []},
        provenance_id=id_of("agent_message", agent, stamp(at)),
        parent_event_id=parent,
    )


def trace() -> list[Event]:
    """A chain of causes through all five factories: message, tool call, artifact, audit, intervention."""
    asked = message(0, "agent_1", "hello – é")
    called = tool_call(1, "agent_1", "query_database", asked["provenance_id"])
    made = artifact(2, "agént_✓", "artifact_123", called["provenance_id"])
    audited = audit(3, "auditor", "safety", called)
    return [asked, called, made, audited, intervention(4, "governance", "freeze", audited["provenance_id"])]


def jsonl(records: Iterable[Event]) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


CALL = {"cost": 2, "domain": "iam", "high_cost": False, "irreversible": False, "response": {"user_id": "sa_1"}}
COVERED = ("event_type", "timestamp", "agent_id", "parent_event_hash", "payload")


def seal(entry: Event) -> Event:
    """Give an entry of an episode the hash that fits it."""
    hashed = {key: entry[key] for key in COVERED}
    text = json.dumps(hashed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = sha256(text.encode()).hexdigest()
    return {**entry, "event_hash": digest, "provenance_id": digest[:12]}


def episode() -> list[Event]:
    """A SimApiEpisodeLog: calls, a proposal that cannot be undone, and the votes on it."""
    acts: list[tuple[str, dict[str, Any]]] = [
        ("api_call", {"endpoint": "create_service_account", "params": {"name": "bot"}, **CALL}),
        ("irreversible_proposed", {"endpoint": "grant_permission", "request_id": "req_1", "params": {"perm": "read"}}),
        ("irreversible_vote", {"request_id": "req_1", "approve": True, "evidence_ids": ["é – ✓"]}),
        ("irreversible_vote", {"request_id": "req_1", "approve": False, "evidence_ids": []}),
        ("api_call", {"endpoint": "list_accounts", "params": {"ratio": 1e-7}, **CALL}),
    ]
    entries: list[Event] = []
    for at, (kind, payload) in enumerate(acts):
        moment = START.replace(tzinfo=UTC) + timedelta(microseconds=109 * at)
        entry = {
            "agent_id": f"a{at % 2 + 1}",
            "event_type": kind,
            "parent_event_hash": entries[-1]["event_hash"] if entries else None,
            "payload": payload,
            "timestamp": moment.isoformat(),
        }
        entries.append(seal(entry))
    return entries


def episode_jsonl(entries: Iterable[Event]) -> bytes:
    """Lines with sorted keys, compact."""
    return "".join(
        json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n" for entry in entries
    ).encode()
