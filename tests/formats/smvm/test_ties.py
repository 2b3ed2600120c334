"""Rules that tie fields, events and files of a run: each met, and each just missed."""

import gzip
import json
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from console.engine.ledgers.opening import Opened, open_ledgers
from console.formats.smvm import FORMAT
from console.model.finding import Finding
from console.model.trust import Severity
from tests.formats.smvm.test_every_field import LATER, at, found
from tests.support.both_ways import batch_of
from tests.support.smvm_cases import context
from tests.support.verdicts import judge
from tests.support.writers.smvm import RUN, START, Event, data_hash, events, jsonl, run_folder, steps

OTHER = "RUN-20260203-101530-00000000"


def changed(kind: str, **values: Any) -> list[Event]:
    """A whole run with fields of one event changed: ``metadata__x`` or ``provenance__x``."""
    records = events()
    event = records[at(records, kind)]
    for name, value in values.items():
        part, _, field = name.partition("__")
        event[part] = event[part] | {field: value}
    if kind == "DECIDED":
        event["data_hash"] = data_hash(event["metadata"])
    return records


def codes(some: list[Finding]) -> set[str]:
    return {each.code for each in some}


@pytest.mark.parametrize(
    ("kind", "right", "wrong", "code"),
    [
        (
            "INGESTED",
            {"metadata__record_count": 3, "provenance__records_filtered": 3},
            {"metadata__record_count": 3, "provenance__records_filtered": 4},
            "schema.inconsistent",
        ),
        (
            "SANITIZED",
            {"metadata__pii_fields_detected": [], "provenance__fields_redacted": 0},
            {"metadata__pii_fields_detected": ["email"], "provenance__fields_redacted": 0},
            "schema.inconsistent",
        ),
        (
            "SYNTHESIZED",
            {"provenance__validation_passed": True},
            {"provenance__validation_passed": False},
            "schema.inconsistent",
        ),
        (
            "FLAGGED",
            {"metadata__escalation_required": False, "metadata__recommended_actions": []},
            {"metadata__escalation_required": True, "metadata__recommended_actions": []},
            "schema.inconsistent",
        ),
        (
            "FLAGGED",
            {"metadata__escalation_required": True, "metadata__recommended_actions": ["stop"]},
            {"metadata__escalation_required": True, "metadata__recommended_actions": []},
            "schema.inconsistent",
        ),
        (
            "DECIDED",
            {"metadata__decision_options": ["go", "stop"], "metadata__recommended_action": "stop"},
            {"metadata__decision_options": ["go", "stop"], "metadata__recommended_action": "wait"},
            "schema.inconsistent",
        ),
        (
            "DECIDED",
            {"metadata__decision_options": [{"id": 1, "action": "go"}], "metadata__recommended_action": "go"},
            {"metadata__decision_options": [], "metadata__recommended_action": "go"},
            "schema.inconsistent",
        ),
        (
            "PERSISTED",
            {"provenance__replication_status": "pending"},
            {"provenance__replication_status": "failed"},
            "schema.inconsistent",
        ),
        (
            "PERSISTED",
            {"provenance__integrity_check_passed": True},
            {"provenance__integrity_check_passed": False},
            "data.integrity-check-failed",
        ),
    ],
)
def test_fields_that_are_tied(kind: str, right: dict[str, Any], wrong: dict[str, Any], code: str) -> None:
    assert found(changed(kind, **right)) == []
    (only,) = found(changed(kind, **wrong))
    assert (only.code, only.record) == (code, at(events(), kind) + 1)
    assert only.severity is (Severity.WARNING if code.startswith("schema") else Severity.ERROR)


def affected(*entities: Any) -> list[Finding]:
    return found(changed("FLAGGED", metadata__affected_entities=[*entities]))


def test_affected_entities_that_look_like_ids_of_the_ledger_are_in_it() -> None:
    records = events()
    for index in (0, 8):  # before the flag, and behind it
        event = records[index]
        for name in ("event_id", "span_id", "run_id"):
            assert affected(event[name]) == []
            assert affected({"kind": "event", "id": event[name]}) == []
    assert affected("COMP-001", {"id": "COMP-1"}, 7, None, ["x"], "", {}) == []
    missing = ["EVT-20260203-101530-ffffffffffff", f"{RUN}-0099-ING", OTHER, f"{OTHER}-0001-ING"]
    for entity in missing:
        for shape in (entity, {"kind": "event", "id": entity}):
            (only,) = affected(shape)
            assert (only.code, only.actual, only.record) == ("reference.unresolved", entity, 6)
    assert len(affected(*missing, missing[0])) == 4


def test_spans_of_a_run_are_remembered_from_batch_to_batch() -> None:
    records = changed("FLAGGED", metadata__affected_entities=[f"{RUN}-0001-ING"])
    records += [
        records[5]
        | {"event_id": f"EVT-{records[5]['event_id'][4:20]}{number:012x}", "span_id": f"{RUN}-{number:04}-OVW"}
        for number in range(100, 200)
    ]
    assert "reference.unresolved" not in codes(found(records))


