"""Texts in cells, columns for a width, pages of rows, numbers in words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.theme import Theme

from console.app.drawing.cells import cut, fit, middle, width
from console.app.row_search import find_row
from console.app.theme import DARK, LIGHT
from console.app.widgets.tables.event_columns import TRUST_WIDTH, cells, fit_columns, state_cells, titles
from console.app.widgets.tables.event_pages import PAGE, Pages
from console.app.widgets.tables.ledger_words import short
from console.app.widgets.tables.overview_rows import common_root
from console.app.words import age, count, day_and_time
from console.text import safe
from tests.support.fake_session import START, FakeSession

TEXTS = st.text(st.sampled_from("aZ 東京🙂é\u0301⟨")).map(safe)


@given(TEXTS, st.integers(0, 30))
def test_fit_is_exact_and_others_at_most(text: str, cells: int) -> None:
    assert width(fit(text, cells)) == cells
    assert width(fit(text, cells, right=True)) == cells
    assert width(cut(text, cells)) <= cells
    assert width(middle(text, cells)) <= cells


def test_both_ends_of_a_path_stay() -> None:
    assert middle("/var/ledgers/deals/acme/events.jsonl", 20) == "/var/ledge…nts.jsonl"
    assert cut("abcdef", 4) == "abc…"


KINDS = st.fixed_dictionaries(
    {name: st.booleans() for name in ("streams", "ledgers", "sequences", "states", "summaries")}
    | {"second": st.integers(0, 40)}
)


@given(st.integers(20, 400), KINDS)
def test_columns_fill_but_never_overflow(room: int, kinds: dict[str, Any]) -> None:
    columns = fit_columns(room, **kinds)
    names = ["state", "stress_mode"]
    assert width(titles(columns, names)) == columns.total
    if room >= 37:
        assert columns.total == room
        assert columns.type >= 10
    if columns.type < 22:
        assert not (columns.summary or columns.stream or columns.actor or columns.record or columns.second)
        assert columns.state <= 12 and columns.ledger <= 12
    order = {
        "states": columns.state,
        "ledgers": columns.ledger,
        "summaries": columns.summary,
        "streams": columns.stream,
    }
    shown = [bool(cells) for kind, cells in order.items() if kinds[kind]]
    assert shown == sorted(shown, reverse=True), "none comes in before a more important one"
    if columns.actor or columns.second or columns.record:
        assert all(shown)
    if columns.summary and columns.stream:
        assert columns.summary >= 24
    assert columns.second in (0, kinds["second"]), "readable or not shown"


@given(st.integers(36, 250), st.booleans())
async def test_every_row_has_the_width_of_its_columns(room: int, sequences: bool) -> None:
    columns = fit_columns(room, streams=True, ledgers=True, sequences=sequences)
    for entry in SESSION.entries[118:150]:
        texts = cells(entry.row, columns, "deals/acme/events.jsonl")
        shown = [getattr(texts, name) for name in texts.__slots__]
        assert sum(width(text) for text in shown if text) + sum(1 for text in shown if text) + 1 == columns.total


SESSION = FakeSession()


def test_80_columns_show_time_trust_type_sequence_and_stream() -> None:
    columns = fit_columns(79, streams=True, ledgers=False)
    assert columns.trust == TRUST_WIDTH
    assert columns.time >= 18
    assert columns.type >= 20
    assert columns.stream >= 9


@pytest.mark.parametrize("room", [79, 80, 81, 82])
def test_what_is_kept_where_the_details_leave_80_cells(room: int) -> None:
    ledger = fit_columns(room, streams=True, ledgers=False, summaries=True)
    stream = fit_columns(room, streams=False, ledgers=False, states=True, summaries=True, second=11)
    merged = fit_columns(room, streams=True, ledgers=True, summaries=True)
    assert ledger.type >= 22 and ledger.summary >= 16 and not ledger.stream
    assert stream.type >= 22 and stream.state >= 12 and stream.summary >= 14 and not stream.second
    assert merged.type >= 22 and merged.ledger >= 16 and merged.trust == TRUST_WIDTH


def test_each_value_of_a_state_stands_below_its_own_title() -> None:
    columns = fit_columns(140, streams=False, ledgers=False, states=True, summaries=True, second=24)
    head = titles(columns, ["stage", "kept"])
    first, second = state_cells(["DECIDED", "cold, deleted 2027-10-14"], columns)
    assert head.index("kept") - head.index("stage") == columns.state + 1 == width(first) + 1
    assert second == "cold, deleted 2027-10-14"


def test_a_column_without_numbers_gives_its_room_to_others() -> None:
    with_numbers, without = (fit_columns(69, streams=True, ledgers=False, sequences=each) for each in (True, False))
    assert without.sequence == 0 and "seq" not in titles(without)
    assert without.type >= 22 and without.stream >= 9 and not with_numbers.stream
    assert with_numbers.total == without.total == 69


def test_pages_keep_the_latest_and_show_the_stale() -> None:
    pages = Pages(kept=2)
    rows = [entry.row for entry in SESSION.entries]
    assert pages.row(3) is None
    pages.put(0, rows[:PAGE])
    assert pages.row(3) == rows[3]
    pages.put(1, rows[PAGE : PAGE + 10])
    assert pages.row(PAGE + 9) == rows[PAGE + 9]
    assert pages.row(PAGE + 10) is None
    pages.expire(PAGE + 10)
    assert not pages.fresh(1)
    assert pages.fresh(0)
    assert pages.row(PAGE) == rows[PAGE]
    assert pages.put(1, rows[PAGE : PAGE + 20]) == rows[PAGE : PAGE + 10]
    assert pages.fresh(1)
    pages.row(0)
    pages.put(2, [])
    assert pages.row(0) is not None
    assert pages.row(PAGE) is None
    assert len(pages) == 2


@pytest.mark.parametrize(
    ("start", "step", "found"), [(0, 1, 45), (45, 1, 45), (46, 1, None), (119, -1, 45), (44, -1, None)]
)
async def test_find_row(start: int, step: int, found: int | None) -> None:
    view = await SESSION.view(ledger=1)
    rows = await view.rows(0, 120)
    at = next(at for at, row in enumerate(rows) if row.worst)
    shift = at - 45
    result = await find_row(view, start + (shift if start in (44, 45, 46) else 0), step, lambda row: row.worst > 0)
    assert result == (None if found is None else at)


def test_times_in_words() -> None:
    assert day_and_time(START + 123_456) == "2026-01-01 00:00:00.123"
    assert day_and_time(START + 123_456, full=False, digits=6) == "01-01 00:00:00.123456"
    assert day_and_time(None) == "no time"
    assert day_and_time(1 << 62) == "off calendar"
    assert day_and_time(-62_135_596_800_000_000).startswith("0001-01-01")
    assert age(START, START + 59_000_000) == "59 s"
    assert age(START, START + 3 * 86_400_000_000) == "3 d"
    assert age(START + 120_000_000, START) == "in 2 min"
    assert age(None, START) == ""


def test_counts_in_words() -> None:
    assert [short(n) for n in (0, 999, 9_999, 12_345, 999_999, 3_400_000, 2_000_000_000)] == [
        "0",
        "999",
        "9999",
        "12k",
        "999k",
        "3.4M",
        "2.0G",
    ]
    assert count(1, "event") == "1 event"
    assert count(12_345, "event") == "12,345 events"


@pytest.mark.parametrize(
    ("paths", "root"),
    [
        (["/a/b/c.jsonl", "/a/b/d/e.jsonl"], "/a/b/"),
        (["/a/b/c.jsonl"], "/a/b/"),
        (["/a/bc/x", "/a/bd/y"], "/a/"),
        (["x", "y"], ""),
        ([], ""),
    ],
)
def test_the_common_root_is_left_out(paths: list[str], root: str) -> None:
    assert common_root(paths) == root


def luminance(colour: str) -> float:
    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_text_stands_out_from_its_background(theme: Theme) -> None:
    names = ("primary", "secondary", "accent", "warning", "error", "success", "foreground")
    colours = {name: getattr(theme, name) for name in names}
    colours["quiet"] = theme.variables["quiet"]
    for ground in ("background", "panel"):
        for name, colour in colours.items():
            bright, dark = sorted((luminance(colour), luminance(getattr(theme, ground))), reverse=True)
            assert (bright + 0.05) / (dark + 0.05) >= 4.5, f"{name} on {ground}"
