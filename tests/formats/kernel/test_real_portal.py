"""The portal's table and evidence pack, the live capture, the preimages, the endpoints' answers."""

import json
import sqlite3
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from console.formats.kernel import FORMAT
from console.formats.kernel.answers import kernel_api_response
from console.formats.protocol import Format, Sample
from console.model.record import Record
from console.model.trust import Trust
from console.verify.javascript import stringify
from tests.support.kernel_cases import context, outcome

FORMATS: Format = FORMAT


def table_rows(path: Path, iso: bool = False) -> list[bytes]:
    connection = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    cursor = connection.execute("SELECT * FROM DealEvent ORDER BY rowid")
    names = [column[0] for column in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor]
    connection.close()
    if iso:
        from console.formats.json.times import iso as text

        for row in rows:
            row["occurredAt"] = text(row["occurredAt"] * 1000, digits=3)
    return [stringify(row).encode() for row in rows]


@pytest.mark.parametrize("iso", [False, True])
def test_every_row_of_the_table_is_reproduced(real: Path, iso: bool) -> None:
    raws = table_rows(real / "kernel/bff/bff_native_integer_dates.db", iso)
    claim = FORMAT.sniff(Sample("x.db", "sqlite", "DealEvent", raws))
    assert claim is not None
    assert claim.shape == "table"
    result = outcome(raws, shape=claim.shape, lines=False)
    assert result.reader.profile == "kernel-bff/1"
    assert set(result.trust.values()) <= {Trust.VERIFIED, Trust.RECOVERED}
    assert result.codes() == set()
    answers = [json.loads(line) for line in (real / "kernel/bff/preimages.jsonl").read_text().split("\n") if line]
    for raw, answer in zip(raws, answers, strict=True):
        proof = FORMAT.prove(Record(1, 0, len(raw), raw), None, context("table", "kernel-bff/1"))
        assert proof is not None
        assert proof.preimage == answer["preimage"].encode()
        assert proof.recomputed == answer["hash"] == proof.stored


def test_an_edited_cell_is_found(real: Path) -> None:
    raws = table_rows(real / "kernel/bff/bff_native_integer_dates.db")
    row = json.loads(raws[9])
    row["eventData"] = '{"edited":true}'
    raws[9] = stringify(row).encode()
    assert outcome(raws, shape="table", lines=False).codes() == {("chain.hash-mismatch", 10)}


def test_the_evidence_pack(real: Path) -> None:
    with zipfile.ZipFile(real / "kernel/bff/evidence_pack_AUDIT_PACK.zip") as pack:
        raws = pack.read("event_ledger.jsonl").split(b"\n")
        manifest = pack.read("manifest.json")
    claim = FORMAT.sniff(Sample("pack.zip", "zip", "event_ledger.jsonl", raws))
    assert claim is not None
    assert claim.shape == "pack"
    result = outcome(raws, shape="pack", companions={"manifest.json": manifest}, lines=False)
    assert result.reader.profile == "kernel-pack/1"
    assert result.codes() == set()
    assert set(result.trust.values()) <= {Trust.VERIFIED, Trust.RECOVERED}
    alone = outcome(raws, shape="pack", lines=False)
    (found,) = alone.at("chain.not-reproducible")
    assert found.count == len(raws)
    assert "manifest.json" in found.message
    assert set(alone.trust.values()) == {Trust.LINKED}


def test_the_live_capture_is_unchained(real: Path) -> None:
    events = json.loads((real / "kernel/live_capture/events.json").read_text())
    raws = [stringify(event).encode() for event in events]
    claim = FORMAT.sniff(Sample("events.json", "json", None, raws))
    assert claim is not None
    assert claim.confidence >= 80
    result = outcome(raws, shape=claim.shape)
    (note,) = result.at("chain.unchained-event")
    assert note.count == len(events)
    assert set(result.trust.values()) == {Trust.UNCHAINED}
    (fact,) = result.reader.facts()
    snapshot = json.loads((real / "kernel/live_capture/snapshot.json").read_text())
    assert fact.state == {"state": snapshot["projection"]["state"], "stress_mode": snapshot["projection"]["stressMode"]}
    assert fact.chain_intact is None
    assert fact.chained == 0


