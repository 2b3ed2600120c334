"""Each field of each event type, as the specification's tables have it: right values give no finding, wrong ones do.

The tables are written out once more here, so that a slip in the models shows. Each ledger is read in bulk and record by
record; both must come to the same.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from console.formats.smvm import FORMAT
from console.model.finding import Finding
from console.model.trust import Severity
from tests.support.both_ways import one_at_a_time, outcome
from tests.support.smvm_cases import context
from tests.support.writers.smvm import RUN, Event, data_hash, events, memory_store, steps

METADATA = {
    "INGESTED": "source_type=api/file/database source_url:text record_count:count data_format=json/csv/xml"
    " ingestion_method=batch/stream quality_score:share estimated_size_bytes:count",
    "NORMALIZED": "original_schema:text target_schema:text field_mapping_count:count"
    " transformation_rules_applied:array data_quality_improved:flag validation_errors_resolved:count",
    "SANITIZED": "sensitivity_level=public/internal/confidential pii_fields_detected:array"
    " redaction_rules_applied:array data_utility_preserved:share compliance_requirements:array",
    "SYNTHESIZED": "synthesis_type=personas/market_data/scenarios target_count:count generation_parameters:object"
    " bias_controls_applied:array diversity_targets:object statistical_properties:object",
    "SIMULATED": "scenario_type=market_growth/competition/pricing simulation_parameters:object"
    " time_horizon=36_months/3_years/months/years assumptions_made:array convergence_achieved:flag"
    " statistical_significance:share",
    "FLAGGED": "flag_type=anomaly/risk/quality/bias severity_level=low/medium/high/critical"
    " detection_method=statistical/rule-based/ml affected_entities:array recommended_actions:array"
    " escalation_required:flag",
    "ANALYZED": "analysis_type=elasticity/wtp/roi/decision_matrix analysis_scope=market/segment/product"
    " methodology_used:array key_findings:array confidence_levels:object recommendations_generated:count",
    "DECIDED": "decision_type=go_no_go/market_entry/pricing decision_options:array evaluation_criteria:array"
    " decision_logic:text recommended_action:text confidence_level:share alternative_considerations:array",
    "PERSISTED": "storage_type=database/file/memory data_classification=green/amber"
    " retention_policy=365_days/12_months/2_years/days artifact_types:array storage_location:text backup_strategy:text",
}
PROVENANCE = {
    "INGESTED": "source_checksum:hash ingestion_timestamp:time ingestion_duration_ms:count bytes_processed:count"
    " records_filtered:count error_count:count",
    "NORMALIZED": "normalization_engine_version:text transformation_duration_ms:count fields_normalized:count"
    " default_values_applied:count data_loss_percentage:share schema_compliance_score:share",
    "SANITIZED": "sanitization_engine_version:text redaction_duration_ms:count fields_redacted:count"
    " hashing_algorithm=SHA-256/SHA-3 audit_trail_preserved:flag reversibility_status=reversible/irreversible",
    "SYNTHESIZED": "synthesis_engine_version:text generation_duration_ms:count random_seed:integer"
    " bias_assessment_score:share diversity_score:share validation_passed:flag",
    "SIMULATED": "simulation_engine_version:text execution_duration_ms:count iterations_completed:count"
    " random_seed:integer numerical_stability:share result_confidence:share",
    "FLAGGED": "detection_engine_version:text detection_timestamp:time confidence_score:share"
    " false_positive_probability:share historical_precedence:flag automated_response_taken:flag",
    "ANALYZED": "analysis_engine_version:text analysis_duration_ms:count data_points_processed:count"
    " statistical_tests_passed:count model_accuracy_score:share insight_quality_score:share",
    "DECIDED": "decision_engine_version:text decision_duration_ms:count criteria_weighted:flag"
    " sensitivity_analysis_performed:flag stakeholder_alignment:share decision_traceability:flag",
    "PERSISTED": "storage_engine_version:text persistence_duration_ms:count data_volume_bytes:count"
    " compression_ratio:ratio integrity_check_passed:flag replication_status=completed/pending/failed",
}
WRONG_TYPE, RANGE, EMPTY = "schema.wrong-type", "schema.out-of-range", "schema.missing-field"


def all_are(code: str, *values: Any) -> list[tuple[Any, str]]:
    """These values with the code that each of them gives."""
    return [(each, code) for each in values]


OF_TEXT = all_are(WRONG_TYPE, None, 7, 0.5, True, [], {})
OF_NUMBER = all_are(WRONG_TYPE, None, "1", "", True, False, [], {})
KINDS: dict[str, tuple[list[Any], list[tuple[Any, str]]]] = {
    "text": (["x", "a b", "é"], [*OF_TEXT, ("", EMPTY)]),
    "count": ([0, 1, 10**12], [*OF_NUMBER, (-1, RANGE), (1.5, WRONG_TYPE), (2.0, "schema.coerced")]),
    "integer": ([0, -7, 12345], [*OF_NUMBER, (1.5, WRONG_TYPE)]),
    "share": ([0, 1, 0.0, 1.0, 0.5], [*OF_NUMBER, (-0.1, RANGE), (-1, RANGE), (1.01, RANGE), (2, RANGE)]),
    "ratio": ([0, 0.75, 1, 3.5], [*OF_NUMBER, (-0.1, RANGE), (-1, RANGE)]),
    "flag": ([True, False], all_are(WRONG_TYPE, None, 0, 1, "true", "", [], {})),
    "array": ([[], ["x"], [{"a": 1}], [1, None]], all_are(WRONG_TYPE, None, "x", "", 1, True, {})),
    "object": ([{}, {"a": [1]}], all_are(WRONG_TYPE, None, "x", 1, True, [])),
    "hash": (
        ["0" * 64, "abcdef0123456789" * 4],
        [*OF_TEXT, *((each, "data.hash-malformed") for each in ("", "0" * 63, "0" * 65, "A" * 64, "g" * 64))],
    ),
    "time": (
        ["2026-02-03T10:15:30Z", "2026-02-03T10:15:30.123456Z", "2026-02-03T12:15:30+02:00"],
        [
            *OF_TEXT,
            ("", "schema.bad-pattern"),
            ("soon", "schema.bad-pattern"),
            ("2026-02-03", "schema.bad-pattern"),
            ("2026-02-03T10:15Z", "schema.bad-pattern"),
            ("2026-02-03 10:15:30Z", "schema.bad-pattern"),
            ("2026-02-30T10:15:30Z", "schema.impossible-date"),
            ("2026-13-03T10:15:30.5Z", "schema.impossible-date"),
            ("2026-02-03T25:15:30Z", "schema.impossible-date"),
            ("2026-02-03T10:15:30", "order.naive-timestamp"),
            ("2099-02-03T10:15:30Z", "order.future-timestamp"),
        ],
    ),
}
TYPES = [*METADATA]
NO_TEXT: list[Any] = [None, 7, []]
NO_OBJECT: list[Any] = [None, "", [], 1]
LATER = 1_795_200_000_000_000


def fields(kind: str) -> Iterator[tuple[str, str, list[Any], list[tuple[Any, str]]]]:
    """Part, name, right values, and wrong values with their codes."""
    for part, table in (("metadata", METADATA), ("provenance", PROVENANCE)):
        for entry in table[kind].split():
            name, _, words = entry.partition("=")
            if words:
                right, wrong = words.split("/"), [*OF_TEXT]
                wrong += [(each, "schema.not-in-vocabulary") for each in ("", "other", words.upper() + "X")]
                yield part, name, right, wrong
            else:
                name, _, holds = entry.partition(":")
                yield part, name, *KINDS[holds]


def found(records: list[Event], shape: str = "ledger") -> list[Finding]:
    """All findings, the same in bulk and one by one."""
    raws = [json.dumps(each).encode() for each in records]

    def make(bulk: bool = True) -> Any:
        reader = FORMAT.reader(context(shape=shape, now=LATER))
        return reader if bulk else one_at_a_time(reader)

    result = outcome(make, raws)
    assert result == outcome(lambda: make(False), raws)
    every: list[Finding] = [*result["findings"], *result["standing"]]
    return [each for each in every if each.code != "data.hash-unverifiable"]


def at(records: list[Event], kind: str) -> int:
    return next(index for index, each in enumerate(records) if each["event_type"] == kind)


def with_field(kind: str, part: str, name: str, value: Any) -> list[Event]:
    """A whole run with one field changed; a decision's hash is made again. ``...`` leaves the field out."""
    records = events()
    event = records[at(records, kind)]
    target = dict(event[part]) if part else event
    target[name] = value
    if value is ...:
        del target[name]
    if part:
        event[part] = target
    if kind == "DECIDED" and part == "metadata":
        event["data_hash"] = data_hash(target)
    return records


