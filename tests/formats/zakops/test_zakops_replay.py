"""States rebuilt step by step, against small plain models; and what an event says of others."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from console.formats.protocol import Context
from console.formats.replayer import Replayer
from console.formats.zakops import FORMAT
from console.formats.zakops.rules.actions import TRANSITIONS
from console.model.event import Event, StreamKey
from console.model.record import Record
from tests.support.zakops_cases import NOW, agent, audit, raw, read, uid


def event_of(row: dict[str, Any], ordinal: int, shape: str) -> Event:
    data = raw(row)
    return FORMAT.decode(Record(ordinal, ordinal, len(data), data), Context(shape, NOW))


def replay(rows: list[dict[str, Any]], kind: str, key: str, shape: str) -> tuple[dict[str, str], list[str]]:
    found = FORMAT.replayer(StreamKey(kind, key), Context(shape, NOW))
    assert found is not None
    words = [found.take(event_of(row, number, shape)) for number, row in enumerate(rows, 1)]
    return dict(found.state()), words


def test_an_action_is_replayed_with_what_its_events_say() -> None:
    rows = [
        audit("created", {"source": "chat", "type": "T"}),
        audit("approved", actor="maren"),
        audit("started", {"owner_id": "runner:1"}),
        audit("retry_scheduled", {"retry_count": 1, "next_attempt_at": "2026-01-12T16:00:00Z", "error_code": "E"}),
        audit("completed", {"status": "COMPLETED"}),
    ]
    state, words = replay(rows, "action", "ACT-1", "action_audit_events")
    assert words == ["", "", "", "", "'completed' does not fit an action that is READY"]
    assert state["status"] == "COMPLETED" and state["owner"] == "runner:1" and state["approved by"] == "maren"
    assert "error" not in state


def test_a_deal_and_a_run_are_replayed() -> None:
    stages = {"from_stage": "inbound", "to_stage": "loi"}
    rows = [
        agent("deal.created", 1),
        agent("deal.stage_changed", 2, payload=stages),
        agent("deal.stage_changed", 3, payload=stages),
        agent("run.started", 4),
        agent("run.tool_called", 5, payload={"tool_call_id": "c1"}),
        agent("run.paused", 6),
    ]
    state, words = replay(rows, "deal", uid("d1"), "agent_events")
    assert state == {"status": "OPEN", "stage": "loi"}
    assert [bool(each) for each in words] == [False, False, True, False, False, False]
    state, words = replay(rows, "run", uid("r1"), "agent_events")
    assert state == {"status": "PAUSED", "deal": uid("d1"), "tool calls": "1", "open calls": "c1"}
    assert not any(words)
    assert FORMAT.replayer(StreamKey("trace", "t"), Context("agent_events", NOW)) is None
    assert FORMAT.replayer(StreamKey("action", "a"), Context("outbox", NOW)) is None


def test_documents_are_replayed_from_their_trail(real: Path) -> None:
    for document in json.loads((real / "zakops/ingest_state_sim.db.api_actions.json").read_text()):
        state, words = replay([document], "action", document["action_id"], "action documents")
        assert (state["status"], words) == (document["status"], [""])


ALLOWED = {
    "": {"created": "P"},
    "P": {"inputs_updated": "P", "approved": "R", "cancelled": "X", "step_approved": "P",
          "hidden_from_quarantine": "P"},
    "R": {"inputs_updated": "R", "execution_requested": "R", "started": "W", "cancelled": "X",
          "step_approved": "R", "hidden_from_quarantine": "R"},
    "W": {"completed": "C", "failed": "F", "failed_timeout": "F", "retry_scheduled": "R", "unstuck": "R",
          "cancelled": "X", "step_approved": "W", "hidden_from_quarantine": "W"},
    "C": {"step_approved": "C", "hidden_from_quarantine": "C"},
    "F": {"requeued": "R", "step_approved": "F", "hidden_from_quarantine": "F"},
    "X": {"step_approved": "X", "hidden_from_quarantine": "X"},
}  # fmt: skip
NAMES = {"P": "PENDING_APPROVAL", "R": "READY", "W": "PROCESSING", "C": "COMPLETED", "F": "FAILED"}
NAMES |= {"X": "CANCELLED", "": "not created"}


class AnAction(RuleBasedStateMachine):
    """The audit of one action, against a table of its statuses written out by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.status = ""
        self.rows: list[dict[str, Any]] = []
        self.wrong: list[int] = []
        found = FORMAT.replayer(StreamKey("action", "ACT-1"), Context("action_audit_events", NOW))
        assert found is not None
        self.found: Replayer = found

    def add(self, event: str) -> str:
        self.rows.append(audit(event))
        return self.found.take(event_of(self.rows[-1], len(self.rows), "action_audit_events"))

    @precondition(lambda self: self.status == "")
    @rule()
    def create(self) -> None:
        assert self.add("created") == ""
        self.status = "P"

    @precondition(lambda self: self.status != "")
    @rule(event=st.sampled_from(sorted(TRANSITIONS)))
    def go_on(self, event: str) -> None:
        after = ALLOWED[self.status].get(event)
        words = self.add(event)
        assert bool(words) == (after is None)
        if after is None:
            self.wrong.append(len(self.rows))
            leads = TRANSITIONS[event][1]  # the rules go on from where the event leads
            after = self.status if leads is None else next(k for k, name in NAMES.items() if name == leads)
        self.status = after

    @invariant()
    def states_agree(self) -> None:
        assert self.found.state()["status"] == NAMES[self.status]

    def teardown(self) -> None:
        _, findings, _ = read(self.rows, "action_audit_events")
        listed = [each.record for each in findings if each.code == "lifecycle.illegal-transition"]
        assert listed[:3] == self.wrong[:3]


