"""Work on a scan's columns: each scanner gives what plain Python gives for the records one by one."""

import json
import re
from array import array
from collections.abc import Sequence
from hashlib import sha256
from types import ModuleType
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from console.formats.json.flags import Flag
from console.formats.json.scan import (
    MISSING,
    RECORD,
    Fields,
    Interner,
    Kind,
    Raw,
    Scan,
    Text,
    Tips,
    scan,
    scan_records,
)
from console.formats.json.times import moments, quick
from console.formats.protocol import key64
from console.model.event import NO_TIME
from console.sources.record_hash import leaf
from tests.support.json_texts import OBJECTS, STRINGS, VALUES
from tests.support.scanners import SCANNERS

FIELDS = Fields("a", "b", "c")
each_scanner = pytest.mark.parametrize("by", SCANNERS, ids=lambda each: each.NAME)
_TIMES = st.one_of(
    st.datetimes().map(lambda time: time.isoformat() + "Z"),
    st.datetimes().map(lambda time: time.isoformat(" ", "milliseconds") + "+00:00"),
    st.datetimes().map(lambda time: time.isoformat()),
    st.from_regex(
        r"[012][0-9]{3}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-6][0-9]:[0-6][0-9]"
        r"([.,][0-9]{0,8})?(Z|z|[+-]00:?00|\+02:00| Z)?",
        fullmatch=True,
    ),
).map(lambda text: f'"{text}"')
_PARTS = st.one_of(st.just(""), VALUES, STRINGS, st.integers(-(10**16), 10**16).map(str), _TIMES)


def _record(values: Sequence[str]) -> bytes:
    members = [f'"{name}":{value}' for name, value in zip("abc", values, strict=True) if value]
    return ("{" + ",".join(members) + "}").encode()


ROWS = st.lists(st.one_of(st.tuples(_PARTS, _PARTS, _PARTS).map(_record), OBJECTS.map(str.encode)), max_size=6)


def _value(raw: bytes | None) -> Any:
    return None if raw is None else json.loads(raw, parse_int=_Digits, parse_float=_Decimal)


class _Digits(str):
    """An integer as it is written."""


class _Decimal(str):
    """Another number as it is written."""


def _text(value: Any) -> str | None:
    return value if type(value) is str else None


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(ROWS)
def test_columns_are_what_the_values_are_one_by_one(raws: list[bytes]) -> None:
    for by in SCANNERS:
        found = scan_records(raws, FIELDS, by=by)
        values = [_value(raw) for raw in found.raw("a")]
        texts = [_text(value) for value in values]
        assert found.texts("a") == texts
        names: list[str] = []

        def code(text: str, names: list[str] = names) -> int:
            if text not in names:
                names.append(text)
            return names.index(text) + 1

        codes = found.codes("a", Interner(code))
        assert [names[each - 1] if each else "" for each in codes] == [text or "" for text in texts]
        assert list(found.integers("a", -7)) == [
            int(value) if type(value) is _Digits and len(value.lstrip("-")) < 16 and value != "-0" else -7
            for value in values
        ]
        times, zones = found.instants("a")
        instants = [None if text is None else quick(text) for text in texts]
        assert list(times) == [NO_TIME if each is None else each[0] for each in instants]
        assert list(zones) == [each is not None and each[1] != "" for each in instants]
        assert list(found.keys64("a", b"p ")) == [
            key64("p " + (str(int(value)) if type(value) is _Digits else value))
            if isinstance(value, str) and value and type(value) is not _Decimal
            else 0
            for value in values
        ]
        assert found.digests((b"\0", RECORD)) == b"".join(leaf(raw) for raw in raws)
        word = re.compile(rb"[a-z/]+")
        assert list(found.fits("a", word)) == [
            kind == Kind.STRING and word.fullmatch(_utf8(text or "")) is not None
            for kind, text in zip(found.kinds("a"), texts, strict=True)
        ]


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(ROWS, st.data())
def test_digests_are_those_of_the_pieces(raws: list[bytes], data: st.DataObject) -> None:
    rows = data.draw(st.none() | st.lists(st.integers(0, len(raws) - 1))) if raws else None
    chosen = range(len(raws)) if rows is None else rows
    given_ = [bytes([at]) * at for at in range(len(chosen))]
    for by in SCANNERS:
        found = scan_records(raws, FIELDS, by=by)
        pieces = (Text("a"), b"|", Raw("b"), b"", given_, Text("c", null=b"none"), Raw("b", null=b""), RECORD)
        digests = found.digests(pieces, rows)
        preimages = [_preimage(found, row, given_[at]) for at, row in enumerate(chosen)]
        assert digests == b"".join(bytes(32) if each is None else sha256(each).digest() for each in preimages)
        only = found.digests((b"x",), rows)
        assert only == sha256(b"x").digest() * len(chosen)


