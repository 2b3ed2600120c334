"""What the report says of a log of which only ids can be made again."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from tests.cli.conftest import Result

Call = Callable[..., Result]


def test_reproduced_ids_are_said_with_what_they_cover_and_prove_nothing(call: Call) -> None:
    stamp = "2026-02-16T20:49:34.123456"
    hashed = json.dumps({"agent_id": "agent_1", "event_type": "agent_message", "timestamp": stamp})
    event = {
        "event_id": "00000000-0000-4000-8000-000000000001",
        "timestamp": stamp,
        "event_type": "agent_state_updated",
        "interaction_id": None,
        "agent_id": "agent_1",
        "initiator_id": None,
        "counterparty_id": None,
        "payload": {"message_role": "user", "message_content": "hello", "tool_calls": []},
        **dict.fromkeys(("epoch", "step", "scenario_id", "replay_k", "seed")),
        "provenance_id": sha256(hashed.encode()).hexdigest()[:12],
        **dict.fromkeys(("parent_event_id", "tool_call_id", "artifact_id", "audit_id", "intervention_id")),
    }
    Path("events.jsonl").write_text(json.dumps(event) + "\n")
    (ledger,) = json.loads(call("verify", "events.jsonl", "--format", "json").out)["ledgers"]
    assert ledger["profile"] == "swarm-id/1" and "parent_event_id" in ledger["coverage"]["uncovered"]
    result = call("verify", "events.jsonl")
    words = " ".join(result.out.split())
    assert result.code == 0 and "ids under swarm-id/1 do not cover event_id" in words
    assert "ids could be made again, but they are checksums of agent, time and name" in words
    assert "no hash was checked" not in words and "intact" not in words and "untampered" not in words
