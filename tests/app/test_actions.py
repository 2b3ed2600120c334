"""The registry of actions and the screens agree."""

from collections import Counter

import pytest
from textual.binding import Binding

from console.app.actions import ACTIONS, DETAILS, EVERYWHERE, GROUPS, STREAM, Action, bindings, footer, moves, on
from console.app.app import ConsoleApp
from console.app.palette import ActionProvider
from console.app.screens.base import ConsoleScreen
from console.app.screens.causality import CausalityScreen
from console.app.screens.findings import FindingsScreen
from console.app.screens.help import FILTERS, HelpScreen, help_lines
from console.app.screens.overview import OverviewScreen
from console.app.screens.replay import ReplayScreen
from console.app.screens.report import ReportScreen
from console.app.screens.stream import StreamScreen
from console.app.screens.walk import WalkScreen
from console.app.widgets.tables.cursor_list import CursorList
from console.store.filter import parse
from tests.support.fake_session import FakeSession
from tests.support.stage import seen

SCREENS: list[type[ConsoleScreen]] = [
    OverviewScreen,
    StreamScreen,
    WalkScreen,
    FindingsScreen,
    ReplayScreen,
    ReportScreen,
    CausalityScreen,
    HelpScreen,
]


def test_every_screen_of_the_registry_is_there() -> None:
    assert {screen.WHERE for screen in SCREENS} == set(EVERYWHERE)
    assert {where for action in ACTIONS for where in action.where} == {*EVERYWHERE, DETAILS}


@pytest.mark.parametrize("screen", SCREENS)
def test_every_action_is_bound_and_can_be_done(screen: type[ConsoleScreen]) -> None:
    bound = {(item.key, item.action) for item in screen.BINDINGS if isinstance(item, Binding)}
    for action in on(screen.WHERE):
        doer: type = CursorList if action.local else ConsoleApp if action.id.startswith("app.") else screen
        method = f"action_{action.id.removeprefix('app.')}"
        assert callable(getattr(doer, method, None)), f"{screen.__name__} cannot {action.id}"
        for key in action.keys:
            if action.local:
                assert moves()[key] == action.id
            else:
                assert (key, action.id) in bound


@pytest.mark.parametrize("where", [*EVERYWHERE, DETAILS])
def test_no_key_means_two_things_on_a_screen(where: str) -> None:
    keys = Counter(key for action in on(where) for key in action.keys)
    assert {key for key, times in keys.items() if times > 1} == set()


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: f"{action.id}-{action.where[0]}")
def test_every_action_is_documented(action: Action) -> None:
    assert action.keys
    assert action.label
    assert action.help.endswith(".")
    assert action.group in GROUPS
    for where in (STREAM if name == DETAILS else name for name in action.where):
        assert action.help in _help(where)
        assert action.key in _help(where)


@pytest.mark.parametrize("where", EVERYWHERE)
def test_one_can_always_leave(where: str) -> None:
    assert "app.quit" in {action.id for action in footer(where)}
    assert any(isinstance(item, Binding) and item.key == "q" for item in bindings(where))


async def test_the_palette_offers_what_the_screen_can_do() -> None:
    async def opened() -> FakeSession:
        return FakeSession()

    app = ConsoleApp(opened)
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(pilot, "deal acc674")
        provider = ActionProvider(app.screen)
        offered = {hit.text async for hit in provider.discover()}
        wanted = {action.label for action in on("overview") if not action.local} - {"Palette"}
        assert offered == wanted | {"Report: Deals [/x]", "Report: Nothing"}
        hits = [hit async for hit in provider.search("findings")]
        await max(hits, key=lambda hit: hit.score).command()
        assert isinstance(app.screen, FindingsScreen)
        hits = [hit async for hit in provider.search("lists nothing")]
        await max(hits, key=lambda hit: hit.score).command()
        assert isinstance(app.screen, ReportScreen)


def test_examples_of_filters_can_be_read() -> None:
    for term in FILTERS:
        parse(term)
    assert "ancestors(ID)" in _help(STREAM)


def _help(where: str) -> str:
    return "\n".join(line.plain for line in help_lines(where, 200))