def _preimage(found: Scan, row: int, given_: bytes) -> bytes | None:
    first, second, third = (found.raw(name)[row] for name in "abc")
    text = _piece(first)
    tail = b"none" if third == b"null" else _piece(third)
    if text is None or second is None or tail is None:
        return None
    return text + b"|" + second + given_ + tail + (b"" if second == b"null" else second) + found.record(row)


def _piece(raw: bytes | None) -> bytes | None:
    """A string without escapes, or an integer's digits."""
    if raw is None or b"\\" in raw:
        return None
    if raw.startswith(b'"'):
        return raw[1:-1]
    return raw if re.fullmatch(rb"-?[0-9]+", raw) else None


@each_scanner
def test_digests_match_their_lower_case_hex_alone(by: ModuleType) -> None:
    digest = sha256(b"x").digest()
    hexed = digest.hex()
    texts = [hexed, hexed.upper(), hexed[:-1], hexed + "0", "0" * 64, "\\u0061" + hexed[1:], hexed[:-1] + "\xff", ""]
    found = scan_records([json.dumps({"a": text}).encode().replace(b"\\\\", b"\\") for text in texts] + [b"{}"], FIELDS)
    found = scan_records([found.record(row) for row in range(found.count)], FIELDS, by=by)
    assert list(found.matches("a", digest * found.count)) == [1, 0, 0, 0, 0, 0, 0, 0, 0]
    assert list(found.matches("a", bytes(32) * found.count)) == [0] * 9
    assert list(found.matches("a", digest * 2, [4, 0])) == [0, 1]
    with pytest.raises(ValueError):
        found.matches("a", digest)


@settings(max_examples=120, deadline=None)
@given(st.lists(_TIMES, max_size=5))
@example(['"2024-02-29T23:59:60.999999Z"', '"2023-02-29T00:00:00Z"', '"0000-01-01T00:00:00"', '"0001-01-01T00:00:00"'])
@example(['"9999-12-31T23:59:59.5"', '"1900-02-29T00:00:00"', '"2000-02-29 00:00:00+00:00"', '"2024-01-01T24:00:00Z"'])
@example(['"2024-04-31T00:00:00"', '"2024-12-31T00:00:61"', '"2024-12-31T00:00:00."', '"2024-12-31T00:00:00.1234567Z"'])
@example(['"2024-12-31T00:00"', '"2024-12-31T00:00:00-00:00"', '"2024-12-31T00:00:00ZZ"', '"2024-12-31"', '""'])
def test_instants_are_those_of_the_careful_way(texts: list[str]) -> None:
    times, zones = moments([json.loads(text) for text in texts])
    for by in SCANNERS:
        found, zoned = scan_records([f'{{"a":{text}}}'.encode() for text in texts], FIELDS, by=by).instants("a")
        assert list(found) == times and list(zoned) == [zone != "" for zone in zones]


@each_scanner
def test_every_day_is_where_the_calendar_has_it(by: ModuleType) -> None:
    days = [
        f"{year:04}-{month:02}-{day:02}"
        for year in (1, 4, 100, 1600, 1969, 1970, 2000, 2023, 2024, 2100, 9999)
        for month in range(14)
        for day in (0, 1, 28, 29, 30, 31, 32)
    ]
    texts = [f"{day}T12:34:56.789Z" for day in days]
    found = scan_records([f'{{"a":"{text}"}}'.encode() for text in texts], FIELDS, by=by)
    assert list(found.instants("a")[0]) == moments(texts)[0]


@each_scanner
def test_an_interner_asks_once_for_each_spelling(by: ModuleType) -> None:
    asked: list[str] = []

    def new(text: str) -> int:
        asked.append(text)
        return ord(text[0])

    interner = Interner(new)
    raws = [b'{"a":"x"}', b'{"a":"x"}', b'{"a":"\\u0078"}', b'{"a":"y"}', b'{"a":""}', b'{"a":null}', b'{"a":"x"}']
    for _ in range(2):
        assert list(scan_records(raws, FIELDS, by=by).codes("a", interner)) == [120, 120, 120, 121, 0, 0, 120]
    assert asked == ["x", "x", "y"]


