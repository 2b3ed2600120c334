"""The states of one stream of an index, kept up as it grows: for screens that show what held after each event.

A stream may have a million events, and a screen shows fifty. So the replay goes through all of them once, a few at a
time and off the screen's thread, and keeps of them a copy of the replayer for each page, and the pages that were asked
for last. Any other page is replayed again from the copy before it. Events that come out of the replayer's order are
sorted; where one comes between those that were replayed, the replay goes back to the page before.
"""

import asyncio
from array import array
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, NamedTuple

from console.engine.replay.states import order_of
from console.engine.replay.steps import replayed, state_of
from console.engine.session.protocol import StateAfter
from console.engine.session.records import RecordNow
from console.formats.guarded import event_of, replayer_of
from console.formats.protocol import Context, Format
from console.formats.replayer import Replayer
from console.model.event import NO_TIME, Event, StreamKey
from console.store.protocol import EventView
from console.store.rows import EventRow

PAGE = 256
"""Events between two copies of the replayer, and of one advance."""
KEPT = 16
"""Pages of states that are kept."""


@dataclass(frozen=True, slots=True)
class ReplayedStream:
    """Which stream is replayed, by which format, and where its events come from: a view of them in the order of their
    records, events by id, and records as they are now."""

    stream: StreamKey
    form: Format
    context: Context
    view: EventView
    events: Callable[[Sequence[int]], Awaitable[list[EventRow]]]
    raws: Callable[[Sequence[EventRow]], Awaitable[list[RecordNow]]]
    close: Callable[[], Awaitable[None]]

    def replayer(self) -> Replayer:
        """A new one. Raises ``LookupError`` where the stream has no state."""
        found = replayer_of(self.form, self.stream, self.context)
        if found is None:
            raise LookupError(f"A {self.stream.kind} has no state that can be replayed.")
        return found


class _After(NamedTuple):
    """What holds after an event, without the event."""

    state: Mapping[str, str]
    changed: Mapping[str, str]
    why: str


