"""Causality: the tree of causes and effects, from any event, and on to others."""

import pytest

from console.app.screens.causality import CausalityScreen
from console.app.screens.findings import FindingsScreen
from console.app.screens.stream import StreamScreen
from console.app.screens.walk import WalkScreen
from tests.support.fake_session import FakeSession
from tests.support.places import ROOT
from tests.support.stage import Stage, seen, text, until

GOLDEN = ROOT / "tests/app/golden"
EVENT = 40


def stage(session: FakeSession, event: int = EVENT) -> Stage:
    return Stage(session, CausalityScreen(session, event))


async def test_causes_above_and_effects_below() -> None:
    async with stage(FakeSession()).run_test(size=(80, 24)) as pilot:
        shown = await seen(pilot, "caused by", "in common", "3 events above · 4 events below")
        lines = shown.splitlines()
        at = next(number for number, line in enumerate(lines) if line.strip().startswith("caused by"))
        assert "└─ parent:" in lines[at + 1] and "   └─ parent:" in lines[at + 2]
        assert "      └─ approval: gone-␛[31m  not found in these ledgers" in lines[at + 3]
        assert lines[at + 4].strip() == "caused"
        assert "gate: " in shown and "→ " in shown
        assert "deal " in shown and "12 events in" in shown


async def test_enter_goes_to_the_event_and_comes_back() -> None:
    async with stage(FakeSession()).run_test(size=(120, 40)) as pilot:
        await seen(pilot, "caused by")
        await pilot.press("j", "j", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, StreamScreen))
        await seen(pilot, "34 of 120")
        await pilot.press("escape")
        await seen(pilot, "caused by")
        await pilot.press("G", "k", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, StreamScreen))
        await seen(pilot, "of 240")


async def test_another_root_and_back_again() -> None:
    session = FakeSession()
    console = stage(session)
    async with console.run_test(size=(120, 40)) as pilot:
        await seen(pilot, "event-40", "caused by")
        await pilot.press("j", "j", "c")
        await seen(pilot, "event-39", "Esc goes back to the event before")
        await pilot.press("escape")
        await until(pilot, lambda: "Esc goes back" not in text(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: console.result is None)


async def test_what_is_not_here_is_nowhere_to_go_to() -> None:
    async with stage(FakeSession()).run_test(size=(80, 24)) as pilot:
        await seen(pilot, "approval: gone")
        await pilot.press("j", "j", "j", "j", "enter")
        await seen(pilot, "There is no event to go to")
        await pilot.press("c")
        await seen(pilot, "There is no event to go to")


async def test_an_event_that_is_gone_is_said() -> None:
    async with stage(FakeSession(), 10**6).run_test(size=(80, 24)) as pilot:
        await seen(pilot, "not in the index any more")


async def test_from_every_screen_that_has_an_event() -> None:
    session = FakeSession()
    for screen in (WalkScreen(session, 46), FindingsScreen(session, 1), StreamScreen(session, event=46)):
        console = Stage(session, screen)
        async with console.run_test(size=(80, 24)) as pilot:
            await seen(pilot, "chain.hash-mismatch" if isinstance(screen, FindingsScreen) else "6")
            if isinstance(screen, FindingsScreen):
                await pilot.press("j")
            else:
                await until(pilot, lambda screen=screen: screen.event_here() is not None)  # type: ignore[misc]
            await pilot.press("c")
            await until(pilot, lambda pilot=pilot: isinstance(pilot.app.screen, CausalityScreen))  # type: ignore[misc]
            await seen(pilot, "caused by")


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_golden_screens(size: tuple[int, int], request: pytest.FixtureRequest) -> None:
    """``pytest --update-golden`` writes them again."""
    async with stage(FakeSession()).run_test(size=size) as pilot:
        await seen(pilot, "caused by")
        await pilot.press("j", "j")
        shown = await seen(pilot, "relation  parent")
        path = GOLDEN / f"causality-{size[0]}x{size[1]}.txt"
        if request.config.getoption("--update-golden"):
            path.write_text(shown + "\n", encoding="utf-8")
        assert shown + "\n" == path.read_text(encoding="utf-8")
