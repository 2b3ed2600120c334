"""The sample ledgers: made alike every time, small, healthy where they say so and tampered where they say so."""

import gzip
import hashlib
import json
import re
import sqlite3
import zipfile
from collections import defaultdict
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from console.samples.__main__ import generate, main
from tests.support.places import SAMPLES

COMMITTED = SAMPLES
HARBOUR_POINT = "7c1f0b52-94d3-4f6e-8a27-3e5b90d1c648"
KEYS = ("dealId", "sequenceNumber", "type", "payload")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("samples")
    generate(root)
    return root


def files(root: Path) -> dict[str, Path]:
    return {path.relative_to(root).as_posix(): path for path in sorted(root.rglob("*")) if path.is_file()}


def content(path: Path) -> object:
    """What a file says: its bytes, or for compressed ones and databases what does not hang on a library's version."""
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes())
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            return {info.filename: (info.date_time, archive.read(info)) for info in archive.infolist()}
    if path.suffix == ".db":
        with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as connection:
            return list(connection.iterdump())
    return path.read_bytes()


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def load(name: str) -> list[dict[str, Any]]:
    data = content(COMMITTED / name)
    assert isinstance(data, bytes)
    return [json.loads(line) for line in data.splitlines()]


def broken(events: Iterable[dict[str, Any]], audit: bool = False) -> list[tuple[str, int, str]]:
    """Deal, sequence and what is wrong with it, by the documented recipes and nothing of the console's."""
    heads: dict[str, tuple[int, str | None]] = defaultdict(lambda: (0, None))
    wrong = []
    for event in events:
        deal, sequence, previous = event["dealId"], event["sequenceNumber"], event["previousEventHash"]
        if sequence == 0:
            continue
        last, head = heads[deal]
        if sequence != last + 1:
            wrong.append((deal, sequence, "sequence"))
        if previous != head:
            wrong.append((deal, sequence, "previous"))
        hashes = audit_hashes(event) if audit else [doc_hash(event)]
        if event["eventHash"] not in hashes:
            wrong.append((deal, sequence, "hash"))
        heads[deal] = (sequence, event["eventHash"])
    return wrong


def doc_hash(event: dict[str, Any]) -> str:
    deal, sequence, kind, payload = (event[key] for key in KEYS)
    return sha(f"{deal}{sequence}{kind}{compact(payload)}{event['previousEventHash'] or 'null'}")


WRITTEN = {
    "DealCreated": "name state stressMode",
    "ActorAdded": "actorId name type role",
    "RoleAssigned": "actorId roleId roleName",
    "MaterialCreated": "materialId type truthClass",
    "MaterialUpdated": "materialId type previousTruthClass newTruthClass",
    "ArtifactUploaded": "artifactId filename mimeType sizeBytes sha256Hex",
    "ReviewOpened": "reason",
    "ApprovalGranted": "action comment",
    "ApprovalDenied": "action reason",
    "DealApproved": "approvalNotes approvedAmount currency",
    "ClosingReadinessAttested": "conditions waived",
    "ClosingFinalized": "settlement wireReference",
    "OperationsActivated": "manager",
    "MaterialChangeDetected": "material field from to",
    "ChangeReconciled": "resolution memo",
    "DistressDeclared": "trigger quarter",
    "DistressResolved": "resolution",
    "FreezeImposed": "order reason",
    "FreezeLifted": "order reason",
    "DataDisputed": "field reason",
}
"""The key order in which each type's payload was hashed."""


