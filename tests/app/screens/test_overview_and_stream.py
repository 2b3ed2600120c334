"""Overview and stream, as an operator uses them."""

import asyncio
from dataclasses import replace

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot
from textual.widgets import Input, Static

from console.app.app import ConsoleApp
from console.app.messages import IndexChanged
from console.app.screens.findings import FindingsScreen
from console.app.screens.overview import OverviewScreen
from console.app.screens.stream import StreamScreen
from console.app.screens.walk import WalkScreen
from console.app.widgets.tables.event_table import EventTable
from console.engine.api import Progress
from console.model.trust import Trust
from console.store.rows import LedgerRow, StreamRow
from tests.support.fake_session import SECOND, START, FakeSession
from tests.support.stage import seen, text, until


def console(session: FakeSession | None = None) -> tuple[ConsoleApp, FakeSession]:
    session = session or FakeSession()

    async def opened() -> FakeSession:
        return session

    return ConsoleApp(opened, where="/var/ledgers", now=lambda: START + 3 * 3600 * SECOND), session


def table(pilot: Pilot[int]) -> EventTable:
    return pilot.app.screen.query_one(EventTable)


async def in_stream(pilot: Pilot[int], *, key: str = "enter", words: str = "of 120") -> StreamScreen:
    await seen(pilot, "deal acc674")
    await pilot.press(key)
    await until(pilot, lambda: isinstance(pilot.app.screen, StreamScreen) and pilot.app.screen.is_mounted)
    await seen(pilot, words)
    assert isinstance(pilot.app.screen, StreamScreen)
    return pilot.app.screen


# overview


async def test_ledgers_worst_first_and_the_unread_said_in_words() -> None:
    app, _ = console()
    async with app.run_test(size=(120, 40)) as pilot:
        shown = await seen(pilot, "kernel-doc/1", "✗1 ✓119", "‼ critical", "● following")
        order = [shown.index(name) for name in ("deals/acme", "runs/", "state/zakops", "notes/", "secret/")]
        assert order == sorted(order)
        assert "? not recognised: JSON, but its records fit no format" in shown
        assert "✗ unreadable: Permission denied" in shown
        assert "showing 5 of 14 streams" in shown


async def test_time_passes_and_news_come_while_a_screen_is_still_composed() -> None:
    app, session = console()
    async with app.run_test(size=(120, 40)) as pilot:
        await seen(pilot, "kernel-doc/1")
        app.go_to.findings(session, None)  # on the stack at once, composed a little later
        app.on_index_changed(IndexChanged(Progress("following", note="The index was made again.")))
        app._tick()
        await seen(pilot, "The index was made again.")


async def test_an_index_that_was_made_again_leads_back_to_the_overview() -> None:
    """What stands on the other screens goes by ids of the index that is gone."""
    app, session = console()
    async with app.run_test(size=(120, 40)) as pilot:
        await in_stream(pilot)
        await pilot.press("F")
        await until(pilot, lambda: isinstance(pilot.app.screen, FindingsScreen))
        session.new_index = True
        session.say(Progress("following", note="The index was made again: what is shown comes from the new one."))
        await until(pilot, lambda: isinstance(pilot.app.screen, OverviewScreen))
        await seen(pilot, "The index was made again", "deal acc674")


async def test_order_and_folding() -> None:
    app, _ = console()
    async with app.run_test(size=(120, 60)) as pilot:
        await seen(pilot, "worst first", "deal acc674")
        await pilot.press("s", "s")
        await seen(pilot, "latest first")
        await pilot.press("s", *["j"] * 5, "space")
        shown = await seen(pilot, "› ▾ runs/".replace("› ", "›"), "run run-␛P$q␛\\")
        assert "of 14 streams" not in shown
        await pilot.press("space")
        await seen(pilot, "showing 5 of 14 streams")


async def test_an_empty_place_then_a_first_ledger() -> None:
    app, session = console(FakeSession(empty=True))
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(pilot, "No ledgers here yet", "/var/ledgers", "audit-console formats")
        full = FakeSession()
        session.ledgers = full.ledgers  # type: ignore[method-assign]
        session.streams = full.streams  # type: ignore[method-assign]
        session.say(Progress("following"))
        await seen(pilot, "deal acc674")
        await pilot.press("j")
        await seen(pilot, "› ├ deal acc674")


