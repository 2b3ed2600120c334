"""Evidence packs and companions."""

import hashlib
import io
import json
import os
import struct
import zipfile
from pathlib import Path

import pytest

from console.model.record import Cursor
from console.sources.companions import COUNT, companions
from console.sources.compressed.zip import check_manifest
from console.sources.content import FileContent
from console.sources.discover import open_sources
from console.sources.protocol import Skipped, Source
from console.sources.text.jsonl import JsonlSource
from tests.support.source_cases import Read

LEDGER = b'{"seq":1}\n{"seq":2}\n{"seq":3}'


def pack(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def sources(path: Path) -> dict[str, Source]:
    return {str(one.member): one for one in open_sources(str(path)) if not isinstance(one, Skipped)}


def skipped(path: Path) -> list[tuple[str, str]]:
    return [(one.finding.code, one.finding.message) for one in open_sources(str(path)) if isinstance(one, Skipped)]


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_the_end_of_a_member_ends_its_last_record(tmp_path: Path, keeps_its_word: Read, compression: int) -> None:
    found = sources(
        pack(tmp_path / "x", {"a/l.jsonl": LEDGER, "e.json": b"[1, 2]", "n.json": b"[]", "t.txt": b"t"}, compression)
    )
    assert list(found) == ["a/l.jsonl", "e.json"]
    got = keeps_its_word(found["a/l.jsonl"])
    assert found["a/l.jsonl"].container == "zip"
    assert b"\n".join(got.raws) == LEDGER
    assert found["a/l.jsonl"].tail(Cursor(3, 20)) is None
    assert keeps_its_word(found["e.json"]).raws == [b"1", b"2"]


def test_a_large_member_is_read_again_anywhere(tmp_path: Path, keeps_its_word: Read) -> None:
    lines = [json.dumps({"n": n, "x": hashlib.sha512(b"%d" % n).hexdigest() * 20}).encode() for n in range(2000)]
    source = sources(pack(tmp_path / "x", {"l.jsonl": b"\n".join(lines)}))["l.jsonl"]
    raws = [raw for batch in source.batches() for raw in batch.raws]
    assert raws == lines
    assert source.read(0, len(lines[0])) == lines[0]


def test_damage_keeps_what_came_before(tmp_path: Path, read: Read) -> None:
    path = pack(tmp_path / "x", {"l.jsonl": LEDGER}, zipfile.ZIP_STORED)
    data = path.read_bytes()
    path.write_bytes(data.replace(b'"seq":3', b'"seq":9'))
    (found,) = open_sources(str(path))
    if isinstance(found, Skipped):
        assert found.finding.code == "container.unreadable"
    else:
        assert read(found).codes == ["container.unreadable"]


def test_members_that_are_not_read_are_said(tmp_path: Path) -> None:
    path = pack(tmp_path / "x", {"a.jsonl": LEDGER, "b.jsonl": LEDGER}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    assert list(sources(path)) == ["b.jsonl"]
    assert skipped(path) == [("container.unreadable", "a.jsonl: The member is encrypted.")]
    assert skipped(pack(tmp_path / "y", {"a.jsonl": LEDGER}, zipfile.ZIP_LZMA))[0][0] == "container.unreadable"


def test_hostile_directories_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x"
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 60_000, 60_000, 1 << 30, 0, 0)
    path.write_bytes(b"PK\x03\x04" + bytes(100) + end)
    assert skipped(path)[0][0] == "container.unreadable"
    path.write_bytes(b"PK\x03\x04" + bytes(100))
    assert skipped(path)[0][0] == "container.unreadable"
    path.write_bytes(pack(tmp_path / "z", {"l.jsonl": LEDGER}).read_bytes()[:-30])
    assert skipped(path)[0][0] == "container.unreadable"


def test_names_that_climb_are_only_names(tmp_path: Path, read: Read) -> None:
    found = sources(pack(tmp_path / "x", {"../../evil.jsonl": LEDGER, "/etc/abs.jsonl": LEDGER}))
    assert len(found) == 2
    assert all(len(read(source).raws) == 3 for source in found.values())
    assert not (tmp_path.parent.parent / "evil.jsonl").exists()


def test_the_manifest_is_checked(tmp_path: Path) -> None:
    def entry(path: str, data: bytes) -> dict[str, str]:
        return {"path": path, "sha256Hex": hashlib.sha256(data).hexdigest()}

    files = [entry("good.txt", b"good"), entry("bad.txt", b"other"), entry("gone.txt", b""), "odd", {"path": 3}]
    manifest = json.dumps({"files": files}).encode()
    found = check_manifest(
        str(pack(tmp_path / "x", {"manifest.json": manifest, "good.txt": b"good", "bad.txt": b"bad"}))
    )
    assert [(one.code, one.field) for one in found] == [
        ("container.zip-manifest-mismatch", "bad.txt"),
        ("container.zip-manifest-mismatch", "gone.txt"),
        ("container.zip-manifest-mismatch", "manifest.json"),
        ("container.zip-manifest-mismatch", "manifest.json"),
    ]
    assert found[0].actual == hashlib.sha256(b"bad").hexdigest()
    assert check_manifest(str(pack(tmp_path / "y", {"a.json": b"{}"}))) == []
    assert len(check_manifest(str(pack(tmp_path / "z", {"manifest.json": b"["})))) == 1


def test_companions_beside_a_ledger_and_in_an_archive(tmp_path: Path) -> None:
    (tmp_path / "outputs").mkdir()
    (tmp_path / "outputs/a.json").write_bytes(b"{}")
    (tmp_path / "outputs/big.json").write_bytes(b" " * 200)
    (tmp_path / "manifest.json").write_bytes(b"m")
    os.mkfifo(tmp_path / "outputs/pipe.json")
    ledger = tmp_path / "l.jsonl"
    ledger.write_bytes(LEDGER)
    source = JsonlSource(FileContent(str(ledger)))
    assert companions(source, ["outputs/*.json", "manifest.json", "../*", "/etc/*", "*.jsonl"], limit=100) == {
        "outputs/a.json": b"{}",
        "manifest.json": b"m",
    }
    packed = sources(pack(tmp_path / "x", {"l.jsonl": LEDGER, "manifest.json": b'{"dealId":1}', "big": b"x" * 200}))
    assert companions(packed["l.jsonl"], ["manifest.json", "big"], limit=100) == {"manifest.json": b'{"dealId":1}'}
    for n in range(COUNT + 5):
        (tmp_path / f"outputs/{n}.txt").write_bytes(b"")
    assert len(companions(source, ["outputs/*.txt"])) == COUNT


def test_the_real_pack(real: Path, keeps_its_word: Read) -> None:
    path = real / "kernel/bff/evidence_pack_AUDIT_PACK.zip"
    source = sources(path)["event_ledger.jsonl"]
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        data = archive.read("event_ledger.jsonl")
    assert b"\n".join(keeps_its_word(source).raws) == data
    assert json.loads(companions(source, ["manifest.json"])["manifest.json"])["dealId"]
    assert check_manifest(str(path)) == []


def test_of_two_members_of_one_name_one_is_read_and_the_other_said(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("l.jsonl", b'{"first":1}\n')
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("l.jsonl", LEDGER)
    assert [str(one.member) for one in open_sources(str(path)) if not isinstance(one, Skipped)] == ["l.jsonl"]
    assert sources(path)["l.jsonl"].read(0, 9) == LEDGER[:9]
    ((code, message),) = skipped(path)
    assert code == "container.unreadable"
    assert "several times" in message
