"""Lines: every byte, exactly."""

import os
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import console.sources.text.jsonl as jsonl
from console.model.record import Cursor
from console.sources.content import FileContent
from console.sources.protocol import MAX_RECORD, SourceError
from console.sources.record_hash import leaf
from console.sources.text.jsonl import JsonlSource
from tests.support.source_cases import Read

anything = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def source_of(path: Path, data: bytes) -> JsonlSource:
    path.write_bytes(data)
    return JsonlSource(FileContent(str(path)))


def test_only_lf_ends_a_line(tmp_path: Path, keeps_its_word: Read) -> None:
    odd = "a\r b\u2028c\u2029d\x85e\x0bf\x0cg".encode()
    got = keeps_its_word(source_of(tmp_path / "x", odd + b"\r\n\n{}\n"))
    assert got.raws == [odd + b"\r", b"", b"{}"]


def test_an_unfinished_line_is_the_tail_until_its_end_comes(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "x"
    source = source_of(path, b'{"a":1}\n{"b"')
    got = read(source)
    assert got.raws == [b'{"a":1}']
    tail = source.tail(got.next)
    assert tail is not None
    assert (tail.ordinal, tail.offset, tail.length, tail.raw) == (2, 8, 4, b'{"b"')
    with path.open("ab") as file:
        file.write(b":2}\n")
    assert source.tail(got.next) is None
    assert read(source, got.next).raws == [b'{"b":2}']


@anything
@given(data=st.lists(st.sampled_from([b"\n", b"\r", b"{}", b"\xff", b"ab", b"\0"]), max_size=60).map(b"".join))
@pytest.mark.parametrize("chunk", [1, 2, 7, 64])
def test_lines_and_tail_tile_the_file_whatever_the_block_size(
    tmp_path: Path, keeps_its_word: Read, data: bytes, chunk: int
) -> None:
    path = tmp_path / "x"
    source = source_of(path, data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jsonl, "CHUNK", chunk)
        got = keeps_its_word(source)
        tail = source.tail(got.next)
    assert b"".join(raw + b"\n" for raw in got.raws) + (tail.raw if tail else b"") == data
    assert got.offsets == [sum(len(raw) + 1 for raw in got.raws[:n]) for n in range(len(got.raws))]


def test_a_line_over_the_cap_is_hashed_and_the_next_ones_are_read(tmp_path: Path, keeps_its_word: Read) -> None:
    big, edge = b"x" * (MAX_RECORD + 1), b"y" * MAX_RECORD
    source = source_of(tmp_path / "x", b"{}\n" + big + b"\n" + edge + b"\n[]\n")
    got = keeps_its_word(source)
    assert got.raws == [b"{}", b"", edge, b"[]"]
    assert got.lengths[1] == len(big)
    assert got.leaves == {1: leaf(big)}
    (finding,) = got.findings
    assert (finding.code, finding.record, finding.offset, finding.length) == ("record.too-large", 2, 3, len(big))


@pytest.mark.slow
def test_a_gigabyte_without_a_line_end_needs_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with path.open("wb") as file:
        file.write(b"{}\n")
        file.seek(1 << 30)
        file.write(b"\n{}\n")
    source = JsonlSource(FileContent(str(path)))
    tracemalloc.start()
    lengths = [length for batch in source.batches() for length in batch.lengths]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert lengths == [2, (1 << 30) - 3, 2]
    assert peak < 3 * MAX_RECORD


def test_a_tail_over_the_cap_has_a_length_and_no_bytes(tmp_path: Path) -> None:
    source = source_of(tmp_path / "x", b"z" * (MAX_RECORD + 5))
    assert list(source.batches()) == []
    tail = source.tail(Cursor())
    assert tail is not None
    assert (tail.length, tail.raw) == (MAX_RECORD + 5, b"")


def test_a_record_that_is_gone_is_said(tmp_path: Path) -> None:
    path = tmp_path / "x"
    source = source_of(path, b"{}\n{}\n")
    os.truncate(path, 4)
    with pytest.raises(SourceError) as said:
        source.read(3, 2)
    assert said.value.finding.code == "container.shrunk"
    path.unlink()
    with pytest.raises(SourceError) as said:
        next(source.batches())
    assert said.value.finding.code == "container.unreadable"


def test_real_ledgers_tile(real: Path, keeps_its_word: Read) -> None:
    for path in sorted(real.rglob("*.jsonl")):
        source = JsonlSource(FileContent(str(path)))
        got = keeps_its_word(source)
        tail = source.tail(got.next)
        assert b"".join(raw + b"\n" for raw in got.raws) + (tail.raw if tail else b"") == path.read_bytes()
