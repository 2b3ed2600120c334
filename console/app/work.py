"""Work that is asked for more often than it can or need be done, and errors in words."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from console.text import SafeText, safe

ERROR_LIMIT = 300
"""Characters of an error that are shown."""


def in_words(error: BaseException) -> SafeText:
    """An error as one showable line: what it says, or what it is called if it says nothing."""
    words = str(error).strip()
    if isinstance(error, OSError) and error.strerror:
        words = f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return safe(words or type(error).__name__, limit=ERROR_LIMIT)


class Coalescer:
    """Runs ``work`` whenever it was asked for, never twice at a time; many requests meanwhile are one more run.

    Unlike a worker that is cancelled by the next, it always comes to an end under a steady stream of requests.
    ``start`` is given the loop to run as a worker, once: a worker for each request would cost more than many a request.
    """

    def __init__(
        self, work: Callable[[], Awaitable[None]], start: Callable[[Coroutine[Any, Any, None]], object]
    ) -> None:
        self._work = work
        self._start = start
        self._asked = asyncio.Event()
        self._running = False

    def ask(self) -> None:
        self._asked.set()
        if not self._running:
            self._running = True
            self._start(self._run())

    async def _run(self) -> None:
        try:
            while True:
                await self._asked.wait()
                self._asked.clear()
                await self._work()
        finally:
            self._running = False


class Throttle:
    """Does ``work`` as soon as it is asked for, and then at most once in so many ``seconds``.

    Many requests meanwhile are one more time at the end of these, so that what is shown never stays behind. ``timer``
    is a widget's ``set_timer``.
    """

    def __init__(
        self, seconds: float, work: Callable[[], object], timer: Callable[[float, Callable[[], None]], object]
    ) -> None:
        self._seconds = seconds
        self._work = work
        self._timer = timer
        self._resting = False
        self._again = False

    def ask(self) -> None:
        if self._resting:
            self._again = True
            return
        self._resting = True
        self._timer(self._seconds, self._rested)
        self._work()

    def _rested(self) -> None:
        self._resting = False
        if self._again:
            self._again = False
            self.ask()
