"""Many records at once are accepted only where each is one object that lost nothing."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.formats.json import strict
from console.formats.reading.lines import Decoder, OpenObject, stretches
from tests.support.both_ways import batch_of


def taken(raws: list[bytes]) -> list[dict[str, Any] | None]:
    """The object of each record, None where it is left to the careful way."""
    found: list[dict[str, Any] | None] = [None] * len(raws)
    rows: list[int] = []
    for start, objects in stretches(batch_of(raws), [Decoder(OpenObject)]):
        rows += [start] if objects is None else range(start, start + len(objects))
        if objects is not None:
            found[start : start + len(objects)] = objects
    assert rows == [*range(len(raws))]
    return found


SOUND = b'{"a": "x:y", "b": [1.5, {"c": null}]}'


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":1,"a":2}',
        b'{"a":{"b":1,"b":2}}',
        b'{"a":1,"\\u0061":2}',
        b'{"a" :1, "a"\t:\r2}',
        b'{"a":1}{"b":2}',
        b'{"a":1} {"b":2}',
        b'{"a":9007199254740993}',
        b'{"a":[1e400]}',
        b'{"a":NaN}',
        b'{"a":"\\ud800"}',
        b'{"a":"\xff"}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\0"}',
        b"[[[[[[[[1]]]]]]]]",
        b'{"a":[[[[[[[[1]]]]]]]]}',
        b'\xef\xbb\xbf{"a":1}',
        b"",
        b" ",
        b"\r",
        b"{",
        b"1",
    ],
)
def test_what_needs_a_second_look_is_left_and_the_rest_is_taken(raw: bytes) -> None:
    assert taken([SOUND, raw, SOUND, SOUND]) == [json.loads(SOUND), None, json.loads(SOUND), json.loads(SOUND)]


def test_a_lost_key_is_not_made_up_for_elsewhere() -> None:
    """A colon that is spelled out in one record would hide a key that was dropped in another."""
    for colon in (b"\\u003a", b"\\u003A"):
        assert taken([b'{"a":"' + colon + b'"}', b'{"b":1,"b":2}'])[1] is None


def test_records_whose_borders_are_not_those_of_objects() -> None:
    assert taken([b'{"a":1}{"b":2}', b""]) == [None, None]
    assert taken([b'{"a":', b'{"b":2}}', b'{"c":1} {"d":1}']) == [None] * 3
    assert taken([b'{"a":{"b":1}', b"}", b'{"c":1}{"d":1}']) == [None] * 3


@pytest.mark.parametrize("raw", [SOUND + b"\r", b'{ "a" : "\\"\\\\:\\n" }', b'{"\xc3\xa9":"\\u00e9"}', b"{}"])
def test_other_spellings_are_taken(raw: bytes) -> None:
    assert taken([SOUND, raw]) == [json.loads(SOUND), json.loads(raw)]


def test_an_element_over_several_lines_is_taken() -> None:
    assert taken([b'{"a":\n 1\n}', SOUND]) == [{"a": 1}, json.loads(SOUND)]


_PARTS = st.sampled_from([*b'{ } "a" "b" : : , 1 "x:" "\\u003a" "\\"" [ ] {"a":1}'.split(), b" ", b"\r"])


@given(st.lists(st.lists(_PARTS, max_size=9).map(b"".join), max_size=5))
def test_nothing_is_taken_that_the_careful_way_speaks_of(raws: list[bytes]) -> None:
    for raw, found in zip(raws, taken(raws), strict=True):
        if found is not None:
            assert strict.decode(raw) == strict.Decoded(found)
