"""What a scan gives of values, on both scanners: masks of what fields hold, pieces of preimages, ends of chains."""

import json
from array import array
from hashlib import sha256
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.formats.json.scan import Fields, Interner, Raw, Stamp, Text, Tips, scan_records
from console.model.event import NO_TIME
from console.verify.javascript import parse, stringify
from console.verify.recover import moment
from tests.support.scanners import SCANNERS

FIELD = Fields("a")
each_scanner = pytest.mark.parametrize("by", SCANNERS, ids=lambda each: each.NAME)


def masks(values: list[str], by: ModuleType) -> tuple[list[int], list[int], list[int]]:
    """filled, strings and javascript of values that stand in objects."""
    found = scan_records([f'{{"a":{value}}}'.encode() for value in values], FIELD, by=by)
    return [*found.filled("a")], [*found.strings("a")], [*found.javascript("a")]


NUMBERS = st.from_regex(r"-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,18})?([eE][-+]?[0-9]{1,2})?", fullmatch=True)
TEXTS = st.text(max_size=5).map(lambda text: json.dumps(text, ensure_ascii=False)) | st.sampled_from(
    ['"\\u0041"', '"\\/"', '"7"', '""', '"a:b"', '"]"', '"\\""', '"\x7f\u2028"', '"-1.50"', '"\\\\"']
)
VALUES = st.recursive(
    NUMBERS | TEXTS | st.sampled_from(["true", "false", "null"]),
    lambda inner: (
        st.tuples(st.lists(inner, max_size=3), st.sampled_from([",", " ,", ", "])).map(
            lambda made: f"[{made[1].join(made[0])}]"
        )
        | st.dictionaries(TEXTS, inner, max_size=3).map(
            lambda made: "{" + ",".join(f"{key}:{value}" for key, value in made.items()) + "}"
        )
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(VALUES, max_size=5))
def test_masks_are_what_json_says(values: list[str]) -> None:
    filled, strings, written = masks(values, SCANNERS[0])
    for by in SCANNERS[1:]:
        assert masks(values, by) == (filled, strings, written)
    for at, value in enumerate(values):
        document = json.loads(value)
        assert filled[at] == (isinstance(document, str) and document != "")
        assert strings[at] == (isinstance(document, list) and all(isinstance(each, str) and each for each in document))
        if written[at]:
            assert stringify(parse(value)) == value


@settings(max_examples=300, deadline=None)
@given(
    st.recursive(
        st.booleans()
        | st.none()
        | st.integers(-(10**15) + 1, 10**15 - 1)
        | st.integers(-(10**6), 10**6).map(lambda number: number / 1000)
        | st.text(alphabet="aé\u2028/\x7f7", max_size=4),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abé"), inner, max_size=3),
        max_leaves=8,
    )
)
def test_usual_values_are_found_to_be_javascripts(value: object) -> None:
    for by in SCANNERS:
        assert masks([stringify(value)], by)[2] == [1]


@each_scanner
@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("0", 1),
        ("-0", 0),
        ("-0.5", 1),
        ("1.0", 0),
        ("10", 1),
        ("1.10", 0),
        ("1e5", 0),
        ("999999999999999", 1),
        ("1234567890123456", 0),
        ("12345678901234.5", 1),
        ("123456789012345.6", 0),
        ("0.000001", 1),
        ("0.0000001", 0),
        ("0.000001234567890123", 1),
        ("0.0000012345678901234567", 0),
        ('{"7":1}', 0),
        ('{"a7":"7"}', 1),
        ('["7",{"":null}]', 1),
        ('"\\n"', 0),
        ("[1, 2]", 0),
    ],
)
def test_what_is_surely_javascripts_text(value: str, written: int, by: ModuleType) -> None:
    assert masks([value], by)[2] == [written]


@each_scanner
def test_an_absent_field_is_nothing(by: ModuleType) -> None:
    found = scan_records([b'{"b":1}', b"", b"[1]"], FIELD, by=by)
    assert not any((*found.filled("a"), *found.strings("a"), *found.javascript("a")))