def test_hash_vectors_and_preimages(real: Path) -> None:
    place = context(profile="kernel-audit/1")
    for vector in json.loads((real / "kernel/vectors/hash_vectors.json").read_text()):
        raw = stringify(vector["event_as_api_returns"]).encode()
        proof = FORMAT.prove(Record(1, 0, len(raw), raw), None, place)
        assert proof is not None
        assert proof.preimage == vector["hash_preimage_utf8"].encode()
        assert proof.recomputed == vector["sha256"]
    raws = (real / "kernel/B_chain30/original/events.jsonl").read_bytes().splitlines()
    answers = (real / "kernel/B_chain30/original/preimages.jsonl").read_text().split("\n")
    for number, (raw, answer) in enumerate(zip(raws, answers, strict=False), 1):
        proof = FORMAT.prove(Record(number, 0, len(raw), raw), None, place)
        assert proof is not None
        assert proof.preimage is not None
        if number not in (3, 11):
            assert proof.preimage == json.loads(answer)["preimage"].encode()
            assert sha256(proof.preimage).hexdigest() == proof.stored
        fields = {span.field: proof.preimage[span.start : span.end] for span in proof.spans}
        assert fields["sequenceNumber"] == str(number).encode()
        assert set(fields) == {"dealId", "sequenceNumber", "type", "payload", "previousEventHash", "timestamp"}


CASES = (
    "original",
    "payload_edited",
    "event_deleted",
    "tail_truncated",
    "reordered",
    "hash_recomputed_one",
    "duplicate_sequence",
    "unchained_inserted",
)


@pytest.mark.parametrize("case", CASES)
def test_the_real_endpoints_answer(real: Path, case: str) -> None:
    folder = real / "kernel/B_chain30" / case
    raws = [line for line in (folder / "events.jsonl").read_bytes().split(b"\n") if line]
    assert kernel_api_response(raws) == json.loads((folder / "expected_verify.json").read_text())


def test_proof_words(real: Path) -> None:
    raws = (real / "kernel/B_chain30/original/events.jsonl").read_bytes().splitlines()
    place = context(profile="kernel-audit/1")
    records = [Record(at, 0, len(raw), raw) for at, raw in enumerate(raws, 1)]
    proof = FORMAT.prove(records[3], records[2], place)
    assert proof is not None
    assert proof.trust is Trust.RECOVERED
    assert any("−1 ms" in note for note in proof.notes)
    assert any("order" in note for note in proof.notes)
    assert any(note.startswith("Not covered: id, actorId") for note in proof.notes)
    broken = FORMAT.prove(records[5], records[3], place)
    assert broken is not None
    assert broken.trust is Trust.BROKEN
    assert "broken" in broken.verdict
    event = FORMAT.decode(records[0], place)
    assert [panel.title for panel in FORMAT.panels(event, place)] == ["Envelope", "Payload", "Authority", "Evidence"]


@pytest.mark.parametrize(
    "line",
    [
        b'{"event_id":"1","deal_id":"d","event_type":"x","payload":{}}',
        b'{"event_id":"e","run_id":"r","span_id":"r.s","type":"tool","ts":"2026-01-01T00:00:00Z"}',
        b'{"id":"1","type":"x","payload":{}}',
        b"[1]",
        b"not json",
    ],
)
def test_other_lines_are_not_claimed(line: bytes) -> None:
    assert FORMAT.sniff(Sample("x.jsonl", "jsonl", None, [line])) is None


def test_a_request_body_is_hardly_a_ledger() -> None:
    body = b'{"_meta":{"x":1},"type":"ReviewOpened","payload":{},"authorityContext":{"role":"GP"},"evidenceRefs":[]}'
    claim = FORMAT.sniff(Sample("x.json", "json", None, [body]))
    assert claim is not None
    assert claim.confidence < 20
