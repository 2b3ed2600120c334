"""A profile more is one declaration: check, recovery, proof, coverage and the list of formats take it from there."""

import hashlib
from typing import Any

import pytest

from console.formats.kernel import FORMAT, profiles
from console.formats.kernel.record import API, LAYOUTS
from console.model.record import Record
from console.model.trust import Trust
from console.verify.javascript import stringify
from console.verify.profile import JSON, Document, HashProfile, Kept, Moment, Value, members
from tests.support.kernel_cases import context, encode, ledger, outcome, raws_of

FIFTH = HashProfile(
    "kernel-test/5",
    "The clock first, the deal last, and the actor, too.",
    members(
        {
            "at": Moment("at"),
            "who": Value("actor", JSON),
            "what": Document("payload", Kept.VALUE),
            "kind": Value("type", JSON),
            "after": Value("previous", JSON),
            "nr": Value("sequence", JSON),
            "deal": Value("deal", JSON),
        }
    ),
    LAYOUTS[API],
    {API: 4},
)


@pytest.fixture(autouse=True)
def declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiles, "PROFILES", (*profiles.PROFILES, FIFTH))


def rehashed(events: list[dict[str, Any]], late: int = 0) -> list[dict[str, Any]]:
    """The events as the fifth profile's writer would have chained them; createdAt is late by so many milliseconds."""
    heads: dict[str, str] = {}
    for event in events:
        event["previousEventHash"] = heads.get(event["dealId"])
        text = stringify(
            {
                "at": event["createdAt"],
                "who": event["actorId"],
                "what": event["payload"],
                "kind": event["type"],
                "after": event["previousEventHash"],
                "nr": event["sequenceNumber"],
                "deal": event["dealId"],
            }
        )
        heads[event["dealId"]] = event["eventHash"] = hashlib.sha256(text.encode()).hexdigest()
        event["createdAt"] = f"{event['createdAt'][:20]}{int(event['createdAt'][20:23]) + late:03d}Z"
    return events


@pytest.mark.parametrize("lines", [True, False])
@pytest.mark.parametrize(("late", "trust"), [(0, Trust.VERIFIED), (1, Trust.RECOVERED), (7, Trust.RECOVERED)])
def test_it_is_settled_checked_and_recovered(lines: bool, late: int, trust: Trust) -> None:
    raws = raws_of(rehashed(ledger(60, deals=3), late))
    result = outcome(raws, lines=lines, cuts=[5, 30])
    assert result.reader.profile == FIFTH.name
    assert set(result.trust.values()) == {trust}
    assert result.codes() == set()


@pytest.mark.parametrize("lines", [True, False])
def test_orders_are_recovered_and_an_edit_is_found(lines: bool) -> None:
    events = rehashed([event | {"payload": {"zeta": 1, "a": event["sequenceNumber"]}} for event in ledger(40)], 1)
    for event in events:
        event["payload"] = dict(sorted(event["payload"].items()))
    events[20]["actorId"] = "another"
    result = outcome(raws_of(events), lines=lines, cuts=[10])
    assert result.codes() == {("chain.hash-mismatch", 21)}
    assert set(result.trust.values()) == {Trust.RECOVERED, Trust.BROKEN}


def test_another_profiles_ledger_is_explained_by_it() -> None:
    result = outcome(raws_of(rehashed(ledger(5))), profile="kernel-doc/1")
    (found,) = result.at("chain.hash-mismatch")
    assert (found.count, FIFTH.name in found.message) == (5, True)


def test_its_proof_and_coverage_are_shown() -> None:
    (event,) = rehashed(ledger(1))
    record = Record(1, 0, 0, encode(event))
    proof = FORMAT.prove(record, None, context())
    assert proof is not None
    assert (proof.profile, proof.trust) == (FIFTH.name, Trust.VERIFIED)
    assert proof.preimage is not None
    assert [(span.field, proof.preimage[span.start : span.end].decode()) for span in proof.spans[:2]] == [
        ("at", f'"{event["createdAt"]}"'),
        ("actorId", f'"{event["actorId"]}"'),
    ]
    assert "Not covered: id, authorityContext, evidenceRefs, createdAt, all other fields." in proof.notes
    described = {profile.name: profile.coverage for profile in FORMAT.profiles}
    assert described[FIFTH.name].covered == (
        *("actorId", "payload", "type", "previousEventHash", "sequenceNumber", "dealId", "eventHash"),
    )
    envelope = FORMAT.panels(FORMAT.decode(record, context()), context(profile=FIFTH.name))[0]
    assert {field.name: field.note for field in envelope.fields}["actorId"] == "covered"
