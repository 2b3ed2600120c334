"""The state of a deal after each event: against the real projection, small vectors, and a plain model."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from console.engine.replay.steps import replayed
from console.formats.kernel import FORMAT
from console.formats.kernel.authority.judge import Judge
from console.formats.kernel.authority.table import rules_of
from console.formats.kernel.replayer import DealReplayer, PortalReplayer, replayer_of
from console.formats.kernel.rules.states import KNOWN, TYPES
from console.model.event import Event, Instant, StreamKey
from tests.support.data import facts
from tests.support.kernel_cases import context
from tests.support.writers.kernel import DEAL, doc, portal_rows

STREAM = StreamKey("deal", DEAL)
JUDGE = Judge(rules_of())


def event(number: int, type: str, time: int = 0, **document: Any) -> Event:
    instant = Instant((time or number) * 1000, str(number), "Z")
    return Event(number, 0, 0, type, (STREAM,), event_id=f"{number:08}", instant=instant, document=document)


def steps(types: Iterable[str]) -> list[tuple[str, str]]:
    replayer = DealReplayer(JUDGE)
    found = []
    for number, type in enumerate(types, 1):
        replayer.take(event(number, type))
        state = replayer.state()
        found.append((state["state"], state["stress mode"]))
    return found


def test_every_step_of_the_real_projection(real: Path) -> None:
    lines = (real / "kernel/projection/random_sequences_500.jsonl").read_text().splitlines()
    assert len(lines) >= 500
    for line in lines:
        answer = json.loads(line)
        assert steps(answer["types"]) == [tuple(step) for step in answer["steps"]], answer["types"]


PATHS = {
    "Draft": [],
    "UnderReview": ["ReviewOpened"],
    "Approved": ["ReviewOpened", "DealApproved"],
    "ReadyToClose": ["ReviewOpened", "DealApproved", "ClosingReadinessAttested"],
    "Closed": ["ReviewOpened", "DealApproved", "ClosingReadinessAttested", "ClosingFinalized"],
    "Exited": ["ExitFinalized"],
    "Terminated": ["DealTerminated"],
}
PATHS["Operating"] = [*PATHS["Closed"], "OperationsActivated"]
PATHS["Changed"] = [*PATHS["Operating"], "MaterialChangeDetected"]


def test_every_single_step(real: Path) -> None:
    table = json.loads((real / "kernel/projection/single_step_table.json").read_text())
    for name, path in PATHS.items():
        for type, after in table[name].items():
            assert steps([*path, type])[-1] == (after["state"], after["stressMode"]), (name, type)


def test_small_stories() -> None:
    for story in facts("kernel_states"):
        assert [" ".join(step) for step in steps(story["types"])] == story["steps"]


def test_why_an_event_did_nothing() -> None:
    replayer = DealReplayer(JUDGE)
    assert replayer.take(event(1, "DealApproved")) == "the state Draft does not allow it"
    replayer.take(event(2, "FreezeImposed"))
    assert replayer.take(event(3, "ReviewOpened")) == "the deal is Frozen"
    assert replayer.state()["before freeze"] == "Draft"
    replayer.take(event(4, "DealTerminated"))
    assert replayer.take(event(5, "ReviewOpened")) == "the deal is Terminated"
    assert replayer.take(event(6, "ApprovalGranted")) == ""


def test_events_count_by_time_and_then_by_id() -> None:
    replayer = DealReplayer(JUDGE)
    some = [event(3, "ReviewOpened", 5), event(2, "DealApproved", 7), event(1, "DataDisputed", 7)]
    assert [each.type for each in sorted(some, key=replayer.order)] == ["ReviewOpened", "DataDisputed", "DealApproved"]


def test_what_a_story_comes_to() -> None:
    replayer = FORMAT.replayer(STREAM, context())
    for number, each in enumerate(doc(), 1):
        document = {name: value for name, value in each.items() if name != "type"}
        assert replayer.take(event(number, each["type"], **document)) == ""
    state = replayer.state()
    assert (state["state"], state["stress mode"], state["disputed"]) == ("Exited", "SM-1", "yes")
    assert (state["FINALIZE_CLOSING approvals"], state["WireConfirmation"]) == ("3", "DOC")
    assert state["name"]


def test_each_step_shows_what_it_alone_changed() -> None:
    replayer = FORMAT.replayer(STREAM, context())
    events = [event(number, each["type"], payload=each["payload"]) for number, each in enumerate(doc(), 1)]
    steps = [*replayed(replayer, events)]
    first = steps[0]
    assert first.event.type == "DealCreated" and {*first.changed} == {"state", "stress mode", "name"}
    assert (first.changed["state"], first.state["state"], first.state["stress mode"]) == (
        "not created",
        "Draft",
        "SM-0",
    )
    granted = [each for each in steps if each.event.document["payload"].get("action") == "ATTEST_READY_TO_CLOSE"]
    assert [each.changed for each in granted] == [
        {"ATTEST_READY_TO_CLOSE approvals": ""},
        {"ATTEST_READY_TO_CLOSE approvals": "1"},
    ]
    made = [each for each in steps if each.event.document["payload"].get("type") == "FinalUnderwriting"]
    assert [each.changed for each in made] == [{"FinalUnderwriting": ""}, {"FinalUnderwriting": "AI"}]


def test_rows_of_the_portal_name_their_state() -> None:
    replayer = replayer_of("table", JUDGE)
    assert isinstance(replayer, PortalReplayer)
    for number, row in enumerate(portal_rows(), 1):
        assert replayer.take(event(number, row["eventType"], **row)) == ""
    assert replayer.state() == {"state": "UNDERWRITING_DRAFT"}
    odd = event(9, "StateTransition", fromState="ELSEWHERE", toState="CLOSED")
    assert replayer.take(odd) == "it leaves ELSEWHERE, and the deal was in UNDERWRITING_DRAFT"
    assert replayer.state() == {"state": "CLOSED"}


class DealMachine(RuleBasedStateMachine):
    """A deal's events one by one, against a model that is a handful of sets."""

    @initialize()
    def begin(self) -> None:
        self.replayer = DealReplayer(JUDGE)
        self.number = 0
        self.where, self.behind, self.marks = "Draft", "", set[str]()
        self.replayer.take(event(0, "DealCreated"))

    @rule(type=st.sampled_from(sorted({*TYPES[1:], *KNOWN})))
    def happens(self, type: str) -> None:
        self.number += 1
        why = self.replayer.take(event(self.number, type))
        before = self.where
        self._model(type)
        if type == "DataDisputed" or type not in TYPES:
            assert why == "" and before == self.where
        elif before != self.where:
            assert why == ""

    def _model(self, type: str) -> None:
        forward = "Draft ReviewOpened UnderReview DealApproved Approved ClosingReadinessAttested ReadyToClose"
        forward += " ClosingFinalized Closed OperationsActivated Operating MaterialChangeDetected Changed"
        words = forward.split()
        ways = {(words[at], words[at + 1]): words[at + 2] for at in range(0, len(words) - 2, 2)}
        ways |= {("Changed", "ChangeReconciled"): "Operating", ("Resolved", "OperationsActivated"): "Operating"}
        ways |= {(each, "DistressDeclared"): "Distressed" for each in ("Operating", "Changed")}
        ways |= {("Distressed", "DistressResolved"): "Resolved"}
        if type == "FreezeImposed" and self.where not in ("Frozen", "Exited", "Terminated"):
            self.where, self.behind = "Frozen", self.where
        elif type == "FreezeLifted" and self.where == "Frozen":
            self.where = self.behind
        elif type == "DealTerminated" or (type == "ExitFinalized" and self.where != "Terminated"):
            self.where = "Terminated" if type == "DealTerminated" else "Exited"
        else:
            self.where = ways.get((self.where, type), self.where)
        self.marks |= {type} & {"DataDisputed", "DistressDeclared"}
        self.marks -= {"DistressDeclared"} if type == "DistressResolved" else set()

    @invariant()
    def they_agree(self) -> None:
        state = self.replayer.state()
        stress = "SM-2" if "DistressDeclared" in self.marks else "SM-1" if "DataDisputed" in self.marks else "SM-0"
        assert (state["state"], state["stress mode"]) == (self.where, "SM-3" if self.where == "Frozen" else stress)


TestDealMachine = DealMachine.TestCase
TestDealMachine.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
