"""A parent may be named by its provenance id or, failing that, by its event id."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from console.engine.ledgers.opening import Opened, open_ledgers
from console.engine.ledgers.options import Options
from console.engine.verify.verification import check_ledger

LINE: dict[str, Any] = {
    "timestamp": "2026-02-16T20:49:34.123456",
    "event_type": "agent_state_updated",
    "interaction_id": None,
    "agent_id": "a",
    "initiator_id": None,
    "counterparty_id": None,
    "payload": {},
    "epoch": 0,
    "step": 0,
    "scenario_id": None,
    "replay_k": None,
    "seed": None,
    "tool_call_id": None,
    "artifact_id": None,
    "audit_id": None,
    "intervention_id": None,
}


@pytest.mark.parametrize(
    ("parent", "orphans"), [("0123456789ab", 0), ("00000000-0000-4000-8000-000000000001", 0), ("nobody", 1)]
)
def test_a_parent_is_found_by_either_id(tmp_path: Path, parent: str, orphans: int) -> None:
    lines = [
        {
            **LINE,
            "event_id": "00000000-0000-4000-8000-000000000001",
            "provenance_id": "0123456789ab",
            "parent_event_id": None,
        },
        {**LINE, "event_id": "00000000-0000-4000-8000-000000000002", "provenance_id": None, "parent_event_id": parent},
    ]
    path = tmp_path / "events.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    (opened,) = open_ledgers([str(path)])
    assert isinstance(opened, Opened)
    found = asyncio.run(check_ledger(opened, Options())).findings
    assert sum(each.code == "reference.orphan-parent" for each in found) == orphans
