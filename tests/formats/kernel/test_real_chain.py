"""The real chain of 30 events, and every way of tampering with it that the specification lists."""

import json
from pathlib import Path
from typing import Any

import pytest

from console.model.trust import Severity, Trust
from tests.support.data import facts
from tests.support.kernel_cases import AUDIT, Outcome, encode, outcome, raws_of
from tests.support.writers.kernel_tampering import rehash_audit, tampered

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


TAMPERING: dict[str, list[str]] = facts("kernel_tampering")


def expected(words: str) -> tuple[str, int]:
    """A finding of the table, in a chain of 30 events instead of 41."""
    code, sequence, *_ = words.replace(" 41", " 30").split()
    return code, int(sequence)


@pytest.mark.parametrize("change", [change for change in TAMPERING if change != "two sequences swapped"])
def test_made_cases(original: list[dict[str, Any]], change: str) -> None:
    events = tampered(original, change, rehash_audit)
    result = outcome(raws_of(events))
    assert chain(result) == {expected(words) for words in TAMPERING[change]}
    if any("later ones" in words for words in TAMPERING[change]):
        (group,) = result.at("chain.hash-mismatch")
        assert group.count == 14 and "1 lower" in group.message
    broken = {ordinal for ordinal, trust in result.trust.items() if trust is Trust.BROKEN}
    harmless = "chain.unchained", "chain.begins-later"
    assert bool(broken) == any(not words.startswith(harmless) for words in TAMPERING[change])
    for each in result.findings:
        if each.family == "chain":
            assert each.record and each.offset is not None and each.length
            assert each.stream == original[0]["dealId"]
            assert raws_of(events)[each.record - 1] == b"\n".join(raws_of(events))[each.offset :][: each.length]


def test_only_the_changed_event_is_broken(original: list[dict[str, Any]]) -> None:
    result = outcome(raws_of(tampered(original, "type edited", rehash_audit)))
    assert [ordinal for ordinal, trust in result.trust.items() if trust is Trust.BROKEN] == [16]
    (found,) = result.at("chain.hash-mismatch")
    assert found.event_id == original[15]["id"]
    assert found.severity is Severity.CRITICAL
    assert found.actual == original[15]["eventHash"]
