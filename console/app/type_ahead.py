"""Keys that come faster than the focus moves.

Textual hands a key to what has the focus when the key arrives. Of ``/`` and a text in one write (typed ahead, or pasted
by a terminal that does not mark pastes), the text would go to the list, and each letter would act. So a key waits
until the one before has had its effect: its way up from the focused widget is followed by a mark, and when that is
through, so is the focus.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from textual import events
from textual.message import Message

if TYPE_CHECKING:
    from textual.app import App

PATIENCE = 0.5
"""Seconds after which the next key goes on though no mark came back: what had the focus may be gone."""

Typed = events.Key | events.Paste


class KeyThrough(Message):
    """Follows a key on its way. ``number`` is the key's."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class TypeAhead:
    """Hands over keys and pastes one after the other. ``deliver`` is Textual's own way with an event."""

    def __init__(self, app: "App[Any]", deliver: Callable[[events.Event], Awaitable[None]]) -> None:
        self._app = app
        self._deliver = deliver
        self._waiting: deque[Typed] = deque()
        self._number = 0
        self._screen: object = None
        """The screen that the last key was for."""
        self._busy = False
        self._late: asyncio.TimerHandle | None = None

    async def take(self, event: Typed) -> None:
        """A key or a paste from the terminal."""
        self._waiting.append(event)
        if not self._busy:
            await self._next()

    def came_back(self, mark: KeyThrough | None = None) -> None:
        """A key came up to the app, which has acted, or a mark did. What that led to, a new focus too, is in the queue
        by now. A key may be the last thing that comes from a screen that it closed."""
        self._app.call_later(self._through, self._number if mark is None else mark.number)

    async def _through(self, number: int) -> None:
        if number != self._number or not self._busy:
            return
        screen = self._app.screen
        if screen is not self._screen:
            # A screen that was just opened chooses its focus when it is mounted: what it is sent now comes after that.
            self._screen = screen
            self._mark(screen)
        else:
            await self._next()

    async def _next(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
        self._busy = bool(self._waiting)
        if not self._busy:
            return
        self._number += 1
        self._screen = self._app.screen
        target = self._app.focused or self._screen
        await self._deliver(self._waiting.popleft())
        give_up = partial(self._app.call_later, self._next)
        self._late = asyncio.get_running_loop().call_later(PATIENCE, give_up)
        self._mark(target)

    def _mark(self, target: Any) -> None:  # noqa: ANN401 - any widget
        if not target.post_message(KeyThrough(self._number)):
            self._app.call_later(self._through, self._number)  # it is about to go
