"""Deals as the Kernel writes them, by either recipe: trusted as far as they can be, and every change is found."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.formats.kernel import FORMAT
from console.formats.kernel.rules.states import project
from console.formats.protocol import Context
from console.model.record import Record
from tests.support.data import facts
from tests.support.verdicts import NOW, Verdict, judge, run
from tests.support.writers import kernel_states
from tests.support.writers.javascript import stringify
from tests.support.writers.kernel import DEAL, LATE, Act, Event, answer, audit, doc, jsonl, story, unchained
from tests.support.writers.kernel_tampering import CHANGES, rehash_audit, rehash_doc, tampered

Write = Callable[[list[Event]], bytes]
DOC, AUDIT = "kernel-doc/1", "kernel-audit/1"
CHAINS = {DOC: doc(), AUDIT: audit()}
TAMPERING: dict[str, list[str]] = facts("kernel_tampering")
LATER = range(18, 43)
"""The sequences behind an event that was put in, or left out, with the numbers after it moved by one."""


def judged(tmp_path: Path, events: list[Event], *options: str) -> Verdict:
    (tmp_path / "events.jsonl").write_bytes(jsonl(events))
    return judge(tmp_path / "events.jsonl", *options)


@pytest.mark.parametrize("vector", facts("kernel_hashes"), ids=lambda each: f"{each['profile']} {each['event']['id']}")
def test_vectors_of_hashes(vector: dict[str, Any]) -> None:
    raw = stringify(vector["event"]).encode()
    shape = "table" if vector["profile"] == "kernel-bff/1" else "api"
    proof = FORMAT.prove(Record(1, 0, len(raw), raw), None, Context(shape, 0, vector["profile"]))
    assert proof is not None and proof.preimage == vector["preimage"].encode()
    assert proof.recomputed == proof.stored == vector["sha256"]
    if vector["event"]["sequenceNumber"] == 1:
        assert proof.trust.word == vector["trust"]


@pytest.mark.parametrize("write", [jsonl, answer, lambda events: gzip.compress(jsonl(events))])
@pytest.mark.parametrize("profile", CHAINS)
def test_a_sound_deal_is_verified_in_every_container(tmp_path: Path, profile: str, write: Write) -> None:
    (tmp_path / "ledger").write_bytes(write(CHAINS[profile]))
    verdict = judge(tmp_path / "ledger")
    assert (verdict.code, verdict.findings, verdict.profiles) == (0, [], [profile])
    assert verdict.states == {DEAL: {"state": "Exited", "stress_mode": "SM-1"}}
    if profile == DOC:
        assert verdict.trusts == {"verified": 41}
    else:
        # Stored in the millisecond of hashing, and the payload came back as it was hashed.
        at_once = [
            LATE[at % len(LATE)] == 0 and stringify(event["payload"]) == stringify(act.payload)
            for at, (event, act) in enumerate(zip(CHAINS[AUDIT], story(), strict=True))
        ]
        expected = ["verified" if each else "recovered" for each in at_once]
        assert [each["trust"] for each in verdict.events] == expected and len(set(expected)) == 2


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("profile", CHAINS)
def test_what_is_tampered_with_is_found(tmp_path: Path, profile: str, change: str) -> None:
    events = tampered(CHAINS[profile], change, rehash_doc if profile == DOC else rehash_audit)
    verdict = judged(tmp_path, events, "--profile", profile)
    expected = [] if profile == DOC and "createdAt" in change else TAMPERING[change]
    chain = [each for each in verdict.findings if each["code"].startswith("chain.")]
    found = [(each["code"], each["sequence"] or 0, each.get("count", 1)) for each in chain]
    assert sorted(found) == sorted(map(_expected, expected))
    none = "chain.unchained-event", "chain.begins-later"
    sequences = {sequence for code, sequence, _ in map(_expected, expected) if code not in none}
    if any("later ones" in each for each in expected):
        sequences = set(LATER)
    broken = verdict.broken("sequence")
    assert set(broken) == sequences and len(broken) == len(sequences)
    back = 17 if "createdAt" in change and (profile == DOC or "swapped" in change) else None
    assert verdict.at("sequence", "order") == ([("order.time-regression", back)] if back else [])
    assert (verdict.code == 1) == bool(sequences or back)
    data = jsonl(events)
    for each in chain:
        raw = data[each["offset"] : each["offset"] + each["length"]]
        assert raw == stringify(events[each["record"] - 1]).encode()
        assert json.loads(raw)["sequenceNumber"] == (each["sequence"] or 0) and each["stream"] == DEAL


def _expected(words: str) -> tuple[str, int, int]:
    code, sequence, *more = words.split()
    return code, int(sequence), int(more[1]) + 1 if more else 1


@pytest.mark.parametrize("late", [0, 7, 500, 2000])
def test_a_time_that_was_not_stored_is_recovered(tmp_path: Path, late: int) -> None:
    verdict = judged(tmp_path, audit(late=[late]))
    assert (verdict.code, verdict.findings, verdict.profiles) == (0, [], [AUDIT])


def test_a_time_beyond_the_search_is_no_proof(tmp_path: Path) -> None:
    events = audit(story()[:2], late=[0, 2600])
    assert judged(tmp_path, events).at("sequence", "chain") == [("chain.hash-mismatch", 2)]


def test_a_float_that_the_database_rounded_is_recovered(tmp_path: Path) -> None:
    acts = [*story()[:3], Act("DataDisputed", "auditor", {"ratio": 0.1 + 0.2})]
    events = audit(acts)
    assert events[3]["payload"] == {"ratio": 0.3}
    verdict = judged(tmp_path, events)
    assert (verdict.code, verdict.findings) == (0, []) and verdict.events[3]["trust"] == "recovered"


def test_what_cannot_be_searched_to_its_end_is_linked_and_never_called_tampered(tmp_path: Path) -> None:
    payload = {f"key {at}": at / 3 for at in (6, 1, 9, 4, 0, 7, 3, 8, 2, 5)}
    acts = [*story()[:3], Act("DataDisputed", "auditor", payload), *story()[3:5]]
    verdict = judged(tmp_path, audit(acts))
    assert verdict.at("sequence") == [("chain.not-reproducible", 4)]
    assert [each["trust"] for each in verdict.events].count("linked") == 1 and verdict.broken() == []


def test_a_thorough_search_goes_on_where_the_budget_ended(tmp_path: Path) -> None:
    payload = {f"key {at}": at / 3 for at in (6, 1, 4, 7, 3, 8)}
    judged(tmp_path, audit([*story()[:3], Act("DataDisputed", "auditor", payload), *story()[3:5]]))
    path = tmp_path / "events.jsonl"
    assert judge(path).trusts.get("linked", 0) == 1
    verdict = judge(path, "--search", "thorough")
    assert verdict.code == 0 and set(verdict.trusts) == {"verified", "recovered"}


def test_events_without_hashes_take_part_in_no_chain(tmp_path: Path) -> None:
    verdict = judged(tmp_path, [unchained(act) for act in story()[:5]])
    (note,) = verdict.findings
    assert (note["code"], note["severity"], note["count"]) == ("chain.unchained-event", "note", 5)
    assert verdict.trusts == {"unchained": 5}


# The answers of the verify endpoints


def test_the_specifications_answer(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(jsonl(audit()))
    code, text = run("verify", str(tmp_path / "a.jsonl"), "--as", "kernel", "--now", NOW)
    assert code == 0
    assert text.strip() == '{"valid": true, "issues": [], "eventsChecked": 41, "chainIntact": true}'
    events = tampered(audit(), "payload edited", rehash_audit)
    (tmp_path / "a.jsonl").write_bytes(jsonl(events))
    code, text = run("verify", str(tmp_path / "a.jsonl"), "--as", "kernel", "--now", NOW)
    given = json.loads(text)
    assert code == 1 and list(given) == ["valid", "issues", "eventsChecked", "chainIntact"]
    assert not given["valid"] and not given["chainIntact"]
    (issue,) = given["issues"]
    assert list(issue) == ["eventId", "sequenceNumber", "issue"]
    assert (issue["eventId"], issue["sequenceNumber"]) == (events[15]["id"], 16)


BREAK = "Chain break: previousEventHash doesn't match previous event's hash"


@pytest.mark.parametrize(
    ("change", "issues"),
    [
        ("nothing", []),
        ("payload edited", []),
        ("last event's hash edited", []),
        ("event deleted", [(17, "Sequence gap: expected 16, found 17"), (17, BREAK)]),
        ("genesis deleted", [(2, "Sequence gap: expected 1, found 2"), (2, BREAK)]),
        ("two sequences swapped", [(16, BREAK), (17, BREAK), (18, BREAK)]),
        ("previousEventHash edited", [(16, BREAK)]),
        ("eventHash edited", [(17, BREAK)]),
        ("duplicate sequence", [(16, "Sequence gap: expected 17, found 16"), (16, BREAK)]),
    ],
)
def test_the_real_services_answer(tmp_path: Path, change: str, issues: list[tuple[int, str]]) -> None:
    """It sorts by sequence, looks at numbers and links, and recomputes nothing."""
    events = tampered(audit(), change, rehash_audit)
    (tmp_path / "a.jsonl").write_bytes(jsonl(events))
    given = json.loads(run("verify", str(tmp_path / "a.jsonl"), "--as", "kernel-api", "--now", NOW)[1])
    assert given["valid"] == (not issues) and given["totalEvents"] == len(events)
    assert [(each["sequenceNumber"], each["issue"]) for each in given["issues"]] == issues


# State


@pytest.mark.parametrize("story", facts("kernel_states"), ids=lambda each: each["types"][0])
def test_states_by_the_table(story: dict[str, list[str]]) -> None:
    assert [" ".join(step) for step in project(story["types"])] == story["steps"]
    assert [" ".join(step) for step in kernel_states.project(story["types"])] == story["steps"]


@given(st.lists(st.sampled_from(kernel_states.TYPES), max_size=40))
def test_states_of_any_sequence(types: list[str]) -> None:
    assert project(types) == kernel_states.project(types)


def without(kind: str) -> list[Act]:
    """The story without the acts of a type."""
    return [act for act in story() if act.type != kind]


@pytest.mark.parametrize(
    ("left_out", "ignored"),
    [
        ("ReviewOpened", ["DealApproved", "ClosingReadinessAttested", "ClosingFinalized"]),
        ("ClosingFinalized", ["OperationsActivated", "MaterialChangeDetected", "ChangeReconciled"]),
        ("FreezeImposed", ["FreezeLifted"]),
    ],
)
@pytest.mark.parametrize("chain", [doc, audit])
def test_steps_that_the_state_does_not_allow(
    tmp_path: Path, left_out: str, ignored: list[str], chain: Callable[[list[Act]], list[Event]]
) -> None:
    acts = without(left_out)
    verdict = judged(tmp_path, chain(acts))
    assert set(verdict.codes) == {"lifecycle.illegal-transition"} and verdict.code == 0
    found = [acts[record - 1].type for _, record in verdict.at("record")]
    assert [kind for kind in found if kind in ignored] == ignored
    states = kernel_states.project(act.type for act in acts)
    assert verdict.states[DEAL] == dict(zip(("state", "stress_mode"), states[-1], strict=True))
