"""The base of readers: columns and single records give the same, wherever batches begin and whoever goes on."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.formats.json.times import iso, parse
from console.formats.protocol import Context
from console.formats.reading.findings import Place, Recorder
from console.model.finding import Finding
from console.model.record import Cursor, RecordBatch
from console.model.trust import Severity
from tests.support.both_ways import batch_of, one_at_a_time, outcome
from tests.support.clock import later
from tests.support.line_reader import BACK, FUTURE, LineReader
from tests.support.mangled import ledgers

NOW = parse("2026-01-20T00:00:00Z").micros  # type: ignore[union-attr]  # the text is a time
POOL = [
    {"id": f"event {number}", "kind": "abc"[number % 3], "at": f"2026-01-{1 + number // 4:02}T10:00:00Z"}
    for number in range(40)
]


def make() -> LineReader:
    return LineReader(Context("lines", NOW))


@settings(max_examples=200, deadline=None)
@given(ledgers(POOL), st.lists(st.integers(0, 12), max_size=3))
def test_many_at_once_like_one_by_one(raws: Sequence[bytes], cuts: Sequence[int]) -> None:
    carefully = outcome(lambda: one_at_a_time(make()), raws)
    assert outcome(make, raws) == carefully
    assert outcome(make, raws, [min(each, len(raws)) for each in cuts]) == carefully


def test_what_is_plain_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, raws = make(), [json.dumps(each).encode() for each in POOL]
    monkeypatch.setattr(reader, "look", lambda record: pytest.fail(f"{record.raw} was looked at"))
    assert len(reader.read(batch_of(raws))) == len(raws)


def test_a_time_is_future_only_until_it_is_there() -> None:
    reader = make()
    raw = json.dumps({"id": "x", "kind": "a", "at": iso(NOW + 700_000_000)}).encode()
    assert reader.read(batch_of([raw])).worst[0] == Severity.ERROR
    with later(600):
        assert reader.read(batch_of([raw], 2)).worst[0] == Severity.NONE
    assert [(each.code, each.count) for each in reader.standing()] == [(FUTURE, 1)]


def test_a_skipped_record_is_a_row_that_was_lost() -> None:
    reader = make()
    raw = json.dumps(POOL[0]).encode()
    out = reader.read(RecordBatch(1, [0, 50, 10_000], [49, 9949, 49], [raw, b"", raw], Cursor(4, 10_050)))
    assert (len(out), reader.lost_records, [*out.length]) == (3, 1, [49, 9949, 49])
    assert not out.findings


def found(recorder: Recorder) -> list[tuple[str, str, int]]:
    return [(each.code, each.message, each.count) for each in recorder.standing()]


def test_what_is_listed_often_enough_is_counted() -> None:
    recorder, listed = Recorder(), list[Finding]()
    for ordinal in range(1, 6):
        recorder.begin(Place(ordinal, 0, 1), "id", "a")
        recorder.add(BACK, f"{ordinal}.", each=2)
        listed += recorder.found
        assert recorder.worst is Severity.ERROR
    assert [(each.message, each.record, each.event_id, each.stream) for each in listed] == [
        ("1.", 1, "id", "a"),
        ("2.", 2, "id", "a"),
    ]
    assert found(recorder) == [(BACK, "3 more of this kind; the first of them: 3.", 3)]


def test_a_cause_that_is_only_counted_marks_its_row_if_it_should() -> None:
    recorder = Recorder()
    recorder.begin(Place(7, 1, 2))
    assert recorder.count(FUTURE, "First.")
    assert recorder.worst is Severity.ERROR
    recorder.begin(Place(8, 3, 2))
    assert not recorder.count(FUTURE, "Second.", mark=False)
    recorder.count(FUTURE, "Many.", times=10, place=Place(9, 0, 0))
    assert (recorder.worst, recorder.found) == (Severity.NONE, [])
    (one,) = recorder.standing()
    assert (one.message, one.count, one.record, one.standing) == ("First.", 12, 7, True)


def test_causes_beyond_the_limit_are_counted_together_and_all_is_carried() -> None:
    recorder = Recorder(causes=2)
    for number, name in enumerate(("a", "b", "c", "\ud800", "c", "a"), 1):
        recorder.begin(Place(number, 0, 0))
        recorder.count("schema.unknown-field", f"{name} is not known.", name, field=name)
        again = Recorder(causes=2)
        assert all(again.restore(key, data) for key, data in _all(recorder))
        assert found(again) == found(recorder)
    assert found(recorder) == [
        ("schema.unknown-field", "a is not known.", 2),
        ("schema.unknown-field", "b is not known.", 1),
        ("schema.unknown-field", "3 more of other kinds; the first of them: c is not known.", 3),
    ]
    assert not recorder.restore("other", b"")


_saved: dict[str, bytes] = {}


def _all(recorder: Recorder) -> list[tuple[str, bytes]]:
    """All items so far: only what changed comes anew."""
    _saved.update(recorder.save())
    return [*_saved.items()]
