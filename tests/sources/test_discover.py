"""What is opened, what is said, what is passed over."""

import errno
import gzip
import os
import socket
from pathlib import Path

import pytest

import console.sources.discover as discovering
from console.model.record import Cursor
from console.sources.discover import discover, open_sources, sample
from console.sources.files import read_at
from console.sources.identity import head, leaf_at, matches
from console.sources.protocol import Skipped, Source, SourceError
from console.sources.record_hash import leaf
from console.sources.sniff import TextKind
from console.verify.catalogue import CATALOGUE
from tests.support.source_cases import Read


def one(path: Path) -> Source | Skipped:
    (found,) = open_sources(str(path))
    return found


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b'{"a":1}\n{"a":2}\n', "jsonl"),
        (b'{"a":1}\n', "jsonl"),
        (b'{"a":1}', "jsonl"),
        (b'\xef\xbb\xbf{"a":1}\r\n', "jsonl"),
        (b'\n\n \n{"a":1}\n', "jsonl"),
        (b'{"type":"x","data":[{"a":1}]}\n{"type":"y","data":[]}\n', "jsonl"),
        (b'{"type":"x","data":[1,2]}\n', "jsonl"),
        (b'{"torn": "va{"a":1}\n{"a":2}\n{"a":3}\n', "jsonl"),
        (b'{"torn": "va\n{"a":2}\n{"a":3}\n', "jsonl"),
        (b'{"torn": 1\n{"a":2}\n{"a":3}\n', "jsonl"),
        (b'tail of a line"}\n{"a":2}\n{"a":3}\n', "jsonl"),
        (b'\0\0\0\0{"a":1}\n{"a":2}\n', "jsonl"),
        (b"[1]\n[2]\n", "jsonl"),
        (b'{"a":"' + b"x" * 200_000 + b'"}\n{}\n', "jsonl"),
        (b'[{"a":1},{"a":2}]', "json"),
        (b'[\n {\n  "a": 1\n }\n]\n', "json"),
        (b'{\n "a": 1\n}\n', "json"),
        (b'{"data":[{"a":1}],"total":1}', "json"),
        (b'{"data":[\n{"a":1},\n{"a":2}\n]}', "json"),
        (b'{"data":[{"a":1},{"a":2}', "json"),
        (b'{"data":[{"a":1}]', "json"),
        (b'{"total":9,"events":[{"a":"' + b"x" * 200_000 + b'"}]}', "json"),
        (b'event: done\ndata: {}\n\n', "sse"),
        (b'\xef\xbb\xbf: hi\r\n\r\ndata: 1\r\rdata', "sse"),
        (gzip.compress(b'{"a":1}\n', mtime=0), "gzip"),
    ],
)  # fmt: skip
def test_content_tells_the_container(tmp_path: Path, data: bytes, kind: str) -> None:
    path = tmp_path / "any.name"
    path.write_bytes(data)
    source = one(path)
    assert not isinstance(source, Skipped), source
    assert source.container == kind
    assert sample(source)


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"", "container.empty", "empty"),
        (b" \n\r\n\t", "container.empty", "white space"),
        (b"[ ]\n", "container.empty", "array is empty"),
        ('{"a":1}\n'.encode("utf-16"), "container.not-recognised", "UTF-16"),
        ('{"a":1}\n'.encode("utf-16-le"), "container.not-recognised", "UTF-16"),
        (b"\x7fELF\0\0\1\2", "container.not-recognised", "binary"),
        (b"# Title\n\ntext {json}\n", "container.not-recognised", "text"),
        (b"id: 1\nname: x\n", "container.not-recognised", "text"),
        (b"[INFO] started\n", "container.not-recognised", "text"),
        (b"a,b\n1,2\n", "container.not-recognised", "text"),
        (b" " * 400_000, "container.not-recognised", "white space"),
    ],
)
def test_what_is_no_ledger_is_said_in_words(tmp_path: Path, data: bytes, code: str, words: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(data)
    found = one(path)
    assert isinstance(found, Skipped)
    assert found.finding.code == code
    assert words in found.finding.message


def said(path: str) -> str:
    (found,) = open_sources(path)
    assert isinstance(found, Skipped)
    assert found.finding.code == "container.unreadable"
    return found.finding.message


def test_special_files_are_said_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    (tmp_path / "folder.jsonl").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "pipe.jsonl")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket.jsonl"))
        assert "pipe" in said(str(tmp_path / "pipe.jsonl"))
        assert "pipe" in said(str(tmp_path / "link"))
        assert "folder" in said(str(tmp_path / "folder.jsonl"))
        assert "socket" in said(str(tmp_path / "socket.jsonl"))
        assert "circle" in said(str(tmp_path / "loop"))
        assert "no such file" in said(str(tmp_path / "missing"))
        assert "device" in said("/dev/zero")
        assert "cannot name" in said("a\0b")
        found = [each.path for each in discover([str(tmp_path)]) if isinstance(each, Skipped)]
        assert [Path(path).name for path in found] == ["pipe.jsonl", "socket.jsonl", "loop"]


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="no /proc here")
def test_windows_into_the_running_system_are_not_read() -> None:
    for name in ("/proc/self/mem", "/proc/self/maps", "/proc/kmsg"):
        assert "running system" in said(name)


