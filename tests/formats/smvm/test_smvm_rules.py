"""Each rule of the specification, against a sound ledger with one thing wrong."""

import json
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from console.formats.json.scan import scan_batch
from console.formats.protocol import Sample
from console.formats.reading.reader import LedgerReader
from console.formats.smvm import FORMAT
from console.formats.smvm.columns import FIELDS, TYPES
from console.formats.smvm.hashes.integrity import HashState, canonical, check, digest
from console.formats.smvm.schema.breaches import breaches
from console.formats.smvm.schema.hints import units
from console.formats.smvm.schema.models import Analyzed, Decided, Flagged, Ingested
from console.model.record import Record
from console.model.trust import Severity, Trust
from tests.support.smvm_cases import RUN, batch, context, event, ledger, lines, own, read, told


def changed(index: int, **values: Any) -> list[dict[str, Any]]:
    """The sound ledger with fields of one event changed; ``metadata__x`` means a field of its metadata."""
    events = ledger()
    for name, value in values.items():
        part, _, field = name.partition("__")
        target = events[index][part] if field else events[index]
        if value is ...:
            del target[field or part]
        else:
            target[field or part] = value
    return events


def test_a_sound_ledger_has_no_finding_but_missing_stages_and_payloads() -> None:
    out, found = read(lines(ledger()))
    assert not out.findings and own(found) == set()
    assert [Trust(each).word for each in out.trust] == ["unchecked", "unchecked", "unchecked", "verified"]


@pytest.mark.parametrize(
    ("index", "values", "code", "field"),
    [
        (0, {"event_id": "EVT-20250909-183116-XYZ"}, "schema.bad-pattern", "event_id"),
        (0, {"event_id": "EVT-20250909-183116-00000000000f\n"}, "schema.bad-pattern", "event_id"),
        (0, {"event_id": "EVT-٢٠٢٥٠٩٠٩-183116-00000000000f"}, "schema.bad-pattern", "event_id"),
        (0, {"event_id": "EVT-20251345-183116-00000000000f"}, "schema.impossible-date", "event_id"),
        (1, {"event_id": "EVT-20250909-183199-00000000000f"}, "schema.impossible-date", "event_id"),
        (1, {"event_id": "EVT-20250909-183114-00000000000f"}, "identity.id-time-mismatch", "event_id"),
        (1, {"timestamp": "2025-02-30T18:31:17Z"}, "schema.impossible-date", "timestamp"),
        (1, {"timestamp": "yesterday"}, "schema.bad-pattern", "timestamp"),
        (
            1,
            {"timestamp": "2025-09-09T18:31:16.406739Z", "event_id": "EVT-20250909-183116-00000000000f"},
            "order.time-regression",
            "timestamp",
        ),
        (
            3,
            {"timestamp": "2031-09-09T18:31:19Z", "event_id": "EVT-20310909-183119-00000000000f"},
            "order.future-timestamp",
            "timestamp",
        ),
        (1, {"timestamp": "2025-09-09T18:31:17"}, "order.naive-timestamp", None),
        (1, {"span_id": "RUN-20250909-183116-00000000-0003-COM"}, "identity.span-run-mismatch", "span_id"),
        (1, {"span_id": f"{RUN}-3-com"}, "schema.bad-pattern", "span_id"),
        (1, {"service": "billing"}, "schema.not-in-vocabulary", "service"),
        (1, {"agent_id": 7}, "schema.wrong-type", "agent_id"),
        (1, {"agent_id": ...}, "schema.missing-field", "agent_id"),
        (1, {"extra": 1}, "schema.unknown-field", "extra"),
        (1, {"event_type": "GUESSED"}, "schema.unknown-event-type", "event_type"),
        (1, {"event_type": ...}, "schema.missing-field", "event_type"),
        (1, {"metadata": []}, "schema.wrong-type", "metadata"),
        (0, {"metadata__estimated_size_bytes": -1}, "schema.out-of-range", "metadata.estimated_size_bytes"),
        (0, {"metadata__record_count": "3"}, "schema.wrong-type", "metadata.record_count"),
        (0, {"metadata__record_count": True}, "schema.wrong-type", "metadata.record_count"),
        (0, {"metadata__record_count": 3.0}, "schema.coerced", "metadata.record_count"),
        (0, {"metadata__quality_score": 1.01}, "schema.out-of-range", "metadata.quality_score"),
        (0, {"metadata__source_url": ...}, "schema.missing-field", "metadata.source_url"),
        (0, {"metadata__why": 1}, "schema.unknown-field", "metadata.why"),
        (0, {"metadata__data_format": "parquet"}, "schema.not-in-vocabulary", "metadata.data_format"),
        (0, {"metadata__record_count": 2**60}, "record.unsafe-integer", None),
        (0, {"data_hash": "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6"}, "data.hash-malformed", "data_hash"),
        (0, {"provenance__source_checksum": "AB" * 32}, "data.hash-malformed", "provenance.source_checksum"),
        (0, {"provenance__ingestion_timestamp": "soon"}, "schema.bad-pattern", "provenance.ingestion_timestamp"),
        (0, {"provenance__records_filtered": 4}, "schema.inconsistent", "provenance.records_filtered"),
        (3, {"metadata__confidence_level": 0.83}, "data.hash-mismatch", "data_hash"),
        (3, {"metadata__confidence_level": 1}, "data.hash-mismatch", "data_hash"),
        (3, {"data_hash": "0" * 64}, "data.hash-mismatch", "data_hash"),
        (
            1,
            {"metadata__affected_entities": ["RUN-20250909-183116-00000000"]},
            "reference.unresolved",
            "metadata.affected_entities",
        ),
        (
            1,
            {"metadata__affected_entities": ["EVT-20250909-183116-ffffffffffff"]},
            "reference.unresolved",
            "metadata.affected_entities",
        ),
    ],
)
def test_one_thing_wrong_is_one_finding(index: int, values: dict[str, Any], code: str, field: str | None) -> None:
    _out, found = read(lines(changed(index, **values)))
    assert own(found) == {code}
    assert (code, field) in told(found)
    assert all(each.record == index + 1 for each in found if each.code == code)