SAYS_MORE = {
    ("DECIDED", "decision_options"): "schema.inconsistent",
    ("DECIDED", "recommended_action"): "schema.inconsistent",
    ("SYNTHESIZED", "validation_passed"): "schema.inconsistent",
    ("PERSISTED", "replication_status"): "schema.inconsistent",
    ("PERSISTED", "integrity_check_passed"): "data.integrity-check-failed",
    ("INGESTED", "records_filtered"): "schema.inconsistent",
    ("INGESTED", "record_count"): "schema.inconsistent",
    ("SANITIZED", "fields_redacted"): "schema.inconsistent",
    ("FLAGGED", "escalation_required"): "schema.inconsistent",
    ("FLAGGED", "recommended_actions"): "schema.inconsistent",
}
"""Fields that are also tied to others, by rules with tests of their own."""


def test_a_whole_run_has_no_finding() -> None:
    assert found(events()) == []


@pytest.mark.parametrize("kind", TYPES)
def test_right_values(kind: str) -> None:
    for part, name, right, _ in fields(kind):
        for value in right:
            codes = {each.code for each in found(with_field(kind, part, name, value))}
            assert codes <= {SAYS_MORE.get((kind, name))}, (name, value, codes)


@pytest.mark.parametrize("kind", TYPES)
def test_wrong_values(kind: str) -> None:
    place = at(events(), kind) + 1
    for part, name, _, wrong in fields(kind):
        for value, code in [*wrong, (..., "schema.missing-field")]:
            some = found(with_field(kind, part, name, value))
            assert code in {each.code for each in some}, (name, value, some)
            assert all(each.record == place for each in some), (name, value)
            assert {each.field for each in some if each.code == code} <= {f"{part}.{name}", None}
            assert {each.code for each in some} <= {code, SAYS_MORE.get((kind, name))}, (name, value, some)


