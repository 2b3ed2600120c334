"""``ancestors(ID)``, ``descendants(ID)`` and ``chain(ID)`` of a filter become the events that they are as of now.

And why an answer is empty, where a filter names what is nowhere: a slip in an id must not look like peace and quiet.
"""

from collections.abc import Mapping

from console.engine.session.records import Records
from console.engine.trace.tree import TraceNode
from console.engine.trace.walk import Tracer
from console.store.filter import Filter, FilterError
from console.store.filter.tree import (
    FALSE,
    Condition,
    Contains,
    EventIn,
    FirstIn,
    InStream,
    Leaf,
    Related,
    leaves,
    rebuilt,
)
from console.store.protocol import IndexReader

DEPTH = 100_000
"""Steps: as far as there are causes."""
MOST = 20_000
"""Events that are related, at most."""


async def found_related(filter: Filter, reader: IndexReader, *, deep: bool = True) -> Filter:
    """The filter with events in the place of what only a trace knows. What an id of no event is related to is none.
    ``deep``: ids that no index holds are looked for in raw records."""
    asked = [each for each in leaves(filter.condition) if isinstance(each, Related)]
    if not asked:
        return filter
    found: Mapping[Leaf, Condition] = {each: await _events(each, reader, deep) for each in asked}
    return Filter(rebuilt(filter.condition, lambda leaf: found.get(leaf, leaf)))


async def nowhere(filter: Filter, reader: IndexReader) -> list[str]:
    """A sentence for each stream and id of a filter that no ledger of the index holds. The filter let nothing
    through."""
    words = []
    for leaf in leaves(filter.condition):
        match leaf:
            case InStream(patterns, kind) if not (await reader.view(Filter(leaf))).count:
                words.append(f"There is no {kind or 'stream'} {' or '.join(each.text for each in patterns)} here.")
            case Related(_, id) if not await Tracer(reader, Records(reader), MOST).carriers(id, deep=True):
                words.append(f"Nothing here carries the id {id}.")
            case Contains(text) if leaf == filter.condition:
                words.append(f"No record here holds {text!r}.")
    return words


async def _events(asked: Related, reader: IndexReader, deep: bool) -> Condition:
    tracer = Tracer(reader, Records(reader), MOST)
    up, down = asked.how == "ancestors", asked.how == "descendants"
    carriers = await tracer.carriers(asked.id, deep=deep)
    if asked.how == "chain":
        rows = await reader.events(carriers)
        return FirstIn(frozenset(row.stream for row in rows if row.stream))
    events: set[int] = set()
    for each in carriers:
        up_nodes, down_nodes = await tracer.both_ways(each, up=up, down=down, depth=DEPTH)
        events |= _ids([*up_nodes, *down_nodes])
    if len(events) >= MOST:
        raise FilterError(f"{asked.how}({asked.id}) are {MOST:,} events or more: too many for a filter.", 0)
    return EventIn(frozenset(events)) if events else FALSE


def _ids(nodes: list[TraceNode]) -> set[int]:
    found: set[int] = set()
    waiting = [*nodes]
    while waiting:
        node = waiting.pop()
        waiting += node.below
        if node.row is not None:
            found.add(node.row.id)
    return found