class StreamReplay:
    """See ``console.engine.session.protocol.Replay``."""

    def __init__(self, of: ReplayedStream) -> None:
        self._of = of
        self._replayer = of.replayer()
        self._ids, self._times = array("q"), array("q")
        """Of the events that were replayed, in the order in which they count."""
        self._marks: list[Replayer | None] = []
        """The replayer before each page; None where it could not be copied."""
        self._pages: OrderedDict[int, list[_After]] = OrderedDict()
        self._sorted: list[tuple[Any, int, int]] | None = None
        """(order, ordinal, id) of all events, once some came out of order; until then they are replayed as they
        stand."""
        self._looked = 0
        """Rows of the view that were sorted."""
        self._last: Any = None
        self.edition = 0
        self._one_at_a_time = asyncio.Lock()
        self.names: Sequence[str] = tuple(state_of(self._replayer))

    @property
    def count(self) -> int:
        return self._of.view.count

    @property
    def done(self) -> int:
        return len(self._ids)

    async def advance(self) -> bool:
        async with self._one_at_a_time:
            return await self._advance()

    async def _advance(self) -> bool:
        first = await self._of.view.refresh()
        if first is not None and self._sorted is None and first < self.done:
            self._go_back(first)
        elif first is not None and self._sorted is not None and first < self._looked:
            self._sort_again()
        if self._sorted is None:
            rows = await self._of.view.rows(self.done, self.done + PAGE)
            await self._take(rows)
        elif self._looked < self.count:
            await self._sort(await self._of.view.rows(self._looked, self._looked + PAGE))
        else:
            ids = [each[2] for each in self._sorted[self.done : self.done + PAGE]]
            await self._take(await self._of.events(ids))
        return self.done < self.count

    async def steps(self, start: int, stop: int) -> list[StateAfter]:
        async with self._one_at_a_time:
            return await self._steps(start, stop)

    async def _steps(self, start: int, stop: int) -> list[StateAfter]:
        stop = min(stop, self.done)
        found: list[StateAfter] = []
        while start < stop:
            page, at = divmod(start, PAGE)
            end = min(stop - page * PAGE, PAGE)
            afters = (await self._page(page))[at:end]
            rows = {row.id: row for row in await self._of.events([*self._ids[start : start + len(afters)]])}
            for number, after in enumerate(afters, start):
                row = rows.get(self._ids[number]) if number < self.done else None
                if row is None:  # the index was made again meanwhile
                    return found
                found.append(StateAfter(number + 1, row, *after))
            if not afters:
                break
            start += len(afters)
        return found

    async def place(self, event: int) -> int | None:
        row = await self._of.view.position(event)
        if row is None:
            return None
        if self._sorted is None:
            return row if row < self.done else None
        return next((at for at, each in enumerate(self._ids) if each == event), None)

    def as_of(self, micros: int) -> int:
        return next((at for at in range(self.done, 0, -1) if NO_TIME < self._times[at - 1] < micros), 0)

    async def close(self) -> None:
        await self._of.close()

    # going on

    async def _take(self, rows: Sequence[EventRow]) -> None:
        raws = await self._of.raws(rows)
        in_order = await asyncio.to_thread(self._replay, rows, raws)
        if not in_order:
            self._sort_again()

    def _replay(self, rows: Sequence[EventRow], raws: Sequence[RecordNow]) -> bool:
        """Replay these events next. False where one of them counts before one that was replayed."""
        for row, raw in zip(rows, raws, strict=True):
            event = self._event(row, raw)
            if not raw.problem:
                order = (order_of(self._replayer, event), row.ordinal)
                if self._sorted is None and self._last is not None and _before(order, self._last):
                    return False
                self._last = order
            page, at = divmod(self.done, PAGE)
            if not at:
                self._marks.append(_copied(self._replayer))
            if not at or len(self._pages.get(page, ())) == at:
                self._keep(page, [*self._pages.get(page, ()), self._after(raw, event, self._replayer)])
            else:
                self._after(raw, event, self._replayer)
            self._ids.append(row.id)
            self._times.append(NO_TIME if row.time is None else row.time)
        return True

    def _event(self, row: EventRow, raw: RecordNow) -> Event:
        if raw.problem:
            return Event(row.ordinal, row.offset, row.length, "", sequence=row.sequence)
        return event_of(self._of.form, raw.record, self._of.context)

    def _after(self, raw: RecordNow, event: Event, replayer: Replayer) -> _After:
        """Take one event. One that cannot be read any more leaves the state as it was."""
        if raw.problem:
            return _After(state_of(replayer), {}, raw.problem)
        (step,) = replayed(replayer, [event])
        if len(step.state) > len(self.names):
            self.names = tuple(step.state)
        return _After(step.state, step.changed, step.why)

    # order

    def _sort_again(self) -> None:
        """Begin again, by the replayer's order."""
        self._sorted, self._looked = [], 0
        self._go_back(0)

    async def _sort(self, rows: Sequence[EventRow]) -> None:
        """Bring further rows into order."""
        raws = await self._of.raws(rows)
        known = self._sorted or []
        found = await asyncio.to_thread(self._orders, rows, raws)
        self._looked += len(rows)
        if known and found and _before(min(found), known[-1]):
            merged = sorted([*known, *found])
            at = next(number for number, (one, other) in enumerate(zip(known, merged, strict=False)) if one != other)
            self._sorted = merged
            if at < self.done:
                self._go_back(at)
        else:
            self._sorted = [*known, *sorted(found)]

    def _orders(self, rows: Sequence[EventRow], raws: Sequence[RecordNow]) -> list[tuple[Any, int, int]]:
        events = [self._event(row, raw) for row, raw in zip(rows, raws, strict=True)]
        keys = [(order_of(self._replayer, event), row.ordinal, row.id) for row, event in zip(rows, events, strict=True)]
        try:
            sorted(keys)
        except TypeError:  # keys of a foreign format that cannot be compared: events count as they stand
            return [(row.ordinal, row.ordinal, row.id) for row in rows]
        return keys

    # pages

    def _go_back(self, to: int) -> None:
        """What was replayed from the page of this event on does not count."""
        self.edition += bool(self.done)
        page = to // PAGE
        while page and self._marks[page] is None:
            page -= 1
        for later in [each for each in self._pages if each >= page]:
            del self._pages[later]
        mark = self._marks[page] if page < len(self._marks) else None
        self._replayer = self._of.replayer() if mark is None else _copied(mark) or self._of.replayer()
        del self._marks[page:], self._ids[page * PAGE :], self._times[page * PAGE :]
        self._last = None

    async def _page(self, page: int) -> list[_After]:
        if page not in self._pages:
            await self._replay_page(page)
        self._pages.move_to_end(page)
        return self._pages[page]

    async def _replay_page(self, page: int) -> None:
        """Make a page again, from the copy before it."""
        first = page
        while first and self._marks[first] is None:
            first -= 1
        mark = self._marks[first]
        replayer = (mark and _copied(mark)) or self._of.replayer()
        for each in range(first, page + 1):
            ids = [*self._ids[each * PAGE : (each + 1) * PAGE]]
            rows = await self._of.events(ids)
            raws = await self._of.raws(rows)

            def replay(rows: Sequence[EventRow] = rows, raws: Sequence[RecordNow] = raws) -> list[_After]:
                pairs = zip(rows, raws, strict=True)
                return [self._after(raw, self._event(row, raw), replayer) for row, raw in pairs]

            self._keep(each, await asyncio.to_thread(replay))

    def _keep(self, page: int, afters: list[_After]) -> None:
        self._pages[page] = afters
        self._pages.move_to_end(page)
        while len(self._pages) > KEPT:
            self._pages.popitem(last=False)


def _before(one: Any, other: Any) -> bool:
    try:
        return bool(one < other)
    except TypeError:
        return False


def _copied(replayer: Replayer) -> Replayer | None:
    try:
        return deepcopy(replayer)
    except Exception:  # noqa: BLE001 - a replayer of another package; its pages are replayed from an earlier copy
        return None