def test_the_run_id_is_found_once_with_a_count() -> None:
    for run, code in (("RUN-99999999-999999-00000000", "schema.impossible-date"), ("my-run", "schema.bad-pattern")):
        events = [each | {"run_id": run, "span_id": f"{run}-0001-ING"} for each in ledger()]
        _out, found = read(lines(events))
        (only,) = [each for each in found if each.field == "run_id"]
        assert (only.code, only.count, only.severity, only.stream) == (code, 4, Severity.ERROR, run)
    for run in ("run_20250909_183116", "cli-run-001", f"{RUN}-replay-a1b2c3d4"):
        events = [each | {"run_id": run, "span_id": f"{run}-0001-ING"} for each in ledger()]
        (only,) = [each for each in read(lines(events))[1] if each.field == "run_id"]
        assert (only.code, only.severity) == ("schema.bad-pattern", Severity.ERROR)
        assert "real writers do this" in only.message


def test_a_service_outside_of_the_vocabulary_is_a_warning() -> None:
    (only,) = [each for each in read(lines(changed(1, service="billing")))[1] if each.field == "service"]
    assert (only.code, only.severity) == ("schema.not-in-vocabulary", Severity.WARNING)


def test_equal_times_are_in_order_and_a_dropped_fraction_is_read_right() -> None:
    events = ledger()
    events[1]["timestamp"] = events[0]["timestamp"]
    events[1]["event_id"] = events[0]["event_id"][:-1] + "f"
    events[2]["timestamp"] = "2025-09-09T18:31:18Z"
    events[3] |= {"timestamp": "2025-09-09T18:31:18.4Z", "event_id": "EVT-20250909-183118-0000000000ff"}
    assert own(read(lines(events))[1]) == set()


def test_stages_out_of_order_and_missing() -> None:
    first, flag, analyzed, decided = ledger()
    _out, found = read(lines([first, flag, decided]))
    missing = [(each.message, each.severity) for each in found if each.code == "order.stage-missing"]
    assert missing[0] == ("DECIDED without ANALYZED.", Severity.ERROR)
    assert missing[1] == ("No NORMALIZED, SANITIZED, SYNTHESIZED, SIMULATED.", Severity.NOTE)
    late = event("ANALYZED", 19, "0005-ANA", "analysis", analyzed["metadata"], analyzed["provenance"])
    late["event_id"] = late["event_id"][:-1] + "f"
    _out, found = read(lines([first, flag, decided, late]))
    assert [each.message for each in found if each.code == "order.stage-order"] == ["ANALYZED comes after DECIDED."]
    assert Severity.ERROR not in {each.severity for each in found}


