"""The state after each event, beside the events of a table: for the rows that are seen, as they are drawn.

The table asks for what it lacks and draws ``…`` meanwhile. The replays of the streams that are seen go on in the
background; a row whose event its replay has not come to yet waits.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, NamedTuple

from console.app.widgets.tables.event_table import EventTable
from console.app.work import Coalescer
from console.engine.api import EventRow, Replay, SessionApi

MOST = 2
"""Values of a state that are shown beside an event; the replay screen shows all."""
STREAMS = 12
"""Streams of a ledger whose replays are kept."""
WIDE = 115
"""Cells of a table from which on there is room for states beside streams."""


class _Waiting(NamedTuple):
    row: int
    stream: int


class StreamStates:
    """Fills the column of states of a table. ``guarded`` makes errors words, ``start`` runs a loop as a worker."""

    def __init__(
        self,
        table: EventTable,
        guarded: Callable[[Callable[[], Awaitable[None]], str], Callable[[], Awaitable[None]]],
        start: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        self._table = table
        self._session: SessionApi | None = None
        self._replays: OrderedDict[int, Replay | None] = OrderedDict()
        """By stream; None where it has no state."""
        self._editions: dict[int, int] = {}
        self._wanted: dict[int, _Waiting] = {}
        """Rows that are waiting, by the event's id."""
        self._work = Coalescer(guarded(self._go_on, "Replaying"), start)

    async def open(self, session: SessionApi, ledger: int, stream: int | None) -> None:
        """Begin, for the events of one stream, or of all of a ledger; nothing where these have no state."""
        self._session = session
        if stream is None:
            kinds = {each.kind: each.id for each in (await session.streams(ledger, limit=STREAMS))[0]}
            if any([await self._replay_of(each) is not None for each in kinds.values()]):
                self._table.show_states(["state"], self._want, least=WIDE)
        elif (replay := await self._replay_of(stream)) is not None:
            await replay.advance()
            self._table.show_states(_names(replay), self._want)

    def look(self) -> None:
        """The ledger may have grown."""
        if self._session is not None:
            self._work.ask()

    async def close(self) -> None:
        replays, self._session = [*self._replays.values()], None
        self._replays.clear()
        for each in replays:
            if each is not None:
                await each.close()

    def _want(self, row: int, event: EventRow) -> None:
        self._wanted[event.id] = _Waiting(row, event.stream)
        self._work.ask()

    async def _replay_of(self, stream: int) -> Replay | None:
        """The replay of a stream; the one that was not asked for longest is closed where there are many."""
        if stream not in self._replays and self._session is not None:
            found = await self._session.replay(stream) if stream else None
            self._replays[stream] = found
            self._editions[stream] = 0 if found is None else found.edition
            while len(self._replays) > STREAMS:
                _, least = self._replays.popitem(last=False)
                if least is not None:
                    await least.close()
        if stream in self._replays:
            self._replays.move_to_end(stream)
        return self._replays.get(stream)

    async def _go_on(self) -> None:
        """Replay the streams of the rows that wait, some events of each at a time, until all is known."""
        more = True
        while more and self._session is not None:
            more = False
            self._drop_unseen()
            streams = dict.fromkeys([each.stream for each in self._wanted.values()] or [*self._replays])
            for stream in [*streams][:STREAMS]:
                replay = await self._replay_of(stream)
                if replay is None:
                    continue
                more |= await replay.advance()
                if replay.edition != self._editions.get(stream):
                    self._editions[stream] = replay.edition
                    self._table.forget_states()
            await self._fill()

    def _drop_unseen(self) -> None:
        """Rows that are not seen any more need not wait."""
        top = self._table.scroll_offset.y
        seen = range(top - 1, top + self._table.page + 1)
        self._wanted = {event: each for event, each in self._wanted.items() if each.row in seen}

    async def _fill(self) -> None:
        """What is known by now of the rows that wait."""
        found: dict[int, tuple[Sequence[str], bool]] = {}
        names: list[Sequence[str]] = []
        for event, waiting in [*self._wanted.items()]:
            replay = await self._replay_of(waiting.stream)
            if replay is None:
                found[event] = ([], False)
                continue
            names.append(_names(replay))
            place = await replay.place(event)
            for step in [] if place is None else await replay.steps(place, place + 1):
                found[event] = ([step.state.get(name, "") for name in names[-1]], bool(step.changed))
        for event in found:
            self._wanted.pop(event, None)
        alike = names[0] if names and all(each == names[0] for each in names) else None
        self._table.put_states(alike, found)


def _names(replay: Replay) -> list[str]:
    return [*replay.names][:MOST]
