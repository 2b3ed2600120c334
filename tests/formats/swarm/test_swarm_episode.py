"""The hash-linked episode log: the real one, each kind of damage, and one finding for one change."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.formats.protocol import Context, Sample
from console.formats.swarm import FORMAT
from console.model.record import Record
from console.model.trust import Severity, Trust
from tests.support.swarm_cases import NOW, batch, codes, episode, lines, read, seal

CONTEXT = Context("simapi", NOW)


def trusts(raws: list[bytes]) -> tuple[list[Trust], list[tuple[str, int | None]]]:
    out, found = read(raws, "simapi")
    return [Trust(each) for each in out.trust], [(each.code, each.record) for each in found]


def test_the_real_episode_is_verified_link_by_link(real: Path) -> None:
    raws = (real / "swarm/simapi/iam_gate_episode.jsonl").read_bytes().removesuffix(b"\n").split(b"\n")
    claim = FORMAT.sniff(Sample("x", "jsonl", None, raws))
    assert claim is not None and claim.shape == "simapi"
    reader = FORMAT.reader(CONTEXT)
    out = reader.read(batch(raws))
    assert reader.profile == "swarm-simapi/1" and set(out.trust) == {Trust.VERIFIED}
    assert not out.findings and not reader.standing()
    (fact,) = reader.facts()
    assert (fact.kind, fact.chained, fact.chain_intact) == ("episode", 5, True)
    before = None
    for ordinal, raw in enumerate(raws, 1):
        record = Record(ordinal, 0, len(raw), raw)
        proof = FORMAT.prove(record, before, CONTEXT)
        assert proof is not None and proof.trust is Trust.VERIFIED and proof.preimage is not None
        assert proof.recomputed == sha256(proof.preimage).hexdigest() == proof.stored
        assert proof.previous == proof.expected_previous
        document = json.loads(raw)
        for span in proof.spans:
            assert json.loads(b"{" + proof.preimage[span.start : span.end] + b"}") == {span.field: document[span.field]}
        before = record


def edited(index: int, **change: Any) -> list[bytes]:
    entries = episode()
    entries[index] |= change
    return lines(entries)


@pytest.mark.parametrize(
    ("raws", "wanted"),
    [
        (edited(1, payload={"approve": False, "evidence_ids": [], "request_id": "x"}), [("chain.hash-mismatch", 2)]),
        (edited(1, timestamp="2026-02-16T20:49:01.412869+00:00"), [("chain.hash-mismatch", 2)]),
        (edited(1, agent_id=None), [("chain.hash-mismatch", 2)]),
        (edited(1, event_hash="0" * 64), [("chain.hash-mismatch", 2)]),
        (edited(1, parent_event_hash="0" * 64), [("chain.previous-mismatch", 2)]),
        (edited(0, parent_event_hash="0" * 64), [("chain.previous-mismatch", 1)]),
        (edited(2, provenance_id="0" * 12), [("provenance.id-mismatch", 3)]),
        (edited(2, event_hash=None), [("chain.hash-missing", 3)]),
        (lines([*episode()[:1], *episode()[2:]]), [("chain.previous-mismatch", 2)]),
        (lines([*episode()[:3], *episode()[2:]]), [("chain.fork", 4)]),
    ],
)
def test_one_change_is_one_break(raws: list[bytes], wanted: list[tuple[str, int]]) -> None:
    trust, found = trusts(raws)
    assert [each for each in found if not each[0].startswith("schema.")] == wanted
    assert [ordinal for ordinal, each in enumerate(trust, 1) if each is Trust.BROKEN] == [wanted[0][1]]
    assert set(trust) == {Trust.VERIFIED, Trust.BROKEN}


def test_an_inserted_branch_is_a_fork() -> None:
    entries = episode()
    rival = seal(dict(entries[2]) | {"agent_id": "mallory"})
    trust, found = trusts(lines([*entries[:2], rival, *entries[2:]]))
    assert found == [("chain.fork", 4)] and trust.count(Trust.BROKEN) == 1


def test_an_unreadable_entry_leaves_the_next_link_unchecked() -> None:
    raws = lines(episode())
    trust, found = trusts([raws[0], b"{", *raws[2:]])
    assert found == [("record.invalid-json", 2), ("chain.link-unknown", 3)]
    assert trust == [Trust.VERIFIED, Trust.UNCHECKED, Trust.UNCHECKED, Trust.VERIFIED]
    # Nothing was lost, or what was is no entry: all links hold.
    trust, found = trusts([*raws[:2], b"{", *raws[2:]])
    assert found == [("record.invalid-json", 3)] and trust.count(Trust.UNCHECKED) == 1
    # It explains the next link alone.
    trust, found = trusts([raws[0], b"{", raws[2], *lines(episode(6))[4:]])
    assert found == [("record.invalid-json", 2), ("chain.link-unknown", 3), ("chain.previous-mismatch", 4)]
    # What does not fit its own hash is broken all the same.
    trust, found = trusts([raws[0], b"{", *edited(2, agent_id="mallory")[2:]])
    assert found == [("record.invalid-json", 2), ("chain.hash-mismatch", 3)]
    assert trust[2:] == [Trust.BROKEN, Trust.VERIFIED]
    trust, found = trusts([raws[0], b"{", *edited(2, provenance_id="0" * 12)[2:]])
    assert found == [("record.invalid-json", 2), ("provenance.id-mismatch", 3)]


def test_a_log_that_begins_in_the_middle_says_where_to_look() -> None:
    raws = lines(episode(5))
    out, (found,) = read(raws[2:], "simapi")
    assert (found.code, found.severity, found.record) == ("chain.begins-later", Severity.ERROR, 1)
    assert [*out.trust] == [Trust.UNCHECKED, Trust.VERIFIED, Trust.VERIFIED]
    assert found.actual == episode(5)[1]["event_hash"] and str(found.actual) in found.message


def test_episodes_in_one_file_are_told_apart() -> None:
    def again(number: int) -> list[bytes]:
        entries = episode()
        for entry, parent in zip(entries, [None, *entries], strict=False):
            entry["agent_id"] = f"a{number}"
            entry["parent_event_hash"] = parent and parent["event_hash"]
            seal(entry)
        return lines(entries)

    raws = [*again(1), *again(2), *again(3)]
    out, found = read(raws, "simapi")
    assert {each.severity for each in found} == {Severity.WARNING}
    assert [(each.code, each.record, each.stream) for each in found] == [
        ("chain.restarted", 5, "episode-2"),
        ("chain.restarted", 9, "episode-3"),
    ]
    assert set(out.trust) == {Trust.VERIFIED}
    assert [each.key for each in out.new_streams if each.kind == "episode"] == ["episode", "episode-2", "episode-3"]
    reader = FORMAT.reader(CONTEXT)
    reader.read(batch(raws))
    facts = [(each.key, each.chained, each.chain_intact) for each in reader.facts()]
    assert facts == [("episode", 4, True), ("episode-2", 4, True), ("episode-3", 4, True)]
    # A copy of the first entry begins nothing.
    assert ("chain.fork", 5) in trusts([*raws[:4], raws[0]])[1]


def test_state_taken_at_any_cut_goes_on_like_one_pass() -> None:
    other = lines([seal(dict(episode()[0]) | {"event_type": "other"})])
    raws = [*edited(2, event_hash="0" * 64), b"{", *other, *lines(episode()[2:])]
    whole, wanted = read(raws, "simapi")
    assert wanted
    for cut in range(len(raws) + 1):
        first, second = (FORMAT.reader(CONTEXT) for _ in range(2))
        before = first.read(batch(raws[:cut]))
        second.load_state(dict(first.take_state()).items())
        after = second.read(batch(raws[cut:], cut + 1, sum(len(raw) + 1 for raw in raws[:cut])))
        assert [*before.trust, *after.trust] == list(whole.trust), cut
        assert [*before.findings, *after.findings, *second.standing()] == wanted, cut


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_any_byte_changed_is_seen(data: st.DataObject) -> None:
    raws = lines(episode())
    index = data.draw(st.integers(0, len(raws) - 1))
    at = data.draw(st.integers(0, len(raws[index]) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda each: each != raws[index][at]))
    changed = raws[index][:at] + bytes([byte]) + raws[index][at + 1 :]
    trust, found = trusts([*raws[:index], changed, *raws[index + 1 :]])
    if set(trust) == {Trust.VERIFIED} and not found:
        assert json.loads(changed) == json.loads(raws[index])  # white space, or the case of an escape


def test_proofs_say_what_is_wrong_and_what_was_not_checked() -> None:
    raws = edited(1, payload={})
    records = [Record(ordinal, 0, len(raw), raw) for ordinal, raw in enumerate(raws, 1)]
    proof = FORMAT.prove(records[1], records[0], CONTEXT)
    assert proof is not None and proof.trust is Trust.BROKEN and proof.recomputed != proof.stored
    after = FORMAT.prove(records[2], records[1], CONTEXT)
    assert after is not None and after.trust is Trust.VERIFIED
    alone = FORMAT.prove(records[2], None, CONTEXT)
    assert alone is not None and alone.trust is Trust.UNCHECKED and "not checked" in alone.verdict
    assert codes(read(raws, "simapi")[1]).count("chain.hash-mismatch") == 1
