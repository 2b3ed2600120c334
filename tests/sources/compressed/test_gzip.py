"""Gzip: all members, and nothing that could hide behind them."""

import gzip
import json
import pickle
import random
import tracemalloc
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import console.sources.compressed.gzip as gzip_stream
from console.model.record import Cursor
from console.sources.discover import open_sources
from console.sources.protocol import Skipped, Source
from tests.support.source_cases import Read

LINES = [json.dumps({"n": n, "x": random.Random(n).random()}).encode() for n in range(400)]


def source_of(path: Path, data: bytes) -> Source:
    path.write_bytes(data)
    (source,) = open_sources(str(path))
    assert not isinstance(source, Skipped)
    assert source.container == "gzip"
    return source


def packed(lines: list[bytes]) -> bytes:
    return gzip.compress(b"".join(line + b"\n" for line in lines))


def test_all_members_are_one_stream(tmp_path: Path, keeps_its_word: Read) -> None:
    data = packed(LINES[:100]) + gzip.compress(b"") + packed(LINES[100:])
    got = keeps_its_word(source_of(tmp_path / "x", data + b"\0" * 512))
    assert got.raws == LINES
    assert not got.findings


def test_a_document_inside(tmp_path: Path, keeps_its_word: Read) -> None:
    got = keeps_its_word(source_of(tmp_path / "x", gzip.compress(b"[" + b",\n".join(LINES) + b"]")))
    assert got.raws == LINES


@pytest.mark.parametrize("junk", [b"junk", b"\0\0PK", b"\x1f\x8b\x00"])
def test_what_follows_the_last_member_is_said(tmp_path: Path, read: Read, junk: bytes) -> None:
    got = read(source_of(tmp_path / "x", packed(LINES) + junk))
    assert got.raws == LINES
    assert got.codes == ["container.gzip-trailing-data"]


def test_rows_before_a_truncation_are_kept(tmp_path: Path, keeps_its_word: Read) -> None:
    data = packed(LINES)
    for cut in (len(data) - 1, len(data) - 8, len(data) // 2):
        got = keeps_its_word(source_of(tmp_path / "x", data[:cut]))
        assert got.raws == LINES[: len(got.raws)]
        assert len(got.raws) > 100
        assert got.codes == ["container.gzip-truncated"]


def test_rows_before_a_damage_are_kept(tmp_path: Path, read: Read) -> None:
    data = bytearray(packed(LINES))
    data[-5] ^= 1
    got = read(source_of(tmp_path / "x", bytes(data)))
    assert got.raws == LINES
    assert got.codes == ["container.gzip-truncated"]
    stored = gzip.compress(b"".join(line + b"\n" for line in LINES), compresslevel=0)
    whole = zlib.decompressobj(31).decompress(stored[:9000])
    torn = stored[:9000] + packed(LINES)
    got = read(source_of(tmp_path / "y", torn))
    assert b"".join(raw + b"\n" for raw in got.raws).startswith(whole[: whole.rfind(b"\n") + 1])


def test_a_bomb_is_left_after_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gzip_stream, "EXPANSION_FREE", 20 << 20)
    data = gzip.compress(b'{"a":1}\n' + (b"x" * 4095 + b"\n") * (25 << 10), compresslevel=1)
    source = source_of(tmp_path / "x", data)
    tracemalloc.start()
    batches = findings = 0
    for batch in source.batches():
        batches += sum(batch.lengths) + len(batch)
        findings += [one.code for one in batch.findings].count("container.gzip-expansion-limit")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 20 << 20 <= batches < 21 << 20
    assert findings == 1
    assert peak < 60 << 20


def test_any_record_is_read_again_from_a_near_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gzip_stream, "_SPACING", 64 * 1024)
    monkeypatch.setattr(gzip_stream, "_OUT", 16 * 1024)
    noise = random.Random(7)
    lines = [noise.randbytes(1500).hex().encode() for _ in range(3000)]
    source = source_of(
        tmp_path / "x", b"".join(packed([b"{%b}" % line for line in lines[n : n + 700]]) for n in range(0, 3000, 700))
    )
    offsets = [offset for batch in source.batches() for offset in batch.offsets]
    decoded = 0
    inner = gzip_stream._blocks

    def counted(*given: Any) -> Iterator[bytes]:
        nonlocal decoded
        for block in inner(*given):
            decoded += len(block)
            yield block

    monkeypatch.setattr(gzip_stream, "_blocks", counted)
    for index in noise.sample(range(3000), 50):
        assert source.read(offsets[index], 3002) == b"{%b}" % lines[index]
    assert decoded / 50 < 9_000_000 / 10
    assert pickle.loads(pickle.dumps(source)).read(offsets[9], 3002) == b"{%b}" % lines[9]


def test_a_member_appended_later_is_read_on(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "x"
    source = source_of(path, packed(LINES[:50]))
    got = read(source)
    with path.open("ab") as file:
        file.write(packed(LINES[50:]))
    assert read(source, got.next).raws == LINES[50:]


def test_an_empty_stream_and_a_stump_are_said(tmp_path: Path) -> None:
    for data, code in ((gzip.compress(b""), "container.empty"), (packed(LINES)[:12], "container.gzip-truncated")):
        (tmp_path / "x").write_bytes(data)
        (skipped,) = open_sources(str(tmp_path / "x"))
        assert isinstance(skipped, Skipped)
        assert skipped.finding.code == code


def test_the_tail_of_the_stream_is_pending(tmp_path: Path, read: Read) -> None:
    source = source_of(tmp_path / "x", gzip.compress(b"{}\n{"))
    got = read(source)
    tail = source.tail(got.next)
    assert tail is not None
    assert tail.raw == b"{"
    assert source.tail(Cursor(1, 0)) is None
