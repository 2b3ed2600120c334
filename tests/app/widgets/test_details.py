"""The details of one event: panels, chain, findings, raw bytes, whatever they hold."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot

from console.app.widgets.details.pane import DetailsPane, findings_page, panel_page
from console.app.widgets.details.proof import compared, preimage_lines, preimage_title
from console.app.widgets.details.raw import indented, raw_lines
from console.engine.api import Details
from console.model.event import Field, Panel
from console.model.proof import Proof, Span
from console.model.trust import Severity, Trust
from console.text import safe
from tests.support.fake_session import HOSTILE, FakeSession
from tests.support.stage import DetailsScreen, Stage, seen, text, until

BROKEN = 46
HOSTILE_FIRST = 121
UNCHAINED = 149


class Shaped(FakeSession):
    """A session whose details are changed by ``shape`` before they are handed out."""

    def __init__(self, shape: Callable[[Details], Details]) -> None:
        super().__init__()
        self._shape = shape

    async def details(self, event: int) -> Details:
        return self._shape(await super().details(event))


def stage(event: int | None, session: FakeSession | None = None) -> Stage:
    session = session or FakeSession()
    return Stage(session, DetailsScreen(session, event))


def pane(pilot: Pilot[Any]) -> DetailsPane:
    return pilot.app.screen.query_one(DetailsPane)


async def test_tabs_are_kept_from_event_to_event() -> None:
    async with stage(BROKEN).run_test(size=(80, 24)) as pilot:
        await seen(pilot, "[Envelope]", "ReviewOpened")
        await pilot.press("right_square_bracket", "right_square_bracket")
        await seen(pilot, "[Chain]", "✗ broken", "64 differ", "NOT covered", "keeps the chain green")
        pane(pilot).show(45)
        await seen(pilot, "[Chain]", "✓ verified", "✓ they are the same")
        await pilot.press("right_square_bracket")
        await seen(pilot, "[Findings]", "No findings for this event.")
        pane(pilot).show(BROKEN)
        await seen(pilot, "[Findings]", "‼ critical  chain.hash-mismatch", "expected", "do next")
        await pilot.press("left_square_bracket", "left_square_bracket")
        await seen(pilot, "[Metadata]", "sequenceNumber     16")


async def test_the_last_event_asked_for_is_shown_and_the_keyboard_waits_for_none() -> None:
    session = FakeSession()
    async with stage(1, session).run_test() as pilot:
        await seen(pilot, "record 1")
        session.gate.clear()
        asked = session.calls.count("details")
        for event in range(2, 40):
            pane(pilot).show(event)
        await until(pilot, lambda: session.calls.count("details") > asked)
        assert session.calls.count("details") == asked + 1
        session.gate.set()
        await seen(pilot, "record 39")


async def test_an_error_becomes_words_and_the_next_event_is_shown() -> None:
    session = FakeSession()
    session.fail("details", OSError("[/x] the ledger \x1b]0;is gone"))
    async with stage(1, session).run_test() as pilot:
        await seen(pilot, "This event cannot be read: [/x] the ledger ␛]0;is gone")
        pane(pilot).show(2)
        await seen(pilot, "record 2")
        pane(pilot).show(None)
        await seen(pilot, "No event is chosen.")


@pytest.mark.parametrize("number", range(len(HOSTILE)))
async def test_hostile_text_is_shown_on_every_tab(number: int) -> None:
    session = FakeSession()
    async with stage(HOSTILE_FIRST + number * 2, session).run_test(size=(120, 40)) as pilot:
        await seen(pilot, "[Envelope]", safe(HOSTILE[number]))
        for tab in ("Metadata", "Chain", "Findings", "Raw"):
            await pilot.press("right_square_bracket")
            shown = await seen(pilot, f"[{tab}]")
            assert all(char == "\n" or char.isprintable() for char in shown)
        assert pilot.app.is_running


async def test_markup_in_names_titles_and_problems_is_text() -> None:
    evil = "[/x][@click=app.quit]quit[/]"

    def shape(details: Details) -> Details:
        panels = (*details.panels, Panel(evil, (Field(evil, evil, evil), Field("[", "[red"))))
        return replace(details, panels=panels, intact=False, problem=evil)

    async with stage(1, Shaped(shape)).run_test(size=(120, 30)) as pilot:
        pane(pilot).open_tab(evil)
        shown = await seen(pilot, f"‼ These bytes differ from what was read before. {evil}")
        assert shown.count(evil) >= 4
        await pilot.click(DetailsPane, offset=(20, 5))
        assert pilot.app.is_running


async def test_bytes_that_are_not_utf8_come_in_hex() -> None:
    async with stage(HOSTILE_FIRST).run_test(size=(80, 24)) as pilot:
        await seen(pilot, "[Envelope]")
        pane(pilot).open_tab("Raw")
        await seen(pilot, "not UTF-8", "00000000  7b 22 74 65 78 74 22 3a", "ff fe")
        await pilot.press("x")
        await seen(pilot, "⟨0xFF⟩⟨0xFE⟩")


async def test_raw_bytes_indented_exact_and_in_hex() -> None:
    async with stage(BROKEN).run_test(size=(80, 24)) as pilot:
        await seen(pilot, "[Envelope]")
        pane(pilot).open_tab("Raw")
        await seen(pilot, '{"id":"evt-16","dealId":', "exact")
        await pilot.press("equals_sign")
        await seen(pilot, '    "amount": 1,', "indented")
        await pilot.press("x")
        await seen(pilot, "00000000  7b 22 69 64", '{"id":"')
        await pilot.press("x")
        await seen(pilot, '{"id":"evt-16","dealId":')


async def test_a_click_on_a_tab_opens_it() -> None:
    async with stage(BROKEN).run_test(size=(80, 24)) as pilot:
        await seen(pilot, "[Envelope]")
        await pilot.click("#details-tabs", offset=(text(pilot).split("\n")[0].index("Raw"), 0))
        await seen(pilot, "[Raw]")


async def test_an_event_without_a_chain_says_so() -> None:
    async with stage(UNCHAINED).run_test(size=(80, 24)) as pilot:
        await seen(pilot, "[Envelope]")
        pane(pilot).open_tab("Chain")
        await seen(pilot, "○ unchained", "keeps no hash chain", "Nothing protects it")


async def test_narrow_panes_keep_the_open_tab_in_sight() -> None:
    async with stage(BROKEN).run_test(size=(34, 12)) as pilot:
        await seen(pilot, "[Envelope]")
        pane(pilot).open_tab("Raw")
        assert "‹" in await seen(pilot, "[Raw]")
        pane(pilot).open_tab("Chain")
        await seen(pilot, "[Chain]", "recomputed")


def test_long_values_say_what_is_left_out() -> None:
    raw = b'{"a":"' + b"x" * 100_000 + b'"}'
    lines = [line.plain for line in raw_lines(raw, "exact", 80)]
    assert lines[-1] == "showing 64 KiB of 97.7 KiB"
    assert max(map(len, lines)) <= 80
    page = [line.plain for line in panel_page(Panel("Metadata", (Field("a", "y" * 20_000),)), 80)]
    assert "showing 8,192 of 20,000 characters" in " ".join(page)
    many = Panel("Metadata", tuple(Field(f"f{at}", "1") for at in range(700)))
    assert panel_page(many, 80)[-1].plain == "showing 500 of 700 fields; the Raw tab has all"


def test_nested_values_stand_on_lines_of_their_own() -> None:
    value = json.dumps({"delta": {"noi": -0.0325, "occ": 0.95}, "kept": [1, 2, 3], "why": "a long enough reason"})
    shown = [line.plain for line in panel_page(Panel("Metadata", (Field("payload", value),)), 60)]
    assert shown[0].startswith("payload  {")
    assert '             "noi": -0.0325,' in shown


PLAIN = st.none() | st.booleans() | st.floats() | st.integers() | st.text()
ANY_JSON = st.recursive(PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12)


@given(ANY_JSON)
def test_indenting_keeps_every_token(value: Any) -> None:
    one = json.dumps(value)
    again = json.dumps(json.loads(indented(one)))
    assert again == json.dumps(json.loads(one))


@given(st.text(max_size=300))
def test_indenting_survives_any_text(broken: str) -> None:
    assert "".join(indented(broken).split()) == "".join(broken.split())


def test_one_differing_character_is_marked() -> None:
    lines = [line.plain for line in compared(("recomputed", "ab12ef"), ("stored", "ab92ef"), 40)]
    assert lines == ["recomputed  ab12ef", "stored      ab92ef", "1 differ      ^"]
    assert [line.plain for line in compared(("a", None), ("b", "ab"), 40)] == ["a           none", "b           ab"]


FIELDS = st.tuples(st.integers(0, 400), st.integers(0, 400), st.sampled_from(["type", "x", "payload[/]"]))


@given(st.binary(min_size=1, max_size=400), st.lists(FIELDS, max_size=6), st.integers(20, 100))
def test_no_byte_of_a_preimage_is_lost(raw: bytes, fields: list[tuple[int, int, str]], width: int) -> None:
    raw = bytes(byte & 0x7F for byte in raw)
    spans = tuple(Span(start, end, name) for start, end, name in fields)
    proof = Proof("p/1", Trust.VERIFIED, "fine", preimage=raw, spans=spans)
    lines = [line.plain for line in preimage_lines(proof, width)]
    ruled = any(span.start < span.end <= len(raw) for span in spans)
    assert "".join(lines[::2] if ruled else lines) == safe(raw)
    assert all(len(line) <= width for line in lines)
    assert all(lines[::2] if ruled else lines)


def test_each_field_of_a_preimage_is_drawn_and_named() -> None:
    raw = b'{"type":"Opened","n":16,"previous":"ab\x1b"}'
    spans = (Span(9, 15, "type"), Span(21, 23, "sequence"), Span(36, 39, "previousHash"))
    proof = Proof("p/1", Trust.VERIFIED, "fine", preimage=raw, spans=spans)
    assert [line.plain for line in preimage_lines(proof, 24)] == [
        '{"type":"Opened","n":16,',
        "         ╰1───╯      2─",
        '"previous":"ab␛"}',
        "            ╰3╯",
    ]
    assert preimage_title(proof, 24) == "preimage, 41 bytes · 1 is type · 2 is sequence · 3 is previousHash"


def test_a_field_that_starts_at_the_edge_starts_in_the_next_row() -> None:
    proof = Proof("p/1", Trust.VERIFIED, "fine", preimage=b"x" * 20 + b"y" * 12, spans=(Span(20, 32, "tail"),))
    shown = [line.plain for line in preimage_lines(proof, 20)]
    assert shown == ["x" * 20, "", "y" * 12, "╰1 tail────╯"]


async def test_a_mark_without_a_finding_is_explained() -> None:
    details = await FakeSession().details(1)
    flagged = replace(details, findings=(), row=replace(details.row, worst=Severity.WARNING))
    said = " ".join(line.plain.strip() for line in findings_page(flagged, 60))
    assert said.startswith("No findings for this event. Its mark ! in the list stands for what it reports")
    plain = replace(flagged, row=replace(details.row, worst=Severity.NONE))
    assert [line.plain for line in findings_page(plain, 60)] == ["No findings for this event."]
