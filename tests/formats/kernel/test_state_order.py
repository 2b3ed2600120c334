"""A deal's state is that of its events by createdAt, then id, however their lines stand."""

import gzip
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.kernel.test_segments import apart, same
from tests.support.kernel_cases import DOC, hash_of, outcome, raws_of
from tests.support.verdicts import judge
from tests.support.writers import kernel_states
from tests.support.writers.javascript import stringify
from tests.support.writers.kernel import DEAL, Event, audit, doc, jsonl, portal_rows

Write = Callable[[list[Event]], bytes]
WRITERS: list[Write] = [jsonl, lambda events: stringify(events).encode(), lambda events: gzip.compress(jsonl(events))]
TYPES = st.sampled_from(
    ["ReviewOpened", "DealApproved", "FreezeImposed", "FreezeLifted", "DataDisputed", "ApprovalGranted"]
)


def swapped(events: list[Event]) -> list[Event]:
    """Each two neighbours change places."""
    pairs = zip(events[1::2], events[::2], strict=False)
    return [each for pair in pairs for each in pair] + events[len(events) // 2 * 2 :]


def shuffled(events: list[Event]) -> list[Event]:
    return random.Random(7).sample(events, len(events))


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("order", [lambda events: events[::-1], swapped, shuffled])
@pytest.mark.parametrize("chain", [doc, audit])
def test_lines_in_another_order_are_the_same_deal(
    tmp_path: Path, write: Write, order: Callable[[list[Event]], list[Event]], chain: Callable[[], list[Event]]
) -> None:
    (tmp_path / "ledger").write_bytes(write(order(chain())))
    verdict = judge(tmp_path / "ledger")
    assert (verdict.code, [code for code in verdict.codes if not code.startswith("order.")]) == (0, [])
    assert verdict.states == {DEAL: {"state": "Exited", "stress_mode": "SM-1"}}
    assert {(each["trust"] in ("verified", "recovered"), each["severity"]) for each in verdict.events} == {(True, None)}


@st.composite
def lives(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Events of two deals, with times that stand still, go back, and are missing; some take part in no chain."""
    events: list[dict[str, Any]] = []
    last: dict[str, tuple[int, str | None]] = {}
    for at, type in enumerate(draw(st.lists(TYPES, max_size=14))):
        deal = f"d-{draw(st.integers(0, 1))}"
        sequence, previous = last.get(deal, (0, None))
        event: dict[str, Any] = {
            "id": f"{draw(st.integers(0, 9))}-{at}",
            "dealId": deal,
            "type": type,
            "payload": {},
            "actorId": None,
            "authorityContext": {},
            "evidenceRefs": [],
            "sequenceNumber": 0,
            "previousEventHash": None,
            "eventHash": None,
            "createdAt": f"2026-03-01T00:00:0{draw(st.integers(0, 4))}.000Z",
        }
        if draw(st.integers(0, 3)):
            event |= {"sequenceNumber": sequence + 1, "previousEventHash": previous}
            event["eventHash"] = hash_of(event, DOC)
            last[deal] = sequence + 1, str(event["eventHash"])
        events.append(event)
    return events


def wanted(events: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """By the document: createdAt, then id."""
    found = {}
    for deal in {each["dealId"] for each in events}:
        own = [each for each in events if each["dealId"] == deal]
        own.sort(key=lambda each: (each["createdAt"], each["id"]))
        state, stress = kernel_states.project(each["type"] for each in own)[-1]
        found[deal] = {"state": state, "stress_mode": stress}
    return found


def found(result: Any) -> dict[str, dict[str, str]]:
    return {each.key: dict(each.state) for each in result.reader.facts()}


@given(lives(), st.lists(st.integers(0, 13), max_size=3), st.lists(st.integers(0, 3), max_size=2), st.randoms())
def test_states_in_every_order_of_lines(
    events: list[dict[str, Any]], cuts: list[int], reloads: list[int], dice: random.Random
) -> None:
    if not events:
        return
    raws = raws_of(events)
    states = wanted(events)
    for lines in (True, False):
        assert found(outcome(raws, profile=DOC, lines=lines, cuts=cuts)) == states
        assert found(outcome(raws, profile=DOC, lines=lines, cuts=cuts, reload_at=reloads)).items() <= states.items()
    same(apart(raws, DOC, cuts), outcome(raws, profile=DOC))
    turned = dice.sample(raws, len(raws))
    assert found(outcome(turned, profile=DOC)) == states
    lifecycles = [each for each in outcome(raws, profile=DOC).findings if each.family == "lifecycle"]
    others = [each for each in outcome(turned, profile=DOC).findings if each.family == "lifecycle"]
    assert {(each.code, each.stream, each.count, each.event_id) for each in lifecycles} == {
        (each.code, each.stream, each.count, each.event_id) for each in others
    }


def test_the_portals_stage_is_that_of_its_last_row_in_time() -> None:
    rows = portal_rows(iso_times=True)
    raws = [stringify(row).encode() for row in rows]
    last = rows[-1]["toState"]
    assert found(outcome(raws, shape="table")) == {DEAL: {"state": last}}
    assert found(outcome(raws[::-1], shape="table")) == {DEAL: {"state": last}}


def test_a_step_behind_a_record_that_cannot_be_read_may_have_been_allowed() -> None:
    raws = raws_of(doc())
    at = next(at for at, event in enumerate(doc()) if event["type"] == "ReviewOpened")
    raws[at] = b'{"torn'
    result = outcome(raws)
    steps = [each for each in result.findings if each.family == "lifecycle"]
    assert steps and all("cannot be read" in each.message for each in steps)
    ((_, state),) = found(result).items()
    assert state["note"]


def test_a_deal_whose_beginning_is_not_at_hand_is_accused_of_no_step() -> None:
    result = outcome(raws_of(doc()[16:]))
    assert {each.code for each in result.findings} == {"chain.begins-later"}
    ((_, state),) = found(result).items()
    assert state["note"] and state["state"] == "Exited"
    ((_, state),) = found(outcome(raws_of(doc()[16:20]))).items()
    assert state["state"] == "unknown"
