"""What ties events together: times that go back, ids that stand twice, states that portal rows leave, transitions."""

import gzip
import json
from pathlib import Path

import pytest

from console.formats.kernel.rules.states import KNOWN, SYMBOLS
from console.model.finding import Finding
from console.model.trust import Severity
from tests.formats.kernel.test_replayer import PATHS
from tests.formats.kernel.test_rules_fields import both_ways, chained
from tests.support.kernel_cases import outcome
from tests.support.verdicts import judge, run
from tests.support.writers import kernel_states
from tests.support.writers.javascript import stringify
from tests.support.writers.kernel import (
    Act,
    Event,
    doc,
    jsonl,
    pack_lines,
    portal_hash,
    portal_rows,
    story,
    unchained,
    uuid_of,
)

BACK, ILLEGAL = "order.time-regression", "lifecycle.illegal-transition"


def found(events: list[Event], family: str, shape: str = "api") -> list[Finding]:
    return [each for each in both_ways(events, shape).findings if each.family == family]


def test_a_time_before_that_of_the_link_before() -> None:
    events = doc()
    events[20]["createdAt"] = "2026-03-02T08:00:00.000Z"
    (back,) = found(events, "order")
    assert (back.code, back.record, back.field, back.severity) == (BACK, 21, "createdAt", Severity.ERROR)
    events[20]["createdAt"] = events[19]["createdAt"]
    assert found(events, "order") == []


def test_times_count_along_the_chain_and_not_along_the_lines() -> None:
    events = doc()
    events[5:20] = events[5:20][::-1]
    assert [each for each in outcome([stringify(each).encode() for each in events]).findings if each.code == BACK] == []
    events[7]["createdAt"] = "2026-03-02T08:00:00.000Z"
    (back,) = [each for each in outcome([stringify(each).encode() for each in events]).findings if each.code == BACK]
    assert back.event_id == events[7]["id"]


def test_beside_the_chain_times_count_along_the_ledger() -> None:
    acts = [Act("DataDisputed", "auditor", {"number": number}) for number in range(6)]
    events = [unchained(act) for act in acts]
    for number, event in enumerate(events):
        event["createdAt"] = f"2026-03-02T09:00:0{number}.000Z"
    assert found(events, "order") == []
    newest_first = events[::-1]
    assert found(newest_first, "order") == []
    events[4]["createdAt"] = "2026-03-02T08:00:00.000Z"
    (back,) = found(events, "order")
    assert (back.code, back.record) == (BACK, 5)


def test_local_time_goes_back_in_autumn() -> None:
    events = doc()
    for number, event in enumerate(events):
        event["createdAt"] = f"2026-03-02T0{9 - (number > 20)}:00:00.{number:03}"
    (back,) = [each for each in found(events, "order") if each.code == BACK]
    assert back.severity is Severity.WARNING and "summer time" in back.message


@pytest.mark.parametrize("look", ["jsonl", "json", "gz"])
def test_an_id_that_stands_twice(tmp_path: Path, look: str) -> None:
    events = [*doc(), *doc(deal=uuid_of("another deal"))]
    path = tmp_path / f"deals.{look}"

    def write() -> Path:
        text = stringify(events).encode() if look == "json" else jsonl(events)
        path.write_bytes(gzip.compress(text) if look == "gz" else text)
        return path

    assert judge(write()).findings == []
    events[50]["id"] = events[3]["id"]  # in another deal
    (twice,) = judge(write()).findings
    assert (twice["code"], twice["record"], twice["severity"]) == ("identity.duplicate-event-id", 51, "error")
    _, text = run("findings", str(path), "--index", ":memory:", "--format", "json")
    (cause,) = json.loads(text)["causes"]
    assert [(each["code"], each["record"]) for each in cause["findings"]] == [("identity.duplicate-event-id", 51)]


def rows() -> list[Event]:
    return portal_rows(iso_times=True)


@pytest.mark.parametrize("shape", ["table", "pack"])
def test_a_row_leaves_a_state_that_the_deal_is_not_in(shape: str) -> None:
    made = rows()
    assert found(made if shape == "table" else pack_lines(made), "lifecycle", shape) == []
    row = made[2]
    row["fromState"] = "INTAKE_RECEIVED"
    row["eventData"] = row["eventData"].replace("DATA_ROOM_INGESTED", "INTAKE_RECEIVED")
    (odd,) = found(made if shape == "table" else pack_lines(made), "lifecycle", shape)
    assert (odd.code, odd.record, odd.field) == (ILLEGAL, 3, "fromState")
    assert (odd.expected, odd.actual) == ("DATA_ROOM_INGESTED", "INTAKE_RECEIVED")
    assert len(portal_hash(row["dealId"], 3, row["eventType"], row["eventData"], None, row["occurredAt"])) == 64


def test_a_material_is_raised_from_the_truth_that_it_has() -> None:
    acts = story()
    at = next(at for at, act in enumerate(acts) if act.type == "MaterialUpdated")
    assert found(doc(acts), "replay") == []
    acts[at] = acts[at]._replace(payload={**acts[at].payload, "previousTruthClass": "HUMAN"})
    (odd,) = found(doc(acts), "replay")
    assert (odd.code, odd.record) == ("replay.value-discontinuity", at + 1)
    assert (odd.expected, odd.actual) == ("AI", "HUMAN")


REACHED = {**PATHS, "Distressed": [*PATHS["Operating"], "DistressDeclared"], "Frozen": ["FreezeImposed"]}
REACHED["Resolved"] = [*REACHED["Distressed"], "DistressResolved"]


@pytest.mark.parametrize("state", REACHED)
def test_every_type_in_every_state(state: str) -> None:
    """A move that the state does not allow is found at its event, and changes nothing; any other is not."""
    for type in sorted(KNOWN):
        types = [*REACHED[state], type]
        events = chained([event | {"authorityContext": {}} for event in doc([Act(each, "gp", {}) for each in types])])
        result = both_ways(events)
        (facts,) = result.reader.facts()
        name, stress = kernel_states.project(types)[-1]
        assert (facts.state["state"], facts.state["stress_mode"]) == (name, stress)
        codes = [each.record for each in result.findings if each.family == "lifecycle"]
        same = {("FreezeImposed", "Frozen"), ("ExitFinalized", "Exited"), ("DealTerminated", "Terminated")}
        allowed = name != state or type not in SYMBOLS or type == "DataDisputed" or (type, state) in same
        assert codes == ([] if allowed else [len(types)]), type