async def test_progress_in_the_head_line() -> None:
    app, session = console()
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(pilot, "deal acc674")
        session.say(Progress("reading", done=41, total=100, events=10, rate=312_000.0))
        await seen(pilot, "reading 41 % · 312,000 events/s")
        session.say(Progress("reader only"))
        await seen(pilot, "reader only")


async def test_a_rate_does_not_outlive_the_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.app.app.RATE_HOLDS", 0.0)
    app, session = console()
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(pilot, "deal acc674")
        session.say(Progress("following", rate=1.0))
        await seen(pilot, "following · 1 event/s")
        session.say(Progress("following", behind=2))
        await seen(pilot, "following · 2 ledgers behind")
        session.say(Progress("following", rate=1.0))
        await seen(pilot, "following · 1 event/s")
        await until(pilot, lambda: "event/s" not in text(pilot) and "● following" in text(pilot))


async def test_ages_grow_while_nothing_happens() -> None:
    app, _ = console()
    async with app.run_test(size=(120, 40)) as pilot:
        await seen(pilot, "deal acc674")
        line = next(line for line in text(pilot).split("\n") if "deal acc674" in line)
        late = app.now() + 50 * 86_400 * SECOND
        app.now = lambda: late
        await until(pilot, lambda: "deal acc674" in text(pilot) and line not in text(pilot))
        assert " 50 d" in next(line for line in text(pilot).split("\n") if "deal acc674" in line)


@pytest.mark.parametrize("columns", [80, 120, 160])
async def test_a_ledger_that_is_gone_and_an_unfinished_line_are_said(columns: int) -> None:
    app, session = console()
    known = session.ledgers

    async def ledgers() -> list[LedgerRow]:
        first, *others = await known()
        return [replace(first, state="gone", pending=17), *others]

    session.ledgers = ledgers  # type: ignore[method-assign]
    async with app.run_test(size=(columns, 24)) as pilot:
        await seen(pilot, "deal acc674")
        line = next(line for line in text(pilot).split("\n") if "✗1 …1 ✓119" in line)
        assert "gone" in line
        assert "…1" in line
        await pilot.press("enter")
        await seen(pilot, "… 17 bytes without a line end")


@pytest.mark.parametrize("columns", [150, 160, 200])
async def test_a_wide_screen_gives_names_their_room(columns: int) -> None:
    app, session = console()
    known = session.ledgers
    name = "runs/harbour-point/validation/RUN-1/events.jsonl"

    async def ledgers() -> list[LedgerRow]:
        return [replace(row, path=name) if row.id == 1 else row for row in await known()]

    session.ledgers = ledgers  # type: ignore[method-assign]
    async with app.run_test(size=(columns, 24)) as pilot:
        await seen(pilot, name)


async def test_what_the_list_cannot_show_is_said_of_the_row_under_the_cursor() -> None:
    app, session = console()
    streams, ledgers = session.streams, session.ledgers

    async def with_state(ledger: int, *, limit: int = 500, offset: int = 0) -> tuple[list[StreamRow], int]:
        found, total = await streams(ledger, limit=limit, offset=offset)
        return [replace(row, state={"state": "Closed", "stress_mode": "SM-0", "retries": "2"}) for row in found], total

    async def with_note() -> list[LedgerRow]:
        return [replace(row, state="empty", note="The array is empty.") for row in await ledgers()]

    session.streams = with_state  # type: ignore[method-assign]
    session.ledgers = with_note  # type: ignore[method-assign]
    async with app.run_test(size=(120, 24)) as pilot:
        await seen(pilot, "Closed SM-0 ret")
        await pilot.press("j")
        await seen(pilot, "Closed, stress mode SM-0, retries 2")
        await pilot.press("k")
        await seen(pilot, "empty · The array is empty.")


async def test_names_are_shown_without_what_all_share() -> None:
    app, session = console()
    known = session.ledgers

    async def ledgers() -> list[LedgerRow]:
        return [replace(row, path=f"/srv/somewhere/deep/{row.path}") for row in await known()]

    session.ledgers = ledgers  # type: ignore[method-assign]
    async with app.run_test(size=(120, 24)) as pilot:
        await seen(pilot, "deal acc674", "Overview, worst first  /srv/somewhere/deep/")
        await pilot.press("enter")
        await seen(pilot, "Stream  deals/acme")
        await pilot.press("F")
        shown = await seen(pilot, "Findings of deals/acme")
        assert "somewhere" not in shown
        await pilot.press("escape", "escape", "v")
        await seen(pilot, "Verified deals/acme")