@pytest.mark.parametrize("kind", TYPES)
def test_fields_of_other_types_and_parts_that_are_none(kind: str) -> None:
    other = TYPES[TYPES.index(kind) - 1]
    foreign = METADATA[other].split()[0].partition("=")[0].partition(":")[0]
    for part in ("metadata", "provenance"):
        assert {each.code for each in found(with_field(kind, part, foreign, "x"))} >= {"schema.unknown-field"}
        for value in NO_OBJECT:
            some = found(with_field(kind, "", part, value))
            assert ("schema.wrong-type", part) in {(each.code, each.field) for each in some}
        assert {each.code for each in found(with_field(kind, "", part, ...))} == {"schema.missing-field"}


PATTERN, DATE = "schema.bad-pattern", "schema.impossible-date"
SERVICES = ["ingestion", "personas", "competitors", "simulation", "analysis", "overwatch", "memory", "cli"]
ENVELOPE: list[tuple[str, Any, str]] = [
    *((name, value, WRONG_TYPE) for name in ("event_id", "timestamp", "run_id", "span_id") for value, _ in OF_TEXT),
    *((name, value, WRONG_TYPE) for name in ("service", "agent_id", "data_hash") for value, _ in OF_TEXT),
    *((name, "", PATTERN) for name in ("event_id", "timestamp", "run_id", "span_id")),
    ("agent_id", "", "schema.missing-field"),
    ("service", "", "schema.not-in-vocabulary"),
    ("service", "Ingestion", "schema.not-in-vocabulary"),
    ("event_type", "", "schema.unknown-event-type"),
    ("event_type", "ingested", "schema.unknown-event-type"),
    ("event_type", "DELETED", "schema.unknown-event-type"),
    ("event_type", 7, WRONG_TYPE),
    ("event_id", "evt-20260203-101530-000000000003", PATTERN),
    ("event_id", "EVT-20260203-101530-00000000000", PATTERN),
    ("event_id", "EVT-20260203-101530-0000000000003", PATTERN),
    ("event_id", "EVT-20260203-101530-00000000000G", PATTERN),
    ("event_id", "EVT-20260203-101530-00000000000A", PATTERN),
    ("event_id", "EVT-2026023-101530-000000000003", PATTERN),
    ("event_id", "EVT-20260203101530-000000000003", PATTERN),
    ("event_id", " EVT-20260203-101530-000000000003", PATTERN),
    ("event_id", "EVT-20260203-101530-000000000003\n", PATTERN),
    ("event_id", "EVT-20260230-101530-000000000003", DATE),
    ("event_id", "EVT-20261303-101530-000000000003", DATE),
    ("event_id", "EVT-20260203-241530-000000000003", DATE),
    ("event_id", "EVT-20260203-106030-000000000003", DATE),
    ("event_id", "EVT-20260203-101528-000000000003", "identity.id-time-mismatch"),
    ("event_id", "EVT-20260203-101532-000000000003", "identity.id-time-mismatch"),
    ("event_id", "EVT-20250203-101530-000000000003", "identity.id-time-mismatch"),
    ("timestamp", "2026-02-03T10:15Z", PATTERN),
    ("timestamp", "2026-02-03", PATTERN),
    ("timestamp", "2026-02-03 10:15:30.909Z", PATTERN),
    ("timestamp", "2026-02-03T10:15:30,909Z", PATTERN),
    ("timestamp", "2026-02-03t10:15:30.909Z", PATTERN),
    ("timestamp", "2026-02-03T10:15:30.909 Z", PATTERN),
    ("timestamp", "2026-02-03T10:15:30.909+0000", PATTERN),
    ("timestamp", "20260203T101530Z", PATTERN),
    ("timestamp", "1770113730", PATTERN),
    ("timestamp", "Tue, 3 Feb 2026 10:15:30 GMT", PATTERN),
    ("timestamp", "2025-13-45T10:15:30Z", DATE),
    ("timestamp", "2026-02-29T10:15:30.909Z", DATE),
    ("timestamp", "2026-02-03T24:00:01Z", DATE),
    ("timestamp", "2026-02-03T10:60:30.909Z", DATE),
    ("timestamp", "2026-02-03T10:15:61Z", DATE),
    ("timestamp", "2026-02-03T10:15:30.909", "order.naive-timestamp"),
    ("timestamp", "2026-02-03T10:15:29Z", "order.time-regression"),
    ("span_id", f"{RUN}-0002-val", PATTERN),
    ("span_id", f"{RUN}-002-VAL", PATTERN),
    ("span_id", f"{RUN}-0002-VALI", PATTERN),
    ("span_id", f"{RUN}-0002", PATTERN),
    ("span_id", RUN, PATTERN),
    ("span_id", f"{RUN}-0002-VAL\n", PATTERN),
    ("span_id", "RUN-20260203-101530-00000000-0002-VAL", "identity.span-run-mismatch"),
    ("span_id", "0002-VAL", "identity.span-run-mismatch"),
    *(
        ("data_hash", value, "data.hash-malformed")
        for value in ("", "0" * 63, "0" * 65, "A" * 64, "g" * 64, "sha256:" + "0" * 64)
    ),
]