def test_business_rules_of_flagged_sanitized_and_persisted() -> None:
    flagged = changed(1, metadata__escalation_required=True, metadata__recommended_actions=[])
    assert ("schema.inconsistent", "metadata.recommended_actions") in told(read(lines(flagged))[1])
    sanitized = event(
        "SANITIZED",
        19,
        "0001-ING",
        "ingestion",
        {
            "sensitivity_level": "internal",
            "pii_fields_detected": ["email"],
            "redaction_rules_applied": [],
            "data_utility_preserved": 1,
            "compliance_requirements": [],
        },
        {
            "sanitization_engine_version": "1",
            "redaction_duration_ms": 1,
            "fields_redacted": 0,
            "hashing_algorithm": "SHA-256",
            "audit_trail_preserved": True,
            "reversibility_status": "irreversible",
        },
    )
    assert own(read(lines([sanitized]))[1]) == {"schema.inconsistent"}
    persisted = event(
        "PERSISTED",
        19,
        "0006-DEC",
        "memory",
        {
            "storage_type": "file",
            "data_classification": "green",
            "retention_policy": "365_days",
            "artifact_types": [],
            "storage_location": "x",
            "backup_strategy": "y",
        },
        {
            "storage_engine_version": "1",
            "persistence_duration_ms": 1,
            "data_volume_bytes": 1,
            "compression_ratio": 0.5,
            "integrity_check_passed": False,
            "replication_status": "completed",
        },
    )
    _out, found = read(lines([persisted]))
    assert own(found) == {"data.integrity-check-failed"}
    assert {each.severity for each in found if each.code.startswith("data.integ")} == {Severity.ERROR}


def test_high_flags_mark_row_and_stream_without_a_finding() -> None:
    reader = FORMAT.reader(context())
    out = reader.read(batch(lines(changed(1, metadata__severity_level="critical"))))
    assert list(out.worst) == [0, Severity.WARNING, 0, 0]
    assert [fact.state for fact in reader.facts()] == [{"stage": "DECIDED", "flagged": "critical"}]
    assert list(reader.facts()) == []


def test_references_are_met_by_earlier_and_by_later_events() -> None:
    events = ledger()
    for target in (0, 3):
        events[1]["metadata"]["affected_entities"] = [events[target]["event_id"], f"{RUN}-0001-ING", RUN, "P-US-1"]
        assert "reference.unresolved" not in {each.code for each in read(lines(events))[1]}


def test_runs_in_one_file_are_an_error_whatever_lies_beside_it() -> None:
    other = "RUN-20250909-183115-00000000"
    events = ledger()
    events[1] |= {"run_id": other, "span_id": f"{other}-0003-COM"}
    _out, found = read(lines(events))
    assert [(each.severity, each.count, each.record) for each in found if each.code == "identity.mixed-runs"] == [
        (Severity.ERROR, 1, 2)
    ]
    _out, found = read(lines(events), {"meta.json": json.dumps({"run_id": RUN}).encode()})
    assert [each.severity for each in found if each.code == "identity.mixed-runs"] == [Severity.ERROR]


def test_decided_by_the_compact_form_is_verified_and_the_proof_names_it() -> None:
    events = ledger()
    metadata = events[3]["metadata"]
    events[3]["data_hash"] = sha256(canonical(metadata, (",", ":"))).hexdigest()
    raws = lines(events)
    out, _found = read(raws)
    assert out.trust[3] == Trust.VERIFIED and check(events[3]).state is HashState.VERIFIED
    proof = FORMAT.prove(Record(4, 0, len(raws[3]), raws[3]), None, context())
    assert proof is not None and proof.trust is Trust.VERIFIED and "compact" in proof.verdict
    assert proof.preimage is not None and proof.recomputed == sha256(proof.preimage).hexdigest() == proof.stored
    for span in proof.spans:
        name = span.field.removeprefix("metadata.")
        piece = json.loads(b"{" + proof.preimage[span.start : span.end] + b"}")
        assert piece == {name: metadata[name]}
    assert any("not covered" in note for note in proof.notes)