async def test_a_session_that_cannot_be_opened_is_said_not_thrown() -> None:
    async def refused() -> FakeSession:
        raise PermissionError(13, "Permission denied", "/var/\x1b]0;owned\x07")

    app = ConsoleApp(refused)
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(pilot, "Cannot open", "Permission denied: /var/␛]0;owned␇", "q leaves the console")


async def test_reading_that_fails_is_said_and_the_screen_stays() -> None:
    app, session = console()
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(pilot, "deal acc674")
        session.fail("ledgers", RuntimeError("the index [/x] is \x9b gone"))
        session.say(Progress("following", events=1))
        # The screen and the look for alarms ask for ledgers: one of them met it.
        await seen(pilot, ": the index [/x] is ⟨U+009B⟩ gone", "deal acc674")
        session.say(Progress("following", events=2))
        await until(pilot, lambda: "the index" not in text(pilot).splitlines()[-2])


async def test_verify_from_the_overview_ends_in_a_verdict() -> None:
    app, session = console()
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(pilot, "deal acc674")
        session.gate.clear()
        await pilot.press("v")
        await seen(pilot, "Verifying: 8 % of 120 events · 1,000/s")
        assert "broken ·" not in text(pilot) and "none broken" not in text(pilot), "nothing is established yet"
        session.gate.set()
        await seen(pilot, "1 of 120 links are broken")


async def test_a_verdict_that_the_status_line_cuts_is_told_apart() -> None:
    for columns, told in ((200, 0), (40, 1)):
        app, _ = console()
        async with app.run_test(size=(columns, 24)) as pilot:
            await seen(pilot, "● following")
            await pilot.press("v")
            await seen(pilot, "Verified deals/acme")
            await until(pilot, lambda: not [worker for worker in pilot.app.workers if worker.group == "verify"])
            assert len(app._notifications) == told


async def test_escape_stops_a_check() -> None:
    app, session = console()
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(pilot, "deal acc674")
        session.gate.clear()
        await pilot.press("v")
        await seen(pilot, "Esc stops")
        await pilot.press("escape")
        await until(pilot, lambda: "Esc stops" not in text(pilot))
        await seen(pilot, "Stopped: 10 of 120 events checked · deals/acme")
        session.gate.set()
        await until(pilot, lambda: not [worker for worker in app.workers if worker.group == "verify"])
        assert "links are broken" not in text(pilot)


# stream


async def test_open_a_ledger_and_a_stream() -> None:
    app, _ = console()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await in_stream(pilot)
        assert "↓ follow" in text(pilot)
        assert table(pilot).cursor == 119
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, OverviewScreen))
        assert not screen.is_attached
        await pilot.press("j", "enter")
        await seen(pilot, "30 of 30", "deal acc6", "‼ 1 critical")


async def test_all_events_are_merged_by_time() -> None:
    app, _ = console()
    async with app.run_test(size=(200, 50)) as pilot:
        await in_stream(pilot, key="a", words="of 388")
        await seen(pilot, "state/zako", "deals/acme", "record 120")


async def test_a_search_that_goes_on_has_not_found_nothing() -> None:
    app, session = console()
    session.view_note = "searching 41 %"
    async with app.run_test(size=(80, 24)) as pilot:
        await in_stream(pilot)
        await pilot.press("slash", *"zzz", "enter")
        shown = await seen(pilot, "searching 41 %", "/zzz")
        assert "No event fits" not in shown
        session.view_note = ""
        session.say(replace(session.progress, phase="reading"))
        app.screen.show_status()  # type: ignore[attr-defined] # it is one of ours
        await seen(pilot, "No event fits the filter so far")


async def test_moving_leaves_follow_and_the_end_enters_it() -> None:
    app, session = console()
    async with app.run_test(size=(80, 24)) as pilot:
        await in_stream(pilot)
        session.append(3)
        await seen(pilot, "123 of 123", "↓ follow", "LiveEvent")
        await pilot.press("k")
        await seen(pilot, "122 of 123", "follow off")
        session.append(2)
        await seen(pilot, "122 of 125", "follow off")
        await pilot.press("G")
        await seen(pilot, "125 of 125", "↓ follow")
        await pilot.press("f")
        session.append(1)
        await seen(pilot, "125 of 126", "follow off")
        await pilot.press("f")
        await seen(pilot, "126 of 126", "↓ follow")


