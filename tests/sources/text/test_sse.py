"""Event streams, against a plain reading of the standard."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import console.sources.text.sse as sse
from console.sources.content import FileContent
from console.sources.protocol import MAX_RECORD
from console.sources.record_hash import leaf
from console.sources.text.sse import SseSource, parse_block
from tests.support.source_cases import Read

anything = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
CAPTURE = b'\xef\xbb\xbf: hello\n\nevent: done\r\ndata: {"a":\r\ndata: 1}\r\n\r\n\n: ping\n\nid: 7\rdata\r\rdata: open'


def source_of(path: Path, data: bytes) -> SseSource:
    path.write_bytes(data)
    return SseSource(FileContent(str(path)))


def dispatched(data: bytes) -> list[str]:
    """The data of every event that a browser would dispatch: the standard's algorithm, line by line."""
    text = data.removeprefix(b"\xef\xbb\xbf").decode()
    lines = re.split(r"\r\n|\n|\r", text)
    out: list[str] = []
    buffer: list[str] = []
    for line in lines[:-1]:
        if not line:
            if buffer:
                out.append("\n".join(buffer))
            buffer = []
        elif line.partition(":")[0] == "data":
            buffer.append(line.partition(":")[2].removeprefix(" "))
    return out


def test_blocks_comments_line_ends_and_tail(tmp_path: Path, keeps_its_word: Read) -> None:
    source = source_of(tmp_path / "x", CAPTURE)
    got = keeps_its_word(source)
    assert got.raws == [b'event: done\r\ndata: {"a":\r\ndata: 1}\r\n\r\n', b"id: 7\rdata\r\r"]
    tail = source.tail(got.next)
    assert tail is not None
    assert (tail.ordinal, tail.raw) == (3, b"data: open")
    assert tail.offset + tail.length == len(CAPTURE)


def test_fields() -> None:
    event = parse_block(b'event: done\r\ndata: {"a":\r\ndata:  1}\r\n: note\r\nid: 7\r\nretry: 10\r\nwhat: x\r\n\r\n')
    assert (event.event, event.data, event.id, event.retry) == ("done", '{"a":\n 1}', "7", 10)
    assert (event.comments, event.unknown) == (("note",), ("what",))
    assert parse_block(b"event: x\n\n").data is None
    assert parse_block(b"data\n\n").data == ""
    assert parse_block(b"\xff: \xfe\nid: a\0b\nretry: -1\nretry: 1" + b"0" * 5000 + b"\n\n").retry is None


@anything
@given(
    data=st.lists(
        st.sampled_from([b"\n", b"\r\n", b"\r", b"data: a", b"data", b": c", b":", b"id: 1", b" "]), max_size=40
    ).map(b"".join)
)
@pytest.mark.parametrize("chunk", [5, 16, 4096])
def test_records_are_what_the_standard_dispatches(
    tmp_path: Path, keeps_its_word: Read, data: bytes, chunk: int
) -> None:
    source = source_of(tmp_path / "x", data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sse, "CHUNK", chunk)
        got = keeps_its_word(source)
        tail = source.tail(got.next)
    mine = [event.data for event in map(parse_block, got.raws) if event.data is not None]
    # A CR as the last byte may be half of a CRLF, so the last block may wait for one byte more.
    assert mine in (dispatched(data), dispatched(data)[: len(mine)] if tail and data.endswith(b"\r") else mine[:0])
    # Between the records there is structure only: blank lines and comments.
    at = 0
    for offset, length in zip(got.offsets, got.lengths, strict=True):
        assert re.fullmatch(rb"(?:[\r\n]|:[^\r\n]*[\r\n])*", data[at:offset])
        at = offset + length
    if tail:
        assert tail.offset >= at
        assert data[tail.offset :] == tail.raw


@anything
@given(cuts=st.lists(st.integers(0, len(CAPTURE)), max_size=4))
def test_growth_byte_by_byte_gives_the_same_records(tmp_path: Path, read: Read, cuts: list[int]) -> None:
    path = tmp_path / "x"
    source = source_of(path, b"")
    raws: list[bytes] = []
    cursor = None
    for cut in [*sorted(cuts), len(CAPTURE)]:
        path.write_bytes(CAPTURE[:cut])
        got = read(source, cursor)
        raws += got.raws
        cursor = got.next
    assert raws == read(source).raws


def test_a_block_over_the_cap(tmp_path: Path, read: Read) -> None:
    big = b"data: " + b"x" * MAX_RECORD + b"\n\n"
    got = read(source_of(tmp_path / "x", b"data: 1\n\n" + big + b"data: 2\n\n"))
    assert got.raws == [b"data: 1\n\n", b"", b"data: 2\n\n"]
    assert got.leaves == {1: leaf(big)}
    assert got.codes == ["record.too-large"]
