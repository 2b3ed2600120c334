"""Our way to a frame gives Textual's picture, cell by cell, and renders only what is seen and has changed."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from textual._compositor import Compositor
from textual.geometry import Region
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widget import Widget

from console.app.app import ConsoleApp
from console.app.drawing.compositing import LeanCompositor
from tests.support.fake_session import FakeSession
from tests.support.stage import seen, until


def console() -> ConsoleApp:
    session = FakeSession()

    async def opened() -> FakeSession:
        return session

    return ConsoleApp(opened)


def cells(chops: Any, lines: set[int]) -> dict[tuple[int, int], list[tuple[str, object]]]:
    """What each piece of these lines shows, by line and column."""
    return {
        (y, x): [(segment.text, segment.style) for segment in Strip(strip).simplify()]
        for y in lines
        for x, strip in chops[y].items()
        if strip is not None
    }


def the_same(pilot: Pilot[Any], random: Random) -> None:
    compositor = pilot.app.screen._compositor
    assert isinstance(compositor, LeanCompositor)
    width, height = compositor.size
    for _ in range(12):
        lines = {random.randrange(height) for _ in range(random.randrange(1, height))}
        crop = Region(0, min(lines), width, max(lines) - min(lines) + 1)
        rendered: Callable[[int], bool] = lines.__contains__
        ours = cells(compositor._render_chops(crop, rendered), lines)
        theirs = cells(Compositor._render_chops(compositor, crop, rendered), lines)
        assert ours == theirs


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_the_same_picture(size: tuple[int, int]) -> None:
    random = Random(7)
    async with console().run_test(size=size, notifications=True) as pilot:
        await seen(pilot, "deal acc674")
        the_same(pilot, random)
        await pilot.press("enter")
        await seen(pilot, "120 of 120")
        the_same(pilot, random)
        await pilot.press("k", "d", "slash")
        the_same(pilot, random)
        await pilot.press("escape", "d", "j")
        pilot.app.notify("over the lines")
        await seen(pilot, "over the lines")
        the_same(pilot, random)
        await pilot.resize_terminal(size[0] - 7, size[1] - 3)
        await until(pilot, lambda: pilot.app.screen.size.width == size[0] - 7)
        the_same(pilot, random)
        await pilot.press("g", "w")
        await seen(pilot, "sequence 1 of 30")
        the_same(pilot, random)


async def test_a_line_that_changed_is_all_that_is_rendered(monkeypatch: pytest.MonkeyPatch) -> None:
    rendered: list[tuple[str, Region]] = []
    render = Widget.render_lines

    def noted(self: Widget, crop: Region) -> list[Strip]:
        rendered.append((type(self).__name__, crop))
        return render(self, crop)

    async with console().run_test(size=(120, 40)) as pilot:
        await seen(pilot, "deal acc674")
        compositor = pilot.app.screen._compositor
        monkeypatch.setattr(Widget, "render_lines", noted)
        compositor._render_chops(Region(0, 0, 120, 40), {0, 39}.__contains__)
    assert sorted(rendered) == [("HeadLine", Region(0, 0, 120, 1)), ("KeyLine", Region(0, 0, 120, 1))]
