"""Rows that go on where their chain ends: each scanner finds those that a plain loop finds."""

import json
from array import array
from hashlib import sha256
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.formats.json.scan import Fields, Tips, scan_records
from tests.support.scanners import SCANNERS

FIELDS = Fields("a", "b")
_HASHES = ["1" * 64, "2" * 64, "3" * 64, "4" * 63, "5" * 65, "\\u00316" + "6" * 62]
_LINK = st.sampled_from([*(f'"{each}"' for each in _HASHES), "null", "7", ""])


def _record(previous: str, stored: str) -> bytes:
    """Values as they stand; an empty one is absent."""
    members = [f'"{name}":{value}' for name, value in (("a", previous), ("b", stored)) if value]
    return ("{" + ",".join(members) + "}").encode()


@settings(max_examples=120, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-1, 4), st.integers(1, 3), st.integers(5, 7), _LINK, _LINK, st.integers(0, 9)),
        max_size=12,
    ),
    st.lists(
        st.tuples(st.integers(1, 3), st.none() | st.sampled_from(_HASHES[:5]), st.integers(1, 2), st.integers(5, 6)),
        max_size=3,
    ),
)
def test_chains_are_followed_as_a_plain_loop_follows_them(
    rows: list[tuple[int, int, int, str, str, int]], starts: list[tuple[int, str | None, int, int]]
) -> None:
    raws = [_record(previous, stored) for _, _, _, previous, stored, _ in rows]
    codes, sequences, times = array("q"), array("q"), array("q")
    for code, sequence, time, *_ in rows:
        codes.append(code)
        sequences.append(sequence)
        times.append(time)
    able = bytearray(row[5] > 0 for row in rows)
    beside = bytearray(row[5] > 7 for row in rows)
    ends: dict[int, tuple[str | None, int, int]] = {}
    for code, last, sequence, time in starts:
        ends.pop(code, None)
        if last is None or len(last) == 64:
            ends[code] = last, sequence, time
    expected = []
    for row, (code, sequence, time, previous, stored, _) in enumerate(rows):
        end = ends.get(code)
        if beside[row] and end is not None and time >= end[2]:
            ends[code] = *end[:2], time
            expected.append(1)
            continue
        follows = (
            end is not None
            and able[row]
            and sequence == end[1]
            and time >= end[2]
            and previous == ("null" if end[0] is None else f'"{end[0]}"')
            and len(stored) == 66
            and "\\" not in stored
        )
        expected.append(follows)
        ends.pop(code, None)
        if follows:
            ends[code] = stored[1:-1], sequence + 1, time
    for by in SCANNERS:
        tips = Tips()
        for code, last, sequence, time in starts:
            tips.put(code, last, sequence, time)
        found = scan_records(raws, FIELDS, by=by)
        assert list(found.follow(tips, codes, sequences, times, "a", "b", able, beside)) == expected
        assert {code: tips.get(code) for code in range(6) if tips.get(code)} == ends


@pytest.mark.parametrize("by", SCANNERS, ids=lambda each: each.NAME)
def test_a_chain_is_followed_over_batches(by: ModuleType) -> None:
    hashes = [sha256(b"%d" % at).hexdigest() for at in range(40)]
    raws = [
        json.dumps({"a": hashes[at - 2] if at > 1 else None, "b": hashes[at]}, separators=(",", ":")).encode()
        for at in range(40)
    ]
    tips = Tips()
    tips.put(1, None, 0, 0)
    tips.put(1000, None, 0, 0)
    for low in range(0, 40, 5):
        part = scan_records(raws[low : low + 5], FIELDS, by=by)
        codes = array("q", [1000 if at % 2 else 1 for at in range(low, low + 5)])
        sequences = array("q", [at // 2 for at in range(low, low + 5)])
        mask = part.follow(tips, codes, sequences, sequences, "a", "b", part.plain())
        assert list(mask) == [1] * 5
    assert tips.get(1) == (hashes[38], 20, 19) and tips.get(1000) == (hashes[39], 20, 19)
