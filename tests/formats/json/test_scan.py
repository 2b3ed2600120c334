"""The scanners against records with known answers, against ``json``, and against each other."""

import json
from array import array
from itertools import accumulate
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.formats.json.scan import Fields, Flag, Kind, Scan, scan, scan_batch, scan_records
from console.model.record import Cursor, RecordBatch
from tests.support.json_cases import cases
from tests.support.json_oracle import oracle
from tests.support.json_texts import LINES, RECORDS
from tests.support.scanners import SCANNERS

CASES = list(cases())
FIELDS = Fields("a", "b", "é", "")
each_scanner = pytest.mark.parametrize("by", SCANNERS, ids=lambda each: each.NAME)


def columns(found: Scan, shift: int = 0) -> list[Any]:
    """All that a scan found, as plain lists; places are moved by ``shift``."""
    places = [
        [each + shift if each >= 0 else each for each in part]
        for field in FIELDS.names
        for part in (found.begins(field), found.stops(field))
    ]
    kinds = [list(found.kinds(field)) for field in FIELDS.names]
    return [list(found.flags), list(found.others), *kinds, *places]


def joined(left: list[Any], right: list[Any]) -> list[Any]:
    return [one + other for one, other in zip(left, right, strict=True)]


@each_scanner
@pytest.mark.parametrize(("raw", "flags"), CASES, ids=[f"{at}" for at in range(len(CASES))])
def test_each_record_of_the_conformance_set_gets_its_flags(raw: bytes, flags: Flag, by: ModuleType) -> None:
    assert Flag(oracle(raw)[0]) == flags
    assert Flag(by.flags(raw)) == flags
    assert list(scan_records([b"{}", raw, b"[]"], FIELDS, by=by).flags) == [0, flags, Flag.NOT_AN_OBJECT]


def agrees(raw: bytes) -> None:
    """Every scanner says of a record what ``json`` says."""
    flags, document = oracle(raw)
    for by in SCANNERS:
        assert Flag(by.flags(raw)) == Flag(flags), by.NAME
        found = scan_records([b'{"a":1,"z":2}', raw], FIELDS, by=by)
        assert Flag(found.flags[1]) == Flag(flags)
        assert bool(found.others[1]) == bool(document.keys() - {*FIELDS.names})
        for name in FIELDS.names:
            kind, text = found.kinds(name)[1], found.raw(name)[1]
            assert (kind != Kind.ABSENT) == (text is not None) == (name in document)
            if text is not None:
                assert kind == _kind(text)
                assert json.loads(text, object_pairs_hook=_last, parse_int=float) == document[name]


def _last(items: list[tuple[str, Any]]) -> dict[str, Any]:
    return dict(items)


def _kind(text: bytes) -> Kind:
    first = chr(text[0])
    if first == '"':
        return Kind.ESCAPED if b"\\" in text else Kind.STRING
    if first in "-0123456789":
        return Kind.NUMBER if {*b".eE"} & {*text} else Kind.INTEGER
    return {"{": Kind.OBJECT, "[": Kind.ARRAY, "t": Kind.TRUE, "f": Kind.FALSE, "n": Kind.NULL}[first]


@pytest.mark.parametrize("raw", [raw for raw, _ in CASES], ids=[f"{at}" for at in range(len(CASES))])
def test_fields_of_the_conformance_set_are_those_of_json(raw: bytes) -> None:
    agrees(raw)


@pytest.mark.slow
@settings(max_examples=600, deadline=None)
@given(RECORDS)
def test_any_record_is_judged_as_json_judges_it(raw: bytes) -> None:
    agrees(raw)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(LINES)