@pytest.mark.parametrize(
    ("order", "code", "record"),
    [
        (["INGESTED", "SANITIZED", "NORMALIZED"], "order.stage-order", 3),
        (["NORMALIZED", "INGESTED"], "order.stage-order", 2),
        (["INGESTED", "FLAGGED", "NORMALIZED", "FLAGGED"], None, None),
        (["FLAGGED", "INGESTED", "INGESTED", "NORMALIZED"], None, None),
        (["ANALYZED", "PERSISTED", "DECIDED"], "order.stage-order", 3),
    ],
)
def test_stages(order: list[str], code: str | None, record: int | None) -> None:
    by_type = {each["event_type"]: each for each in events()}
    records = []
    for number, kind in enumerate(order):
        stamp = f"EVT-20260203-101530-{number:012x}"
        records.append(by_type[kind] | {"event_id": stamp, "timestamp": f"2026-02-03T10:15:30.40674{number}Z"})
    notable = [each for each in found(records) if each.severity > Severity.NOTE]
    assert [(each.code, each.record) for each in notable] == ([(code, record)] if code else [])


def test_a_decision_needs_an_analysis_and_a_missing_stage_is_a_note() -> None:
    records = events()
    without = [each for each in records if each["event_type"] != "ANALYZED"]
    (only,) = found(without)
    assert (only.code, only.severity, only.record) == ("order.stage-missing", Severity.ERROR, 7)
    for kind in ("INGESTED", "NORMALIZED", "SANITIZED", "SYNTHESIZED", "SIMULATED"):
        (only,) = found([each for each in records if each["event_type"] != kind])
        assert (only.code, only.severity, kind in only.message) == ("order.stage-missing", Severity.NOTE, True)
    for kind in ("FLAGGED", "PERSISTED"):
        assert found([each for each in records if each["event_type"] != kind]) == []


def test_an_id_that_stands_twice(tmp_path: Path) -> None:
    records = events()
    records[4]["event_id"] = records[3]["event_id"]
    verdict = judge(run_folder(tmp_path, records))
    assert [(each["code"], each["record"]) for each in verdict.findings if each["severity"] == "error"] == [
        ("identity.duplicate-event-id", 5)
    ]


