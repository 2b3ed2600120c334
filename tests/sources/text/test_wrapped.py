"""Logs of container runtimes: the program's own lines are the records, whatever they were cut into."""

import gzip
import json
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.sources.content import FileContent
from console.sources.discover import discover, open_sources
from console.sources.identity import leaf_at
from console.sources.record_hash import leaf
from console.sources.text.wrapped import WrappedSource
from tests.support.source_cases import Read

anything = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
TIME = "2026-03-01T10:00:01.123456789Z"


def docker(stream: str, text: str, ends: bool = True) -> bytes:
    return json.dumps({"log": text + "\n" * ends, "stream": stream, "time": TIME}).encode() + b"\n"


def cri(stream: str, text: str, ends: bool = True) -> bytes:
    return f"{TIME} {stream} {'F' if ends else 'P'} {text}\n".encode()


WRITERS = {"docker": docker, "cri": cri}
LINES = ['{"a":"ü \\" \\\\ {"}', '{"b":[1,2]}', "not JSON", ""]


def source_of(path: Path, data: bytes) -> WrappedSource:
    path.write_bytes(data)
    (source,) = open_sources(str(path))
    assert isinstance(source, WrappedSource), source
    return source


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("kind", WRITERS)
def test_records_are_the_lines_of_the_program(kind: str, packed: bool, tmp_path: Path, keeps_its_word: Read) -> None:
    parts = [WRITERS[kind]("stdout", text) for text in LINES]
    data = b"".join(parts)
    source = source_of(tmp_path / "x", gzip.compress(data) if packed else data)
    got = keeps_its_word(source)
    assert got.raws == [text.encode() for text in LINES]
    assert got.offsets == [len(b"".join(parts[:number])) for number in range(len(parts))]
    assert [leaf_at(source, at, size) for at, size in zip(got.offsets, got.lengths, strict=True)] == [
        leaf(raw) for raw in got.raws
    ]
    assert source.tail(got.next) is None


@anything
@given(kind=st.sampled_from([*WRITERS]), seed=st.integers(0, 10**6), packed=st.booleans())
def test_parts_of_two_streams_are_put_together(
    kind: str, seed: int, packed: bool, tmp_path: Path, keeps_its_word: Read
) -> None:
    """However the lines of both streams are cut and mixed, each comes whole, in the order in which they began."""
    chance = random.Random(seed)
    waiting = {stream: [f"{stream} {number} {'x' * chance.randrange(9)}" for number in range(6)] for stream in "ab"}
    names = {"a": "stdout", "b": "stderr"}
    data, begun, open_parts = b"", list[tuple[int, str]](), dict[str, str]()
    while any(waiting.values()):
        stream = chance.choice([each for each in waiting if waiting[each]])
        if stream not in open_parts:
            begun.append((len(data), waiting[stream][0]))
        rest = open_parts.pop(stream, waiting[stream][0])
        size = chance.randrange(1, len(rest) + 1)
        data += WRITERS[kind](names[stream], rest[:size], size == len(rest))
        if size < len(rest):
            open_parts[stream] = rest[size:]
        else:
            waiting[stream].pop(0)
    path = tmp_path / "x"
    path.write_bytes(gzip.compress(data) if packed else data)
    (source,) = open_sources(str(path))
    assert isinstance(source, WrappedSource)
    got = keeps_its_word(source)
    assert [*zip(got.offsets, got.raws, strict=True)] == [(at, text.encode()) for at, text in begun]


@pytest.mark.parametrize("kind", WRITERS)
def test_what_is_not_wrapped_is_a_record_as_it_stands(kind: str, tmp_path: Path, keeps_its_word: Read) -> None:
    write = WRITERS[kind]
    foreign = [b"garbage", b"", b"\xff\xfe", b'{"log": 1, "stream": "stdout", "time": "x"}', b"[" * 100_000]
    foreign += [b'{"log":"a","log":"b\\n","stream":"stdout","time":"x"}', b'{"log":"a","stream":"x","time":"x","z":1}']
    data = write("stdout", LINES[0]) + b"".join(each + b"\n" for each in foreign) + write("stdout", LINES[1])
    got = keeps_its_word(source_of(tmp_path / "x", data))
    assert got.raws == [LINES[0].encode(), *foreign, LINES[1].encode()]


@pytest.mark.parametrize("kind", WRITERS)
def test_an_open_line_is_the_tail_until_its_last_part_comes(kind: str, tmp_path: Path, read: Read) -> None:
    write, path = WRITERS[kind], tmp_path / "x"
    data = write("stdout", LINES[0]) + write("stdout", LINES[1][:5], False)
    source = source_of(path, data)
    got = read(source)
    assert got.raws == [LINES[0].encode()]
    tail = source.tail(got.next)
    assert tail is not None
    assert (tail.ordinal, tail.offset, tail.raw) == (2, got.next.offset, LINES[1][:5].encode())
    last = write("stdout", LINES[1][5:])
    path.write_bytes(data + last[:-4])
    assert not read(source, got.next).raws
    path.write_bytes(data + last)
    assert read(source, got.next).raws == [LINES[1].encode()]


def test_a_stream_that_never_ends_its_line_hides_nothing(tmp_path: Path, keeps_its_word: Read) -> None:
    data = cri("stderr", "open", False) + b"".join(cri("stdout", f"{number}") for number in range(10_500))
    path = tmp_path / "x"
    path.write_bytes(data)
    got = keeps_its_word(WrappedSource(FileContent(str(path)), "cri"))
    assert got.raws[:2] == [b"open", b"0"]
    assert len(got.raws) == 10_501


@pytest.mark.parametrize("first", [b"torn", b'e": "stdout", "time": "x"}', b'{"log": "', b"", b"\xff"])
@pytest.mark.parametrize("kind", WRITERS)
def test_a_log_is_known_though_its_first_line_is_torn(kind: str, first: bytes, tmp_path: Path, read: Read) -> None:
    data = first + b"\n" + b"".join(WRITERS[kind]("stdout", text) for text in LINES)
    (tmp_path / "x.log").write_bytes(data)
    for found in (open_sources(str(tmp_path / "x.log")), [*discover([str(tmp_path)])]):
        (source,) = found
        assert isinstance(source, WrappedSource)
        assert read(source).raws == [first, *(text.encode() for text in LINES)]
