"""The state after each event, beside the events of a stream: for the rows that are seen, as they are drawn.

The table asks for what it lacks and draws ``…`` meanwhile. The replay goes on in the background; a row whose event it
has not come to yet waits.
"""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from console.app.widgets.tables.event_table import EventTable
from console.app.work import Coalescer
from console.engine.api import EventRow, Replay, SessionApi

MOST = 2
"""Values of a state that are shown beside an event; the replay screen shows all."""


class StreamStates:
    """Fills the column of states of a table. ``guarded`` makes errors words, ``start`` runs a loop as a worker."""

    def __init__(
        self,
        table: EventTable,
        guarded: Callable[[Callable[[], Awaitable[None]], str], Callable[[], Awaitable[None]]],
        start: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        self._table = table
        self._replay: Replay | None = None
        self._edition = 0
        self._wanted: dict[int, int] = {}
        """Rows that are waiting, by the event's id."""
        self._work = Coalescer(guarded(self._go_on, "Replaying"), start)

    async def open(self, session: SessionApi, stream: int) -> None:
        """Begin; nothing where the stream has no state."""
        self._replay = await session.replay(stream)
        if self._replay is not None:
            self._edition = self._replay.edition
            await self._replay.advance()
            self._table.show_states([*self._replay.names][:MOST], self._want)

    def look(self) -> None:
        """The ledger may have grown."""
        if self._replay is not None:
            self._work.ask()

    async def close(self) -> None:
        replay, self._replay = self._replay, None
        if replay is not None:
            await replay.close()

    def _want(self, row: int, event: EventRow) -> None:
        self._wanted[event.id] = row
        self._work.ask()

    async def _go_on(self) -> None:
        more = True
        while more and (replay := self._replay) is not None:
            more = await replay.advance()
            if replay.edition != self._edition:
                self._edition = replay.edition
                self._table.forget_states()
            await self._fill(replay)

    async def _fill(self, replay: Replay) -> None:
        """What is known by now of the rows that wait; others that are not seen any more are dropped."""
        seen = range(self._table.scroll_offset.y - 1, self._table.scroll_offset.y + self._table.page + 1)
        waiting = {event: row for event, row in self._wanted.items() if row in seen}
        self._wanted = waiting
        found = {}
        for event in [*waiting]:
            place = await replay.place(event)
            for step in [] if place is None else await replay.steps(place, place + 1):
                found[event] = ([step.state.get(name, "") for name in replay.names[:MOST]], bool(step.changed))
                waiting.pop(event, None)
        self._table.put_states([*replay.names][:MOST], found)
