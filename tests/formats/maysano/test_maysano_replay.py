"""The state of a thing at any moment, against a small plain model; what an event is about."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from console.formats.maysano import FORMAT
from console.formats.protocol import Context
from console.model.event import Event, StreamKey
from console.model.record import Record
from console.model.trust import Severity
from tests.formats.maysano.test_maysano_every_rule import GOOD
from tests.support.maysano_cases import NOW, activity, block, history, raw, read, structural


def events(raws: list[bytes], shape: str) -> list[Event]:
    context = Context(shape, NOW)
    return [FORMAT.decode(Record(at, 0, len(each), each), context) for at, each in enumerate(raws, 1)]


class Lives(RuleBasedStateMachine):
    """One entity that is created, changed, deleted and restored, right or not; a dict is the model."""

    @initialize()
    def begin(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.life = ""
        self.values: dict[str, Any] = {}
        self.broken = 0

    def write(self, type: str, right: bool, metadata: dict[str, Any] | None = None) -> None:
        at = len(self.rows)
        row = structural(type, metadata=metadata or {}, createdAt=f"2026-01-12T15:{at // 60:02d}:{at % 60:02d}Z")
        self.rows.append(row)
        self.broken += not right

    @rule()
    def created(self) -> None:
        self.write("created", self.life in ("", "deleted"))
        if self.life in ("", "deleted"):
            self.values = {}
        self.life = "created"

    @rule(field=st.sampled_from(["a", "b"]), value=st.integers(0, 3), lies=st.booleans())
    def changed(self, field: str, value: int, lies: bool) -> None:
        old = 9 if lies else self.values.get(field)
        right = bool(self.life) and self.life != "deleted" and (field not in self.values or not lies)
        self.write("updated", right, {"field": field, "oldValue": old, "newValue": value})
        if self.life != "deleted":
            self.values[field], self.life = value, "changed"

    @rule()
    def deleted(self) -> None:
        self.write("deleted", self.life in ("created", "changed"))
        self.life = "deleted"

    @rule()
    def restored(self) -> None:
        if self.life:
            self.write("restored", True)
            self.life = "changed"

    @invariant()
    def agrees(self) -> None:
        if not getattr(self, "rows", None):
            return
        raws = [raw(row) for row in self.rows]
        replayer = FORMAT.replayer(StreamKey("entity", "kpi/k1"), Context("structural events", NOW))
        assert replayer is not None
        wrong = [bool(replayer.take(each)) for each in events(raws, "structural events")]
        state = replayer.state()
        assert state["life"] == self.life
        assert {name: state[name] for name in ("a", "b") if name in state} == {
            name: str(value) for name, value in self.values.items()
        }
        found = [each for each in read(raws, "structural events")[1] if each.severity > Severity.NOTE]
        assert bool(found) == any(wrong)
        assert any(wrong) <= bool(self.broken)


TestLives = Lives.TestCase
TestLives.settings = settings(max_examples=40, stateful_step_count=14, deadline=None)


def product(type: str, second: int, **more: Any) -> dict[str, Any]:
    return structural(type, second, entityType="product", entityId="p1", **more)


@pytest.mark.parametrize(
    ("rows", "shape", "state", "failed"),
    [
        (
            [activity("updated", 3), product("created", 1), product("deleted", 5), activity("created", 2)],
            "mixed",
            {"life": "deleted", "name": "Freshness", "by": "ana"},
            0,
        ),
        ([product("created", 1), activity("updated", 9), product("deleted", 5)], "mixed", {"life": "deleted"}, 1),
        (
            [history("status_changed", 2, oldValue="a", newValue="b"), history("created", 1)],
            "objective history, newest first",
            {"life": "changed", "status": "b", "by": "li"},
            0,
        ),
    ],
)
def test_state_over_sequences_and_orders(rows: Any, shape: str, state: dict[str, str], failed: int) -> None:
    replayer = FORMAT.replayer(StreamKey("product", "p1"), Context(shape, NOW))
    assert replayer is not None and replayer.state() == {}
    taken = [replayer.take(each) for each in sorted(events([raw(row) for row in rows], shape), key=replayer.order)]
    assert sum(map(bool, taken)) == failed, taken
    assert {name: replayer.state()[name] for name in state} == state


def test_a_set_up_at_any_moment() -> None:
    replayer = FORMAT.replayer(StreamKey("batch", "auto-setup"), Context("sse", NOW))
    assert replayer is not None
    states = []
    for each in events([block(*event) for event in GOOD], "sse"):
        assert replayer.take(each) == ""
        states.append(dict(replayer.state()))
    assert states[2]["table a"] == states[2]["table b"] == "under way"
    assert states[3]["table b"] == "ready" and states[4]["table a"] == "failed"
    assert states[-1]["status"] == "done" and states[-1]["table b"] == "ready; checks: 1 created, 1 failed"


@pytest.mark.parametrize(
    ("row", "about"),
    [
        (structural("created"), {("entity", "kpi/k1"), ("kpi", "k1")}),
        (product("updated", 1, metadata={"kpiId": 5}), {("entity", "product/p1"), ("product", "p1"), ("kpi", "5")}),
        (structural("updated", metadata={"relatedEntities": ["o1"]}), {("entity", "o1")}),
        (
            structural("updated", metadata={"relatedEntities": [{"entityType": "kpi", "entityId": 3}]}),
            {("kpi", "3")},
        ),
        (activity("updated", id="a1"), {("product", "p1")}),
        (history("kpi_linked", oldValue=None, newValue="k1"), {("objective", "o1"), ("kpi", "k1")}),
        (history("product_unlinked", oldValue="p1", newValue=None), {("product", "p1")}),
    ],
)
def test_what_an_event_is_about(row: dict[str, Any], about: set[tuple[str, str]]) -> None:
    (event,) = events([raw(row)], "mixed")
    found = FORMAT.relations(event)
    assert about <= set(found.about)
    assert found.ids == (("a1",) if "id" in row else ()) and found.causes == ()
    (event,) = events([block("recommend_start", {"table": "orders"})], "sse")
    assert FORMAT.relations(event).about == (("table", "orders"),)
