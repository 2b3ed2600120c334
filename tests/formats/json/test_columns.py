"""Masks of rows, and what is carried between batches by code: ends of chains, states of machines."""

import json
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.formats.json.columns import Counts, Machines, Tips, both, neither, picked, rows_of
from console.formats.json.scan import Fields, scan_records
from console.formats.json.values import mark_of
from tests.support.scanners import SCANNERS

_MASKS = st.integers(0, 9).flatmap(
    lambda size: st.lists(
        st.lists(st.integers(0, 1), min_size=size, max_size=size).map(bytearray), min_size=1, max_size=4
    )
)


@given(_MASKS)
def test_masks_are_joined_row_by_row(masks: list[bytearray]) -> None:
    assert list(both(*masks)) == [min(rows) for rows in zip(*masks, strict=True)]
    assert list(neither(*masks)) == [1 - max(rows) for rows in zip(*masks, strict=True)]
    assert [*rows_of(masks[0])] == [row for row, each in enumerate(masks[0]) if each]


def test_masks_are_of_one_length() -> None:
    for join in (both, neither):
        with pytest.raises(ValueError):
            join(b"\1", b"\1\0")


def test_tips_are_known_or_not() -> None:
    tips = Tips()
    assert tips.get(0) is tips.get(1) is tips.get(-1) is None
    tips.put(3, "a" * 64, 4, 5)
    tips.put(2, None, 1, 0)
    tips.put(1, "short", 1, 0)
    assert [tips.get(code) for code in range(5)] == [None, None, (None, 1, 0), ("a" * 64, 4, 5), None]
    tips.drop(3)
    tips.drop(99)
    assert tips.get(3) is None
    with pytest.raises(ValueError):
        tips.put(0, None, 0, 0)


@given(st.lists(st.integers(0, 6), max_size=12))
def test_rows_by_code(codes: list[int]) -> None:
    wanted = {code: [row for row, each in enumerate(codes) if each == code] for code in sorted({*codes})}
    for by in SCANNERS:
        found = by.rows_by_code(array("q", codes))
        assert {code: [*rows] for code, rows in found.items()} == wanted
        assert [*found] == [*wanted]
        for rows in found.values():
            assert [*by.gathered(array("q", codes), rows)] == [codes[row] for row in rows]
        with pytest.raises(ValueError, match="code"):
            by.rows_by_code(array("q", [*codes, -1]))
        for row in (-1, len(codes)):
            with pytest.raises(ValueError, match="row"):
                by.gathered(array("q", codes), array("q", [row]))


MOVES = [bytes([0, 1, 2]), bytes([1, 0, 2]), bytes([2, 2, 2])]
NOTED = [bytes([0, 0, 1]), bytes([0, 1, 0]), bytes([0, 1, 1])]


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 2)), max_size=20))
def test_machines_move_row_by_row(rows: list[tuple[int, int]]) -> None:
    states = dict.fromkeys(range(1, 5), 0)
    noted = []
    for code, symbol in rows:
        state = states[code]
        noted.append(state + 1 if symbol and NOTED[state][symbol] else 0)
        states[code] = MOVES[state][symbol] if symbol else state
    for by in SCANNERS:
        machines = Machines(MOVES, NOTED, by=by)
        for code in states:
            machines.put(code, 0)
        found = machines.run(array("q", [code for code, _ in rows]), bytes(symbol for _, symbol in rows))
        assert [*found] == noted
        assert {code: machines.states[code] for code in states} == states
        for codes, symbols in (([99], [1]), ([-1], [1]), ([1], [3]), ([1, 2], [1])):
            with pytest.raises(ValueError, match=r"machine|lengths"):
                machines.run(array("q", codes), bytes(symbols))


@given(st.lists(st.integers(0, 5), max_size=10), st.sampled_from([6, 300]))
def test_picked(codes: list[int], size: int) -> None:
    table = bytes(at * 7 % 256 for at in range(size))
    assert [*picked(array("q", codes), table)] == [table[code] for code in codes]


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 2)), max_size=20))
def test_counts_are_those_of_a_plain_loop(rows: list[tuple[int, int]]) -> None:
    expected = {code: [code, 0, 0] for code in range(1, 6)}
    for code, kind in rows:
        expected[code][kind] += 1
    for by in SCANNERS:
        counts = Counts(3, by=by)
        for code in expected:
            counts.put(code, [code, 0, 0])
        counts.add(array("q", [code for code, _ in rows]), bytes(kind for _, kind in rows))
        assert {code: counts.of(code) for code in expected} == expected
        assert counts.changed() == sorted({code for code, _ in rows})
        assert counts.changed() == []
        for codes, kinds in (([99], [1]), ([-1], [1]), ([1, 2], [1])):
            with pytest.raises(ValueError, match=r"counted|lengths"):
                counts.add(array("q", codes), bytes(kinds))


UUID = "6f1ae5b0-0c1d-4e2f-8a3b-4c5d6e7f8a9b"
TEXTS = st.lists(st.sampled_from(["", "a", "ab", "é", "a" * 8, "a" * 9, UUID]))


@given(TEXTS)
def test_marks_of_texts_and_which_stand_twice(texts: list[str]) -> None:
    raws = [json.dumps({"id": text}, ensure_ascii=False).encode() for text in texts]
    for by in SCANNERS:
        found = scan_records(raws, Fields("id"), by=by).marks("id")
        assert [*found] == [mark_of(text.encode()) if text else 0 for text in texts]
        assert by.repeats(found) == [
            (row, texts.index(text)) for row, text in enumerate(texts) if text and texts.index(text) < row
        ]


def test_repeats_of_more_marks_than_a_table_holds() -> None:
    marks = array("q", [mark_of(b"%d" % (row % 1_100_000)) for row in range(1_100_003)])
    for by in SCANNERS:
        assert by.repeats(marks) == [(1_100_000, 0), (1_100_001, 1), (1_100_002, 2)]


def test_which_values_are_uuids() -> None:
    good = [UUID, UUID.upper()]
    bad = [
        UUID[:-1],
        UUID + "0",
        UUID.replace("-", "0"),
        "g" + UUID[1:],
        UUID[:-1] + "é",
        "-" * 36,
        "",
        None,
        1,
        [UUID],
    ]
    raws = [json.dumps({"id": value}, ensure_ascii=False).encode() for value in (*good, *bad)] + [b"{}"]
    for by in SCANNERS:
        assert [*scan_records(raws, Fields("id"), by=by).uuids("id")] == [1] * len(good) + [0] * (len(bad) + 1)