def audit_hashes(event: dict[str, Any]) -> list[str]:
    payload = {key: event["payload"][key] for key in WRITTEN[event["type"]].split() if key in event["payload"]}
    assert len(payload) == len(event["payload"])
    created = datetime.fromisoformat(event["createdAt"])
    hashes = []
    for back in (0, 1):
        time = (created - timedelta(milliseconds=back)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        hashed = {key: event[key] for key in KEYS} | {"payload": payload}
        hashes.append(sha(compact(hashed | {"previousHash": event["previousEventHash"], "timestamp": time})))
    return hashes


def test_two_runs_write_the_same_bytes(made: Path, tmp_path: Path) -> None:
    generate(tmp_path)
    first, second = files(made), files(tmp_path)
    assert first.keys() == second.keys()
    assert [name for name in first if first[name].read_bytes() != second[name].read_bytes()] == []


def test_the_committed_samples_are_the_generators(made: Path) -> None:
    there, now = files(COMMITTED), files(made)
    assert there.keys() == now.keys()
    assert [name for name in now if content(now[name]) != content(there[name])] == []


def test_samples_are_small() -> None:
    assert sum(path.stat().st_size for path in files(COMMITTED).values()) < 3_000_000


def test_samples_that_are_there_are_replaced_only_by_force(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 0
    extra = tmp_path / "kernel" / "mine.txt"
    extra.write_text("x")
    with pytest.raises(SystemExit) as stopped:
        main([str(tmp_path)])
    assert stopped.value.code == 2
    assert extra.exists()
    assert "--force" in capsys.readouterr().err
    assert main([str(tmp_path), "--force"]) == 0
    assert not extra.exists()


def test_one_approval_of_the_portfolio_was_edited() -> None:
    assert broken(load("kernel/deals.jsonl")) == [(HARBOUR_POINT, 17, "hash")]
    assert broken(load("kernel/deals-backup.jsonl.gz")) == []
    now = next(e for e in load("kernel/deals.jsonl") if e["dealId"] == HARBOUR_POINT and e["sequenceNumber"] == 17)
    then = next(e for e in load("kernel/deals-backup.jsonl.gz") if e["id"] == now["id"])
    assert (then["payload"]["approvedAmount"], now["payload"]["approvedAmount"]) == (16_200_000, 18_400_000)


def test_audit_chains_hold_with_time_and_key_order_recovered() -> None:
    events = load("kernel/audit.jsonl")
    assert broken(events, audit=True) == []
    assert any(list(e["payload"]) != WRITTEN[e["type"]].split() for e in events)
    assert any(audit_hashes(e).index(e["eventHash"]) == 1 for e in events)
    api = json.loads((COMMITTED / "kernel/api-events.json").read_bytes())
    assert broken(api, audit=True) == []
    assert {e["eventHash"] for e in api if e["sequenceNumber"] == 0} == {None}


def test_tampered_audit_chains_do_not_hold() -> None:
    assert [what for _, _, what in broken(load("kernel/audit-event-deleted.jsonl"), audit=True)] == [
        "sequence",
        "previous",
    ]
    forked = load("kernel/audit-forked.jsonl")
    assert [what for _, _, what in broken(forked, audit=True)] == ["sequence", "previous", "previous"]
    places = [e["sequenceNumber"] for e in forked]
    assert len(places) == len(set(places)) + 1


def test_portal_and_evidence_pack_agree_and_hold() -> None:
    with closing(sqlite3.connect(f"file:{COMMITTED / 'kernel/portal.db'}?mode=ro&immutable=1", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        rows = [dict(row) for row in connection.execute('SELECT * FROM "DealEvent" ORDER BY dealId, sequenceNumber')]
    heads: dict[str, str] = {}
    for row in rows:
        assert row["previousEventHash"] == heads.get(row["dealId"])
        head = f'{{"dealId":"{row["dealId"]}","sequenceNumber":{row["sequenceNumber"]},"eventType":"{row["eventType"]}"'
        previous = json.dumps(row["previousEventHash"])
        occurred = datetime.fromisoformat(row["occurredAt"])
        hashes = []
        for back in range(9):
            time = (occurred - timedelta(milliseconds=back)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            hashes.append(
                sha(f'{head},"eventData":{row["eventData"]},"previousHash":{previous},"timestamp":"{time}"}}')
            )
        assert row["eventHash"] in hashes
        heads[row["dealId"]] = row["eventHash"]
    with zipfile.ZipFile(COMMITTED / "kernel/evidence-pack.zip") as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert manifest["dealId"] == HARBOUR_POINT
        for file in manifest["files"]:
            assert hashlib.sha256(archive.read(file["path"])).hexdigest() == file["sha256Hex"]
        packed = [json.loads(line) for line in archive.read("event_ledger.jsonl").splitlines()]
    assert [e["hash"] for e in packed] == [row["eventHash"] for row in rows if row["dealId"] == HARBOUR_POINT]


def test_one_smvm_decision_was_edited() -> None:
    wrong, seen = [], 0
    for name in files(COMMITTED / "smvm/runs"):
        if "validation" not in name or "events.jsonl" not in name:
            continue
        folder = COMMITTED / "smvm/runs" / Path(name).parent
        payloads = [json.loads(path.read_bytes()) for path in folder.glob("*puts/*.json")]
        hashes = {sha(json.dumps(payload, sort_keys=True)) for payload in payloads}
        for event in load(f"smvm/runs/{name}"):
            seen += 1
            assert not payloads or event["data_hash"] in hashes
            decided = event["event_type"] == "DECIDED"
            if decided and sha(json.dumps(event["metadata"], sort_keys=True)) != event["data_hash"]:
                wrong.append(event["run_id"])
    assert seen > 60
    assert wrong == ["RUN-20251014-081204-5d20c7e9"]


def test_swarm_ids_and_parents() -> None:
    def named(event: dict[str, Any]) -> bool:
        payload, stamp = event["payload"], event["timestamp"]
        for key, kind, field in (
            ("tool_name", "tool_call", "tool_call_id"),
            ("audit_type", "audit", "audit_id"),
            ("intervention_type", "intervention", "intervention_id"),
        ):
            if key in payload:
                base = {"agent_id": event["agent_id"], "event_type": kind, "timestamp": stamp, key: payload[key]}
                return bool(sha(json.dumps(base, sort_keys=True))[:12] == event[field])
        return True

    def orphans(events: list[dict[str, Any]]) -> list[str]:
        known = {event["provenance_id"] for event in events}
        return [e["event_type"] for e in events if e["parent_event_id"] and e["parent_event_id"] not in known]

    healthy, tampered = load("swarm/provenance.jsonl"), load("swarm/harbour-point.jsonl")
    assert all(named(event) for event in healthy)
    assert orphans(healthy) == []
    assert [e["payload"]["tool_name"] for e in tampered if not named(e)] == ["verify_deal_amount"]
    assert orphans(tampered) == ["governance_cost_applied"]
    assert {len(event) for event in load("swarm/simulation.jsonl")} == {10, 13, 19}


def test_swarm_episodes() -> None:
    def wrong(name: str) -> list[str]:
        keys = ("event_type", "timestamp", "agent_id", "parent_event_hash", "payload")
        previous, found = None, []
        for event in load(name):
            hashed = {key: event[key] for key in keys}
            text = json.dumps(hashed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            if event["parent_event_hash"] != previous or sha(text) != event["event_hash"]:
                found.append(event["event_type"])
            previous = event["event_hash"]
        return found

    assert wrong("swarm/episode.jsonl") == []
    assert wrong("swarm/episode-edited.jsonl") == ["irreversible_vote"]


def test_one_objective_value_jumps() -> None:
    values: dict[str, str] = {}
    jumps = []
    for change in json.loads((COMMITTED / "maysano/objective-history.json").read_bytes())["data"]:
        if change["field"]:
            objective = change["objectiveId"]
            if values.get(objective) != change["oldValue"]:
                jumps.append((objective, values[objective], change["oldValue"]))
            values[objective] = change["newValue"]
    assert jumps == [("obj-acquisition-cost", "16200000", "18400000")]
    assert b"event: done" in (COMMITTED / "maysano/batch-setup.sse").read_bytes()
    assert b"event: done" not in (COMMITTED / "maysano/batch-setup-interrupted.sse").read_bytes()


def test_zakops_outbox_and_traces() -> None:
    with closing(sqlite3.connect(f"file:{COMMITTED / 'zakops/events.db'}?mode=ro&immutable=1", uri=True)) as connection:
        assert connection.execute("SELECT event_type, attempts FROM outbox WHERE is_dead").fetchall() == [
            ("deal.updated", 5)
        ]
        waiting = "SELECT count(*) FROM outbox WHERE published_at IS NULL AND NOT is_dead"
        assert connection.execute(waiting).fetchone() == (1,)
    seen: dict[str, dict[str, Any]] = {}
    for event in load("zakops/agent_events.jsonl"):
        cause = event["causation_id"]
        assert event["correlation_id"] == event["deal_id"]
        assert cause is None or seen[cause]["trace_id"] == event["trace_id"]
        seen[event["id"]] = event


def test_every_path_and_id_that_the_readme_names_is_there() -> None:
    text = (COMMITTED / "README.md").read_text()
    there = files(COMMITTED)
    for path in re.findall(r"`((?:kernel|smvm|swarm|maysano|zakops)/[\w./-]+\.\w+)`", text):
        assert path in there
    everything = "".join(str(content(path)) for name, path in there.items() if name != "README.md")
    for id in re.findall(r"`((?:ACT|RUN|obj)-[\w-]+|[0-9a-f]{8}-[0-9a-f-]{27})`", text):
        assert id in everything
