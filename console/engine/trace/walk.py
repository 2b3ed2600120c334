"""Both ways from one event, level by level: each level is one question to the index and one look at the records."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from console.engine.session.records import Records
from console.engine.trace.related import RelatedEvents
from console.engine.trace.shared import carriers_in_records, shared_with
from console.engine.trace.tree import DEPTH, BranchEnd, EventTrace, TraceNode
from console.model.trust import Trust
from console.store.filter import Filter
from console.store.protocol import IndexReader
from console.store.rows import EventRow

EVENTS = 500
"""Events of one direction, at most."""
BESIDE = 300
"""Events of the first event's stream that are asked for causes beside their parents, half of them before it."""
Next = tuple[str, str, int, int]
"""How, by which id, an event (0: none has it), and how many have it."""


class Tracer:
    """Traces over the ledgers of one index."""

    def __init__(self, reader: IndexReader, records: Records, most: int = EVENTS) -> None:
        self._reader = reader
        self._most = most
        self._records = records
        self._events = RelatedEvents(reader, records)
        self._named: dict[str, list[tuple[str, int]]] = {}
        """Causes that were found in a stream: by the id that is named, how and by which event."""
        self._called: dict[str, list[EventRow]] = {}
        """Events of that stream, by their ids: not every system's ids are in the index."""
        self._notes: list[str] = []

    async def carriers(self, id: str, *, deep: bool = True) -> list[int]:
        """Events that carry an id; ``deep``: in raw records, too, where no index holds it."""
        await self._events.start()
        found = (await self._reader.named([id])).get(id, [])
        if deep and not found:
            found = await carriers_in_records(self._events, self._records, id)
        self._events.found_by |= dict.fromkeys(found, id)
        await self._events.read(found)
        return found

    async def of_id(self, id: str, *, up: bool = True, down: bool = True, depth: int = DEPTH) -> EventTrace:
        """The trace of the event that carries an id; of several the worst, else the first."""
        found = sorted(await self.carriers(id), key=self._bad, reverse=True)
        if not found:
            shared, notes = await shared_with(self._events, self._records, None, [("", id)])
            return EventTrace(TraceNode("", id, ending=BranchEnd.ABSENT), shared=shared, notes=tuple(notes))
        trace = await self.of_event(found[0], up=up, down=down, depth=depth)
        also = tuple(self._node("the same id", each, found[0], 1) for each in found[1:])
        return EventTrace(trace.root, trace.up, trace.down, trace.shared, also, trace.notes)

    def _bad(self, event: int) -> tuple[bool, int]:
        row = self._events.rows.get(event)
        return (False, 0) if row is None else (row.trust is Trust.BROKEN, int(row.worst))

    async def of_event(self, event: int, *, up: bool = True, down: bool = True, depth: int = DEPTH) -> EventTrace:
        """The trace of an event of the index. Raises ``LookupError`` where it is not there any more."""
        await self._events.start()
        await self._events.read([event])
        if event not in self._events.rows:
            raise LookupError("The event is not in the index any more.")
        root = self._node("", event, event, 1)
        causes, caused = await self.both_ways(event, up=up, down=down, depth=depth)
        shared, notes = await shared_with(self._events, self._records, event, self._events.relations[event].about)
        return EventTrace(root, tuple(causes), tuple(caused), shared, notes=(*self._notes, *notes))

    async def both_ways(
        self, event: int, *, up: bool, down: bool, depth: int
    ) -> tuple[list[TraceNode], list[TraceNode]]:
        """What caused an event that was read, and what it caused."""
        self._notes = []
        await self._look_beside(self._events.rows[event])
        causes = await self._walk(event, self._causes, depth) if up else []
        return causes, await self._walk(event, self._caused, depth) if down else []

    async def _walk(
        self, root: int, step: Callable[[Sequence[int]], Awaitable[list[list[Next]]]], depth: int
    ) -> list[TraceNode]:
        """Nodes below an event, breadth first, so that what is near is there before there are too many."""
        above = {root: 0}
        """Events that were reached, and from which other one each was."""
        top = TraceNode("", "")
        level: list[tuple[int, TraceNode]] = [(root, top)]
        total = 0
        for at in range(depth + 1):
            if not level:
                break
            nexts = await step([event for event, _ in level])
            after: list[tuple[int, TraceNode]] = []
            for (event, node), found in zip(level, nexts, strict=True):
                for how, id, other, carriers in found:
                    if at == depth:
                        node.ending = BranchEnd.DEPTH
                        break
                    if total >= self._most:
                        node.ending = BranchEnd.MANY
                        break
                    total += 1
                    if not other:
                        node.below.append(TraceNode(how, id, ending=BranchEnd.ABSENT))
                        continue
                    child = self._node(how, other, event, carriers)
                    node.below.append(child)
                    if other in above:
                        child.ending = BranchEnd.CYCLE if _is_above(other, event, above) else BranchEnd.SEEN
                    else:
                        above[other] = event
                        after.append((other, child))
            level = after
        if total >= self._most:
            self._notes.append(f"Only the nearest {self._most:,} events are shown.")
        return top.below

    async def _causes(self, events: Sequence[int]) -> list[list[Next]]:
        """What caused each of these."""
        relations = self._events.relations
        named = await self._reader.named([*dict.fromkeys(id for each in events for _, id in relations[each].causes)])
        rows = {each.id: each for each in await self._reader.events([one for each in named.values() for one in each])}
        nexts: list[list[Next]] = []
        for event in events:
            found: list[Next] = []
            for how, id in dict.fromkeys(relations[event].causes):
                carriers = [rows[each] for each in named.get(id, []) if each in rows] or self._called.get(id, [])
                if id in self._events.made_up[event]:
                    found += [(how, id, each.id, 1) for each in carriers if self._before(each.id, event)]
                else:
                    found.append((how, id, _nearest(carriers, self._events.rows[event]), len(carriers)))
            nexts.append(found)
        await self._events.read([other for found in nexts for _, _, other, _ in found if other])
        return nexts

    async def _caused(self, events: Sequence[int]) -> list[list[Next]]:
        """What each of these caused."""
        ids = {event: self._events.ids(event) for event in events}
        below = await self._reader.children(
            [*dict.fromkeys(id for each in ids.values() for id in each)], self._most + 1
        )
        await self._events.read([child for found in below.values() for child in found])
        nexts: list[list[Next]] = []
        for event in events:
            found: dict[int, Next] = {}
            for id in ids[event]:
                for child in below.get(id, []):
                    found.setdefault(child, (self._how(child, id), id, child, 1))
                for how, child in self._named.get(id, []):
                    if id in self._events.made_up[child] and not self._before(event, child):
                        continue
                    found.setdefault(child, (how, id, child, 1))
            nexts.append([found[child] for child in sorted(found)])
        return nexts

    def _before(self, event: int, other: int) -> bool:
        """True if an event comes before another one in its ledger."""
        rows = self._events.rows
        return event in rows and rows[event].ledger == rows[other].ledger and event < other

    def _how(self, child: int, id: str) -> str:
        return next((how for how, cause in self._events.relations[child].causes if cause == id), "parent")

    async def _look_beside(self, root: EventRow) -> None:
        """Learn what the events of the first event's stream say, those around it, where that is more than the index
        holds."""
        if not self._events.says_more_than_the_index(root.ledger) or not root.stream:
            return
        view = await self._reader.view(Filter(), stream=root.stream)
        at = await view.position(root.id) or 0
        start, end = max(0, at - BESIDE // 2), min(view.count, at + BESIDE // 2)
        rows = await view.rows(start, end)
        await self._events.read_rows(rows)
        if (start, end) != (0, view.count):
            words = f"Causes beside parents were looked for in the nearest {end - start:,} of {view.count:,} events"
            self._notes.append(f"{words} of its {root.stream_kind}.")
        for row in rows:
            relations = self._events.relations[row.id]
            for how, id in relations.causes:
                self._named.setdefault(id, []).append((how, row.id))
            for id in relations.ids:
                self._called.setdefault(id, []).append(row)

    def _node(self, how: str, event: int, of: int, carriers: int) -> TraceNode:
        elsewhere = self._events.rows[event].ledger != self._events.rows[of].ledger
        name, ledger = self._events.name(event), self._events.ledger_name(event)
        return TraceNode(how, name, self._events.rows[event], ledger, elsewhere, carriers)


def _is_above(other: int, event: int, above: Mapping[int, int]) -> bool:
    """True if an event is on the way to another one, or is it."""
    while event and event != other:
        event = above[event]
    return bool(event)


def _nearest(carriers: Sequence[EventRow], of: EventRow) -> int:
    """Of the events that carry an id the one that is meant: the first one, in the same ledger before others; 0 for
    none."""
    nearest = min(carriers, key=lambda each: (each.ledger != of.ledger, each.id), default=None)
    return 0 if nearest is None else nearest.id
