"""Which profile a ledger follows, branches of concurrent writers, and what recovery reaches."""

import hashlib
import json
from typing import Any

import pytest

from console.model.trust import Trust
from console.verify.javascript import stringify
from tests.support.kernel_cases import AUDIT, DOC, encode, hash_of, ledger, outcome, raws_of


def test_an_edited_first_event_is_judged_under_the_profile_that_later_ones_settle() -> None:
    events = ledger(5, profile=AUDIT)
    events[0]["payload"] = {"edited": True}
    for cuts in ([], [1], [1, 2]):
        result = outcome(raws_of(events), cuts=cuts)
        assert result.reader.profile == AUDIT
        assert result.codes() == {("chain.hash-mismatch", 1)}


def test_a_pinned_profile_is_never_switched() -> None:
    result = outcome(raws_of(ledger(5, profile=AUDIT)), profile=DOC)
    assert result.reader.profile == DOC
    (found,) = result.at("chain.hash-mismatch")
    assert found.count == 5
    assert AUDIT in found.message
    assert "not switched" in found.message
    assert set(result.trust.values()) == {Trust.BROKEN}


def test_a_ledger_that_no_profile_reproduces_says_so_once() -> None:
    events = ledger(5)
    for event in events:
        event["payload"] = {"other": 1, **dict.fromkeys("abcdefg")}
    result = outcome(raws_of(events))
    assert result.reader.profile is None
    (found,) = [each for each in result.findings if each.family == "chain"]
    assert (found.code, found.count) == ("chain.not-reproducible", 5)
    assert set(result.trust.values()) == {Trust.LINKED}


def test_concurrent_writers_make_a_fork_without_anything_broken() -> None:
    events = ledger(4)
    twin = {**events[2], "id": "twin", "payload": {"concurrent": True}}
    twin["eventHash"] = hash_of(twin, DOC)
    result = outcome(raws_of([*events[:3], twin, *events[3:]]))
    assert result.codes() == {("chain.sequence-duplicate", 3), ("chain.fork", 3)}
    (fork,) = result.at("chain.fork")
    assert (fork.expected, fork.actual) == (events[2]["eventHash"], twin["eventHash"])
    assert set(result.trust.values()) == {Trust.VERIFIED}


def audit_event(hashed: dict[str, Any], stored: dict[str, Any], delta: int, type: str = "DealApproved") -> bytes:
    event = ledger(1)[0] | {"type": type, "createdAt": "2026-03-01T00:00:02.500Z", "payload": hashed}
    at = 2500 - delta
    event["eventHash"] = hash_of(event, AUDIT, f"2026-03-01T00:00:{at // 1000:02d}.{at % 1000:03d}Z")
    return encode(event | {"payload": stored})


@pytest.mark.parametrize(
    ("hashed", "stored", "delta"),
    [
        ({"a": 1}, {"a": 1}, 1),
        ({"a": 1}, {"a": 1}, 2000),
        ({"a": 1}, {"a": 1}, -5),
        ({"bb": {"y": 1, "x": [{"q": 1, "p": 2}]}, "a": 2}, {"a": 2, "bb": {"x": [{"p": 2, "q": 1}], "y": 1}}, 3),
        ({"rate": 0.30000000000000004, "b": 1}, {"b": 1, "rate": 0.3}, 1),
        ({"huge": 1.2345678901234568e29}, {"huge": 1.234567890123457e29}, 0),
        (dict.fromkeys("fedcba", 1), dict.fromkeys("abcdef", 1), 7),
    ],
)
def test_what_storage_changed_is_recovered(hashed: dict[str, Any], stored: dict[str, Any], delta: int) -> None:
    result = outcome([audit_event(hashed, stored, delta)], profile=AUDIT)
    assert result.trust == {1: Trust.RECOVERED}
    assert result.codes() == set()


@pytest.mark.parametrize("delta", [2001, -6])
def test_the_window_ends(delta: int) -> None:
    assert outcome([audit_event({"a": 1}, {"a": 1}, delta)], profile=AUDIT).codes() == {("chain.hash-mismatch", 1)}


