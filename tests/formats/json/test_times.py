"""The quick ways to read a time, or many, give what the careful one gives; keys of many ids are those of each."""

from hypothesis import given, settings
from hypothesis import strategies as st

from console.formats.json.times import iso, moments, parse, quick
from console.formats.protocol import key64, keys64
from console.model.event import NO_TIME

PIECES = [*"0123456789T :-Zz.,٣\n", "+00:00", "+01:00", "+00", "2026-01-12T15:00:16", "2026-02-30T00:00:00"]
TIME = r"2026-01-12[T ]15:00:(16|60|61)([.,][0-9٣]{0,9})? ?(Z|z|\+00:00|\+0000|\+01:00|-00:00)?"
ALIKE = r"20(26|٢6)-0[12]-(12|30)[T ]1[56]:0[0-5]:(1[0-9]|59|60|61)[.,][0-9]{%d}"


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=9).map("".join) | st.from_regex(TIME, fullmatch=True))
def test_quick_is_parse(text: str) -> None:
    known = parse(text)
    assert quick(text) == (None if known is None else (known.micros, known.zone))


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["", "Z"]).flatmap(
        lambda zone: st.integers(1, 6).flatmap(
            lambda digits: st.lists(
                st.from_regex(ALIKE % digits + zone, fullmatch=True) | st.from_regex(TIME, fullmatch=True), max_size=4
            )
        )
    )
)
def test_moments_are_each_ones(texts: list[str]) -> None:
    wanted = [quick(text) or (NO_TIME, "") for text in texts]
    assert moments(texts) == ([time for time, _ in wanted], [zone for _, zone in wanted])


@given(st.lists(st.sampled_from(["", "a", "é", "\ud800"]) | st.text()))
def test_keys_are_each_ones(texts: list[str]) -> None:
    assert [*keys64(texts)] == [key64(text) if text else 0 for text in texts]


@settings(max_examples=300, deadline=None)
@given(st.integers(-63_000_000_000_000_000, 254_000_000_000_000_000))
def test_iso_names_every_instant_that_a_zone_can_lead_to(micros: int) -> None:
    text = iso(micros)
    if text[0] != "+" and text[:4] != "0000" and text[0] != "-":
        found = parse(text)
        assert found is not None and found.micros == micros
    assert "µs" not in text and text.endswith("Z")


def test_years_beside_those_that_can_be_written() -> None:
    for written, wanted in (
        ("0001-01-01T00:00:00+14:00", "0000-12-31T10:00:00.000000Z"),
        ("9999-12-31T23:59:59.5-10:00", "+010000-01-01T09:59:59.500000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
    ):
        found = parse(written)
        assert found is not None and iso(found.micros) == wanted
