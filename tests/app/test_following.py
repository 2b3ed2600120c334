"""Events that arrive faster than anybody reads: shown calmly, nothing flickers, and in the end all is true."""

from collections.abc import Callable

import pytest

from console.app.app import ConsoleApp
from console.app.screens.stream import StreamScreen
from console.app.work import Throttle
from console.store.rows import StreamRow
from tests.support.fake_session import FakeSession
from tests.support.stage import seen, text, until


def console() -> tuple[ConsoleApp, FakeSession]:
    session = FakeSession()

    async def opened() -> FakeSession:
        return session

    return ConsoleApp(opened), session


async def test_after_a_burst_all_is_told_of_the_last_event() -> None:
    app, session = console()
    async with app.run_test(size=(160, 45)) as pilot:
        await seen(pilot, "deal acc674")
        await pilot.press("enter")
        await seen(pilot, "120 of 120", "[Envelope]", "record 120", "✓ 119 verified")
        read = session.calls.count("details")
        for _ in range(60):
            session.append(5)
            await pilot.pause()
        await seen(pilot, "420 of 420", "record 420", "✓ 419 verified", "↓ follow")
        assert session.calls.count("details") - read < 120, "not each event that goes by is read"


async def test_nothing_flickers_while_events_arrive(monkeypatch: pytest.MonkeyPatch) -> None:
    app, session = console()
    painted: list[str] = []
    async with app.run_test(size=(160, 45)) as pilot:
        await seen(pilot, "deal acc674")
        await pilot.press("enter")
        await seen(pilot, "120 of 120", "record 120")
        monkeypatch.setattr(app, "post_display_hook", lambda: painted.append(text(pilot)))
        for _ in range(30):
            session.append(20)
            await pilot.pause()
        await seen(pilot, "720 of 720", "record 720")
    assert len(painted) > 3
    assert not any("No event is chosen" in frame for frame in painted)
    assert not any("›…" in frame for frame in painted), "rows are there as soon as they are counted"


async def test_rows_are_there_when_more_than_a_page_came_at_once() -> None:
    app, session = console()
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(pilot, "deal acc674")
        await pilot.press("enter")
        await seen(pilot, "120 of 120")
        session.append(1000)
        shown = await seen(pilot, "1,120 of 1,120")
        assert sum("LiveEvent" in line for line in shown.splitlines()) == 20
        await pilot.press("g")
        await seen(pilot, "1 of 1,120", "✓ verified   ")
        session.append(3)
        await seen(pilot, "1 of 1,123")
        await pilot.press("G")
        await seen(pilot, "1,123 of 1,123")
        await until(pilot, lambda: sum("LiveEvent" in line for line in text(pilot).splitlines()) == 20)


async def test_the_counts_of_a_stream_that_is_not_among_the_first_of_its_ledger() -> None:
    app, session = console()
    async with app.run_test(size=(120, 40)) as pilot:
        await seen(pilot, "deal acc674")
        (ledger, *_), (streams, _) = await session.ledgers(), await session.streams(1)
        stream = next(each for each in streams if each.id == 1)

        async def others(*_: object, **__: object) -> tuple[list[StreamRow], int]:
            return [each for each in streams if each.id != 1], len(streams)

        session.streams = others  # type: ignore[method-assign]
        await app.push_screen(StreamScreen(session, ledger=ledger, stream=stream))
        await seen(pilot, "30 of 30", "✓ 30 verified")
        session.append(7)
        await seen(pilot, "37 of 37", "✓ 37 verified")


def test_work_that_is_asked_for_often_is_done_at_once_then_calmly_and_never_forgotten() -> None:
    done: list[int] = []
    waiting: list[Callable[[], None]] = []
    state = 1
    calm = Throttle(1.0, lambda: done.append(state), lambda _, rested: waiting.append(rested))
    calm.ask()
    state = 2
    calm.ask()
    state = 3
    calm.ask()
    assert done == [1]
    waiting.pop()()
    assert done == [1, 3]
    waiting.pop()()
    assert (done, waiting) == ([1, 3], [])
    state = 4
    calm.ask()
    assert done == [1, 3, 4]