@pytest.mark.parametrize(("name", "value", "code"), ENVELOPE)
def test_the_envelope(name: str, value: Any, code: str) -> None:
    some = found(with_field("SANITIZED", "", name, value))
    if name == "event_type":
        some = [each for each in some if not each.code.startswith("order.stage")]
    assert code in {each.code for each in some}, some
    assert {each.code for each in some} <= {code, *BESIDE.get((name, code), ())}, some
    assert all(each.record == 3 for each in some if each.code == code)


BESIDE = {
    ("timestamp", "order.time-regression"): ("identity.id-time-mismatch",),
    ("timestamp", PATTERN): ("order.time-regression", "identity.id-time-mismatch"),
    ("run_id", PATTERN): ("order.stage-missing",),
    ("run_id", WRONG_TYPE): ("order.stage-missing",),
    ("event_type", WRONG_TYPE): (WRONG_TYPE,),
    ("service", WRONG_TYPE): (),
}
"""Other findings that one wrong value also comes to."""


@pytest.mark.parametrize("name", ["event_id", "timestamp", "run_id", "span_id", "service", "agent_id", "data_hash"])
def test_no_key_of_the_envelope_may_miss_and_none_be_added(name: str) -> None:
    codes = {each.code for each in found(with_field("SANITIZED", "", name, ...))}
    assert "schema.missing-field" in codes and codes <= {"schema.missing-field", "order.stage-missing"}
    assert {each.code for each in found(with_field("SANITIZED", "", f"{name}_", "x"))} == {"schema.unknown-field"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("event_id", "EVT-20260203-101530-abcdef012345"),
        ("event_id", "EVT-20260203-101529-abcdef012345"),  # the second before
        ("timestamp", "2026-02-03T10:15:30.909999Z"),
        ("timestamp", "2026-02-03T12:15:30.909999+02:00"),
        ("timestamp", "2026-02-03T10:15:30.406740Z"),  # as the event before
        ("timestamp", "2026-02-03T10:15:30.406740123Z"),
        ("span_id", f"{RUN}-9999-XYZ"),
        *(
            ("service", each)
            for each in ["ingestion", "personas", "competitors", "simulation", "analysis", "overwatch", "memory", "cli"]
        ),
        ("agent_id", "anybody"),
        ("data_hash", "ab" * 32),
    ],
)
def test_right_envelopes(name: str, value: Any) -> None:
    assert found(with_field("SANITIZED", "", name, value)) == []


