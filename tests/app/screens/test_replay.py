"""Replay: the state after each event of a stream, step by step, and beside the events in the table."""

from textual.widgets import Input

from console.app.screens.replay import ReplayScreen
from console.app.screens.replay_words import state_page
from console.app.screens.stream import StreamScreen
from console.app.widgets.tables.step_list import did
from console.engine.api import StateAfter
from tests.support.fake_session import FakeSession
from tests.support.stage import Stage, seen, text, until


def stage(session: FakeSession, event: int | None = None, stream: int = 1) -> Stage:
    return Stage(session, ReplayScreen(session, stream, event))


async def test_the_state_after_the_event_and_what_it_changed() -> None:
    session = FakeSession()
    async with stage(session, event=1).run_test(size=(80, 24)) as pilot:
        shown = await seen(pilot, "After event 1 of 30", "▸ state", "– → Draft", "1 of 30")
        assert "DealCreated by " in shown
        await pilot.press("right")
        await seen(pilot, "After event 2 of 30", "It changed nothing.", "  state")
        await pilot.press("j", "j")
        await seen(pilot, "After event 4 of 30", "Draft → UnderReview")
        await pilot.press("left", "k")
        await seen(pilot, "After event 2 of 30")
        await pilot.press("end")
        await seen(pilot, "After event 30 of 30")
        await pilot.press("home")
        await seen(pilot, "After event 1 of 30")


async def test_an_event_that_did_nothing_says_why() -> None:
    async with stage(FakeSession(), event=1).run_test(size=(120, 30)) as pilot:
        await seen(pilot, "After event 1 of 30", "ApprovalGranted")
        await pilot.press("n", "n")
        await seen(pilot, "UnderReview → Approved")
        await pilot.press("N")
        await seen(pilot, "After event 4 of 30")
        await pilot.press("g", "N")
        await seen(pilot, "no further change")


async def test_to_a_time() -> None:
    async with stage(FakeSession()).run_test(size=(80, 24)) as pilot:
        await seen(pilot, "After event 30 of 30")
        for text, shown in (
            ("never", "A time is written like"),
            ("2020", "Nothing had happened by then."),
            ("2026-01-01T00:04", "After event 2 of 30"),
            ("2026", "After event 30 of 30"),
        ):
            await pilot.press("t")
            pilot.app.screen.query_one(Input).value = text
            await pilot.press("enter")
            await seen(pilot, shown)
            await pilot.press("escape") if text == "never" else None


async def test_steps_come_as_they_are_replayed_and_none_is_made_up() -> None:
    session = FakeSession()
    session.replayed_at_once = 7
    session.gate.clear()
    async with stage(session).run_test(size=(80, 24)) as pilot:
        await seen(pilot, "Replaying …")
        session.gate.set()
        await seen(pilot, "After event 30 of 30")
        session.append(2)
        await seen(pilot, "After event 32 of 32")


async def test_enter_goes_to_the_event_and_escape_back() -> None:
    app = stage(FakeSession(), event=3)
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(pilot, "After event 3 of 30")
        await pilot.press("enter")
        await until(pilot, lambda: app.result == 3)
    app = stage(FakeSession())
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(pilot, "After event 30 of 30")
        await pilot.press("escape")
        await until(pilot, lambda: app.result is None)


async def test_a_stream_without_a_state_says_so() -> None:
    session = FakeSession()
    other = next(entry.row.stream for entry in session.entries if entry.row.ledger == 3)
    async with stage(session, stream=other).run_test(size=(80, 24)) as pilot:
        await seen(pilot, "has no state that could be replayed.")
        await until(pilot, lambda: "Reading" not in text(pilot))
        await pilot.press("j", "n", "enter", "t")


async def test_beside_the_events_of_a_stream() -> None:
    session = FakeSession()
    ledgers, streams = await session.ledgers(), (await session.streams(1))[0]
    first = next(each for each in streams if each.id == 1)
    session.replayed_at_once = 5
    app = Stage(session, StreamScreen(session, ledger=ledgers[0], stream=first))
    async with app.run_test(size=(120, 40)) as pilot:
        shown = await seen(pilot, "state", "30 of 30", "Approved", "Draft", "UnderReview")
        line = next(line for line in shown.splitlines() if "DealCreated" in line)
        assert "Draft" in line
        await pilot.press("g", "t")
        await seen(pilot, "After event 1 of 30")
        await pilot.press("j", "enter")
        await seen(pilot, "2 of 30", "follow off")


async def test_states_of_rows_that_are_not_replayed_yet_are_shown_as_unknown() -> None:
    session = FakeSession()
    ledgers, streams = await session.ledgers(), (await session.streams(1))[0]
    first = next(each for each in streams if each.id == 1)
    app = Stage(session, StreamScreen(session, ledger=ledgers[0], stream=first))
    session.fail("steps", OSError("gone"))
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(pilot, "state", "…")
        session.say(session.progress)
        await seen(pilot, "Approved")


async def test_beside_the_events_of_a_ledger_where_there_is_room() -> None:
    session = FakeSession()
    ledgers = await session.ledgers()
    async with Stage(session, StreamScreen(session, ledger=ledgers[0])).run_test(size=(220, 40)) as pilot:
        shown = await seen(pilot, "state", "120 of 120", "Approved", "UnderReview")
        lines = [line for line in shown.splitlines() if "ReviewOpened" in line]
        assert lines and all("UnderReview" in line for line in lines)
    async with Stage(session, StreamScreen(session, ledger=ledgers[0])).run_test(size=(80, 24)) as pilot:
        assert "UnderReview" not in await seen(pilot, "120 of 120", "ReviewOpened")
    async with Stage(session, StreamScreen(session, ledger=ledgers[2])).run_test(size=(220, 40)) as pilot:
        assert " state " not in (await seen(pilot, "240 of 240")).splitlines()[1]


async def test_names_of_the_ledger_stand_as_they_are_and_values_break_at_words() -> None:
    session = FakeSession()
    row = session.entries[0].row
    words = "the deal waits for both of its owners"
    step = StateAfter(1, row, {"agent honest_1": words}, {"agent honest_1": ""}, "")
    lines = [line.plain.rstrip() for line in state_page(step, 1, 44)]
    assert "agent honest_1 – → " in did(step).plain and any(line.startswith("▸ agent honest_1") for line in lines)
    shown = lines[lines.index(next(line for line in lines if line.startswith("▸"))) :]
    assert " ".join(" ".join(shown).split()) == f"▸ agent honest_1 – → {words}" and len(shown) > 1
