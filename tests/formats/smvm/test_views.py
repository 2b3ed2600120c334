"""States, relations and tables of SMVM's runs."""

import json
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from console.engine.replay.reports import ReportAnswer, make_report
from console.formats.json.times import iso
from console.formats.smvm import FORMAT
from console.formats.smvm.views.relations import relations
from console.model.event import Event, StreamKey
from console.model.record import Record
from console.model.trust import Severity
from tests.support.smvm_cases import context
from tests.support.writers.smvm import RUN, START, events, jsonl, memory_store, run_folder, steps

REPLAY = f"{RUN}-replay-a1b2c3d4"


def decoded(records: list[dict[str, Any]]) -> list[Event]:
    raws = [json.dumps(each).encode() for each in records]
    return [FORMAT.decode(Record(at, 0, len(raw), raw), context()) for at, raw in enumerate(raws, 1)]


def replayed(records: list[dict[str, Any]], stream: StreamKey) -> tuple[list[str], dict[str, str]]:
    """Clauses of what did nothing, and the state in the end."""
    replayer = FORMAT.replayer(stream, context())
    assert replayer is not None
    clauses = [replayer.take(each) for each in sorted(decoded(records), key=replayer.order)]
    return [each for each in clauses if each], dict(replayer.state())


def table(path: Path, name: str) -> ReportAnswer:
    return make_report([str(path)], name, now=1_795_200_000_000_000)


# The state of a run


def test_the_state_of_a_run() -> None:
    clauses, state = replayed(events(), StreamKey("run", RUN))
    assert clauses == []
    assert state == {
        "events": "9",
        "stage": "PERSISTED",
        "kept": "never deleted: holds FLAGGED, DECIDED",
        "tier": f"hot on {iso(context().now)[:10]}",
        "stages": "8 of 8",
        "repeated stages": "none",
        "missing": "none",
        "spans": "7",
        "flagged": "1 medium",
        "escalation": "none",
        "decision": "proceed – après examen",
        "confidence": "0.82",
        "stored in": "s3://runs/",
        "integrity check": "passed",
        "replication": "completed",
    }


def test_what_is_deleted_at_last_holds_for_a_run() -> None:
    records = [each for each in events() if each["event_type"] not in ("FLAGGED", "DECIDED")]
    state = replayed(records, StreamKey("run", RUN))[1]
    assert state["kept"] == "to be deleted 2031-02-03"


def test_events_that_come_too_late_or_out_of_order() -> None:
    records = events()
    clauses, state = replayed([*reversed(records)], StreamKey("run", RUN))
    assert clauses == ["it comes after NORMALIZED, which is a later stage"]  # two of one time, as they stand
    late = records[0] | {"timestamp": "2026-02-03T10:16:00Z"}
    clauses, state = replayed([*records, late], StreamKey("run", RUN))
    assert clauses == ["it comes after PERSISTED, which is a later stage"] and state["repeated stages"] == "INGESTED ×2"
    clauses, state = replayed([records[0], records[7]], StreamKey("run", RUN))
    assert clauses == ["nothing was analyzed before the decision"]
    assert state["missing"] == "NORMALIZED, SANITIZED, SYNTHESIZED, SIMULATED, ANALYZED"


def test_the_state_of_steps_and_of_a_stored_entity() -> None:
    clauses, state = replayed(steps(), StreamKey("run", "dry_run_001"))
    assert clauses == [] and state["last step"] == "synthesize_personas STEP_SUCCESS" and state["STEP_START"] == "3"
    entry = json.loads(memory_store())[0]
    again = entry | {"timestamp": "2026-02-03T11:15:30Z", "stored_at": "2026-02-03T11:15:30Z"}
    clauses, state = replayed([entry, again], StreamKey("entity", entry["entity_id"]))
    assert clauses == ["the same content was stored before"] and state["stored"] == "2 times"
    assert state["stored at"] == "2026-02-03T11:15:30Z"


# Relations


def test_a_decision_leads_back_to_what_was_ingested() -> None:
    by_id = {name: each for each in decoded(events()) for name in relations(each).ids}
    at, path = by_id[f"{RUN}/DECIDED"], []
    while at.type != "INGESTED":
        causes = [by_id[name] for how, name in relations(at).causes if how == "stage before"]
        at = causes[0]
        path.append(at.type)
    assert path == ["ANALYZED", "SIMULATED", "SYNTHESIZED", "SANITIZED", "NORMALIZED", "INGESTED"]
    synthesized = relations(by_id[f"{RUN}/SYNTHESIZED"]).causes
    assert [name for _, name in synthesized] == [f"{RUN}/SANITIZED", f"{RUN}/NORMALIZED"]


def test_what_an_event_is_about() -> None:
    records = events()
    flag = records[5]
    flag["metadata"] = flag["metadata"] | {"affected_entities": [records[0]["event_id"], {"id": "COMP-001"}]}
    said = relations(decoded([flag])[0])
    assert said.ids == (flag["event_id"],) and said.causes == (("flags", records[0]["event_id"]),)
    assert {("run", RUN), ("span", flag["span_id"]), ("payload", flag["data_hash"])} <= {*said.about}
    assert ("entity", "COMP-001") in said.about
    step = steps()[0] | {"context": {"correlation_id": "c-1", "session_id": None}}
    assert relations(decoded([step])[0]).about == (("run", "dry_run_001"), ("correlation", "c-1"))
    entry = json.loads(memory_store())[0]
    said = relations(decoded([entry])[0])
    assert said.about == (("entity", entry["entity_id"]), ("payload", entry["data_hash"]))


