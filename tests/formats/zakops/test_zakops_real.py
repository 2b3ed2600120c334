"""ZakOps' own ledgers: every finding there is true, and few words are needed for it."""

import json
import shutil
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from console.formats.protocol import Context, Sample
from console.formats.zakops import FORMAT
from console.formats.zakops.event_types import gaps
from console.model.record import Record
from console.model.trust import Severity, Trust
from tests.support.zakops_cases import codes, raw, read

NOW = 1_795_200_000_000_000  # 2026-11-20T18:40:00Z


@pytest.fixture(scope="module")
def audit_rows(real: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    copy = tmp_path_factory.mktemp("zakops") / "copy.db"
    shutil.copyfile(real / "zakops/ingest_state_sim.db", copy)
    with sqlite3.connect(copy) as db:
        db.row_factory = sqlite3.Row
        rows = [dict(row) for row in db.execute("SELECT * FROM action_audit_events ORDER BY rowid")]
    db.close()
    return rows


def rows_of(real: Path, name: str) -> list[dict[str, Any]]:
    document = json.loads((real / "zakops" / name).read_text())
    rows: list[dict[str, Any]] = document["events"] if isinstance(document, dict) else document
    return rows


def claim(rows: list[dict[str, Any]], container: str = "json", member: str | None = None) -> str:
    found = FORMAT.sniff(Sample("x.json", container, member, [raw(each) for each in rows[:20]]))
    assert found is not None
    return found.shape


def test_the_audit_table_is_sound_but_for_one_action_that_never_ended(audit_rows: list[dict[str, Any]]) -> None:
    out, findings, _ = read(audit_rows, claim(audit_rows, "sqlite", "action_audit_events"), NOW)
    assert [(each.code, each.count) for each in findings] == [
        ("schema.missing-version", 243),
        ("correlation.missing-id", 243),
        ("operation.interrupted", 1),
    ]
    # Left in PROCESSING by its runner ten months before the check.
    assert findings[-1].stream == "ACT-20260115T211844-18674859" and findings[-1].record == 243
    assert set(out.trust) == {Trust.UNCHAINED} and set(out.worst) == {Severity.NONE}
    assert all(out.key) and len(set(out.key)) == 243


def test_the_status_that_the_rules_reach_is_the_one_in_the_api(real: Path, audit_rows: list[dict[str, Any]]) -> None:
    _, _, reader = read(audit_rows, "action_audit_events", NOW)
    reached = {each.key: each.state["status"] for each in reader.facts()}
    documents = rows_of(real, "ingest_state_sim.db.api_actions.json")
    assert len(documents) == 44
    assert {each["action_id"]: each["status"] for each in documents}.items() <= reached.items()


def test_what_the_real_system_does_not_record_yet(audit_rows: list[dict[str, Any]]) -> None:
    found = Counter(each.seen for each in gaps(Counter(row["event"] for row in audit_rows)))
    assert found == {"legacy": 6, "never": 19}


def test_action_documents_agree_with_their_trails(real: Path) -> None:
    rows = rows_of(real, "ingest_state_sim.db.api_actions.json")
    out, findings, _ = read(rows, claim(rows), NOW)
    assert findings == [] and len(out) == 44
    event = FORMAT.decode(Record(1, 0, 9, raw(rows[0])), Context("action documents", NOW))
    trail = FORMAT.panels(event, Context("action documents", NOW))[-1]
    assert trail.title == "Trail" and len(trail.fields) == len(rows[0]["audit_trail"])


def test_deal_events_say_once_that_their_column_cuts_ids(real: Path) -> None:
    rows = rows_of(real, "rows/deal_events.rows.json")
    _, findings, reader = read(rows, claim(rows), NOW)
    # Deals of the rehearsal are archived and go on, again and again.
    lives = [each for each in findings if each.code.startswith("lifecycle.")]
    assert {each.severity for each in lives} == {Severity.NOTE, Severity.WARNING}
    assert [(each.code, each.count) for each in findings if each not in lives] == [
        ("correlation.mismatch", 157),
        ("schema.missing-version", 1),  # the one row that the deal workflow writes itself
        ("correlation.missing-id", 158),
    ]
    assert {"stage": "initial_review"} in [each.state for each in reader.facts()]


def test_agent_events_of_the_rehearsal_break_the_life_of_runs(real: Path) -> None:
    # The rows were written type after type into three runs, so two of them begin with their end and one starts over.
    rows = rows_of(real, "rows/agent_events.rows.json")
    out, findings, _ = read(rows, claim(rows), NOW)
    told = Counter[tuple[str, str]]()
    for each in findings:
        told[each.code, (each.stream or "")[:4]] += each.count
    assert told == {
        ("lifecycle.event-before-creation", "8a7d"): 1,
        ("lifecycle.event-after-end", "8a7d"): 13,
        ("lifecycle.event-before-creation", "65aa"): 1,
        ("lifecycle.event-after-end", "65aa"): 20,
        ("lifecycle.illegal-transition", "3116"): 13,
        ("correlation.mismatch", "8a7d"): 7,
        ("correlation.mismatch", "65aa"): 14,
        ("correlation.mismatch", "3116"): 10,
        ("schema.missing-version", ""): 49,
        ("correlation.missing-id", ""): 49,
    }
    assert len(findings) <= 28
    assert Counter(out.worst) == {Severity.WARNING: 48, Severity.NONE: 1}


def test_the_api_answer_and_the_outbox(real: Path) -> None:
    rows = rows_of(real, "rows/api_events_by_run.json")
    _, findings, _ = read(rows, claim(rows), NOW)
    assert {*codes(findings)} == {"lifecycle.illegal-transition", "correlation.mismatch"}
    assert sum(each.count for each in findings if each.code == "lifecycle.illegal-transition") == 13
    rows = rows_of(real, "rows/outbox.rows.json")
    _, findings, _ = read(rows, claim(rows), NOW)
    assert [(each.code, each.count, each.record) for each in findings if each.code.startswith("outbox")] == [
        ("outbox.stalled", 3, 7)
    ]
    _, findings, _ = read(rows, claim(rows), NOW - 33_000 * 1_000_000)
    assert codes(findings) == [], "a minute after, three messages only wait"


def test_no_other_table_of_the_database_is_a_ledger() -> None:
    row = raw({"action_id": "ACT-1", "deal_id": "D", "type": "T", "status": "READY", "created_at": "x"})
    for table in ("actions", "action_steps", "action_artifacts", "action_runner_leases"):
        assert FORMAT.sniff(Sample("x.db", "sqlite", table, [row])) is None