@pytest.mark.parametrize(
    ("run", "code"),
    [
        ("RUN-20260203-101530-5EA1AB1E", PATTERN),
        ("RUN-20260203-101530-5ea1ab1", PATTERN),
        ("run-20260203-101530-5ea1ab1e", PATTERN),
        ("RUN-20260203-101530-5ea1ab1e-replay-1", PATTERN),
        ("RUN-20260203-101530-5ea1ab1e\n", PATTERN),
        ("dry_run_001", PATTERN),
        ("RUN-99999999-999999-5ea1ab1e", DATE),
        ("RUN-20260230-101530-5ea1ab1e", DATE),
        ("RUN-20260203-101531-5ea1ab1e", "identity.id-time-mismatch"),
        ("RUN-20260201-101530-5ea1ab1e", "identity.id-time-mismatch"),
    ],
)
def test_ids_of_runs(run: str, code: str) -> None:
    (only,) = found(events(run))
    assert (only.code, only.record, only.event_id) == (code, 1, events(run)[0]["event_id"])


def test_a_run_whose_first_time_cannot_be_read() -> None:
    records = events("RUN-20260201-101530-5ea1ab1e")
    records[0]["timestamp"] = "soon"
    assert {(each.code, each.record) for each in found(records)} == {
        (PATTERN, 1),
        ("identity.id-time-mismatch", 2),
    }


def test_ids_of_runs_that_are_right() -> None:
    for run in ("RUN-20260203-101530-00000000", "RUN-20260203-101529-5ea1ab1e", "RUN-20260202-235959-5ea1ab1e"):
        assert found(events(run)) == []


STEP: list[tuple[str, Any, str]] = [
    *((name, value, WRONG_TYPE) for name in ("timestamp", "run_id", "event_type", "level") for value in NO_TEXT),
    *((name, value, WRONG_TYPE) for name in ("message", "step_name") for value in NO_TEXT[1:]),
    *(("metadata", value, WRONG_TYPE) for value in NO_OBJECT),
    *((name, ..., "schema.missing-field") for name in ("timestamp", "run_id", "event_type", "message", "metadata")),
    *((name, "", PATTERN) for name in ("timestamp", "run_id")),
    ("timestamp", "soon", PATTERN),
    ("timestamp", "2026-02-03T10:15Z", PATTERN),
    ("timestamp", "2026-02-30T10:15:30Z", DATE),
    ("timestamp", "2026-02-03T10:15:29Z", "order.time-regression"),
    ("timestamp", "2099-02-03T10:15:29Z", "order.future-timestamp"),
    ("event_type", "STEP_STARTED", "schema.unknown-event-type"),
    ("event_type", "", "schema.unknown-event-type"),
    ("level", "info", "schema.not-in-vocabulary"),
    ("level", "", "schema.not-in-vocabulary"),
    ("extra", 1, "schema.unknown-field"),
    ("context", [], WRONG_TYPE),
    ("context", {"user_id": 7}, WRONG_TYPE),
]


