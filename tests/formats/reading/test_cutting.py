"""Records as readers get them are the same wherever a batch ends, and wherever reading begins."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import console.formats.reading.cutting as cutting
import console.sources.text.jsonl as jsonl
from console.formats.json.scan import Fields
from console.formats.reading.cutting import cut
from console.model.record import RecordBatch
from console.sources.content import FileContent
from console.sources.text.jsonl import JsonlSource

FIELDS = Fields("id")
anything = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
SOUND = st.integers(0, 999).map(lambda number: json.dumps({"id": number, "refs": [{"a": number}]}).encode())
LINE = st.one_of(
    SOUND,
    SOUND,
    st.sampled_from([b"", b"", b" ", b"\r", b"\t \r", b"null", b"NaN", b"\0\0\0", b'{"id":NaN}', b"\xff", b"[1]"]),
    st.lists(st.one_of(SOUND, st.sampled_from([b"\0", b"\xff", b'{"id":1', b",", b"x", b"  "])), max_size=5).map(
        b"".join
    ),
)
DATA = st.lists(LINE, max_size=25).map(lambda lines: b"".join(line + b"\n" for line in lines))


def source_of(path: Path, data: bytes) -> JsonlSource:
    path.write_bytes(data)
    return JsonlSource(FileContent(str(path)))


def flat(batches: Iterator[RecordBatch]) -> list[tuple[int, int, int, bytes, bool]]:
    """Ordinal, offset, length, bytes, and True if it was recovered, of each record; the batches follow each other."""
    found: list[tuple[int, int, int, bytes, bool]] = []
    for batch in batches:
        assert not found or batch.first == found[-1][0] + 1
        for at, raw in enumerate(batch.raws):
            found.append((batch.first + at, batch.offsets[at], batch.lengths[at], raw, at in batch.recovered))
        assert batch.next.ordinal == batch.first + len(batch)
    return found


@anything
@given(data=DATA, size=st.sampled_from([1, 5, 17, 60, 300]), most=st.sampled_from([1, 2, 4096]))
def test_records_are_the_same_at_every_border(tmp_path: Path, data: bytes, size: int, most: int) -> None:
    source = source_of(tmp_path / "x", data)
    whole = flat(cut(source.batches(), FIELDS))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jsonl, "LINES", size)
        patch.setattr(jsonl, "CHUNK", size)
        patch.setattr(cutting, "MOST", most)
        batches = [*cut(source.batches(), FIELDS)]
        assert flat(iter(batches)) == whole
        for batch in batches:
            rest = flat(cut(source.batches(batch.next), FIELDS))
            assert rest == whole[batch.next.ordinal - 1 :]


@anything
@given(data=DATA)
def test_every_byte_belongs_to_a_record(tmp_path: Path, data: bytes) -> None:
    source = source_of(tmp_path / "x", data)
    found = flat(cut(source.batches(), FIELDS))
    end = 0
    for _, offset, length, raw, _ in found:
        assert data[end:offset] in (b"", b"\n")
        assert data[offset : offset + length] == raw
        end = offset + length
    assert not data[end:].strip(b" \t\r\n")


def test_a_run_of_blank_lines_is_one_record(tmp_path: Path) -> None:
    data = b'{"id":1}\n\n \r\n\t\n{"id":2}\n\n\n'
    found = flat(cut(source_of(tmp_path / "x", data).batches(), FIELDS))
    assert [(ordinal, raw) for ordinal, _, _, raw, _ in found] == [
        (1, b'{"id":1}'),
        (2, b"\n \r\n\t"),
        (3, b'{"id":2}'),
    ]


def test_a_batch_of_sound_lines_passes_as_it_is(tmp_path: Path) -> None:
    (batch,) = cut(source_of(tmp_path / "x", b'{"id":1}\r\n{ "id":2}\n').batches(), FIELDS)
    assert batch.lines is not None
    assert batch.scanned is not None
