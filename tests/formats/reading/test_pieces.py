"""Whole objects in damaged records: all of them are found, and every byte belongs to a piece."""

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import console.formats.reading.pieces as module
from console.formats.json import strict
from console.formats.reading.pieces import Piece, pieces

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.integers(-9, 9), st.sampled_from(["", "{", "}", '{"id":1}', ",", ":", "a\\", '"', "é"])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("abc{"), inner, max_size=3)),
    max_leaves=6,
)


@st.composite
def events(draw: st.DrawFn) -> bytes:
    """An event as a writer of one ledger writes it: its keys in an order of their own."""
    document = {"id": draw(st.integers(0, 99)), "payload": draw(VALUES), "refs": draw(VALUES), "hash": "x"}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def texts(raw: bytes, **options: bool) -> list[tuple[bytes, bool]]:
    return [(raw[piece.begin : piece.end], piece.whole) for piece in pieces(raw, **options)]


many = settings(max_examples=100)


@many
@given(first=events(), second=events(), data=st.data())
def test_a_whole_event_behind_a_torn_one_is_found_wherever_that_breaks_off(
    first: bytes, second: bytes, data: st.DataObject
) -> None:
    torn = first[: data.draw(st.integers(1, len(first) - 1))]
    assert texts(torn + second) == [(torn, False), (second, True)]


@many
@given(first=events(), second=events(), third=events(), zeros=st.integers(1, 50))
def test_events_on_one_line_and_behind_zeros_are_found(first: bytes, second: bytes, third: bytes, zeros: int) -> None:
    gap = b"\0" * zeros
    assert texts(first + second) == [(first, True), (second, True)]
    assert texts(gap + first) == [(gap, False), (first, True)]
    assert texts(first + gap + second + b" " + third + b"\r") == [
        (first, True),
        (gap, False),
        (second, True),
        (b" " + third + b"\r", True),
    ]
    assert [text for text, whole in texts(b"[" + b",".join((first, second, third)) + b"]") if whole] == [
        first,
        second,
        third,
    ]


@many
@given(event=events(), data=st.data())
def test_what_is_left_of_a_torn_event_holds_no_other(event: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(1, len(event) - 1))
    # Right behind an object nothing shows that it was a value, unless it begins otherwise than the event.
    assert [whole for _, whole in texts(event[:at])] == [False]
    assert [whole for text, whole in texts(event[at:]) if text.startswith(b'{"id":')] == []


ANYTHING = st.lists(
    st.one_of(
        events(),
        st.sampled_from(
            [b'{"', b"{", b"}", b'"', b",", b":", b"\0", b"\xff", b"\xef\xbb\xbf", b" ", b"[", b"{}", b"1"]
        ),
    ),
    max_size=12,
).map(b"".join)


@many
@given(raw=ANYTHING)
def test_pieces_cover_a_record_and_the_rest_is_cut_like_the_whole(raw: bytes) -> None:
    found = [*pieces(raw)]
    assert [piece.begin for piece in found] == [0, *(piece.end for piece in found)][: len(found)]
    assert not found or found[-1].end == len(raw)
    for at, piece in enumerate(found):
        assert piece.end > piece.begin
        if piece.whole:
            assert strict.decode(raw[piece.begin : piece.end]).document is not None
        rest = [
            Piece(each.begin + piece.begin, each.end + piece.begin, each.whole) for each in pieces(raw[piece.begin :])
        ]
        assert rest == found[at:]


@many
@given(before=st.lists(events(), max_size=3), event=events(), data=st.data())
def test_what_may_still_become_an_event_is_left_alone(before: list[bytes], event: bytes, data: st.DataObject) -> None:
    torn = event[: data.draw(st.integers(1, len(event) - 1))]
    wanted = [(each, True) for each in before]
    assert texts(b"".join(before) + torn, open_end=True) == [*wanted, (torn, False)]


HOSTILE = {
    "open brackets": b"[" * 60_000,
    "open braces": b'{"a":' * 12_000,
    "quotes and braces": b'{"' * 30_000,
    "two readings": b'{":' * 20_000,
    "small objects": b'{"a":1}' * 8_000,
    "members of nothing": b'x,{"a":1}' * 6_000,
    "a long torn list": b'{"a":[' + b'{"b":"{","c":"' * 4_000,
    "strings": b'{"a":"{","b":"' * 4_000,
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_work_and_memory_are_bounded_by_the_bytes(raw: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    walked = 0
    walk = module._walk

    def counted(raw: bytes, start: int) -> Any:
        nonlocal walked
        found = walk(raw, start)
        walked += found.end - start
        return found

    monkeypatch.setattr(module, "_walk", counted)
    tracemalloc.start()
    for _ in pieces(raw):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert walked < 6 * len(raw) + 100_000
    assert peak < 6 * len(raw) + 100_000
