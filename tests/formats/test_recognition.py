"""Recognition is neither all nor nothing: a log that any program may write is no system's, and a system's ledger is
known although some of its records are damaged, foreign, or have keys of their own."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from console.engine.ledgers.opening import Opened, open_ledgers
from console.formats import registry
from console.formats.protocol import Sample
from console.sources.protocol import Skipped
from tests.support.format_cases import LedgerCase, samples

TIME = "2026-03-01T10:00:00Z"
HASH = "ab" * 32
FOREIGN: dict[str, dict[str, Any]] = {
    "audit log": {"event_id": "e", "event_type": "login", "timestamp": TIME, "actor": "u", "data": {"ip": "::1"}},
    "agent log": {"event_id": "e", "timestamp": TIME, "event_type": "step", "agent_id": "a", "payload": {}},
    "agent log of runs": {"id": "e", "run_id": "r", "event_type": "step", "created_at": TIME, "payload": {}},
    "tracing": {"event_id": "e", "event_type": "http", "run_id": "r", "span_id": "s", "timestamp": TIME},
    "pipeline": {"run_id": "r", "step_name": "train", "level": "INFO", "message": "m", "timestamp": TIME},
    "pipeline with types": {"run_id": "r", "step_name": "s", "event_type": "started", "level": "INFO", "metadata": {}},
    "entity audit": {"entityType": "user", "entityId": 1, "action": "update", "createdAt": TIME, "userId": 3},
    "entity events": {"entityType": "user", "entityId": 1, "eventType": "updated", "createdAt": TIME, "by": "x"},
    "activity": {"activityType": "view", "productId": 7, "createdAt": TIME, "userId": 3},
    "store": {"id": 1, "entity_type": "user", "entity_id": 2, "stored_at": TIME, "event_type": "written"},
    "deals of a shop": {"deal_id": 1, "event_type": "clicked", "created_at": TIME},
    "outbox": {"id": 1, "aggregate_type": "order", "aggregate_id": 3, "event_type": "placed", "payload": {}},
    "inbox": {"event_id": 1, "event_type": "placed", "processed_at": TIME},
    "chain": {"seq": 1, "type": "x", "ts": TIME, "data": {}, "prevHash": HASH, "hash": HASH},
    "chain of another shape": {"index": 1, "timestamp": TIME, "data": {}, "previous_hash": HASH, "hash": HASH},
    "payments": {"id": "evt_1", "object": "event", "type": "charge", "created": 1, "data": {}},
    "cloud audit": {"eventVersion": "1", "eventTime": TIME, "eventName": "x", "eventID": "e", "userIdentity": {}},
    "log": {"level": "info", "ts": 1.5, "msg": "m"},
}


def lines(documents: Sequence[dict[str, Any]]) -> list[bytes]:
    return [json.dumps(each).encode() for each in documents]


def claimed(records: Sequence[bytes], path: str = "x.jsonl", container: str = "jsonl") -> str | None:
    found = registry.recognise(Sample(path, container, None, records))
    return None if found is None or found[1].alike else found[0].name


@pytest.mark.parametrize("path", ["x.jsonl", "audit.jsonl", "events/app.jsonl", "events.jsonl", "event_log.jsonl"])
@pytest.mark.parametrize("kind", FOREIGN)
def test_a_log_that_any_program_may_write_is_no_systems(kind: str, path: str) -> None:
    rows = [{**FOREIGN[kind], "n": number} for number in range(20)]
    assert claimed(lines(rows), path) is None
    assert claimed(lines(rows), path.replace("jsonl", "json"), "json") is None


@pytest.mark.parametrize("kind", FOREIGN)
def test_its_refusal_says_what_it_looks_like_or_has(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"\n".join(lines([FOREIGN[kind]] * 3)) + b"\n")
    (found,) = open_ledgers([str(path)])
    assert isinstance(found, Skipped)
    assert found.finding.code == "container.not-recognised"
    assert "They resemble" in found.finding.message or "Their fields are" in found.finding.message


SYSTEMS = registry.own_names()


def cases(name: str) -> list[LedgerCase]:
    return [case for case in samples(name) if case.documents and case.container not in ("sqlite", "sse")]


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_ledger_is_known_by_any_of_its_records(name: str) -> None:
    for case in cases(name):
        raws = [raw for raw in case.raws if raw.strip()]
        for start in range(0, min(len(raws), 60), 20):
            assert claimed(raws[start : start + 20], case.name, case.container) == name, case.name


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_ledger_is_known_behind_damaged_and_foreign_records(name: str, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    for case in cases(name):
        raws = [raw.replace(b"\n", b" ") for raw in case.raws if raw.strip()]
        raws = (raws * 100)[:100]
        for first in ([b"garbage"] * 60, [b"\xff\xfe", b'{"torn": '] * 20, lines([FOREIGN["log"]] * 40)):
            for records in ([*first, *raws], [raws[0], *first, *raws[1:]]):
                path.write_bytes(b"\n".join(records) + b"\n")
                (found,) = open_ledgers([str(path)])
                assert isinstance(found, Opened), (case.name, found)
                assert found.format.name == name


@pytest.mark.parametrize("more", [{"region": "eu"}, {"tags": [], "host": "h"}, {"agent_version": 2, "trace": {}}])
@pytest.mark.parametrize("name", SYSTEMS)
def test_a_ledger_is_known_with_keys_of_its_own_or_one_less(name: str, more: dict[str, Any]) -> None:
    for case in cases(name):
        rows = [json.loads(raw) for raw in case.raws[:20] if raw.strip()]
        assert claimed(lines([{**row, **more} for row in rows]), case.name, case.container) == name, case.name
        for key in {key for row in rows for key in row}:
            mixed = [
                row if at % 4 else {each: row[each] for each in row if each != key} for at, row in enumerate(rows, 1)
            ]
            assert claimed(lines(mixed), case.name, case.container) == name, (case.name, key)


def test_real_ledgers_are_known(real: Path) -> None:
    expected = {"kernel": 12, "smvm": 2, "swarm": 1, "zakops": 2}
    for name, least in expected.items():
        found = [each for each in open_ledgers([str(real / name)]) if isinstance(each, Opened)]
        assert len(found) >= least, name
        assert {each.format.name for each in found} == {name}
