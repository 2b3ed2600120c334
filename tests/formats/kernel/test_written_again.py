"""Ledgers whose JSON was written once more, with keys in another order: recovered; a changed value is still found."""

import gzip
import json
import random
from collections.abc import Callable
from copy import deepcopy
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from console.formats.kernel import FORMAT
from console.model.record import Record
from console.model.trust import Trust
from console.verify import recover
from tests.support.kernel_cases import AUDIT, DOC, context, outcome
from tests.support.verdicts import judge
from tests.support.writers.kernel import DEAL, Act, Event, answer, audit, doc, jsonl, pack_lines, portal_rows

Write = Callable[[Any], Any]


def by_name(value: Any) -> Any:
    """As ``jq -S`` writes it."""
    if isinstance(value, dict):
        return {key: by_name(value[key]) for key in sorted(value)}
    return [by_name(each) for each in value] if isinstance(value, list) else value


def by_length(value: Any) -> Any:
    """As a JSONB column gives it back."""
    if isinstance(value, dict):
        return {key: by_length(value[key]) for key in sorted(value, key=lambda key: (len(key.encode()), key.encode()))}
    return [by_length(each) for each in value] if isinstance(value, list) else value


def turned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: turned(each) for key, each in reversed(value.items())}
    return [turned(each) for each in value] if isinstance(value, list) else value


def shuffled(value: Any) -> Any:
    if isinstance(value, dict):
        keys = random.Random(repr(value)).sample([*value], len(value))
        return {key: shuffled(value[key]) for key in keys}
    return [shuffled(each) for each in value] if isinstance(value, list) else value


WRITERS: list[Write] = [by_name, by_length, turned, shuffled]
ACTS = [
    Act("ReviewOpened", "gp", {"zeta": 1, "alpha": {"y": [{"b": 1.5, "a": None}], "x": "é"}, "m": 10**12}),
    Act("DealCreated", "gp", {"name": "Juniper Row", "state": "Draft", "stressMode": "SM-0"}),
    Act("DataDisputed", "gp", {"only": 0.1 + 0.2}),
    Act("ApprovalGranted", "gp", {"f": 1, "e": 2, "d": 3, "c": 4, "b": 5, "action": "OVERRIDE"}),
    Act("ApprovalGranted", "gp", {"f": 6, "e": 5, "d": 4, "c": 3, "b": 2, "action": "OVERRIDE"}),
]


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("lines", [True, False])
def test_another_order_of_keys_is_recovered(write: Write, lines: bool) -> None:
    events = [*map(write, doc(ACTS))]
    result = outcome([json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode() for event in events])
    assert result.findings == [] and result.reader.profile == DOC
    trust = [level for _, level in sorted(result.trust.items())]
    assert set(trust) <= {Trust.VERIFIED, Trust.RECOVERED} and trust[2] is Trust.VERIFIED
    same = [[*write(act.payload)] == [*act.payload] for act in ACTS]
    assert [level is Trust.RECOVERED for level in trust[1:4]] == [not each for each in same[1:4]]
    pretty = [json.dumps(event, indent=None, separators=(", ", " : ")).encode() for event in events]
    assert outcome(pretty, lines=lines).trust == result.trust


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("container", [jsonl, answer, lambda events: gzip.compress(jsonl(events))])
def test_the_whole_story_written_again(tmp_path: Path, write: Write, container: Callable[[list[Event]], bytes]) -> None:
    (tmp_path / "ledger").write_bytes(container([*map(write, doc())]))
    verdict = judge(tmp_path / "ledger")
    assert (verdict.code, verdict.findings, verdict.profiles) == (0, [], [DOC])
    assert set(verdict.trusts) == {"verified", "recovered"} and sum(verdict.trusts.values()) == 41


@pytest.mark.parametrize("write", [*WRITERS, lambda value: value])
@pytest.mark.parametrize("lines", [True, False])
def test_a_changed_value_is_a_mismatch_all_the_same(write: Write, lines: bool) -> None:
    events = deepcopy(doc(ACTS))
    events[3]["payload"]["c"] = 44
    raws = [json.dumps(write(event)).encode() for event in events]
    result = outcome(raws, lines=lines)
    assert result.codes() == {("chain.hash-mismatch", 4)} and result.trust[4] is Trust.BROKEN
    (found,) = result.at("chain.hash-mismatch")
    assert "tried: 720" in found.message