def test_an_edited_decision_is_broken_even_when_its_payload_file_is_at_hand() -> None:
    payload = json.dumps(ledger()[3]["metadata"]).encode()
    out, found = read(lines(changed(3, metadata__recommended_action="cancel")), {"outputs/decision.json": payload})
    assert out.trust[3] == Trust.BROKEN
    (only,) = [each for each in found if each.code == "data.hash-mismatch"]
    assert "outputs/decision.json" in only.message and only.severity is Severity.CRITICAL


def test_hashes_json_names_the_first_index_that_differs() -> None:
    events = ledger()
    plain = [sha256(json.dumps(each).encode()).hexdigest() for each in events]
    for hashes in ([digest(each) for each in events], plain):
        listed = {"hashes.json": json.dumps({"events": hashes}).encode()}
        assert own(read(lines(events), listed)[1]) == set()
        _out, found = read(lines(changed(2, agent_id="other")), listed)
        (only,) = [each for each in found if each.code == "data.hash-mismatch"]
        assert (only.field, only.record) == ("hashes.json events[2]", 3)
        _out, found = read(lines(events[:3]), listed)
        assert [each.code for each in found].count("data.hash-mismatch") == 1
    unknown = {"hashes.json": json.dumps({"events": ["00" * 32] * 4}).encode()}
    _out, found = read(lines(events), unknown)
    assert "data.hash-mismatch" not in {each.code for each in found}
    assert any("hashes.json" in each.message for each in found if each.code == "data.hash-unverifiable")


def test_hashes_json_tells_a_changed_artifact() -> None:
    listed = {"artifacts": {"outputs/a.json": sha256(b"{}").hexdigest()}}
    files = {"hashes.json": json.dumps(listed).encode(), "outputs/a.json": b"{}"}
    assert own(read(lines(ledger()), files)[1]) == set()
    _out, found = read(lines(ledger()), files | {"outputs/a.json": b'{"a": 1}'})
    assert ("data.hash-mismatch", "outputs/a.json") in told(found)


def test_bad_records_are_findings_and_the_rest_is_read() -> None:
    raws = lines(ledger())
    mess = [b"", b"{", b"[]", b'"x"', b"\xff", b'{"event_id": {"a": [1]}, "metadata": 3}', b"[" * 100_000]
    out, found = read([raws[0], *mess, *raws[1:]])
    assert len(out) == 11 and out.trust[10] == Trust.VERIFIED
    assert {each.record for each in found if each.code.startswith(("record.", "schema."))} == set(range(2, 9))
    deep = json.dumps(ledger()[2]).replace('"elasticity": 0.89', '"a": ' + '{"a":' * 200 + "1" + "}" * 200)
    assert own(read([deep.encode()])[1]) == {"record.too-deep"}


def test_a_key_that_stands_twice_is_found_on_the_quick_way_too() -> None:
    raw = lines(ledger())[0]
    for twice in (
        raw[:-1] + b', "run_id": "x"}',
        raw[:-1] + b', "run_id" : "x"}',
        raw.replace(b'"source_url": "', b'"source_url": ":", "source_url" : "'),
        raw.replace(b'"run_id"', b'"r\\u0075n_id": "x", "run_id"'),
    ):
        assert "record.duplicate-key" in {each.code for each in read([twice])[1]}


def test_the_memory_store_is_read_as_streams_of_entities() -> None:
    entry = {
        "id": "evt_0123456789ab",
        "timestamp": "2025-09-09T18:31:16Z",
        "event_type": "entity_stored",
        "entity_type": "company",
        "entity_id": "company_1",
        "data_hash": digest(PAYLOAD_OF_ENTITY),
        "stored_at": "2025-09-09T18:31:16Z",
    }
    pretty = json.dumps(entry, indent=2).encode()
    claim = FORMAT.sniff(Sample("events.json", "json", None, [pretty]))
    assert claim is not None and claim.shape == "memory-store"
    out, found = read([pretty])
    assert [(each.kind, each.key) for each in out.new_streams] == [("entity", "company_1")]
    assert own(found) == set() and out.key[0]
    out, found = read([pretty], {"inputs/company.json": json.dumps(PAYLOAD_OF_ENTITY).encode()})
    assert list(out.trust) == [Trust.VERIFIED]
    _out, found = read(lines([entry | {"id": "evt_1", "data_hash": "x"}]))
    assert told(found) == {("schema.bad-pattern", "id"), ("data.hash-malformed", "data_hash")}