def test_the_producers_order_needs_no_search() -> None:
    hashed = {"artifactId": 1, "filename": 2, "mimeType": 3, "sizeBytes": 4, "sha256Hex": 5}
    stored = dict(sorted(hashed.items(), key=lambda item: (len(item[0]), item[0])))
    result = outcome([audit_event(hashed, stored, 1, "ArtifactUploaded")], profile=AUDIT)
    assert result.trust == {1: Trust.RECOVERED}
    assert result.reader.memory.learned == {}


def test_a_doc_ledger_whose_text_is_not_javascripts() -> None:
    """Compact bytes as the writer hashed them, or what JavaScript makes of them: either is the ledger's own hash."""
    event = ledger(1)[0] | {"payload": "HERE"}
    for text, hashed in (
        ('{"rate":4.0}', '{"rate":4.0}'),
        ('{"rate":4.0}', '{"rate":4}'),
        ('{"b": 1, "10": 2}', '{"10":2,"b":1}'),
    ):
        whole = f"{event['dealId']}1{event['type']}{hashed}null"
        raw = encode(event | {"eventHash": hashlib.sha256(whole.encode()).hexdigest()})
        raw = raw.replace(b'"HERE"', text.encode())
        assert json.loads(raw)["payload"] is not None
        assert outcome([raw], profile=DOC).trust == {1: Trust.VERIFIED}
    spaced = f"{event['dealId']}1{event['type']}" + '{"b": 1}' + "null"
    raw = encode(event | {"eventHash": hashlib.sha256(spaced.encode()).hexdigest()})
    assert outcome([raw.replace(b'"HERE"', b'{"b": 1}')], profile=DOC).trust == {1: Trust.BROKEN}
    assert stringify({"rate": 4.0}) == '{"rate":4}'


def test_a_mismatch_names_the_hash_that_the_event_should_have() -> None:
    events = ledger(3)
    right = events[1]["eventHash"]
    events[1]["eventHash"] = "0" * 64
    (found,) = outcome(raws_of(events), profile=DOC).at("chain.hash-mismatch")
    assert (found.expected, found.actual) == (right, "0" * 64)


@pytest.mark.parametrize("count", [1, 5])
def test_a_ledger_whose_every_event_was_edited_is_condemned(count: int) -> None:
    events = ledger(count)
    for event in events:
        event["payload"] = {"edited": True, "amount": 18}
    for lines in (True, False):
        result = outcome(raws_of(events), lines=lines)
        (found,) = [each for each in result.findings if each.family == "chain"]
        assert (found.code, found.count, found.sequence) == ("chain.hash-mismatch", count, 1)
        assert set(result.trust.values()) == {Trust.BROKEN}
        assert not any(fact.chain_intact for fact in result.reader.facts())


def test_a_hash_that_cannot_be_searched_completely_is_only_not_reproducible() -> None:
    events = ledger(2)
    for event in events:
        event["payload"] = dict.fromkeys("abcdefgh")
    result = outcome(raws_of(events))
    assert {found.code for found in result.findings if found.family == "chain"} == {"chain.not-reproducible"}
    assert set(result.trust.values()) == {Trust.LINKED}


def test_times_later_than_now_and_times_without_a_zone_are_said_once_each() -> None:
    events = ledger(40, deals=3)
    for event in events[20:24]:
        event["createdAt"] = "2099-01-01T00:00:00.000Z"
    for event in events[30:33]:
        event["createdAt"] = event["createdAt"].removesuffix("Z")
    shuffled = events[:12] + events[15:] + events[12:15]
    for given in (events, shuffled):
        for lines in (True, False):
            result = outcome(raws_of(given), profile=DOC, lines=lines)
            said = [(found.code, found.count) for found in result.findings if found.family == "order"]
            assert sorted(said)[:2] == [("order.future-timestamp", 4), ("order.naive-timestamp", 3)]
            assert sorted(said)[2:] == [("order.time-regression", 1)] * 3  # behind those later than now, in each deal