class ARun(RuleBasedStateMachine):
    """The events of one run, against sets of its open calls."""

    def __init__(self) -> None:
        super().__init__()
        self.status = ""
        self.open: list[str] = []
        self.rows: list[dict[str, Any]] = []
        self.wrong: list[int] = []
        found = FORMAT.replayer(StreamKey("run", uid("r1")), Context("agent_events", NOW))
        assert found is not None
        self.found: Replayer = found

    def add(self, event: str, right: bool, **payload: Any) -> None:
        self.rows.append(agent(event, len(self.rows), payload=payload))
        words = self.found.take(event_of(self.rows[-1], len(self.rows), "agent_events"))
        assert bool(words) != right, (self.status, event, words)
        if not right:
            self.wrong.append(len(self.rows))

    @rule()
    def start(self) -> None:
        self.add("run.started", self.status == "")
        if self.status not in ("COMPLETED", "FAILED"):
            self.status = "STARTED"

    @precondition(lambda self: self.status != "")
    @rule(call=st.sampled_from("abc"))
    def call(self, call: str) -> None:
        fits = self.status not in ("COMPLETED", "FAILED", "PAUSED") and call not in self.open
        self.add("run.tool_called", fits, tool_call_id=call)
        if self.status not in ("COMPLETED", "FAILED"):
            self.open += [call] if call not in self.open else []
            self.status = "PAUSED" if self.status == "PAUSED" else "RUNNING"

    @precondition(lambda self: self.status != "")
    @rule(call=st.sampled_from("abc"), kind=st.sampled_from(["completed", "failed"]))
    def answer(self, call: str, kind: str) -> None:
        ended = self.status in ("COMPLETED", "FAILED")
        self.add(f"run.tool_{kind}", not ended and call in self.open, tool_call_id=call)
        if not ended:
            self.open = [each for each in self.open if each != call]
            self.status = "PAUSED" if self.status == "PAUSED" else "RUNNING"

    @precondition(lambda self: self.status != "")
    @rule()
    def pause(self) -> None:
        ended = self.status in ("COMPLETED", "FAILED")
        self.add("run.paused", not ended and self.status != "PAUSED")
        self.status = self.status if ended else "PAUSED"

    @precondition(lambda self: self.status != "")
    @rule()
    def resume(self) -> None:
        ended = self.status in ("COMPLETED", "FAILED")
        self.add("run.resumed", self.status == "PAUSED")
        self.status = self.status if ended else "RUNNING"

    @precondition(lambda self: self.status != "")
    @rule(end=st.sampled_from(["COMPLETED", "FAILED"]))
    def finish(self, end: str) -> None:
        ended = self.status in ("COMPLETED", "FAILED")
        self.add(f"run.{end.lower()}", not ended)
        self.status = self.status if ended else end

    @invariant()
    def states_agree(self) -> None:
        state = self.found.state()
        assert state["status"] == (self.status or "not started")
        assert state["open calls"] == (", ".join(self.open) or "none")

    def teardown(self) -> None:
        _, findings, _ = read(self.rows, "agent_events")
        listed = {each.record for each in findings if each.code.startswith("lifecycle.")}
        assert self.wrong[0] in listed if self.wrong else not listed


TestAnAction = AnAction.TestCase
TestAnAction.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
TestARun = ARun.TestCase
TestARun.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)


@pytest.mark.parametrize(
    ("row", "shape", "ids", "causes", "about"),
    [
        (
            agent("run.tool_called", 2, causation_id=uid("e1"), payload={"tool_call_id": "c1"}),
            "agent_events",
            (uid("e2"),),
            (("causation", uid("e1")),),
            {("run", uid("r1")), ("deal", uid("d1")), ("trace", uid("t1")), ("tool call", "c1")},
        ),
        (
            {"event_id": uid("e2"), "event_type": "run.started", "processed_at": "2026-01-12T15:00:00Z"},
            "inbox",
            (),
            (("processed", uid("e2")),),
            set(),
        ),
    ],
)
def test_what_an_event_says_of_others(row: Any, shape: str, ids: Any, causes: Any, about: Any) -> None:
    found = FORMAT.relations(event_of(row, 1, shape))
    assert (found.ids, found.causes) == (ids, causes)
    assert about <= {*found.about}
