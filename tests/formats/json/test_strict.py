"""Decoding with suspicion: what is proved plain is decoded as the careful way does it, and the rest gets its words."""

import pytest
from hypothesis import given, settings

from console.formats.json import strict
from console.formats.json.flags import Flag
from tests.support.json_cases import cases
from tests.support.json_texts import RECORDS

CASES = list(cases())
_CODES = {
    Flag.BLANK: "record.blank-line",
    Flag.INVALID_UTF8: "record.invalid-utf8",
    Flag.TOO_DEEP: "record.too-deep",
    Flag.NOT_AN_OBJECT: "record.not-an-object",
    Flag.BYTE_ORDER_MARK: "record.byte-order-mark",
    Flag.DUPLICATE_KEY: "record.duplicate-key",
    Flag.LONE_SURROGATE: "record.lone-surrogate",
}
_WORDLESS = Flag.WHITE_SPACE | Flag.ESCAPED_KEY | Flag.LONG_NUMBER


@pytest.mark.parametrize(("raw", "flags"), CASES, ids=[f"{at}" for at in range(len(CASES))])
def test_a_flag_is_put_into_words(raw: bytes, flags: Flag) -> None:
    found = strict.decode(raw)
    assert repr(found) == repr(strict._carefully(raw))
    codes = {problem.code for problem in found.problems}
    if not flags & ~_WORDLESS:
        assert found.document is not None and codes <= {"record.unsafe-integer", "record.non-finite-number"}
    else:
        assert codes
    if flags in _CODES:
        assert _CODES[flags] in codes


@settings(max_examples=400, deadline=None)
@given(RECORDS)
def test_what_is_plain_is_decoded_as_the_careful_way_does_it(raw: bytes) -> None:
    found = strict.decode(raw)
    assert repr(found) == repr(strict._carefully(raw))


def test_words_name_the_place() -> None:
    problem = strict.decode(b'{"a":"\xc3\xa9",}').problems[0]
    # At the comma since Python 3.13, behind it before.
    assert (problem.code, problem.at) in (("record.invalid-json", 9), ("record.invalid-json", 10))
    problem = strict.decode(b'{"a":"x\xff"}').problems[0]
    assert (problem.code, problem.at) == ("record.invalid-utf8", 7)


@pytest.mark.parametrize("number", ["9007199254740993", "-9007199254740993", "1e400", "NaN", "-Infinity"])
def test_numbers_that_lose_something_are_named(number: str) -> None:
    (problem,) = strict.decode(f'{{"a":{number}}}'.encode()).problems
    assert problem.code in ("record.unsafe-integer", "record.non-finite-number")


def test_a_long_integer_that_is_exact_is_no_finding() -> None:
    assert strict.decode(b'{"a":9007199254740992}') == strict.Decoded({"a": 2**53})