@each_scanner
def test_only_the_rows_asked_for_are_scanned_inside(by: ModuleType) -> None:
    found = scan_records([b'{"a":{"x":%d}}' % at for at in range(4)], FIELD, by=by)
    inner = found.inside("a", Fields("x"), [1, 3])
    assert inner.raw("x") == [None, b"1", None, b"3"]
    assert found.inside("a", Fields("x")).raw("x") == [b"0", b"1", b"2", b"3"]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.integers(-62_167_219_200_000_000, 253_402_300_799_999_999)
        | st.integers(-(10**13), 10**13)
        | st.sampled_from([-1, 0, 999, 951_782_400_000_000, 4_107_542_399_999_999, -62_135_596_800_000_000]),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from([0, -1, -2000, 5]),
)
def test_stamps_are_as_javascript_writes_times(times: list[int], shift: int) -> None:
    raws = [b"{}"] * len(times)
    for by in SCANNERS:
        found = scan_records(raws, FIELD, by=by)
        for micros, stamp in zip(times, found.preimages([b"<", Stamp(array("q", times), shift)]), strict=True):
            millis = micros // 1000 + shift
            within = -62_167_219_200_000 <= millis <= 253_402_300_799_999
            assert stamp == (b"<" + moment(millis) if within else None)


@each_scanner
def test_no_stamp_for_no_time(by: ModuleType) -> None:
    times = array("q", [NO_TIME, (1 << 63) - 1, -62_167_219_200_000_001, 253_402_300_800_000_000])
    assert scan_records([b"{}"] * 4, FIELD, by=by).preimages([Stamp(times, -1)]) == [None] * 4
    with pytest.raises(ValueError, match="different lengths"):
        scan_records([b"{}"], FIELD, by=by).digests([Stamp(times)])


@each_scanner
def test_preimages_are_what_is_hashed(by: ModuleType) -> None:
    found = scan_records([b'{"a":"x"}', b"{}", b'{"a":[1, 2]}'], FIELD, by=by)
    given = [b"1", b"2", b"3"]
    assert found.preimages([given, Raw("a"), b"!"]) == [b'1"x"!', None, b"3[1, 2]!"]
    assert found.preimages([Text("a")], [2, 0]) == [None, b"x"]
    assert found.digests([given, Raw("a"), b"!"]) == b"".join(
        bytes(32) if each is None else sha256(each).digest() for each in found.preimages([given, Raw("a"), b"!"])
    )


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.lists(
            st.sampled_from([*"abcdefgh", "x" * 45, "x" * 46, "x" * 47, "y" * 90, "", "\\u0061", "é"]), max_size=9
        ),
        max_size=6,
    )
)
def test_codes_are_the_same_from_batch_to_batch(batches: list[list[str]]) -> None:
    for by in SCANNERS:
        codes: dict[str, int] = {}
        interner = Interner(lambda text, codes=codes: codes.setdefault(text, len(codes) + 1))  # type: ignore[misc]  # bound now
        for texts in batches:
            found = scan_records([f'{{"a":"{text}"}}'.encode() for text in texts], FIELD, by=by).codes("a", interner)
            plain = [json.loads(f'"{text}"') for text in texts]
            assert [*found] == [codes[text] if text else 0 for text in plain]


@each_scanner
def test_tips_remember_what_the_last_row_builds_on(by: ModuleType) -> None:
    fields = Fields("of", "before", "own")
    hashes = [f"{at:064x}" for at in range(4)]
    raws = [b'{"of":"c","before":null,"own":"%s"}' % hashes[0].encode()]
    raws += [b'{"of":"c","before":"%s","own":"%s"}' % (hashes[at - 1].encode(), hashes[at].encode()) for at in (1, 2)]
    found = scan_records(raws, fields, by=by)
    tips = Tips()
    tips.put(1, None, 1, 0)
    codes = found.codes("of", Interner(lambda name: 1))
    times = array("q", [5, 5, 6])
    assert [*found.follow(tips, codes, array("q", [1, 2, 3]), times, "before", "own", bytearray(b"\1\1\1"))] == [
        1,
        1,
        1,
    ]
    assert tips.get(1) == (hashes[2], 4, 6)
    assert (tips.last(1), tips.before(1)) == (hashes[2], hashes[1])
