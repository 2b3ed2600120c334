"""Every field of an event, right and wrong: a sound deal with one change, its chain made again, read both ways.

What is right has no finding above a note; what is wrong has the fitting one, at the event and its field.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any, NamedTuple

import pytest

from console.model.trust import Severity
from tests.support.kernel_cases import Outcome, outcome
from tests.support.writers.javascript import stringify
from tests.support.writers.kernel import Event, doc, doc_hash, portal_hash, portal_rows, uuid_of

ABSENT = object()
MISSING, TYPE, PATTERN = "schema.missing-field", "schema.wrong-type", "schema.bad-pattern"
RANGE, WORD, DATE = "schema.out-of-range", "schema.not-in-vocabulary", "schema.impossible-date"


class Case(NamedTuple):
    """A value for a field (a path with dots) of the first event of a type, and what is found there, if anything."""

    type: str
    field: str
    value: Any
    code: str = ""


OF_EVERY_EVENT = [
    Case("ReviewOpened", "id", uuid_of("another")),
    Case("ReviewOpened", "id", uuid_of("another").upper()),
    Case("ReviewOpened", "id", "event-1", PATTERN),
    Case("ReviewOpened", "id", uuid_of("another")[:-1], PATTERN),
    Case("ReviewOpened", "id", "{" + uuid_of("another") + "}", PATTERN),
    Case("ReviewOpened", "id", "", PATTERN),
    Case("ReviewOpened", "id", None, TYPE),
    Case("ReviewOpened", "id", 7, TYPE),
    Case("ReviewOpened", "id", ABSENT, MISSING),
    Case("ReviewOpened", "actorId", None),
    Case("ReviewOpened", "actorId", ABSENT),
    Case("ReviewOpened", "actorId", "", PATTERN),
    Case("ReviewOpened", "actorId", 7, TYPE),
    Case("ReviewOpened", "evidenceRefs", []),
    Case("ReviewOpened", "evidenceRefs", ["artifact-uuid-1", "wire-confirmation-artifact-id"]),
    Case("ReviewOpened", "evidenceRefs", [""], PATTERN),
    Case("ReviewOpened", "evidenceRefs", ["a", 7], TYPE),
    Case("ReviewOpened", "evidenceRefs", ["a", None], TYPE),
    Case("ReviewOpened", "evidenceRefs", "a", TYPE),
    Case("ReviewOpened", "evidenceRefs", {}, TYPE),
    Case("ReviewOpened", "evidenceRefs", None, TYPE),
    Case("ReviewOpened", "evidenceRefs", ABSENT, MISSING),
    Case("ReviewOpened", "authorityContext", {}),
    Case("ReviewOpened", "authorityContext", {"role": "GP", "rulesVersion": "2025-01", "more": [1]}),
    Case("ReviewOpened", "authorityContext", None, TYPE),
    Case("ReviewOpened", "authorityContext", [], TYPE),
    Case("ReviewOpened", "authorityContext", "GP", TYPE),
    Case("ReviewOpened", "authorityContext", ABSENT, MISSING),
    Case("ReviewOpened", "authorityContext.role", None),
    Case("ReviewOpened", "authorityContext.role", 7, TYPE),
    Case("ReviewOpened", "authorityContext.role", "", PATTERN),
    Case("ActorAdded", "authorityContext.role", "JANITOR", WORD),
    Case("ActorAdded", "authorityContext.role", "gp", WORD),
    Case("ReviewOpened", "authorityContext.overrideReason", "Committee met by telephone"),
    Case("ReviewOpened", "authorityContext.overrideReason", 7, TYPE),
    Case("ReviewOpened", "authorityContext.overrideUsed", False),
    Case("ReviewOpened", "authorityContext.overrideUsed", "yes", TYPE),
    Case("ReviewOpened", "authorityContext.overrideUsed", 1, TYPE),
    Case("ReviewOpened", "authorityContext.overrideAction", None),
    Case("ActorAdded", "authorityContext", {"overrideUsed": True, "overrideAction": "OPEN_REVIEW"}),
    Case("ReviewOpened", "authorityContext.overrideAction", "OPEN_SESAME", WORD),
    Case("ReviewOpened", "authorityContext.overrideAction", True, TYPE),
    Case("ReviewOpened", "payload", {}),
    Case("ReviewOpened", "payload", [], TYPE),
    Case("ReviewOpened", "payload", "{}", TYPE),
    Case("ReviewOpened", "payload", None, TYPE),
    Case("ReviewOpened", "payload", ABSENT, MISSING),
    Case("DataDisputed", "type", "DataDoubted", "schema.unknown-event-type"),
    Case("DataDisputed", "type", "datadisputed", "schema.unknown-event-type"),
    Case("DataDisputed", "type", "", PATTERN),
    Case("DataDisputed", "type", 7, TYPE),
    Case("ReviewOpened", "createdAt", "yesterday", PATTERN),
    Case("ReviewOpened", "createdAt", "2026-02-30T09:00:00.000Z", DATE),
    Case("ReviewOpened", "createdAt", "2026-03-02T25:00:00.000Z", DATE),
    Case("ReviewOpened", "createdAt", "", PATTERN),
    Case("ReviewOpened", "createdAt", None, TYPE),
    Case("ReviewOpened", "createdAt", ABSENT, MISSING),
    Case("ReviewOpened", "more", 1, "schema.unknown-field"),
    Case("ReviewOpened", "_comment", "not of the event"),
]
PAYLOADS = [
    Case("ReviewOpened", "payload.reason", None),
    Case("ReviewOpened", "payload.reason", ABSENT),
    Case("ReviewOpened", "payload.reason", 7, TYPE),
    Case("ReviewOpened", "payload.more", {"anything": 1}),
    Case("DealApproved", "payload.approvalNotes", None),
    Case("DealApproved", "payload.approvalNotes", ["well"], TYPE),
    Case("ApprovalGranted", "payload.action", "APPROVE_DEAL"),
    Case("ApprovalGranted", "payload.action", "APPROVE", WORD),
    Case("ApprovalGranted", "payload.action", "", PATTERN),
    Case("ApprovalGranted", "payload.action", None, TYPE),
    Case("ApprovalGranted", "payload.action", ABSENT, MISSING),
    Case("ApprovalGranted", "payload.comment", None),
    Case("ApprovalGranted", "payload.comment", False, TYPE),
    Case("DealCreated", "payload.name", 7, TYPE),
    Case("DealCreated", "payload.state", "Sketch", WORD),
    Case("DealCreated", "payload.state", None, TYPE),
    Case("DealCreated", "payload.stressMode", "SM-3"),
    Case("DealCreated", "payload.stressMode", "SM-4", WORD),
    Case("ActorAdded", "payload.actorId", 7, TYPE),
    Case("ActorAdded", "payload.actorId", "", PATTERN),
    Case("ActorAdded", "payload.name", None, TYPE),
    Case("ActorAdded", "payload.type", 7, TYPE),
    Case("RoleAssigned", "payload.roleId", "", PATTERN),
    Case("RoleAssigned", "payload.roleName", "KING", WORD),
    Case("MaterialCreated", "payload.materialId", "", PATTERN),
    Case("MaterialCreated", "payload.type", 7, TYPE),
    Case("MaterialCreated", "payload.truthClass", "DOC"),
    Case("MaterialCreated", "payload.truthClass", "GOSPEL", WORD),
    Case("MaterialCreated", "payload.truthClass", 3, TYPE),
    Case("MaterialUpdated", "payload.newTruthClass", "PAPER", WORD),
    Case("MaterialUpdated", "payload.previousTruthClass", "doc", WORD),
    Case("ArtifactUploaded", "payload.artifactId", None, TYPE),
    Case("ArtifactUploaded", "payload.filename", 7, TYPE),
    Case("ArtifactUploaded", "payload.mimeType", {}, TYPE),
    Case("ArtifactUploaded", "payload.sizeBytes", 0),
    Case("ArtifactUploaded", "payload.sizeBytes", -1, RANGE),
    Case("ArtifactUploaded", "payload.sizeBytes", 1.5, TYPE),
    Case("ArtifactUploaded", "payload.sizeBytes", "12", TYPE),
    Case("ArtifactUploaded", "payload.sha256Hex", "A" * 64, PATTERN),
    Case("ArtifactUploaded", "payload.sha256Hex", "a" * 63, PATTERN),
    Case("ArtifactUploaded", "payload.sha256Hex", None, TYPE),
    Case("ArtifactUploaded", "payload", {"note": "of another writer"}),
]


def put(event: Event, path: str, value: Any) -> None:
    *inner, last = path.split(".")
    for name in inner:
        event = event[name]
    if value is ABSENT:
        event.pop(last, None)
    else:
        event[last] = value


def chained(events: list[Event]) -> list[Event]:
    """The events with their chain made again, where they have one."""
    previous = None
    for event in events:
        if event.get("eventHash") is not None:
            event["previousEventHash"] = previous
            if "payload" in event and isinstance(event["type"], str):
                event["eventHash"] = doc_hash(event)
            previous = event["eventHash"]
    return events


def both_ways(events: list[Event], shape: str = "api") -> Outcome:
    """What is found in columns, which is what is found one by one."""
    raws = [stringify(event).encode() for event in events]
    found, alone = outcome(raws, shape=shape), outcome(raws, shape=shape, bulk=False)
    assert sorted(map(repr, found.findings)) == sorted(map(repr, alone.findings))
    assert found.trust == alone.trust
    return found


def changed(case: Case) -> tuple[list[Event], int]:
    events = deepcopy(doc())
    number = next(number for number, event in enumerate(events) if event["type"] == case.type)
    put(events[number], case.field, case.value)
    return chained(events), number + 1


def _name(case: Case) -> str:
    return f"{case.type}-{case.field}-{'absent' if case.value is ABSENT else repr(case.value)[:20]}"


@pytest.mark.parametrize("case", [*OF_EVERY_EVENT, *PAYLOADS], ids=_name)
def test_one_field(case: Case) -> None:
    events, number = changed(case)
    found = [each for each in both_ways(events).findings if each.severity > Severity.NOTE and each.family != "chain"]
    if not case.code:
        assert found == []
        return
    assert (case.code, number) in {(each.code, each.record) for each in found}, found
    assert all(each.record == number or each.family in ("lifecycle", "authority") for each in found)
    (here,) = [each for each in found if each.code == case.code and each.record == number]
    assert (here.field or "").partition("[")[0] == case.field
    assert here.event_id == (events[number - 1].get("id") or None if case.field != "id" else here.event_id)


def test_an_override_that_was_used_is_named() -> None:
    events, number = changed(Case("ActorAdded", "authorityContext", {"overrideUsed": True}))
    (found,) = [each for each in both_ways(events).findings if each.family == "schema"]
    assert (found.code, found.record, found.field) == (MISSING, number, "authorityContext.overrideAction")


def test_actors_without_uuids_are_worth_one_note() -> None:
    events = doc()
    for event in events[5:9]:
        event["actorId"] = "user-1"
    (note,) = [each for each in both_ways(events).findings if each.family == "schema"]
    assert (note.code, note.field, note.severity, note.record, note.count) == (PATTERN, "actorId", Severity.NOTE, 6, 4)


def test_what_the_kernels_own_events_lack_is_worth_a_note() -> None:
    events, number = changed(Case("MaterialCreated", "payload.truthClass", ABSENT))
    found = [each for each in both_ways(events).findings if each.family == "schema"]
    assert [(each.code, each.record, each.severity) for each in found] == [(MISSING, number, Severity.NOTE)]


SEQUENCE = [
    (-1, RANGE),
    (1.5, TYPE),
    ("12", TYPE),
    (2**53 + 2, RANGE),
    (None, MISSING),
    (12.0, ""),
]


@pytest.mark.parametrize(("value", "code"), SEQUENCE)
def test_sequence_numbers(value: Any, code: str) -> None:
    events = doc()
    events[11]["sequenceNumber"] = value
    found = [each for each in both_ways(events).findings if each.family == "schema"]
    assert [(each.code, each.record) for each in found] == ([(code, 12)] if code else [])


@pytest.mark.parametrize("name", ["previousEventHash", "eventHash"])
@pytest.mark.parametrize("value", ["a" * 63, "A" * 64, "g" * 64, 7])
def test_hashes(name: str, value: Any) -> None:
    events = doc()
    events[11][name] = value
    found = [each for each in both_ways(events).findings if each.family == "schema"]
    code = PATTERN if isinstance(value, str) else TYPE
    assert [(each.code, each.record, each.field) for each in found] == [(code, 12, name)]


ROWS: Mapping[str, Callable[[Event], Any]] = {
    "id": lambda row: row | {"id": "event-1"},
    "dealId": lambda row: row | {"dealId": "deal-1"},
    "eventData": lambda row: row | {"eventData": "{"},
    "authorityContext": lambda row: row | {"authorityContext": "GP"},
    "evidenceRefs": lambda row: row | {"evidenceRefs": "artifact-1"},
    "fromState": lambda row: row | {"fromState": 7},
    "occurredAt": lambda row: row | {"occurredAt": "noon"},
    "sequenceNumber": lambda row: row | {"sequenceNumber": -3},
    "actorName": lambda row: row | {"actorName": None},
}


@pytest.mark.parametrize("field", ROWS)
def test_rows_of_the_portal(field: str) -> None:
    rows = portal_rows()
    assert not [each for each in both_ways(rows, "table").findings if each.severity > Severity.NOTE]
    rows[1] = ROWS[field](rows[1])
    found = [each for each in both_ways(rows, "table").findings if each.family == "schema"]
    assert [(each.record, each.field) for each in found] == [(2, field)]


def test_a_row_contradicts_its_data() -> None:
    rows = portal_rows()
    row = rows[0]
    row["fromState"] = "ELSEWHERE"
    found = [each for each in both_ways(rows, "table").findings if each.severity > Severity.NOTE]
    assert [(each.code, each.record, each.field) for each in found] == [("schema.inconsistent", 1, "fromState")]
    assert portal_hash(row["dealId"], 1, row["eventType"], row["eventData"], None, "2026-03-02T09:00:00.120Z")