def test_a_file_that_may_not_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"{}\n")

    def refuse(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    assert "Permission" in said(str(path))


def test_folders_are_walked_in_order_and_quietly(tmp_path: Path) -> None:
    for name, data in {
        "b/z.jsonl": b"{}\n",
        "b/a.json": b"[{}]",
        "a.db-wal": b"{}\n",
        "README.md": b"# {\n",
        "code.py": b"x = {}\n",
        ".git/x.jsonl": b"{}\n",
        ".hidden.jsonl": b"{}\n",
        "empty.jsonl": b"",
        "empty.txt": b"",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    (tmp_path / "b/up").symlink_to(tmp_path)
    (tmp_path / "b/link.jsonl").symlink_to(tmp_path / "b/z.jsonl")
    found = [str(Path(each.path).relative_to(tmp_path)) for each in discover([str(tmp_path)])]
    assert found == [".hidden.jsonl", "empty.jsonl", "b/a.json", "b/z.jsonl"]
    explicit = list(discover([str(tmp_path / "README.md"), str(tmp_path / "nothing")]))
    assert [each.finding.code for each in explicit if isinstance(each, Skipped)] == [
        "container.not-recognised",
        "container.unreadable",
    ]
    (tmp_path / "bare").mkdir()
    (nothing,) = discover([str(tmp_path / "bare")])
    assert isinstance(nothing, Skipped)
    assert nothing.finding.code == "container.empty"


def test_a_folder_full_of_other_files_costs_one_block_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(300):
        (tmp_path / f"{n}.txt").write_bytes(b"text\n" * 20_000)
    (tmp_path / "z.jsonl").write_bytes(b"{}\n")
    sizes: list[int] = []
    inner = read_at

    def counted(path: str, descriptor: int, offset: int, size: int) -> bytes:
        sizes.append(size)
        return inner(path, descriptor, offset, size)

    monkeypatch.setattr(discovering, "read_at", counted)
    monkeypatch.setattr(
        discovering, "text_kind", lambda window: pytest.fail("looked twice") if len(sizes) < 301 else _jsonl()
    )
    assert len(list(discover([str(tmp_path)]))) == 1
    assert sizes == [4096] * 301


def _jsonl() -> TextKind:
    return TextKind("jsonl")


def test_reading_errors_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"{}\n")
    source = one(path)
    assert not isinstance(source, Skipped)

    def fail(*_: object) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "pread", fail)
    with pytest.raises(SourceError) as caught:
        list(source.batches())
    assert "read error" in caught.value.finding.message


def test_identity_is_content(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"n":1}\n{"n":2}\n')
    source = one(path)
    assert not isinstance(source, Skipped)
    got = read(source)
    marks = [
        (offset, length, leaf(raw)) for offset, length, raw in zip(got.offsets, got.lengths, got.raws, strict=True)
    ]
    before = head(source, 16)
    with path.open("ab") as file:
        file.write(b'{"n":3}\n')
    assert head(source, 16) == before
    assert matches(source, marks)
    packed = tmp_path / "y"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    archive = one(packed)
    assert not isinstance(archive, Skipped)
    assert head(archive, 16) == before
    assert matches(archive, marks)
    path.write_bytes(b'{"n":1}\n{"n":7}\n')
    assert head(source, 16) != before
    assert not matches(source, marks)
    assert leaf_at(source, 8, 100) is None
    path.unlink()
    assert not matches(source, marks)


def test_severities_are_the_catalogues(tmp_path: Path, read: Read) -> None:
    (tmp_path / "x").write_bytes(gzip.compress(b"[1,")[:-3] + b"")
    (tmp_path / "y").write_bytes(gzip.compress(b"[1]2") + b"junk")
    (tmp_path / "z").write_bytes(b"")
    findings = [
        found.finding for found in [one(tmp_path / "z"), *open_sources("/dev/null")] if isinstance(found, Skipped)
    ]
    for name in "xy":
        source = one(tmp_path / name)
        assert not isinstance(source, Skipped)
        findings += read(source).findings
    assert len(findings) == 6
    assert all(CATALOGUE[each.code].severity == each.severity for each in findings)


def test_a_sample_of_an_unfinished_ledger_is_its_tail(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b'{"a":1')
    source = one(path)
    assert not isinstance(source, Skipped)
    assert sample(source) == [b'{"a":1']
    assert source.tail(Cursor()) is not None


def test_a_destroyed_ledger_in_a_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_bytes(bytes(range(128, 256)) * 20)
    (tmp_path / "picture.bin").write_bytes(bytes(range(128, 256)) * 20)
    (found,) = discover([str(tmp_path)])
    assert isinstance(found, Skipped)
    assert found.path.endswith("events.jsonl")
    assert found.finding.code == "container.not-recognised"


def test_one_nul_before_a_bracket_is_a_hole_in_a_ledger_and_no_utf_16(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'\0{"a":1}\n{"a":2}\n')
    (found,) = open_sources(str(tmp_path / "a.jsonl"))
    assert not isinstance(found, Skipped)
