"""Runs as SMVM writes them: each hash is checked as far as its payload is at hand, and every change is found."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.data import facts
from tests.support.verdicts import Verdict, judge
from tests.support.writers.smvm import (
    FILES,
    PAYLOADS,
    RUN,
    Event,
    canonical,
    data_hash,
    events,
    jsonl,
    memory_store,
    run_folder,
    steps,
)


@pytest.mark.parametrize("vector", facts("smvm_hashes"), ids=lambda each: each["sha256"][:8])
def test_vectors_of_hashes(tmp_path: Path, vector: dict[str, Any]) -> None:
    """By either documented rule; the default one is the writer's."""
    if "rule" not in vector:
        assert canonical(vector["payload"]) == vector["canonical"] and data_hash(vector["payload"]) == vector["sha256"]
    path = run_folder(tmp_path, shown(0, data_hash=vector["sha256"]), payloads=False)
    assert trusts(judge(path))[0] == "unchecked"
    (path.parent / "inputs").mkdir()
    payload = vector["payload"]
    (path.parent / "inputs/payload.json").write_text(payload if isinstance(payload, str) else json.dumps(payload))
    assert trusts(judge(path))[0] == "verified"


def trusts(verdict: Verdict) -> list[str]:
    return [each["trust"] for each in verdict.events]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("hashes", [False, True])
def test_with_its_payloads_every_hash_of_a_run_is_verified(tmp_path: Path, packed: bool, hashes: bool) -> None:
    verdict = judge(run_folder(tmp_path, packed=packed, hashes=hashes))
    assert (verdict.code, verdict.findings, verdict.profiles) == (0, [], ["smvm-data/1"])
    assert verdict.trusts == {"verified": 9}
    assert [(each["kind"], each["key"]) for each in verdict.report["ledgers"][0]["streams"]] == [("run", RUN)]


def test_lines_that_end_in_crlf_are_the_same_run(tmp_path: Path) -> None:
    path = run_folder(tmp_path)
    plain = judge(path)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    verdict = judge(path)
    assert (verdict.code, verdict.findings, trusts(verdict)) == (0, [], trusts(plain))


def test_without_them_only_the_decision_can_be_checked(tmp_path: Path) -> None:
    verdict = judge(run_folder(tmp_path, payloads=False))
    (note,) = verdict.findings
    assert (note["code"], note["severity"], note["count"]) == ("data.hash-unverifiable", "note", 8)
    assert trusts(verdict) == ["unchecked"] * 7 + ["verified", "unchecked"]


@pytest.mark.parametrize("kind", FILES)
def test_an_edited_payload_is_a_payload_that_is_not_at_hand(tmp_path: Path, kind: str) -> None:
    """Nobody is accused: the file may belong to something else."""
    path = run_folder(tmp_path)
    payload = PAYLOADS[kind]
    edited = payload + "!" if isinstance(payload, str) else json.dumps({**payload, "edited": 1})
    (path.parent / FILES[kind]).write_text(edited)
    verdict = judge(path)
    assert verdict.trusts == {"verified": 8, "unchecked": 1} and "data.hash-mismatch" not in verdict.codes
    assert trusts(verdict)[[each["event_type"] for each in events()].index(kind)] == "unchecked"


def decided(event: Event) -> None:
    event["metadata"] = {**event["metadata"], "recommended_action": "cancel"}


def hashed(event: Event) -> None:
    event["data_hash"] = data_hash({"other": 1})


def malformed(event: Event) -> None:
    event["data_hash"] = event["data_hash"][:52]


def changed(at: int, change: Callable[[Event], None]) -> list[Event]:
    found = events()
    change(found[at])
    return found


def shown(at: int, **fields: Any) -> list[Event]:
    return changed(at, lambda event: event.update(fields))


def inside(at: int, part: str, **fields: Any) -> list[Event]:
    return changed(at, lambda event: event.update({part: {**event[part], **fields}}))


@pytest.mark.parametrize(
    ("run", "code", "record", "field"),
    [
        (changed(7, decided), "data.hash-mismatch", 8, "data_hash"),
        (changed(7, hashed), "data.hash-mismatch", 8, "data_hash"),
        (changed(0, malformed), "data.hash-malformed", 1, "data_hash"),
        (shown(2, event_id=events()[0]["event_id"]), "identity.duplicate-event-id", 3, None),
        (shown(2, span_id="RUN-20260203-101530-00000000-0002-VAL"), "identity.span-run-mismatch", 3, "span_id"),
        (shown(2, run_id="RUN-20261345-101530-5ea1ab1e"), "schema.impossible-date", 3, "run_id"),
        (shown(4, timestamp="2026-02-03T10:15:30Z"), "order.time-regression", 5, None),
        (shown(4, timestamp="2026-11-20T00:30:00Z"), "order.future-timestamp", 5, None),
        (shown(4, service="marketing"), "schema.not-in-vocabulary", 5, "service"),
        (shown(4, surprise=1), "schema.unknown-field", 5, "surprise"),
        (inside(0, "metadata", quality_score=1.2), "schema.out-of-range", 1, "metadata.quality_score"),
        (inside(0, "metadata", source_type="carrier pigeon"), "schema.not-in-vocabulary", 1, "metadata.source_type"),
        (inside(0, "provenance", error_count="0"), "schema.wrong-type", 1, "provenance.error_count"),
        (inside(8, "provenance", integrity_check_passed=False), "data.integrity-check-failed", 9, None),
        ([each for each in events() if each["event_type"] != "ANALYZED"], "order.stage-missing", None, None),
        ([*events()[:4], *events()[5:7], events()[4], *events()[7:]], "order.stage-order", None, None),
    ],
)
def test_what_is_wrong_is_found(
    tmp_path: Path, run: list[Event], code: str, record: int | None, field: str | None
) -> None:
    verdict = judge(run_folder(tmp_path, run))
    found = [each for each in verdict.findings if each["code"].startswith(code)]
    assert found
    if record is not None:
        assert (found[0]["record"], found[0]["field"]) == (record, field or found[0]["field"])
    assert verdict.broken() == ([record] if code.startswith("data.hash") else [])


def test_the_list_of_hashes_names_the_first_event_that_differs(tmp_path: Path) -> None:
    path = run_folder(tmp_path, hashes=True)
    path.write_bytes(jsonl(shown(3, agent_id="somebody-else")))
    verdict = judge(path)
    (found,) = [each for each in verdict.findings if each["code"] == "data.hash-mismatch"]
    assert "hashes.json" in found["message"] and found["record"] == 4


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_steps_have_no_hash_and_name_their_runs_as_they_like(tmp_path: Path, end: str) -> None:
    (tmp_path / "events.jsonl").write_bytes(jsonl(steps(), end))
    verdict = judge(tmp_path / "events.jsonl")
    assert (verdict.code, verdict.findings) == (0, [])
    assert verdict.trusts == {"unchained": 6} and verdict.profiles == [None]
    assert list(verdict.states) == ["dry_run_001"]


def test_the_memory_store(tmp_path: Path) -> None:
    (tmp_path / "events.json").write_bytes(memory_store())
    verdict = judge(tmp_path / "events.json")
    assert verdict.codes == ["data.hash-unverifiable"] and verdict.trusts == {"unchecked": 4}