@pytest.mark.parametrize(("name", "value", "code"), STEP)
def test_steps(name: str, value: Any, code: str) -> None:
    records = steps()
    records[2] = {key: each for key, each in (records[2] | {name: value}).items() if each is not ...}
    (only,) = found(records, "step")
    assert (only.code, only.record) == (code, 3)


def test_right_steps() -> None:
    kinds = [f"STEP_{each}" for each in ("START", "PROGRESS", "SUCCESS", "FAILURE", "RETRY")]
    kinds += ["RESOURCE_USAGE", "VALIDATION_ERROR", "CIRCUIT_BREAKER", "PIPELINE_COMPLETE"]
    for kind in [*kinds, "COMMAND_START", "COMMAND_SUCCESS", "COMMAND_FAILURE"]:
        assert found([each | {"event_type": kind} for each in steps()], "step") == []
    for run in ("dry_run_001", "run_20260203_101530", "cli-run-001", "anything", f"{RUN}-replay-1"):
        assert found(steps(run), "step") == []
    more: dict[str, Any]
    for more in ({"context": {"user_id": "u", "correlation_id": "c"}}, {"context": {}}, {"step_name": None}):
        assert found([each | more for each in steps()], "step") == []


STORE: list[tuple[str, Any, str]] = [
    *((name, value, WRONG_TYPE) for name in ("id", "timestamp", "entity_type", "entity_id") for value in NO_TEXT),
    *((name, value, WRONG_TYPE) for name in ("event_type", "data_hash", "stored_at") for value in NO_TEXT),
    *((name, ..., "schema.missing-field") for name in ("id", "timestamp", "event_type", "entity_type", "entity_id")),
    *((name, ..., "schema.missing-field") for name in ("data_hash", "stored_at")),
    *((name, "", "schema.missing-field") for name in ("entity_type", "entity_id")),
    *((name, "", PATTERN) for name in ("id", "timestamp", "stored_at")),
    ("id", "evt_00000000000", PATTERN),
    ("id", "evt_00000000000G", PATTERN),
    ("id", "EVT-20260203-101530-000000000003", PATTERN),
    ("timestamp", "soon", PATTERN),
    ("timestamp", "2026-02-30T10:15:30Z", DATE),
    ("timestamp", "2026-02-03T10:15:29Z", "order.time-regression"),
    ("stored_at", "2026-02-30T10:15:30Z", DATE),
    ("stored_at", "soon", PATTERN),
    ("stored_at", "2099-02-03T10:15:30Z", "order.future-timestamp"),
    ("event_type", "entity_deleted", "schema.unknown-event-type"),
    ("data_hash", "x", "data.hash-malformed"),
    ("data_hash", "", "data.hash-malformed"),
    ("extra", 1, "schema.unknown-field"),
]


@pytest.mark.parametrize(("name", "value", "code"), STORE)
def test_the_memory_store(name: str, value: Any, code: str) -> None:
    records = json.loads(memory_store())
    assert found(records, "memory-store") == []
    records[1] = {key: each for key, each in (records[1] | {name: value}).items() if each is not ...}
    (only,) = found(records, "memory-store")
    assert (only.code, only.record) == (code, 2)


def test_what_is_only_empty_warns_where_no_form_is_asked_for() -> None:
    for kind, part, name in (("INGESTED", "metadata", "source_url"), ("DECIDED", "", "agent_id")):
        (only,) = found(with_field(kind, part, name, ""))
        assert only.severity is Severity.WARNING
