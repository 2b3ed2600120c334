"""Tar archives: members are read where they lie, and whatever a header claims, nothing is unpacked."""

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from console.sources.discover import discover, open_sources
from console.sources.protocol import Skipped, Source
from tests.support.source_cases import Read

LEDGER = b"".join(b'{"n":%d}\n' % number for number in range(50))
FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}


def archive(members: list[tuple[str, bytes]], form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def found(path: Path, data: bytes) -> tuple[dict[str | None, Source], list[str]]:
    """Sources by member, and what is reported besides."""
    path.write_bytes(data)
    sources, words = {}, []
    for each in open_sources(str(path)):
        if isinstance(each, Skipped):
            words.append(each.finding.message)
        else:
            sources[each.member] = each
    return sources, words


@pytest.mark.parametrize("packed", [False, True], ids=["tar", "tar.gz"])
@pytest.mark.parametrize("form", FORMATS)
def test_members_are_ledgers(form: str, packed: bool, tmp_path: Path, keeps_its_word: Read) -> None:
    long = "x/" * 45 + "events.jsonl"
    members = [("a.jsonl", LEDGER), ("README", b"text\n"), (long, LEDGER[:-1]), ("list.json", b'[{"a":1}]'), ("e", b"")]
    data = archive(members, FORMATS[form])
    sources, words = found(tmp_path / "x", gzip.compress(data) if packed else data)
    assert not words
    assert sources.keys() == {"a.jsonl", long, "list.json"}
    for name, source in sources.items():
        assert source.container == "tar"
        assert keeps_its_word(source).raws == ([b'{"a":1}'] if name == "list.json" else LEDGER[:-1].split(b"\n"))


@pytest.mark.parametrize("name", ["../../etc/x.jsonl", "/etc/x.jsonl", "a\x1b]0;x\x07.jsonl", "ü" * 200 + ".jsonl"])
def test_names_are_never_paths(name: str, tmp_path: Path) -> None:
    sources, _ = found(tmp_path / "x", archive([(name, LEDGER)]))
    assert sources.keys() == {name}
    assert [each.name for each in tmp_path.iterdir()] == ["x"]


def test_links_and_devices_are_no_members(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE):
            info = tarfile.TarInfo("x.jsonl")
            info.type, info.linkname = kind, "/etc/passwd"
            tar.addfile(info)
    sources, words = found(tmp_path / "x", out.getvalue())
    assert not sources
    assert "without a ledger" in words[0]


def test_of_several_members_with_one_name_the_last_is_read(tmp_path: Path, read: Read) -> None:
    sources, words = found(tmp_path / "x", archive([("a.jsonl", LEDGER), ("a.jsonl", b'{"n":"last"}\n')]))
    assert read(sources["a.jsonl"]).raws == [b'{"n":"last"}']
    assert "a.jsonl stands several times" in words[0]


@pytest.mark.parametrize("packed", [False, True], ids=["tar", "tar.gz"])
def test_an_archive_that_was_cut_off_is_reported(packed: bool, tmp_path: Path, read: Read) -> None:
    data = archive([("a.jsonl", LEDGER * 100)])[: 512 + 1024]
    sources, _ = found(tmp_path / "x", gzip.compress(data) if packed else data)
    got = read(sources["a.jsonl"])
    assert len(got.raws) > 100
    assert "container.unreadable" in got.codes


def test_a_damaged_header_is_reported_and_what_stands_before_is_read(tmp_path: Path) -> None:
    data = bytearray(archive([("a.jsonl", LEDGER), ("b.jsonl", LEDGER)]))
    data[1024 + 5] ^= 1
    sources, words = found(tmp_path / "x", bytes(data))
    assert sources.keys() == {"a.jsonl"}
    assert "damaged at byte 1,024" in words[0]


def test_a_packed_member_is_refused_by_name(tmp_path: Path) -> None:
    inner = archive([("b.jsonl", LEDGER)])
    sources, words = found(tmp_path / "x", archive([("a.jsonl.gz", gzip.compress(LEDGER)), ("b.tar", inner)]))
    assert not sources
    assert words[0].startswith("a.jsonl.gz: This is gzip inside another")


@pytest.mark.parametrize("size", [b"\x80" + b"\xff" * 11, b"77777777777\0", b"-0000000001\0", b"\0" * 12])
def test_sizes_that_lie_cost_nothing(size: bytes, tmp_path: Path) -> None:
    data = bytearray(archive([("a.jsonl", LEDGER)], tarfile.USTAR_FORMAT))
    data[124:136] = size
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    found(tmp_path / "x", bytes(data))


def test_other_archives_in_a_folder_are_quiet(tmp_path: Path) -> None:
    (tmp_path / "source.tar.gz").write_bytes(gzip.compress(archive([("README", b"text\n"), ("setup.py", b"x = 1\n")])))
    (one,) = discover([str(tmp_path)])
    assert isinstance(one, Skipped)
    assert one.finding.code == "container.empty"


@pytest.mark.parametrize("at", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_a_damaged_archive_is_never_passed_over_in_silence(at: float, tmp_path: Path) -> None:
    whole = gzip.compress(archive([("a.jsonl", LEDGER)]))
    where = 18 + int(at * (len(whole) - 26))
    for wrong in (b"\0" * 8, b"\xff" * 8, b"\x03\x00"):
        data = whole[:where] + wrong + whole[where + len(wrong) :]
        sources, words = found(tmp_path / "x", data)
        records = [raw for each in sources.values() for batch in each.batches() for raw in batch.raws]
        notes = [note for each in sources.values() for batch in each.batches() for note in batch.findings]
        assert words or notes or len(records) == 50


def test_an_empty_member_is_reported_where_it_is_the_only_one(tmp_path: Path) -> None:
    sources, words = found(tmp_path / "x", archive([("a.jsonl", b"")]))
    assert not sources and len(words) == 1
