"""The real system's ledgers: what is found in them is what is there."""

import json
from pathlib import Path

from console.formats.protocol import Sample
from console.formats.smvm import FORMAT
from console.formats.smvm.hashes.integrity import HashState, check, digest
from console.model.record import Record
from console.model.trust import Severity, Trust
from tests.support.smvm_cases import batch, context, read


def raws_of(path: Path) -> list[bytes]:
    return path.read_bytes().removesuffix(b"\n").split(b"\n")


def test_the_committed_ledger_is_sound_but_for_what_its_writer_leaves_out(real: Path) -> None:
    raws = raws_of(real / "smvm/committed/events.jsonl")
    out, found = read(raws)
    # Only DECIDED repeats its payload; the payloads of the seven others were never committed.
    assert [Trust(each) for each in out.trust] == [Trust.UNCHECKED] * 6 + [Trust.VERIFIED] + [Trust.UNCHECKED]
    assert not out.findings
    assert sorted((each.code, each.field, each.actual, each.count) for each in found if each.field) == [
        ("schema.not-in-vocabulary", "metadata.analysis_scope", "market_segmentation", 1),
        ("schema.not-in-vocabulary", "metadata.analysis_type", "comprehensive", 1),
        ("schema.not-in-vocabulary", "metadata.storage_type", "hybrid", 1),
    ]
    assert [(each.code, each.message, each.count) for each in found if not each.field] == [
        ("order.stage-missing", "No SANITIZED.", 1),
        (
            "data.hash-unverifiable",
            "The payloads that data_hash covers are not at hand, so these hashes were not checked.",
            7,
        ),
    ]
    assert max(each.severity for each in found) is Severity.WARNING


def test_with_the_payloads_at_hand_every_hash_of_the_committed_ledger_is_verified(real: Path) -> None:
    payloads = json.loads((real / "smvm/payloads_mock_e2e.json").read_bytes())
    companions = {f"outputs/{kind}.json": json.dumps(payload).encode() for kind, payload in payloads.items()}
    companions["outputs/FLAGGED.json"] = payloads["FLAGGED"].encode()  # a text is hashed as it is
    out, found = read(raws_of(real / "smvm/committed/events.jsonl"), companions)
    assert set(out.trust) == {Trust.VERIFIED}
    assert "data.hash-unverifiable" not in {each.code for each in found}


def test_payloads_that_are_members_of_one_file_are_found_too(real: Path) -> None:
    companions = {"inputs/all.json": (real / "smvm/payloads_mock_e2e.json").read_bytes()}
    raws = raws_of(real / "smvm/committed/events.jsonl")
    out, _found = read(raws, companions)
    assert set(out.trust) == {Trust.VERIFIED}
    proof = FORMAT.prove(Record(1, 0, len(raws[0]), raws[0]), None, context(companions))
    assert proof is not None and proof.trust is Trust.VERIFIED and "inputs/all.json, INGESTED" in proof.verdict
    assert proof.preimage is not None and b'"market_data"' in proof.preimage


def test_real_payloads_reproduce_the_hashes_by_the_writers_rule(real: Path) -> None:
    payloads = json.loads((real / "smvm/payloads_mock_e2e.json").read_bytes())
    for raw in raws_of(real / "smvm/committed/events.jsonl"):
        event = json.loads(raw)
        assert digest(payloads[event["event_type"]]) == event["data_hash"]
        wanted = HashState.VERIFIED if event["event_type"] == "DECIDED" else HashState.UNVERIFIABLE
        assert check(event).state is wanted


def test_the_dry_run_is_a_stream_like_any_other(real: Path) -> None:
    folder = real / "smvm/committed/runs/default/validation/dry_run_001"
    raws = raws_of(folder / "events.jsonl")
    assert all(raw.endswith((b"}", b"}\r")) for raw in raws)
    out, found = read(raws, {"meta.json": (folder / "meta.json").read_bytes()})
    assert set(out.trust) == {Trust.UNCHAINED}
    assert FORMAT.reader(context(shape="step")).profile is None  # steps have no hash that a profile could name
    assert [(stream.kind, stream.key) for stream in out.new_streams] == [("run", "dry_run_001")]
    assert not found


def test_real_ledgers_are_recognised_by_content(real: Path) -> None:
    for path, shape in (("events.jsonl", "ledger"), ("runs/default/validation/dry_run_001/events.jsonl", "step")):
        claim = FORMAT.sniff(Sample("x", "jsonl", None, raws_of(real / "smvm/committed" / path)[:8]))
        assert claim is not None and claim.shape == shape and claim.confidence > 80
    swarm = raws_of(real / "swarm/example/events.jsonl")
    kernel = raws_of(real / "kernel/B_chain30/original/events.jsonl")[:8]
    assert FORMAT.sniff(Sample("x", "jsonl", None, swarm)) is None
    assert FORMAT.sniff(Sample("x", "jsonl", None, kernel)) is None


def test_crlf_ledgers_read_as_lf_ones(real: Path) -> None:
    raws = raws_of(real / "smvm/committed/events.jsonl")
    plain, found = read(raws)
    crlf, found_crlf = read([raw + b"\r" for raw in raws])
    assert list(plain.trust) == list(crlf.trust) and list(plain.time) == list(crlf.time)
    assert [each.code for each in found] == [each.code for each in found_crlf]


def test_state_taken_at_any_cut_goes_on_like_one_pass(real: Path) -> None:
    raws = raws_of(real / "smvm/committed/events.jsonl")
    raws += [raws[2], raws[5].replace(b"e634645d", b"00000000"), b"{", raws[6].replace(b"0.82", b"0.83")]
    _whole, wanted = read(raws)
    for cut in range(len(raws) + 1):
        first = FORMAT.reader(context())
        before = first.read(batch(raws[:cut]))
        state = dict(first.take_state())
        second = FORMAT.reader(context())
        second.load_state(state.items())
        after = second.read(batch(raws[cut:], cut + 1, sum(len(raw) + 1 for raw in raws[:cut])))
        assert [*before.findings, *after.findings, *second.standing()] == wanted, cut