async def test_keys_of_the_pager() -> None:
    app, _ = console()
    async with app.run_test(size=(80, 24)) as pilot:
        await in_stream(pilot)
        rows = table(pilot)
        for keys, cursor in (
            ("g", 0),
            ("j", 1),
            ("down", 2),
            ("k", 1),
            ("ctrl+d", 11),
            ("pagedown", 31),
            ("ctrl+u", 21),
            ("pageup", 1),
            ("end", 119),
            ("home", 0),
            ("k", 0),
        ):
            await pilot.press(keys)
            assert rows.cursor == cursor, keys
            top = rows.scroll_offset.y
            assert top <= rows.cursor < top + rows.page


async def test_filter_refused_applied_and_cleared() -> None:
    app, _ = console()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await in_stream(pilot)
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.focused, Input))
        await pilot.press(*"  東ab foo:x", "enter")
        shown = await seen(pilot, "↑ There is no field named foo")
        above, error = shown.splitlines()[-4:-2]
        assert cell_len(above[: above.index("foo:x")]) == cell_len(error[: error.index("↑")])
        assert table(pilot).count == 120
        screen.bar.input.value = "trust:broken"
        await pilot.press("enter")
        await seen(pilot, "1 of 1", "✗ broken", "/trust:broken")
        await pilot.press("escape")
        await seen(pilot, "of 120")
        assert not screen.bar.display


async def test_a_filter_is_completed_with_tab() -> None:
    app, _ = console()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await in_stream(pilot)
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.focused, Input))
        await pilot.press(*"tru", "tab")
        await until(pilot, lambda: screen.bar.input.value == "trust:")
        await pilot.press("tab")
        await seen(pilot, "unchecked  verified  recovered")
        await pilot.press(*"un", "tab")
        await until(pilot, lambda: screen.bar.input.value == "trust:unch")
        await seen(pilot, "  unchecked  unchained")
        await pilot.press("tab")
        await until(pilot, lambda: screen.bar.input.value == "trust:unchecked")
        await pilot.press("tab")
        await until(pilot, lambda: screen.bar.input.value == "trust:unchained")
        await pilot.press(*" type:Dea", "tab")
        await until(pilot, lambda: screen.bar.input.value == "trust:unchained type:DealCreated")
        await pilot.press(*" zzz", "tab")
        await seen(pilot, "nothing begins like this")
        await pilot.press("enter")
        await until(pilot, lambda: "nothing begins" not in text(pilot))


async def test_the_cursor_stays_on_its_event_through_a_filter() -> None:
    app, _ = console()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await in_stream(pilot)
        await pilot.press("g", "n")
        await seen(pilot, "62 of 120")
        here = table(pilot).row
        assert here is not None
        screen.bar.edit()
        screen.bar.input.value = "type:ReviewOpened"
        await until(pilot, lambda: isinstance(app.focused, Input))
        await pilot.press("enter")
        await seen(pilot, "10 of 20")
        assert table(pilot).row == here
        await pilot.press("escape")
        await seen(pilot, "62 of 120")
        assert table(pilot).row == here


async def test_an_event_that_arrives_late_does_not_move_the_cursor() -> None:
    app, session = console()
    async with app.run_test(size=(80, 24)) as pilot:
        await in_stream(pilot)
        await pilot.press("g", *["j"] * 40)
        await seen(pilot, "41 of 120")
        here = table(pilot).row
        assert here is not None
        session._add(1, 1, START, "LateEvent", "alice@example.org")
        session.say(Progress("following"))
        await seen(pilot, "42 of 121")
        assert table(pilot).row == here
        await pilot.press("g", "j")
        await seen(pilot, "LateEvent")


async def test_next_and_previous_finding() -> None:
    app, _ = console()
    async with app.run_test(size=(80, 24)) as pilot:
        await in_stream(pilot)
        await pilot.press("N")
        await seen(pilot, "62 of 120")
        row = table(pilot).row
        assert row is not None and row.trust is Trust.BROKEN
        await pilot.press("n")
        await seen(pilot, "no further finding")
        await pilot.press("j", "E")
        await seen(pilot, "62 of 120")


