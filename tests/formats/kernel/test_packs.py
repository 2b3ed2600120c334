"""Packs: checked file by file against their manifest; one without events is recognised as what it is."""

import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from console.formats.kernel.record import PROOF
from tests.support.kernel_cases import outcome
from tests.support.verdicts import judge
from tests.support.writers.javascript import stringify
from tests.support.writers.kernel import DEAL, pack_lines, portal_rows

MISMATCH = "container.zip-manifest-mismatch"
FILES = {"snapshot.json": b'{"state": "Closed"}', "documents/wire.pdf": b"%PDF-1.7", "materials.json": b"[]"}
LEDGER = "\n".join(map(stringify, pack_lines(portal_rows()))).encode()


def listed(files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    return [{"path": name, "sha256Hex": hashlib.sha256(data).hexdigest()} for name, data in files.items()]


def written(path: Path, files: Mapping[str, bytes], entries: list[Any]) -> Path:
    manifest = {"packType": "PROOF", "dealId": DEAL, "generatedAt": "2026-03-01T00:00:00.000Z", "files": entries}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", json.dumps(manifest, indent=2))
        for name, data in files.items():
            archive.writestr(name, data)
    return path


CASES: dict[str, tuple[dict[str, bytes], list[Any], list[str]]] = {
    "as it was": (FILES, listed(FILES), []),
    "a file differs": ({**FILES, "snapshot.json": b"{}"}, listed(FILES), ["snapshot.json"]),
    "a file is missing": ({"snapshot.json": FILES["snapshot.json"]}, listed(FILES), [*FILES][1:]),
    "a file more": ({**FILES, "more.txt": b""}, listed(FILES), ["more.txt"]),
    "an upper-case hash": (FILES, [{**each, "sha256Hex": each["sha256Hex"].upper()} for each in listed(FILES)], []),
    "a file listed twice": (FILES, [*listed(FILES), listed({"snapshot.json": b"else"})[0]], ["snapshot.json"]),
}


@pytest.mark.parametrize("name", CASES)
def test_a_proofpack(tmp_path: Path, name: str) -> None:
    files, entries, wrong = CASES[name]
    verdict = judge(written(tmp_path / "proof.zip", files, entries))
    assert [each["format"] for each in verdict.report["ledgers"]] == ["kernel"]
    assert [each["field"] for each in verdict.findings if each["code"] == MISMATCH] == wrong
    assert verdict.code == bool(wrong) and "container.not-recognised" not in verdict.codes
    (stream,) = verdict.report["ledgers"][0]["streams"]
    assert (stream["kind"], stream["key"]) == ("deal", DEAL)


def test_a_manifest_without_hashes(tmp_path: Path) -> None:
    entries = [{"path": "snapshot.json"}, {"path": "materials.json", "sha256Hex": "short"}, *listed(FILES)[1:2]]
    verdict = judge(written(tmp_path / "proof.zip", FILES, entries))
    found = {(each["code"], each["field"]) for each in verdict.findings if each["severity"] == "error"}
    assert found == {
        (MISMATCH, "snapshot.json"),
        (MISMATCH, "materials.json"),
        ("schema.missing-field", "files[0].sha256Hex"),
        ("schema.bad-pattern", "files[1].sha256Hex"),
    }


@pytest.mark.parametrize("change", ["", "ledger", "snapshot.json", "more"])
def test_an_evidence_pack(tmp_path: Path, change: str) -> None:
    files = {"event_ledger.jsonl": LEDGER, "snapshot.json": b"{}"}
    kept = {
        "": files,
        "ledger": {**files, "event_ledger.jsonl": LEDGER + b"\n"},
        "snapshot.json": {**files, change: b"[]"},
    }
    kept["more"] = {**files, "more.json": b"[]"}
    verdict = judge(written(tmp_path / "pack.zip", kept[change], listed(files)))
    fields = {"": [], "ledger": ["event_ledger.jsonl"], "snapshot.json": ["snapshot.json"], "more": ["more.json"]}
    assert [each["field"] for each in verdict.findings if each["code"] == MISMATCH] == fields[change]
    assert len(verdict.report["ledgers"]) == 1 and verdict.trusts.keys() <= {"verified", "recovered"}


def test_the_real_pack_lists_nothing(real: Path) -> None:
    assert MISMATCH not in judge(real / "kernel/bff/evidence_pack_AUDIT_PACK.zip").codes


def test_a_manifest_is_read_alone_as_in_bulk() -> None:
    raw = json.dumps({"dealId": DEAL, "files": listed(FILES)}).encode()
    assert {each.code for each in outcome([raw], shape=PROOF).findings} == {"chain.unchained-event"}
    odd = json.dumps({"dealId": "no id", "generatedAt": "soon", "files": [{"path": "a", "sha256Hex": 7}]}).encode()
    assert [each.field for each in outcome([odd], shape=PROOF).findings if each.family == "schema"] == [
        "generatedAt",
        "dealId",
        "files[0].sha256Hex",
    ]
