"""Searches for what was not stored: lazy, bounded, and as deep as somebody asks for."""

import hashlib
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.engine.api import search_event
from console.model.record import Record
from console.model.trust import Trust
from console.verify import recover
from console.verify.javascript import stringify
from console.verify.orders import MANY, arrange, arrangements, template_of, texts
from console.verify.rounding import variants
from tests.support.kernel_cases import AUDIT, context, outcome
from tests.support.verdicts import judge
from tests.support.writers.kernel import Act, audit, jsonl, story

VALUES = st.recursive(
    st.integers(0, 3) | st.sampled_from(["é", None, 0.5]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab10"), inner, max_size=3),
    max_leaves=5,
)


@given(VALUES)
def test_every_order_is_a_text_and_none_is_made_twice(value: Any) -> None:
    found = [*texts(value)]
    assert found[0] == stringify(value)
    assert len(found) == len({*found}) == arrangements(value)
    assert all(json.loads(each) == json.loads(found[0]) for each in found)


@given(VALUES)
def test_an_order_that_was_learned_gives_it_back(value: Any) -> None:
    for text in [*texts(value)][:20]:
        assert stringify(arrange(value, template_of(json.loads(text)))) == text


def test_an_order_holds_for_fewer_keys_and_for_no_others() -> None:
    template = template_of({"c": 1, "b": {"y": 1, "x": 2}, "a": 3})
    assert [*arrange({"a": 1, "c": 2}, template)] == ["c", "a"]
    assert arrange({"a": 1, "d": 2}, template) is None
    assert arrange({"b": {"z": 1}}, template) is None


def test_a_number_of_orders_that_nobody_counts() -> None:
    assert arrangements({str(at) + "x": at for at in range(100_000)}) == MANY
    assert arrangements([{"a": 1, "b": 2}] * 1000) == MANY


@pytest.mark.parametrize(
    "payload",
    [
        [{"a": 1, "b": {"c": 2.5, "d": at}} for at in range(5000)],
        {f"key {at}": {"a": at, "b": [at]} for at in range(5000)},
        [[{"a": {"b": {"c": {"d": 1, "e": 2}, "f": 3}, "g": 4}, "h": 5}] * 40] * 40,
    ],
)
def test_hostile_payloads_cost_their_own_size(payload: Any) -> None:
    event = audit([Act("DataDisputed", "gp", {"all": payload})])[0] | {"eventHash": "0" * 64}
    raw = json.dumps(event, separators=(",", ":")).encode()
    tracemalloc.start()
    result = outcome([raw], profile=AUDIT)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert result.codes() == {("chain.not-reproducible", 1)} and result.trust[1] is Trust.LINKED
    assert peak < 400 * len(raw)


def nested() -> list[Act]:
    """As a real chain has it: nested objects with several long numbers under five keys."""
    thirds = {"rate": 1 / 3, "ratio": 2 / 3, "share": 1 / 7}
    payload = {"terms": thirds, "zone": "A", "price": 4 / 3, "area": 12, "id": "m-1"}
    return [*story()[:3], Act("DataDisputed", "gp", payload), *story()[3:5]]


def test_a_thorough_search_reproduces_what_the_usual_one_leaves(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(jsonl(audit(nested())))
    usual = judge(tmp_path / "a.jsonl")
    assert usual.at("sequence") == [("chain.not-reproducible", 4)] and usual.trusts["linked"] == 1
    thorough = judge(tmp_path / "a.jsonl", "--search", "thorough", "--executor", "inline")
    assert (thorough.code, thorough.findings) == (0, []) and "linked" not in thorough.trusts


def test_one_event_is_searched_in_steps_and_can_be_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recover, "_STEP", 500)
    events = audit(nested())
    record, before = (Record(at + 1, 0, 0, stringify(events[at]).encode()) for at in (3, 2))
    *steps, last = search_event("kernel", record, before, context(profile=AUDIT))
    assert len(steps) > 2 and all(each.proof is None and each.tried <= each.most for each in steps)
    assert [each.tried for each in steps[1:]] == sorted(each.tried for each in steps[1:])
    assert last.proof is not None and last.proof.trust is Trust.RECOVERED
    assert last.proof.recomputed == events[3]["eventHash"]
    assert any("rounded" in each for each in last.proof.notes)
    left = search_event("kernel", record, before, context(profile=AUDIT))
    next(left)
    next(left)
    left.close()  # type: ignore[attr-defined]  # it is a generator
    (only,) = search_event("swarm", record, before, context("simapi"))
    assert only.proof is None  # a format that has no search says what it can prove


def test_a_thorough_search_ends_where_its_budget_does(monkeypatch: pytest.MonkeyPatch) -> None:
    payload = {f"key {at}": at / 3 for at in range(12)}
    target = hashlib.sha256(b"something else").digest()
    job = recover.Job(b"h", b"m", b"t", payload, stringify(payload).encode(), 10**12, target)
    found = recover.end(recover.thorough(job, [job.stored], 200_000))
    assert isinstance(found, recover.Miss) and not found.complete and 190_000 < found.tried <= 200_000


def test_a_thorough_search_can_prove_that_nothing_fits() -> None:
    payload = dict.fromkeys("abcde", 1)
    job = recover.Job(b"h", b"m", b"t", payload, stringify(payload).encode(), 10**12, bytes(32))
    found = recover.end(recover.thorough(job, [job.stored]))
    assert isinstance(found, recover.Miss) and found.complete


def test_null_may_have_been_infinite_once_rounded() -> None:
    found = [each["x"] for each in variants({"x": None}, nulls=True)]
    assert 1.7976931348623157e308 in found and -1.7976931348623157e308 in found
    assert [*variants({"x": None})] == []


@pytest.mark.slow
def test_the_real_chain_is_reproduced_to_its_last_event(real: Path) -> None:
    path = real / "kernel/B_chain30/original/events.jsonl"
    assert judge(path).trusts["linked"] == 2
    verdict = judge(path, "--search", "thorough")
    assert sum(verdict.trusts.values()) == 30 and set(verdict.trusts) == {"verified", "recovered"}
