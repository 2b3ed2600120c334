"""Evidence references lead to what the ledger's events brought; one that surely leads nowhere is found."""

from pathlib import Path

from console.formats.kernel.rules.evidence import WAITING
from console.model.finding import Finding
from tests.formats.kernel.test_rules_fields import both_ways, chained
from tests.support.kernel_cases import outcome
from tests.support.verdicts import judge
from tests.support.writers.javascript import stringify
from tests.support.writers.kernel import Event, doc, jsonl, story, uuid_of

ARTIFACT, MATERIAL = uuid_of("an artifact"), uuid_of("a material")


def deal() -> list[Event]:
    """A deal whose artifact and material are UUIDs; the first reference to either is a right one."""
    events = doc()
    for event in events:
        event["evidenceRefs"] = []
        payload = event["payload"]
        if event["type"] == "ArtifactUploaded":
            payload["artifactId"] = ARTIFACT
        elif payload.get("materialId") == "m-FinalUnderwriting":
            payload["materialId"] = MATERIAL
    events[-1]["evidenceRefs"] = [ARTIFACT, MATERIAL]
    return chained(events)


def lost(events: list[Event]) -> list[Finding]:
    return [each for each in both_ways(events).findings if each.code == "reference.unresolved"]


def test_references_to_what_is_there() -> None:
    assert lost(deal()) == []
    early = deal()
    early[1]["evidenceRefs"] = [ARTIFACT]  # before it was uploaded
    assert lost(early) == []


def test_a_reference_to_nothing() -> None:
    events = deal()
    events[7]["evidenceRefs"] = [ARTIFACT, uuid_of("nothing")]
    events[9]["evidenceRefs"] = [uuid_of("nothing")]
    (found,) = lost(events)
    assert (found.record, found.field, found.actual) == (8, "evidenceRefs", uuid_of("nothing"))


def test_nothing_is_sure_of_other_ids_and_of_ledgers_without_artifacts() -> None:
    events = deal()
    events[7]["evidenceRefs"] = ["artifact-uuid-1", "wire-confirmation-artifact-id"]
    assert lost(events) == []
    bare = [event for event in deal() if event["type"] != "ArtifactUploaded"]
    for number, event in enumerate(bare, 1):
        event["sequenceNumber"] = number
    bare[-1]["evidenceRefs"] = [uuid_of("nothing")]
    assert lost(chained(bare)) == []
    later = deal()[5:]
    later[3]["evidenceRefs"] = [uuid_of("nothing")]
    assert lost(later) == []


def test_wherever_the_ledger_is_cut_and_whoever_goes_on() -> None:
    events = deal()
    events[7]["evidenceRefs"] = [uuid_of("nothing")]
    raws = [stringify(event).encode() for event in events]
    whole = sorted(map(repr, outcome(raws).findings))
    for cut in range(1, len(raws), 7):
        assert sorted(map(repr, outcome(raws, cuts=[cut], reload_at=[0]).findings)) == whole
    turned = outcome(raws[::-1])
    (found,) = [each for each in turned.findings if each.code == "reference.unresolved"]
    assert found.event_id == events[7]["id"]


def test_many_references_to_nothing_are_one_finding(tmp_path: Path) -> None:
    events = deal()
    for number, event in enumerate(events[:30]):
        event["evidenceRefs"] = [uuid_of(f"nothing {number} {each}") for each in range(3)]
    (tmp_path / "deals.jsonl").write_bytes(jsonl(events))
    (found,) = [each for each in judge(tmp_path / "deals.jsonl").findings if each["code"] == "reference.unresolved"]
    assert (found["record"], found["severity"], found["count"]) == (1, "warning", WAITING)
    assert len(story()) == len(events)
