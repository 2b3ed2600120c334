"""The real chain of 30 events, and every way of tampering with it that the specification lists."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from console.model.trust import Severity, Trust
from tests.support.kernel_cases import AUDIT, Outcome, encode, hash_of, outcome, raws_of

LEGITIMATE = {("chain.not-reproducible", 3), ("chain.not-reproducible", 11)}
CASES: dict[str, set[tuple[str, int]]] = {
    "original": set(),
    "payload_edited": {("chain.hash-mismatch", 16)},
    "event_deleted": {("chain.sequence-gap", 17), ("chain.previous-mismatch", 17)},
    "tail_truncated": set(),
    "reordered": {
        ("chain.previous-mismatch", 16),
        ("chain.previous-mismatch", 17),
        ("chain.previous-mismatch", 18),
        ("chain.hash-mismatch", 16),
        ("chain.hash-mismatch", 17),
    },
    "hash_recomputed_one": {("chain.previous-mismatch", 17)},
    "duplicate_sequence": {("chain.sequence-duplicate", 16), ("chain.hash-mismatch", 16)},
    "unchained_inserted": {("chain.unchained-event", 0)},
}


@pytest.fixture(scope="module")
def original(real: Path) -> list[dict[str, Any]]:
    text = (real / "kernel/B_chain30/original/events.jsonl").read_text()
    return [json.loads(line) for line in text.split("\n") if line]


def chain(result: Outcome) -> set[tuple[str, int | None]]:
    codes = result.codes()
    assert codes >= LEGITIMATE
    assert result.reader.profile == AUDIT
    return codes - LEGITIMATE


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("form", ["events.jsonl", "events.json"])
def test_given_cases(real: Path, case: str, form: str) -> None:
    data = (real / "kernel/B_chain30" / case / form).read_bytes()
    raws = [line for line in data.split(b"\n") if line]
    if form == "events.json":
        raws = [encode(event) for event in json.loads(data)]
    result = outcome(raws)
    assert chain(result) == CASES[case]


def test_the_original_is_trusted_as_far_as_it_can_be(real: Path) -> None:
    raws = (real / "kernel/B_chain30/original/events.jsonl").read_bytes().splitlines()
    result = outcome(raws)
    linked = {ordinal for ordinal, trust in result.trust.items() if trust is Trust.LINKED}
    assert linked == {3, 11}
    assert set(result.trust.values()) == {Trust.VERIFIED, Trust.RECOVERED, Trust.LINKED}
    assert result.trust[1] is Trust.VERIFIED
    assert result.trust[4] is Trust.RECOVERED
    facts = list(result.reader.facts())
    assert [fact.chain_intact for fact in facts] == [True]
    assert facts[0].chained == 30
    assert facts[0].state == {"state": "Terminated", "stress_mode": "SM-1"}


def seq(events: list[dict[str, Any]], number: int) -> dict[str, Any]:
    return next(event for event in events if event["sequenceNumber"] == number)


def tampered(original: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    events = deepcopy(original)
    target = seq(events, 16)
    if name == "type":
        target["type"] = "DealTerminated"
    elif name == "time +1 day":
        target["createdAt"] = "2026-11-21T09:17:40.173Z"
    elif name == "last hash":
        events[-1]["eventHash"] = "0" * 64
    elif name == "actor":
        target["actorId"] = "someone-else"
    elif name == "authority":
        target["authorityContext"] = {"role": "COURT"}
    elif name == "evidence":
        target["evidenceRefs"] = ["forged"]
    elif name == "times swapped":
        other = seq(events, 17)
        target["createdAt"], other["createdAt"] = other["createdAt"], target["createdAt"]
    elif name == "rehashed":
        previous = seq(events, 15)["eventHash"]
        target["payload"] = {"kept": 2}
        for event in events[15:]:
            event["previousEventHash"] = previous
            previous = event["eventHash"] = hash_of(event, AUDIT)
    elif name == "genesis deleted":
        del events[0]
    elif name == "previous edited":
        target["previousEventHash"] = "1" * 64
    elif name == "hash edited":
        target["eventHash"] = "1" * 64
    elif name == "hash null":
        target["eventHash"] = None
    elif name == "renumbered from 17":
        for event in events[16:]:
            event["sequenceNumber"] += 1
    elif name == "renumbered from 16":
        for event in events[15:]:
            event["sequenceNumber"] += 1
    elif name == "forged":
        forged = deepcopy(target)
        forged |= {"id": "forged", "sequenceNumber": 17, "previousEventHash": target["eventHash"]}
        forged["payload"] = {"forged": True}
        forged["eventHash"] = hash_of(forged, AUDIT)
        for event in events[16:]:
            event["sequenceNumber"] += 1
        events.insert(16, forged)
    return events


MADE: dict[str, set[tuple[str, int]]] = {
    "type": {("chain.hash-mismatch", 16)},
    "time +1 day": {("chain.hash-mismatch", 16)},
    "last hash": {("chain.hash-mismatch", 30)},
    "actor": set(),
    "authority": set(),
    "evidence": set(),
    "times swapped": set(),
    "rehashed": set(),
    "genesis deleted": {("chain.sequence-gap", 2), ("chain.previous-mismatch", 2)},
    "previous edited": {("chain.previous-mismatch", 16), ("chain.hash-mismatch", 16)},
    "hash edited": {("chain.hash-mismatch", 16), ("chain.previous-mismatch", 17)},
    "hash null": {("chain.hash-missing", 16), ("chain.previous-mismatch", 17)},
    "renumbered from 17": {("chain.sequence-gap", 18), ("chain.hash-mismatch", 18)},
    "renumbered from 16": {("chain.sequence-gap", 17), ("chain.hash-mismatch", 17)},
    "forged": {("chain.previous-mismatch", 18), ("chain.hash-mismatch", 18)},
}


@pytest.mark.parametrize("name", MADE)
def test_made_cases(original: list[dict[str, Any]], name: str) -> None:
    events = tampered(original, name)
    result = outcome(raws_of(events))
    assert chain(result) == MADE[name]
    if "renumbered" in name or name == "forged":
        (group,) = result.at("chain.hash-mismatch")
        assert group.count == (15 if name.endswith("16") else 14)
        assert "1 lower" in group.message
    broken = {ordinal for ordinal, trust in result.trust.items() if trust is Trust.BROKEN}
    assert bool(broken) == bool(MADE[name])
    for each in result.findings:
        if each.family == "chain":
            assert each.record and each.offset is not None and each.length
            assert each.stream == original[0]["dealId"]
            assert raws_of(events)[each.record - 1] == b"\n".join(raws_of(events))[each.offset :][: each.length]


def test_only_the_changed_event_is_broken(original: list[dict[str, Any]]) -> None:
    result = outcome(raws_of(tampered(original, "type")))
    assert [ordinal for ordinal, trust in result.trust.items() if trust is Trust.BROKEN] == [16]
    (found,) = result.at("chain.hash-mismatch")
    assert found.event_id == original[15]["id"]
    assert found.severity is Severity.CRITICAL
    assert found.actual == original[15]["eventHash"]