# Readiness


def test_what_a_replay_needs(tmp_path: Path) -> None:
    path = run_folder(tmp_path, hashes=True)
    folder = path.parent
    (row,) = table(tmp_path, "readiness").table.rows
    assert (row.values["ready"], row.values["missing"], row.values["run"]) == (False, "seeds", RUN)
    assert "SYNTHESIZED has random_seed 12345" in row.details and row.worst is Severity.WARNING
    (folder / "seeds.json").write_text('{"seed": 12345}')
    (row,) = table(tmp_path, "readiness").table.rows
    assert (row.values["ready"], row.values["artifacts"]) == (None, None)  # no artifact is listed
    listed = json.loads((folder / "hashes.json").read_bytes())
    artifact = folder / "outputs/analysis.output.json"
    listed |= {"artifacts": {"outputs/analysis.output.json": sha256(artifact.read_bytes()).hexdigest()}}
    (folder / "hashes.json").write_text(json.dumps(listed))
    (row,) = table(tmp_path, "readiness").table.rows
    assert (row.values["ready"], row.values["missing"], row.details, row.worst) == (True, "", (), Severity.NONE)
    artifact.unlink()
    (row,) = table(tmp_path, "readiness").table.rows
    assert (row.values["ready"], row.values["missing"]) == (False, "artifacts")
    path.write_bytes(jsonl(events()[:7]))
    (row,) = table(tmp_path, "readiness").table.rows
    assert row.values["missing"] == "artifacts, events"
    assert "No DECIDED, PERSISTED: the run is not whole." in row.details


def test_logs_of_steps_are_no_runs_to_replay(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_bytes(jsonl(steps()))
    for name in ("readiness", "spans", "rundiff", "retention"):
        assert not [*table(tmp_path, name).table.rows]


# Spans


def test_the_tree_of_spans(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_bytes(jsonl(events()))
    answer = table(tmp_path, "spans")
    assert answer.table.summary == {"runs": 1, "spans": 7, "orphans": 0}
    first, *spans = answer.table.rows
    assert (first.values["span"], first.values["events"]) == (RUN, 9)
    assert [row.values["span"][0] for row in spans] == ["├"] * 6 + ["└"]
    assert spans[0].values["stages"] == "INGESTED, NORMALIZED" and len(spans[0].details) == 2


def test_spans_that_belong_to_no_run_or_to_no_event(tmp_path: Path) -> None:
    records = events()
    records[1]["span_id"] = "RUN-20260203-101530-00000000-0001-ING"
    records[5]["metadata"] = records[5]["metadata"] | {"affected_entities": [f"{RUN}-0099-ING", records[0]["span_id"]]}
    (tmp_path / "events.jsonl").write_bytes(jsonl(records))
    orphans = [row for row in table(tmp_path, "spans").table.rows if row.values["orphan"]]
    assert [(row.values["events"], row.ordinal) for row in orphans] == [(1, 2), (0, 6)]
    assert orphans[0].details[0] == "It does not belong to the run of its events."
    assert orphans[1].details == (f"{records[5]['event_id']} names it, and no event is in it.",)


# A run and its replay


def pair(tmp_path: Path, **changed: Any) -> ReportAnswer:
    """A run and its replay a day later, with fields of the replay's decision changed."""
    later = events(REPLAY, START + timedelta(days=1))
    for each in later:
        each["provenance"] = {
            name: value + 7 if name.endswith("_ms") else value for name, value in each["provenance"].items()
        }
    later[7]["metadata"] = later[7]["metadata"] | changed
    (tmp_path / "a.jsonl").write_bytes(jsonl(events()))
    (tmp_path / "b.jsonl").write_bytes(jsonl(later))
    return table(tmp_path, "rundiff")


def test_a_replay_that_came_to_the_same(tmp_path: Path) -> None:
    answer = pair(tmp_path)
    assert answer.table.summary == {"pairs": 1, "stages": 9, "differ": 0}
    assert {(row.values["run"], row.values["replay"]) for row in answer.table.rows} == {(RUN, REPLAY)}


def test_a_replay_that_decided_otherwise(tmp_path: Path) -> None:
    answer = pair(tmp_path, recommended_action="cancel", confidence_level=0.5)
    (row,) = [row for row in answer.table.rows if not row.values["same"]]
    assert (row.values["stage"], row.values["fields"], row.values["differs"]) == ("DECIDED", 2, "2 in metadata")
    assert row.details[0] == "metadata.recommended_action: proceed – après examen → cancel"
    assert answer.table.rows[0] == row


def test_stages_that_only_one_of_them_has_and_runs_without_replay(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(jsonl(events()))
    answer = table(tmp_path, "rundiff")
    assert answer.table.rows == [] and "no replay among them" in answer.table.notes[0]
    other = "RUN-20260203-101530-00000000"
    (tmp_path / "b.jsonl").write_bytes(jsonl([each for each in events(other) if each["event_type"] != "SIMULATED"]))
    answer = table(tmp_path, "rundiff")
    (row,) = [row for row in answer.table.rows if row.values["same"] is False]
    assert (row.values["stage"], row.values["differs"], row.ordinal) == ("SIMULATED", "only in the run", 5)