def test_what_has_more_orders_than_can_be_tried_is_not_called_changed() -> None:
    many = {f"key {at}": at for at in (5, 2, 9, 1, 8, 3, 7, 0, 6, 4, 11, 10)}
    events = [*map(by_name, doc([*ACTS[:3], Act("DataDisputed", "gp", many)]))]
    result = outcome([json.dumps(event).encode() for event in events])
    assert result.codes() == {("chain.not-reproducible", 4)} and result.trust[4] is Trust.LINKED


@pytest.mark.parametrize("write", WRITERS)
def test_keys_that_are_added_to_an_edit_do_not_excuse_it(write: Write) -> None:
    """Sorted ones may hide an order that nobody can find; others show that the text is as it was hashed."""
    events = deepcopy(doc(ACTS))
    events[3]["payload"] = {"z": 0, **events[3]["payload"], **{f"more {at}": None for at in range(8)}, "b2": 1}
    result = outcome([json.dumps(write(event)).encode() for event in events])
    ((code, sequence),) = result.codes()
    sorts = write in (by_name, by_length)
    assert (code, sequence) == ("chain.not-reproducible" if sorts else "chain.hash-mismatch", 4)
    assert result.trust[4] is (Trust.LINKED if sorts else Trust.BROKEN)


def test_orders_are_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was learned from one event holds for those of its type, also where they have fewer keys."""
    keys = [*"hgfedcba"]
    acts = [Act("ReviewOpened", "gp", {"a": 0})]
    acts += [Act("DataDisputed", "gp", {key: at for key in keys if key != "c" or at % 2}) for at in range(1, 400)]
    raws = [json.dumps(by_name(event), separators=(",", ":")).encode() for event in doc(acts)]
    hashes = 0

    def counted(data: bytes) -> Any:
        nonlocal hashes
        hashes += 1
        return sha256(data)

    monkeypatch.setattr(recover, "sha256", counted)
    result = outcome(raws, cuts=[100])
    assert result.findings == [] and [*result.trust.values()].count(Trust.RECOVERED) == 399
    assert hashes < 100_000


@pytest.mark.parametrize("write", WRITERS)
def test_an_evidence_pack_written_again(write: Write) -> None:
    manifest = {"manifest.json": json.dumps({"dealId": DEAL}).encode()}
    raws = [json.dumps(write(line), ensure_ascii=False).encode() for line in pack_lines(portal_rows(iso_times=True))]
    result = outcome(raws, shape="pack", companions=manifest)
    assert result.codes() == set() and set(result.trust.values()) <= {Trust.VERIFIED, Trust.RECOVERED}
    edited = [raw.replace(b'"Q3"', b'"Q4"') for raw in raws]
    assert outcome(edited, shape="pack", companions=manifest).codes() == {("chain.hash-mismatch", 4)}


def test_text_in_a_string_is_nobodys_to_order() -> None:
    rows = portal_rows()
    rows[1]["eventData"] = json.dumps(by_name(json.loads(rows[1]["eventData"])))
    result = outcome([json.dumps(row).encode() for row in rows], shape="table")
    assert result.codes() == {("chain.hash-mismatch", 2)}


def test_the_proof_names_what_was_recovered() -> None:
    for profile, event in ((DOC, by_name(doc(ACTS)[0])), (AUDIT, audit(ACTS, late=[0])[3])):
        record = Record(1, 0, 0, json.dumps(event).encode())
        proof = FORMAT.prove(record, None, context(profile=profile))
        assert proof is not None and proof.recomputed == proof.stored == event["eventHash"]
        assert "after recovering" in proof.verdict and any(
            "order of the payload's keys" in each for each in proof.notes
        )


def test_the_case_that_was_given(cases: Path) -> None:
    folder = cases / "key-order-kernel-doc"
    for name, trusts in (("original.jsonl", {"verified"}), ("reordered.jsonl", {"verified", "recovered"})):
        verdict = judge(folder / name)
        notes = [(each["code"], each["severity"]) for each in verdict.findings]
        assert (verdict.code, notes) == (0, [("schema.bad-pattern", "note")])  # its actors have no UUIDs
        assert set(verdict.trusts) <= trusts
