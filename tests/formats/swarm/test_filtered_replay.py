"""Filtered replay: the events of a type, an agent in any role, a time, an epoch, in every form that exports have."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.verdicts import run
from tests.support.writers.swarm import V3, Event, event, jsonl, simulation, trace

EVENTS: list[Event] = [
    *simulation(V3),
    event(20, "interaction_proposed", initiator_id="deceptive_1", counterparty_id="honest_2", epoch=3),
    event(21, "reputation_updated", agent_id="honest_2", epoch=4, payload={"reason": "honest_1 was there"}),
    event(22, "epoch_completed", epoch=4),
]
HONEST = ".agent_id:honest_1 or .initiator_id:honest_1 or .counterparty_id:honest_1"
WANTED: dict[str, tuple[list[str], Callable[[Event], bool]]] = {
    "type": (["--type", "reputation_updated"], lambda each: each["event_type"] == "reputation_updated"),
    "agent in any role": (
        ["--where", HONEST],
        lambda each: "honest_1" in (each["agent_id"], each["initiator_id"], each["counterparty_id"]),
    ),
    "epoch": (["--where", ".epoch:4"], lambda each: each["epoch"] == 4),
    "epochs": (["--where", ".epoch>=3"], lambda each: each["epoch"] >= 3),
    "time": (["--since", EVENTS[-2]["timestamp"]], lambda each: each["timestamp"] >= EVENTS[-2]["timestamp"]),
    "all together": (
        ["--where", f"({HONEST}) .epoch<1", "--type", "interaction_proposed"],
        lambda each: each["initiator_id"] == "honest_1",
    ),
    "simulation": (["--stream", "sim-1"], lambda each: True),
}


@pytest.mark.parametrize("name", WANTED)
def test_what_fits_is_exported(name: str, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(jsonl(EVENTS))
    options, fits = WANTED[name]
    code, text = run("export", "csv", str(path), "-o", "-", "--index", ":memory:", *options)
    found = [row["event_id"] for row in csv.DictReader(io.StringIO(text))]
    assert (code, found) == (0, [each["event_id"] for each in EVENTS if fits(each)]) and found


def test_what_an_event_caused_is_exported(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    events = trace()
    path.write_bytes(jsonl([*events, *EVENTS]))
    query = f"descendants({events[1]['provenance_id']})"
    code, text = run("export", "provenance-csv", str(path), "-o", "-", "--index", ":memory:", "--where", query)
    found = [row["provenance_id"] for row in csv.DictReader(io.StringIO(text))]
    assert code == 0 and {each["provenance_id"] for each in events[2:]} <= {*found}
