"""The deterministic ids: every vector, and what a change to each part does."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from console.formats.protocol import Context
from console.formats.swarm import FORMAT
from console.formats.swarm import profiles as ids
from console.model.record import Record
from console.model.trust import Trust
from tests.support.swarm_cases import NOW, batch, codes, line, lines, read

STAMP = "2026-02-16T20:49:34.123456"


@pytest.mark.parametrize(
    ("label", "agent", "stamp", "extra", "wanted"),
    [
        ("tool_call", "agent_1", "2024-01-01T12:00:00", {}, "06f3313a17c4"),
        ("test", None, None, {}, "6035d3375405"),
        ("tool_call", "ag\u00e9nt_\u2713", STAMP, {"tool_name": "\u65e5\u672c"}, "33bdbeccc0dd"),
        ("tool_call", "agent_1", STAMP, {"tool_name": "query_database"}, "09351712e596"),
        ("awm_tool_call_executed", "agent_1", STAMP, {"tool_call_id": "09351712e596"}, "6bde46a8ddbf"),
        ("artifact_created", "agent_1", STAMP, {"artifact_id": "artifact_123"}, "5a09e6dd57dd"),
        ("audit", "auditor", STAMP, {"audit_type": "safety"}, "935ed6b1fed2"),
        ("council_audit", "auditor", STAMP, {"audit_id": "935ed6b1fed2"}, "6482618a2f52"),
        ("intervention", "governance", STAMP, {"intervention_type": "freeze"}, "e84bd48b5e60"),
        ("governance_intervention", "governance", STAMP, {"intervention_id": "e84bd48b5e60"}, "713eb0fd485b"),
        ("agent_message", "agent_1", STAMP, {}, "4643ca72f565"),
    ],
)
def test_documented_vectors(
    label: str, agent: str | None, stamp: str | None, extra: dict[str, str], wanted: str
) -> None:
    name = next(iter(extra), None)
    assert ids.Preimage(label, name).digest(agent, stamp, extra.get(name or "")) == wanted


def test_every_raw_vector_gives_its_canonical_text_and_id(real: Path) -> None:
    vectors = json.loads((real / "swarm/vectors.json").read_bytes())
    for vector in vectors["raw"]:
        canonical = json.loads(vector["canonical"])
        extra = next((name for name in canonical if name not in ("agent_id", "event_type", "timestamp")), None)
        preimage = ids.Preimage(canonical["event_type"], extra)
        given = (canonical["agent_id"], canonical["timestamp"], canonical.get(extra or ""))
        assert preimage.text(*given) == vector["canonical"], vector["name"]
        assert preimage.digest(*given) == vector["id"], vector["name"]


def test_every_factory_vector_is_reproduced_and_never_called_more_than_that(real: Path) -> None:
    vectors = json.loads((real / "swarm/vectors.json").read_bytes())["factories"]
    assert {vector["event"]["event_type"] for vector in vectors} == set(ids.RECIPES)
    for vector in vectors:
        raw = json.dumps(vector["event"]).encode()
        out, found = read([raw])
        assert list(out.trust) == [Trust.UNCHAINED] and codes(found) == [], vector["name"]
        proof = FORMAT.prove(Record(1, 0, len(raw), raw), None, Context("event", NOW))
        assert proof is not None and proof.trust is Trust.UNCHAINED and proof.profile == "swarm-id/1"
        assert proof.preimage is not None and proof.recomputed == proof.stored == vector["event"]["provenance_id"]
        assert sha256(proof.preimage).hexdigest()[:12] == proof.stored
        assert any("covers time, agent, name only; 48 bits" in note for note in proof.notes)
        for span in proof.spans:
            part = json.loads(b"{" + proof.preimage[span.start : span.end] + b"}")
            assert list(part.values()) == [vector["event"][span.field]]
        panels = FORMAT.panels(FORMAT.decode(Record(1, 0, len(raw), raw), Context("event", NOW)), Context("event", NOW))
        assert [panel.title for panel in panels] == ["Envelope", "Payload", "Provenance"]
        (note,) = [field.note for field in panels[2].fields if field.name == "provenance_id"]
        assert note == "id reproduced: covers time, agent, name only; 48 bits"


def made(name: str) -> dict[str, Any]:
    """A line as a factory makes it."""
    tool: dict[str, Any] = {"tool_name": "query_database", "arguments": {}, "result": None, "success": True}
    audit: dict[str, Any] = {"audit_type": "safety", "audit_result": {}, "audited_event_id": None}
    freeze = {
        "intervention_type": "freeze",
        "intervention_action": "a",
        "intervention_reason": "r",
        "affected_agents": [],
    }
    values: dict[str, dict[str, Any]] = {
        "tool": {
            "kind": "awm_tool_call_executed",
            "agent_id": "agent_1",
            "payload": tool,
            "tool_call_id": "09351712e596",
            "provenance_id": "6bde46a8ddbf",
        },
        "artifact": {
            "kind": "memory_written",
            "agent_id": "agent_1",
            "payload": {"artifact_type": "memory", "artifact_data": {}},
            "artifact_id": "artifact_123",
            "provenance_id": "5a09e6dd57dd",
        },
        "audit": {
            "kind": "council_audit",
            "agent_id": "auditor",
            "payload": audit,
            "audit_id": "935ed6b1fed2",
            "provenance_id": "6482618a2f52",
        },
        "intervention": {
            "kind": "governance_cost_applied",
            "agent_id": "governance",
            "payload": freeze,
            "intervention_id": "e84bd48b5e60",
            "provenance_id": "713eb0fd485b",
        },
        "message": {
            "kind": "agent_state_updated",
            "agent_id": "agent_1",
            "payload": {"message_role": "user", "message_content": "Hello", "tool_calls": []},
            "provenance_id": "4643ca72f565",
        },
    }
    return line(34, **values[name])


@pytest.mark.parametrize("name", ["tool", "artifact", "audit", "intervention", "message"])
def test_each_covered_part_changed_is_one_mismatch(name: str) -> None:
    sound = made(name)
    assert codes(read(lines([sound]))[1]) == []
    recipe = ids.recipe_of(sound)
    assert recipe is not None
    changes: dict[str, dict[str, Any]] = {
        "agent_id": {"agent_id": "someone"},
        "timestamp": {"timestamp": "2026-02-16T20:49:34.123457"},
        "provenance_id": {"provenance_id": "000000000000"},
    }
    if recipe.field is not None:
        changes[recipe.field] = {recipe.field: "000000000000"}
    if recipe.inner is not None:
        changes[f"payload.{recipe.key}"] = {"payload": {**sound["payload"], recipe.key: "other"}}
        changes["gone"] = {recipe.inner_field: None}
    for what, change in changes.items():
        out, found = read(lines([sound | change]))
        assert codes(found) == ["provenance.id-mismatch"], what
        assert list(out.trust) == [Trust.BROKEN], what
        told = found[0].field
        assert told in (what, "provenance_id", recipe.field) and told is not None
        if what.startswith("payload.") or (what == recipe.field and recipe.inner is not None):
            assert told == what


def test_what_the_id_does_not_cover_changes_nothing() -> None:
    sound = made("tool")
    for change in (
        {"event_id": made("audit")["event_id"].replace("0000-", "0001-", 1)},
        {"parent_event_id": "y"},
        {"payload": {**sound["payload"], "success": False}},
    ):
        out, found = read(lines([sound | change]))
        assert codes(found) == [] and list(out.trust) == [Trust.UNCHAINED]


def test_the_time_is_hashed_raw_and_else_as_python_writes_it() -> None:
    foreign = made("message") | {"timestamp": "2026-02-16 20:49:34.123456"}
    assert codes(read(lines([foreign]))[1]) == []
    raw = lines([foreign])[0]
    proof = FORMAT.prove(Record(1, 0, len(raw), raw), None, Context("event", NOW))
    assert proof is not None and any(STAMP in note for note in proof.notes)


def test_native_events_of_the_same_types_are_unverifiable_and_counted_once() -> None:
    native = [
        line(number, "memory_written", payload={"entry": 1}, provenance_id=f"{number:012}") for number in (1, 2, 3)
    ]
    out, found = read(lines(native))
    assert codes(found) == ["provenance.unverifiable"]
    assert [each.count for each in found if each.code == "provenance.unverifiable"] == [3]
    assert set(out.trust) == {Trust.UNCHAINED}
    without = line(4, "awm_tool_call_executed", payload={"tool_name": "x", "step": 1})
    assert codes(read(lines([without]))[1]) == []


def test_each_id_says_for_itself_whether_it_fits() -> None:
    call = ids.Preimage("tool_call", "tool_name").digest("a", STAMP, "verify")
    outer = ids.Preimage("awm_tool_call_executed", "tool_call_id").digest("a", STAMP, call)
    sound = line(1, "awm_tool_call_executed", agent_id="a", timestamp=STAMP, payload={"tool_name": "verify"})
    sound |= {"tool_call_id": call, "provenance_id": outer}

    def notes(document: dict[str, Any]) -> dict[str, str]:
        event = FORMAT.decode(Record(1, 0, 0, json.dumps(document).encode()), Context("event", NOW))
        return {field.name: field.note for field in FORMAT.panels(event, Context("event", NOW))[2].fields}

    assert notes(sound)["tool_call_id"] == "fits agent, time and tool_name"
    assert notes(sound)["provenance_id"].startswith("id reproduced")
    renamed = notes({**sound, "payload": {"tool_name": "update"}})
    assert renamed["tool_call_id"] == "does not fit agent, time and tool_name"
    assert renamed["provenance_id"] == "fits agent, time and tool_call_id"
    other = notes({**sound, "tool_call_id": "0" * 12})
    assert other["tool_call_id"] == "does not fit agent, time and tool_name"
    assert other["provenance_id"] == "does not fit agent, time and tool_call_id"


def test_a_log_whose_ids_were_made_again_names_the_profile_also_after_a_restart(real: Path) -> None:
    vectors = json.loads((real / "swarm/vectors.json").read_bytes())["factories"]
    made = [json.dumps(vector["event"]).encode() for vector in vectors]
    native = lines([line(1), line(2, provenance_id="0123456789ab")])
    reader = FORMAT.reader(Context("event", NOW))
    reader.read(batch(native))
    assert reader.profile is None, "no recipe applied"
    reader.read(batch(made))
    assert reader.profile == "swarm-id/1"
    again = FORMAT.reader(Context("event", NOW))
    again.load_state(reader.take_state().items())
    assert again.profile == "swarm-id/1"


def test_ids_that_do_not_fit_settle_no_profile() -> None:
    wrong = line(1, "memory_written", provenance_id="0123456789ab", artifact_id="a", payload={"artifact_type": "x"})
    reader = FORMAT.reader(Context("event", NOW))
    reader.read(batch(lines([wrong])))
    assert reader.profile is None
