"""What each event did, in words of its payload: for the rows that are seen, read behind the screen's back.

The index holds no payloads. The table asks for what it lacks, draws nothing there meanwhile, and is given the rows that
it still shows together: a burst of pages costs one reading.
"""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from console.app.widgets.tables.event_table import EventTable
from console.app.work import Coalescer
from console.engine.api import EventRow, SessionApi

_AT_ONCE = 200
"""Rows that are read together: more than a screen has."""


class StreamSummaries:
    """Fills the column of summaries of a table. ``guarded`` makes errors words, ``start`` runs a loop as a worker."""

    def __init__(
        self,
        table: EventTable,
        session: SessionApi,
        guarded: Callable[[Callable[[], Awaitable[None]], str], Callable[[], Awaitable[None]]],
        start: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        self._table, self._session = table, session
        self._wanted: dict[int, EventRow] = {}
        self._work = Coalescer(guarded(self._read, "Reading"), start)
        table.show_summaries(self._want)

    def _want(self, event: EventRow) -> None:
        self._wanted[event.id] = event
        self._work.ask()

    async def _read(self) -> None:
        while self._wanted:
            rows = [*self._wanted.values()][-_AT_ONCE:]  # those asked for last are those on screen
            self._wanted.clear()
            found = await self._session.summaries(rows)
            self._table.put_summaries({row.id: found.get(row.id, "") for row in rows})
