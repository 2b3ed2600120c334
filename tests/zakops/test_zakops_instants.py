"""The quick way to read a time gives what the careful one gives."""

from hypothesis import given, settings
from hypothesis import strategies as st

from console.formats.instant import parse, quick

PIECES = [*"0123456789T :-Zz.,٣\n", "+00:00", "+01:00", "+00", "2026-01-12T15:00:16", "2026-02-30T00:00:00"]
TIME = r"2026-01-12[T ]15:00:(16|60|61)([.,][0-9٣]{0,9})? ?(Z|z|\+00:00|\+0000|\+01:00|-00:00)?"


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=9).map("".join) | st.from_regex(TIME, fullmatch=True))
def test_quick_is_parse(text: str) -> None:
    known = parse(text)
    assert quick(text) == (None if known is None else (known.micros, known.zone))