def test_a_batch_is_the_same_however_it_is_cut(raws: list[bytes]) -> None:
    lines = b"".join(raw + b"\n" for raw in raws)
    whole = [columns(scan(lines, FIELDS, by=by)) for by in SCANNERS]
    assert whole[0] == whole[-1]
    assert whole[0][0] == [oracle(raw)[0] for raw in raws]
    ends = [0, *accumulate(len(raw) + 1 for raw in raws)]
    for by in SCANNERS:
        for cut in ends:
            parts = columns(scan(lines[:cut], FIELDS, by=by)), columns(scan(lines[cut:], FIELDS, by=by), cut)
            assert joined(*parts) == whole[0]
        unended = scan(lines[:-1], FIELDS, by=by)
        assert columns(unended) == whole[0] or not raws[-1]


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.binary(max_size=3), RECORDS), max_size=6), st.binary(max_size=3))
def test_records_between_bounds_are_as_if_alone(pieces: list[tuple[bytes, bytes]], rest: bytes) -> None:
    data = b"".join(gap + raw for gap, raw in pieces) + rest
    ends = array("q", accumulate(len(gap) + len(raw) for gap, raw in pieces))
    starts = array("q", [end - len(raw) for end, (_, raw) in zip(ends, pieces, strict=True)])
    for by in SCANNERS:
        alone: list[Any] = [[] for _ in columns(scan(b"", FIELDS))]
        for start, (_, raw) in zip(starts, pieces, strict=True):
            alone = joined(alone, columns(scan_records([raw], FIELDS, by=by), start))
        assert columns(scan(data, FIELDS, (starts, ends), by=by)) == alone


@each_scanner
def test_bounds_name_what_is_there(by: ModuleType) -> None:
    found = scan(b'{"a":1}', FIELDS, (array("q", [-1, 0, 3]), array("q", [-1, 7, 2])), by=by)
    assert list(found.flags) == [Flag.BLANK, 0, Flag.BLANK]
    assert [found.record(row) for row in range(3)] == [b"", b'{"a":1}', b""]
    with pytest.raises(ValueError, match="behind the data"):
        scan(b"{}", FIELDS, (array("q", [0]), array("q", [3])), by=by)
    with pytest.raises(ValueError):
        scan(b"{}", FIELDS, (array("q", [0]), array("q")), by=by)


@each_scanner
def test_lines_end_with_an_lf_and_nothing_else(by: ModuleType) -> None:
    found = scan('{}\r\n\n{"a":"\u2028\u0085"}\x0b\n{}'.encode(), FIELDS, by=by)
    assert found.count == 4
    assert list(found.flags) == [Flag.WHITE_SPACE, Flag.BLANK, Flag.INVALID_JSON, 0]
    assert [end - start for start, end in zip(found.starts, found.ends, strict=True)] == [3, 0, 14, 2]
    assert scan(b"", FIELDS, by=by).count == 0


@each_scanner
def test_any_batch_can_be_scanned(by: ModuleType) -> None:
    lines = RecordBatch.of_lines(5, 100, b'{"a":1}\n{"a":2}\n')
    assert list(scan_batch(lines, FIELDS, by=by).integers("a")) == [1, 2]
    assert lines.next == Cursor(7, 116)
    apart = RecordBatch(1, [0, 9, 20], [7, 8, 99], [b'{"a":1}', b'{\n"a":2}', b""], Cursor(4, 119))
    found = scan_batch(apart, FIELDS, by=by)
    assert list(found.flags) == [0, Flag.WHITE_SPACE, Flag.BLANK]
    assert found.raw("a") == [b"1", b"2", None]


@each_scanner
def test_fields_are_found_in_any_order(by: ModuleType) -> None:
    raws = [b'{"a":1,"b":2,"c":3}', b'{"c":3,"b":2,"a":1}', b'{"b":2}', b"{}", b'{"x":0,"y":0,"z":0,"a":1,"b":2}']
    found = scan_records(raws * 2, Fields("b", "a"), by=by)
    assert found.raw("a") == [b"1", b"1", None, None, b"1"] * 2
    assert found.raw("b") == [b"2", b"2", b"2", None, b"2"] * 2
    assert list(found.others) == [1, 1, 0, 0, 1] * 2


@each_scanner
def test_a_field_that_stands_twice_has_its_last_value(by: ModuleType) -> None:
    found = scan(b'{"a":1,"\\u0061":"\xc3\xa9","b":[],"b":{}}', Fields("a", "b"), by=by)
    assert found.texts("a") == ["é"] and found.raw("b") == [b"{}"]
    assert list(found.flags) == [Flag.DUPLICATE_KEY | Flag.ESCAPED_KEY]


@each_scanner
def test_a_record_without_an_object_has_no_fields(by: ModuleType) -> None:
    raws = [b'{"a":1,"z":1', b'{"a":1,"z":"\xff"}', b'[{"a":1}]', b'{"a":1,"z":' + b"[" * 200, b'{"a":1,"z":1}x']
    found = scan_records(raws, FIELDS, by=by)
    assert found.raw("a") == [None] * 5 and not any(found.others)


def test_fields_are_asked_for_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        Fields("a", "a")