PAYLOAD_OF_ENTITY = {"name": "TechCorp"}

_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.integers(min_value=2**52, max_value=2**70),
    st.floats(allow_nan=False),
    st.sampled_from([0.0, 1.0, 1.5, -0.5]),
    st.text(max_size=4),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
)
_MODEL: TypeAdapter[Any] = TypeAdapter(Ingested | Flagged | Analyzed | Decided)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 3), st.sampled_from(["", "metadata", "provenance"]), st.integers(0, 30), _VALUES)
def test_what_the_types_accept_the_models_accept(index: int, part: str, field: int, value: Any) -> None:
    document = ledger()[index]
    target = document[part] if part else document
    target[[*target, "unknown"][field % (len(target) + 1)]] = value
    raw = json.dumps(document).encode()
    scan = scan_batch(batch([raw]), FIELDS)
    if scan.plain(LedgerReader.tolerated)[0] and TYPES[0].objects(scan, [0])[0] is not None:
        _MODEL.validate_python(document)
        assert breaches(document, "ledger") == []


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_any_byte_of_a_golden_ledger_changed_is_seen_or_lies_in_a_field_that_is_not_covered(
    data: st.DataObject,
) -> None:
    events = ledger()
    raws = lines(events)
    index = data.draw(st.integers(0, len(raws) - 1))
    at = data.draw(st.integers(0, len(raws[index]) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda each: each != raws[index][at]))
    edited = raws[index][:at] + bytes([byte]) + raws[index][at + 1 :]
    sound, _found = read(raws)
    out, found = read([*raws[:index], edited, *raws[index + 1 :]])
    if list(out.trust) != list(sound.trust) or own(found):
        return
    after = json.loads(edited)
    differing = {name for name in events[index] if after.get(name) != events[index][name]}
    uncovered = {"event_id", "timestamp", "run_id", "span_id", "service", "agent_id", "provenance"}
    if events[index]["event_type"] != "DECIDED":
        uncovered |= {"metadata", "data_hash"}  # nothing is at hand to check it: shown as unchecked
    assert differing <= uncovered
    assert all(name in "".join(FORMAT.profiles[0].coverage.uncovered) for name in differing - {"data_hash"})


def test_panels_show_every_key_and_what_became_of_the_hash() -> None:
    raws = lines(ledger())
    decoded = FORMAT.decode(Record(4, 0, len(raws[3]), raws[3]), context())
    envelope, metadata, provenance = FORMAT.panels(decoded, context())
    assert [each.title for each in (envelope, metadata, provenance)] == ["Envelope", "Metadata", "Provenance"]
    assert {each.name: each.note for each in envelope.fields}["data_hash"].startswith("verified (metadata")
    assert len(metadata.fields) == 7 and len(provenance.fields) == 6
    assert decoded.event_id == ledger()[3]["event_id"] and decoded.category == "DECIDED"
    broken = FORMAT.decode(Record(1, 0, 1, b"{"), context())
    assert broken.type == "" and FORMAT.panels(broken, context())[0].title == "Envelope"


def test_an_event_that_names_an_empty_run_is_of_none() -> None:
    reader = FORMAT.reader(context())
    reader.read(batch(lines([ledger()[0] | {"run_id": ""}])))
    again = FORMAT.reader(context())
    again.load_state(reader.take_state().items())
    assert again.standing() == reader.standing()
    assert "schema.bad-pattern" not in {each.code for each in reader.standing()}


@pytest.mark.parametrize(
    "duration", ["1 year", "90d", "P1Y", "P90D", "36_months", "365_days", "2 Weeks", "1.5 years", "P1Y6M"]
)
def test_durations_are_written_in_many_ways(duration: str) -> None:
    assert units("days", "months", "years").allow(duration) and units("months", "years").allow(duration)


@pytest.mark.parametrize("duration", ["", "year long", "P", "PT", "90 q", "d", "-1 year", "1 year\n"])
def test_what_is_no_duration(duration: str) -> None:
    assert not units("days", "months", "years").allow(duration)