def test_a_partition_holds_the_run_of_its_folder_and_of_its_name(tmp_path: Path) -> None:
    lines = jsonl(events())
    for name, code in (
        (f"{RUN}/events.jsonl", None),
        (f"runs/p/validation/{RUN}/events.jsonl", None),
        (f"{RUN}.jsonl", None),
        ("events.jsonl", None),
        ("my-replay-1/events.jsonl", None),
        (f"{OTHER}/events.jsonl", "identity.mixed-runs"),
        (f"{RUN}-replay-1/events.jsonl", "identity.mixed-runs"),
        (f"{OTHER}.jsonl", "identity.mixed-runs"),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(lines)
        (opened,) = [each for each in open_ledgers([str(path)]) if isinstance(each, Opened)]
        reader = FORMAT.reader(opened.context())
        reader.read(batch_of(lines.splitlines()))
        mixed = [each for each in reader.standing() if each.code == "identity.mixed-runs"]
        assert [(each.expected, each.actual, each.count) for each in mixed] == (
            [(path.parent.name if "/" in name else OTHER, RUN, 9)] if code else []
        )
        path.unlink()


def files(tmp_path: Path, listed: dict[str, Any]) -> list[tuple[str, str]]:
    """What is found of the files that a run's ``hashes.json`` lists."""
    path = run_folder(tmp_path)
    (path.parent / "reports").mkdir()
    (path.parent / "reports/report.md").write_bytes(b"# Report\n")
    (path.parent / "seeds.json").write_bytes(b'{"seed": 7}')
    (path.parent / "hashes.json").write_text(json.dumps(listed))
    return [(each["code"], each["field"]) for each in judge(path).findings]


META = sha256(
    json.dumps({"run_id": RUN, "project_id": "juniper", "status": "COMPLETED", "retention_days": 90}, indent=2).encode()
).hexdigest()
REPORT, SEEDS = sha256(b"# Report\n").hexdigest(), sha256(b'{"seed": 7}').hexdigest()


@pytest.mark.parametrize(
    ("listed", "wanted"),
    [
        ({"artifacts": {"reports/report.md": REPORT}, "seeds": SEEDS}, []),
        ({"artifacts": {f"runs/juniper/validation/{RUN}/reports/report.md": REPORT}}, []),
        ({"artifacts": {"reports/report.md": SEEDS}}, [("data.hash-mismatch", "reports/report.md")]),
        ({"artifacts": {"reports/other.md": REPORT}}, [("reference.unresolved", "reports/other.md")]),
        ({"artifacts": {"reports/report.md": "x"}}, [("data.hash-malformed", "reports/report.md")]),
        ({"artifacts": {"../../../../etc/passwd": REPORT, "/etc/passwd": REPORT}}, []),
        ({"seeds": REPORT}, [("data.hash-mismatch", "seeds.json")]),
        ({"metadata": REPORT}, [("data.hash-mismatch", "meta.json")]),
        ({"metadata": META}, []),
    ],
)
def test_what_hashes_json_lists_is_there_and_the_same(
    tmp_path: Path, listed: dict[str, Any], wanted: list[tuple[str, str]]
) -> None:
    assert files(tmp_path, listed) == wanted


def test_a_file_that_was_compressed_meanwhile_is_not_missing(tmp_path: Path) -> None:
    path = run_folder(tmp_path, packed=True)
    listed = {"artifacts": {"events.jsonl": REPORT, "reports/report.md": REPORT}}
    (path.parent / "hashes.json").write_text(json.dumps(listed))
    assert [(each["code"], each["field"]) for each in judge(path).findings] == [
        ("reference.unresolved", "reports/report.md")
    ]


def test_files_in_an_archive_are_only_compared_where_they_are_at_hand() -> None:
    listed = {"hashes.json": json.dumps({"artifacts": {"reports/other.md": REPORT}}).encode()}
    reader = FORMAT.reader(context(listed, now=LATER))
    assert "reference.unresolved" not in codes(reader.standing())


def partitions(tmp_path: Path, *parts: tuple[str, list[Event]], run: str = RUN) -> list[tuple[str, str, int | None]]:
    """Ids that stand twice in a run's folder: ledger, id and record."""
    folder = tmp_path / "runs" / run
    folder.mkdir(parents=True)
    for name, records in parts:
        data = jsonl(records)
        (folder / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    found = judge(tmp_path).findings
    some = [each for each in found if each["code"] == "identity.duplicate-event-id"]
    return [(Path(each["ledger"]).name, each["event_id"], each["record"]) for each in some]


def test_ids_are_unique_over_all_partitions_of_a_run(tmp_path: Path) -> None:
    records = events()
    again = records[2]["event_id"]
    later = [records[5] | {"event_id": again}, *records[6:]]
    assert partitions(tmp_path / "1", ("ingest.jsonl", records[:5]), ("sim.jsonl", later)) == [("sim.jsonl", again, 1)]
    assert partitions(tmp_path / "2", ("ingest.jsonl.gz", records[:5]), ("sim.jsonl", later)) == [
        ("sim.jsonl", again, 1)
    ]
    assert partitions(tmp_path / "3", ("ingest.jsonl", records[:5]), ("sim.jsonl", records[5:])) == []


def test_copies_and_rotated_files_are_no_partitions(tmp_path: Path) -> None:
    records = events()
    assert partitions(tmp_path / "1", ("events.jsonl", records), ("kept.jsonl", records)) == []
    assert partitions(tmp_path / "2", ("events.1.jsonl", records[:5]), ("events.jsonl", records[5:])) == []
    shared = records[:3] + records[5:]
    assert partitions(tmp_path / "3", ("a.jsonl", records[:5]), ("b.jsonl", shared), run="some-folder") == []


def test_ids_are_unique_over_the_partitions_of_all_runs(tmp_path: Path) -> None:
    later = "RUN-20260204-101530-00000000"
    start = START + timedelta(days=1)
    for number, (packed, same) in enumerate([(False, True), (True, True), (False, False)]):
        root = tmp_path / str(number)
        path = run_folder(root, payloads=False)
        records = events(later, start)
        if same:
            records[3] = records[3] | {"event_id": events()[3]["event_id"]}
        run_folder(root, records, payloads=False, packed=packed)
        found = [each for each in judge(root).findings if each["code"] == "identity.duplicate-event-id"]
        assert [(each["stream"], each["record"]) for each in found] == ([(later, 4)] if same else [])
        assert all(f"../{RUN}/{path.name}" in each["message"] for each in found)


def test_a_log_of_steps_may_hold_several_runs_unless_its_folder_belongs_to_one(tmp_path: Path) -> None:
    both = [*steps("dry_run_001"), *steps("dry_run_002", START + timedelta(days=1))]
    assert found(both, "step") == []
    path = tmp_path / RUN / "events.jsonl"
    path.parent.mkdir()
    path.write_bytes(jsonl(both))
    assert judge(path).codes == ["identity.mixed-runs"]


def test_flags_may_name_what_is_in_a_run_beside(tmp_path: Path) -> None:
    run_folder(tmp_path, payloads=False)
    named = [events()[0]["event_id"], RUN, "EVT-20260203-101530-ffffffffffff"]
    records = events("RUN-20260204-101530-00000000", START + timedelta(days=1))
    records[5] = records[5] | {"metadata": records[5]["metadata"] | {"affected_entities": named}}
    path = run_folder(tmp_path, records, payloads=False)
    missing = [each["actual"] for each in judge(path).findings if each["code"] == "reference.unresolved"]
    assert missing == ["EVT-20260203-101530-ffffffffffff"]
