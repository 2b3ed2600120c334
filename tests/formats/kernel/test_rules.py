"""The state machine, against answers of the real projection."""

import json
from pathlib import Path

from console.formats.kernel.rules.states import STATES, State, move, project


def test_random_sequences(real: Path) -> None:
    lines = (real / "kernel/projection/random_sequences_500.jsonl").read_text().splitlines()
    assert len(lines) >= 500
    for line in lines:
        answer = json.loads(line)
        assert project(answer["types"]) == [tuple(step) for step in answer["steps"]], answer["types"]


def test_single_steps(real: Path) -> None:
    table = json.loads((real / "kernel/projection/single_step_table.json").read_text())
    for name, row in table.items():
        assert name in STATES
        for type, after in row.items():
            if name in ("Frozen", "Distressed", "Resolved"):
                continue  # these are reached through events that leave more than the state behind
            state = move(State(name), type).state
            assert (state.name, state.stress) == (after["state"], after["stressMode"]), (name, type)


def test_words_for_events_that_the_state_does_not_allow() -> None:
    assert move(State("Draft"), "DealApproved").code == "lifecycle.illegal-transition"
    assert move(State("Frozen", "Draft"), "ReviewOpened").code == "lifecycle.event-while-frozen"
    assert move(State("Terminated"), "ReviewOpened").code == "lifecycle.event-after-end"
    assert move(State("Exited"), "DealTerminated").code == ""
    assert move(State("Draft"), "ApprovalGranted").code == ""