async def test_rows_on_their_way_have_placeholders() -> None:
    app, session = console()
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(pilot, "deal acc674")
        stream = StreamScreen(session, ledger=(await session.ledgers())[0])
        held = asyncio.Event()
        asked = session.asked

        async def slowly(name: str) -> None:
            if name == "rows":
                await held.wait()
            await asked(name)

        session.asked = slowly  # type: ignore[method-assign]
        await app.push_screen(stream)
        shown = await seen(pilot, "120 of 120", "›…")
        assert "verified" not in shown.splitlines()[5]
        await pilot.press("k")
        await seen(pilot, "119 of 120")
        held.set()
        await seen(pilot, "✓ verified", "2026-01-01 01:59:58")


async def test_rows_that_cannot_be_read_are_said() -> None:
    app, session = console()
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(pilot, "deal acc674")
        session.fail("rows", OSError("the disk is gone"))
        await pilot.press("enter")
        await seen(pilot, "reading rows: the disk is gone")
        await pilot.press("g")
        await seen(pilot, "✓ verified")


async def test_details_beside_or_below() -> None:
    app, _ = console()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await in_stream(pilot)
        assert not screen.pane.display
        await pilot.press("d")
        await seen(pilot, "Envelope", "alice@example.org")
        assert screen.pane.region.y > screen.table.region.y
        await pilot.press("tab")
        await until(pilot, lambda: app.focused is not None and app.focused is not screen.table)
        await pilot.press("escape")
        await until(pilot, lambda: app.focused is screen.table)
        await pilot.press("d")
        assert not screen.pane.display
    app, _ = console()
    async with app.run_test(size=(160, 40)) as pilot:
        screen = await in_stream(pilot)
        await seen(pilot, "Envelope", "record 120")
        assert screen.pane.region.x > screen.table.region.x
        await pilot.press("k")
        await seen(pilot, "record 90")


async def test_walk_and_findings_and_back() -> None:
    app, _ = console()
    async with app.run_test(size=(80, 24)) as pilot:
        await in_stream(pilot)
        await pilot.press("g", "w")
        await until(pilot, lambda: isinstance(app.screen, WalkScreen))
        await seen(pilot, "sequence 1 of 30")
        await pilot.press("n")
        await seen(pilot, "sequence 2 of 30")
        await pilot.press("escape")
        await seen(pilot, "5 of 120")
        await pilot.press("F")
        await until(pilot, lambda: isinstance(app.screen, FindingsScreen))
        await seen(pilot, "chain.hash-mismatch", "sequence 16")
        await pilot.press("j", "enter")
        await seen(pilot, "62 of 120")


async def test_hostile_strings_are_shown_as_they_are() -> None:
    app, _ = console()
    async with app.run_test(size=(200, 60)) as pilot:
        await seen(pilot, "deal acc674")
        await pilot.press(*["j"] * 5, "enter")
        shown = await seen(pilot, "28 of 28", "[/x][@click=app.", "⟨U+202E⟩gnp.exe", "half ⟨U+D83D⟩", "東京")
        assert all(char.isprintable() or char == "\n" for char in shown)


async def test_what_was_forgotten_is_swept() -> None:
    app, _ = console()
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(pilot, "deal acc674")
        await app.screen.mount(Static("\x1b]0;x\x9b\u202e[link=http://x]y[/]", id="careless", markup=False))
        widget = app.screen.query_one("#careless")
        await until(pilot, lambda: widget.region.height > 0)
        strips = widget._styles_cache.render_widget(widget, widget.size.region)
        sent = "".join(strip.render(app.console) for strip in strips)
        assert "\x1b]" not in sent
        assert "\x9b" not in sent
        assert "\u202e" not in sent


async def test_the_clipboard_gets_showable_text_only() -> None:
    app, _ = console()
    async with app.run_test(size=(80, 24)) as pilot:
        await in_stream(pilot)
        await pilot.press("y")
        await seen(pilot, "copied evt-")
        assert app.clipboard.isprintable()


async def test_light_and_dark() -> None:
    app, _ = console()
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(pilot, "deal acc674")
        before = app.theme
        await pilot.press("T")
        assert app.theme != before
        await pilot.press("T")
        assert app.theme == before


async def test_the_session_is_closed_at_the_end() -> None:
    app, session = console()
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(pilot, "deal acc674")
        await pilot.press("q")
    assert session.closed
    assert app.return_code == 0
