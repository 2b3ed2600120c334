"""The audit as agent events: the same ids each time, nothing lost, and sound by the rules of what it becomes."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.cli.main import main
from console.formats.zakops.event_types import AUDIT
from console.formats.zakops.migration import deals_of, migrate, migrated
from tests.support.verdicts import judge
from tests.support.writers.zakops import AUDIT as AUDIT_TABLE
from tests.support.writers.zakops import audit_rows, jsonl
from tests.support.zakops_cases import audit, raw, uid

DEALS = {"ACT-0001": "DEAL-2026-006", "ACT-0002": uid("deal")}


def written(tmp_path: Path, rows: list[dict[str, Any]]) -> Path:
    path = tmp_path / "state.db"
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as db:
        db.execute(AUDIT_TABLE)
        db.execute("CREATE TABLE actions (action_id TEXT PRIMARY KEY, deal_id TEXT)")
        db.executemany("INSERT INTO actions VALUES (?, ?)", DEALS.items())
        for row in rows:
            db.execute("INSERT INTO action_audit_events VALUES (?, ?, ?, ?, ?, ?)", [*row.values()])
        db.commit()
    return path


def exported(path: Path, to: Path, form: str) -> None:
    line = ["export", "agent-events", str(path), "--as", form, "-o", str(to), "--force", "--index", ":memory:"]
    with pytest.raises(SystemExit) as done:
        main(line)
    assert done.value.code == 0


def test_both_forms_are_sound_and_the_same_each_time(tmp_path: Path) -> None:
    source = written(tmp_path, audit_rows())
    lines, table = tmp_path / "1" / "agent_events.jsonl", tmp_path / "2" / "agent_events.db"
    for each, form in ((lines, "jsonl"), (table, "sqlite")):
        each.parent.mkdir()
        exported(source, each, form)
        first = each.read_bytes()
        exported(source, each, form)
        assert each.read_bytes() == first, "it may be run again"
        verdict = judge(each)
        assert (verdict.code, verdict.findings, verdict.trusts) == (0, [], {"unchained": 17})
    rows = [json.loads(each) for each in lines.read_text().splitlines()]
    with closing(sqlite3.connect(table)) as db:
        cells = db.execute("SELECT * FROM agent_events ORDER BY rowid").fetchall()
    assert [(*row.values(),) for row in rows] == [(*row[:7], json.loads(row[7]), *row[8:]) for row in cells]
    assert rows[0]["payload"]["migrated_from"]["deal_id"] == "DEAL-2026-006"
    assert rows[6]["correlation_id"] == rows[6]["deal_id"] == DEALS["ACT-0002"]
    assert rows[-1]["deal_id"] is None and rows[-1]["payload"]["migrated_from"]["correlation"] == "action"


def test_the_name_of_the_file_says_what_it_is(tmp_path: Path) -> None:
    source = written(tmp_path, audit_rows())
    for name, begins in (("x.jsonl", b'{"id"'), ("x.db", b"SQLite format 3"), ("x.out", b'{"id"')):
        exported(source, tmp_path / name, "by-name")
        assert (tmp_path / name).read_bytes().startswith(begins)


def test_a_ledger_that_grew_keeps_its_ids(tmp_path: Path) -> None:
    found = []
    for count in (9, 17):
        exported(written(tmp_path, audit_rows()[:count]), tmp_path / "x.jsonl", "jsonl")
        found.append((tmp_path / "x.jsonl").read_bytes())
    assert found[1].startswith(found[0])


def test_each_event_becomes_its_type() -> None:
    for event, name in AUDIT.items():
        assert migrate(audit(event), {})["event_type"] == name
    assert migrate(audit("failed_timeout"), {})["event_type"] == "action.failed"


def restored(row: dict[str, Any]) -> dict[str, Any]:
    """The audit's row again, from what it became."""
    source = dict(row["payload"]["migrated_from"])
    for name in ("table", "deal_id", "correlation"):
        source.pop(name, None)
    if "details" not in source:
        details = {name: each for name, each in row["payload"].items() if name != "migrated_from"}
        source["details"] = details
    return source


texts = st.text(max_size=6) | st.sampled_from(["{}", '{"a":1}', '{"a": 1}', "[1]", "{torn", '{"event_id":"x"}'])
details = st.none() | texts | st.integers() | st.dictionaries(texts, texts | st.integers(), max_size=3)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(details, st.sampled_from(["created", "odd", ""]), texts), max_size=5))
def test_nothing_is_lost(given_rows: list[tuple[Any, str, str]]) -> None:
    rows = [audit(event, each, action) for each, event, action in given_rows]
    rows += rows[:1]  # an id that stands twice
    found = list(migrated((row, {}) for row in rows))
    assert len({each["id"] for each in found}) == len(rows)
    for row, each in zip(rows, found, strict=True):
        for name in ("id", "run_id", "trace_id", "correlation_id"):
            assert str(UUID(each[name])) == each[name]
        back = restored(each)
        if isinstance(back["details"], dict) and isinstance(row["details"], str):
            back["details"] = json.dumps(back["details"], ensure_ascii=False, separators=(",", ":"))
        assert back == row


def test_deals_are_known_from_actions() -> None:
    rows: list[dict[str, Any]] = [
        {"action_id": "A", "deal_id": "D", "status": "READY"},
        {"action_id": "B", "deal_id": None},
        {"x": 1},
    ]
    assert json.loads(deals_of([raw(each) for each in rows])) == {"A": "D"}


def test_documents_in_the_same_folder_know_the_deals(tmp_path: Path) -> None:
    (tmp_path / "audit.jsonl").write_bytes(jsonl(audit_rows()))
    (tmp_path / "actions.json").write_text(json.dumps([{"action_id": "ACT-0001", "deal_id": "D", "audit_trail": []}]))
    exported(tmp_path / "audit.jsonl", tmp_path / "out", "jsonl")
    assert json.loads((tmp_path / "out").read_text().splitlines()[0])["payload"]["migrated_from"]["deal_id"] == "D"
