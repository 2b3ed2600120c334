"""The portal's table and its evidence packs, as the portal writes them: verified, and every change is found."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.verdicts import judge
from tests.support.writers.kernel import DEAL, Event, pack, pack_lines, portal, portal_rows


@pytest.mark.parametrize("iso_times", [False, True])
def test_the_table_is_verified(tmp_path: Path, iso_times: bool) -> None:
    portal(tmp_path / "portal.db", portal_rows(iso_times=iso_times))
    verdict = judge(tmp_path / "portal.db")
    assert (verdict.code, verdict.findings, verdict.profiles) == (0, [], ["kernel-bff/1"])
    assert [each["trust"] for each in verdict.events] == ["verified", "recovered", "recovered", "recovered", "verified"]
    assert [each["chain"]["chainIntact"] for each in verdict.report["ledgers"][0]["streams"]] == [True]


def rows_with(at: int, **change: Any) -> list[Event]:
    rows = portal_rows()
    rows[at] |= change
    return rows


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (rows_with(1, eventData='{"edited":true}'), [("chain.hash-mismatch", 2)]),
        (rows_with(1, eventType="StateTransition"), [("chain.hash-mismatch", 2)]),
        (rows_with(1, eventHash="1" * 64), [("chain.hash-mismatch", 2), ("chain.previous-mismatch", 3)]),
        (rows_with(4, previousEventHash="1" * 64), [("chain.hash-mismatch", 5), ("chain.previous-mismatch", 5)]),
        (rows_with(1, actorName="Somebody else"), []),
        (portal_rows()[:3], []),
        (portal_rows()[:2] + portal_rows()[3:], [("chain.previous-mismatch", 4), ("chain.sequence-gap", 4)]),
    ],
)
def test_an_edited_cell_is_found(tmp_path: Path, rows: list[Event], expected: list[tuple[str, int]]) -> None:
    portal(tmp_path / "portal.db", rows)
    verdict = judge(tmp_path / "portal.db")
    assert verdict.at("sequence", "chain") == expected
    assert set(verdict.broken("sequence")) == {sequence for _, sequence in expected}
    # For a table the row id stands in `record`.
    row_ids = {row["sequenceNumber"]: number for number, row in enumerate(rows, 1)}
    assert verdict.at("record", "chain") == [(code, row_ids[sequence]) for code, sequence in expected]


def test_a_pack_is_verified_with_its_manifest(tmp_path: Path) -> None:
    entries = pack_lines(portal_rows(iso_times=True))
    pack(tmp_path / "pack.zip", entries)
    verdict = judge(tmp_path / "pack.zip")
    assert (verdict.code, verdict.findings, verdict.profiles) == (0, [], ["kernel-pack/1"])
    assert verdict.trusts == {"verified": 2, "recovered": 3}
    assert list(verdict.states) == [DEAL]
    # The same, unpacked.
    (tmp_path / "unpacked").mkdir()
    (tmp_path / "unpacked/event_ledger.jsonl").write_text("\n".join(json.dumps(each) for each in entries))
    (tmp_path / "unpacked/manifest.json").write_text(json.dumps({"dealId": DEAL}))
    unpacked = judge(tmp_path / "unpacked/event_ledger.jsonl")
    assert unpacked.profiles == ["kernel-pack/1"] and unpacked.trusts["recovered"] >= 3


def test_a_pack_without_its_manifest_has_links_and_no_hashes(tmp_path: Path) -> None:
    pack(tmp_path / "pack.zip", pack_lines(portal_rows(iso_times=True)), deal=None)
    verdict = judge(tmp_path / "pack.zip")
    (found,) = verdict.findings
    assert (found["code"], found["count"]) == ("chain.not-reproducible", 5) and "manifest.json" in found["message"]
    assert verdict.code == 3 and verdict.trusts == {"linked": 5}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"data": {"edited": True}}, [("chain.hash-mismatch", 2)]),
        ({"type": "ClaimDenied"}, [("chain.hash-mismatch", 2)]),
        ({"hash": "1" * 64}, [("chain.hash-mismatch", 2), ("chain.previous-mismatch", 3)]),
        ({"prevHash": None}, [("chain.hash-mismatch", 2), ("chain.previous-mismatch", 2)]),
        ({"actorName": "Somebody else"}, []),
    ],
)
def test_an_edited_entry_of_a_pack_is_found(
    tmp_path: Path, change: dict[str, Any], expected: list[tuple[str, int]]
) -> None:
    entries = pack_lines(portal_rows(iso_times=True))
    entries[1] |= change
    pack(tmp_path / "pack.zip", entries)
    verdict = judge(tmp_path / "pack.zip")
    assert verdict.at("record", "chain") == expected
    assert set(verdict.broken()) == {record for _, record in expected}


def test_a_pack_of_another_deal_is_found(tmp_path: Path) -> None:
    pack(tmp_path / "pack.zip", pack_lines(portal_rows(iso_times=True)), deal="another-deal")
    verdict = judge(tmp_path / "pack.zip")
    assert verdict.code in (1, 3) and "verified" not in verdict.trusts and "recovered" not in verdict.trusts
