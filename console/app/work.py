"""Work that is asked for more often than it can be done, and errors in words."""

from collections.abc import Awaitable, Callable

from console.text import SafeText, safe

ERROR_LIMIT = 300
"""Characters of an error that are shown."""


def in_words(error: BaseException) -> SafeText:
    """An error as one showable line: what it says, or what it is called if it says nothing."""
    said = str(error).strip()
    if isinstance(error, OSError) and error.strerror:
        said = f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return safe(said or type(error).__name__, limit=ERROR_LIMIT)


class Latest:
    """Runs ``work`` whenever it was asked for, never twice at a time; many requests meanwhile are one more run.

    Unlike a worker that is cancelled by the next, it always comes to an end under a steady stream of requests.
    ``start`` is given the loop to run as a worker.
    """

    def __init__(self, work: Callable[[], Awaitable[None]], start: Callable[[Awaitable[None]], object]) -> None:
        self._work = work
        self._start = start
        self._asked = False
        self._running = False

    def ask(self) -> None:
        self._asked = True
        if not self._running:
            self._running = True
            self._start(self._run())

    async def _run(self) -> None:
        try:
            while self._asked:
                self._asked = False
                await self._work()
        finally:
            self._running = False
