"""One screen of the console on a stage of its own, and what stands on it."""

import time
from collections.abc import Callable
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.pilot import Pilot
from textual.screen import Screen

from console.app.app import ConsoleApp
from console.app.widgets.details.pane import DetailsPane
from tests.support.fake_session import FakeSession

PATIENCE = 30.0


class Stage(ConsoleApp):
    """The console with another first screen; ``result`` is what that screen was dismissed with."""

    def __init__(self, session: FakeSession, screen: Screen[int | None]) -> None:
        async def opened() -> FakeSession:
            return session

        super().__init__(opened)
        self._first = screen
        self.result: object = "open"

    def on_mount(self, event: events.Mount) -> None:  # type: ignore[override]  # Textual hands it over if asked
        event.prevent_default()
        self.theme = "console-dark"
        self.push_screen(self._first, self._dismissed)
        self._start()

    def _dismissed(self, result: int | None) -> None:
        self.result = result


class DetailsScreen(Screen[int | None]):
    """The details alone, with their first event."""

    def __init__(self, session: FakeSession, event: int | None) -> None:
        super().__init__()
        self._session, self._event = session, event

    def compose(self) -> ComposeResult:
        yield DetailsPane(self._session)

    def on_mount(self) -> None:
        if self._event is not None:
            self.query_one(DetailsPane).show(self._event)


def text(pilot: Pilot[Any]) -> str:
    """What stands on the screen, line by line."""
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips)


async def until(pilot: Pilot[Any], holds: Callable[[], bool]) -> None:
    """Wait for a condition; fails with the screen's text after ``PATIENCE`` seconds."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, f"in vain:\n{text(pilot)}"
        await pilot.pause()


async def seen(pilot: Pilot[Any], *words: str) -> str:
    """Wait until all of these words stand on the screen; its text."""
    await until(pilot, lambda: all(word in text(pilot) for word in words))
    return text(pilot)