@each_scanner
def test_an_interner_forgets_before_it_grows_without_bound(by: ModuleType) -> None:
    interner = Interner(int)
    raws = [b'{"a":"%d"}' % row for row in range(70_000)]
    assert list(scan_records(raws, FIELDS, by=by).codes("a", interner)) == list(range(70_000))
    assert len(interner.known) < 66_000


@each_scanner
def test_an_interner_that_fails_is_heard(by: ModuleType) -> None:
    def refuse(text: str) -> int:
        raise KeyError(text)

    with pytest.raises(KeyError, match="x"):
        scan(b'{"a":"x"}', FIELDS, by=by).codes("a", Interner(refuse))


@each_scanner
def test_what_is_inside_a_field_is_scanned_row_for_row(by: ModuleType) -> None:
    raws = [b'{"a":{"b":1,"c":"x"}}', b"{}", b'{"a":[]}', b'{"a":{"c":"y","d":0}}', b'{"a":"{}"}', b"bad"]
    found = scan_records(raws, FIELDS, by=by)
    inner = found.inside("a", Fields("c", "b"))
    assert inner.raw("b") == [b"1", None, None, None, None, None]
    assert list(inner.flags) == [0, Flag.BLANK, Flag.NOT_AN_OBJECT, 0, Flag.NOT_AN_OBJECT, Flag.BLANK]
    assert list(inner.others) == [0, 0, 0, 1, 0, 0]
    digests = found.digests((Raw("c", of=inner), b",", Text("c", of=inner)))
    assert digests[:32] == sha256(b'"x",x').digest() and digests[32:64] == bytes(32)
    assert inner.digests((b"\0", RECORD))[32:64] == leaf(b"")
    with pytest.raises(ValueError, match="another batch"):
        scan(b"{}", FIELDS).digests((Raw("c", of=inner),))


@each_scanner
def test_columns_must_fit(by: ModuleType) -> None:
    found = scan(b'{"a":1}\n{"a":2}\n', FIELDS, by=by)
    for rows in ([2], [-1], [0, 5]):
        with pytest.raises(ValueError):
            found.digests((b"",), rows)
    with pytest.raises(ValueError):
        found.digests(([b"one"],))
    with pytest.raises(KeyError):
        found.texts("z")
    one = array("q", [1])
    with pytest.raises(ValueError):
        found.follow(Tips(), one, one, one, "a", "b", bytearray(1))


def test_missing_is_no_integer_and_no_time() -> None:
    assert MISSING == NO_TIME


@each_scanner
def test_values_have_codes_by_their_bytes(by: ModuleType) -> None:
    known = {b'{"x":1}': 7}
    asked: list[bytes] = []

    def new(raw: bytes) -> int:
        asked.append(raw)
        code = known[raw] = len(known)
        return code

    raws = [b'{"a":{"x":1}}', b'{"b":1}', b'{"a":{"x": 1}}', b'{"a":{"x":1}}', b'{"a":null}', b"", b'{"a":null}']
    assert [*scan_records(raws, FIELDS, by=by).raw_codes("a", known, new)] == [7, 1, 2, 7, 3, 1, 3]
    assert asked == [b"", b'{"x": 1}', b"null"]


_ID = "0123abCD-0000-4000-8000-0123456789ab"
_QUOTED = {
    f'["{_ID}"]': 1,
    f'["archive","{_ID}"]': 1,
    f'["known","{_ID.lower()}", "{_ID}"]': 1,
    f'["{_ID.lower()}"]': 0,
    f'["{_ID}0"]': 0,
    f'["{_ID[:-1]}"]': 0,
    f'["{_ID[:-1]}g"]': 0,
    f'["{_ID.replace("-", "_")}"]': 0,
    f'["{_ID[:8]}0{_ID[9:]}"]': 0,
    f'["x{_ID}"]': 0,
    f'"{_ID}"': 1,
    "[]": 0,
    '[""]': 0,
    "null": 0,
    "": 0,
}


@each_scanner
def test_strange_uuids_are_those_that_are_not_known(by: ModuleType) -> None:
    raws = [f'{{"a":{text}}}'.encode() if text else b"{}" for text in _QUOTED]
    found = scan_records(raws, FIELDS, by=by)
    assert dict(zip(_QUOTED, found.strange_uuids("a", {_ID.lower().encode()}), strict=True)) == _QUOTED
    other = _ID.encode()
    assert [*found.strange_uuids("a", {other, other.lower()})] == [0] * len(raws)
