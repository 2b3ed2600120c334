"""What an event has in common with others, in all ledgers: streams of the index, and what raw records alone hold.

Streams answer at once. Other ids (artifacts, tool calls) are looked for in the bytes of the records, as far as a
moment's reading goes; what was not read is named.
"""

from collections.abc import Sequence

from console.engine.session.records import Records
from console.engine.trace.look import Thing, look_through, rows_at
from console.engine.trace.related import RelatedEvents
from console.engine.trace.tree import SharedThing
from console.store.rows import EventRow

BYTES, WHOLE = 4 * 1024 * 1024, 512 * 1024 * 1024
"""Of all ledgers together that are looked through: for what is in common, and for the event itself."""
LISTED, CANDIDATES = 5, 50
"""Records that are listed for one thing in one ledger, and those that are asked for their ids."""


async def shared_with(
    events: RelatedEvents, records: Records, event: int | None, about: Sequence[Thing]
) -> tuple[tuple[SharedThing, ...], list[str]]:
    """What holds these things beside the event, by thing and ledger; and sentences on what was not looked at."""
    row = None if event is None else events.rows[event]
    found: list[SharedThing] = []
    left: list[Thing] = []
    things = list(dict.fromkeys(about))
    streams = await events.reader.streams_called([id for _, id in things])
    for kind, id in things:
        same = [each for each in streams if each.key == id]
        if not same:
            left.append((kind, id))
        for stream in same:
            here = row is not None and row.ledger == stream.ledger
            count = stream.events - (1 if here else 0)
            if count > 0 and stream.ledger in events.ledgers:
                name = events.ledgers[stream.ledger].name
                found.append(SharedThing(stream.kind, id, name, here, count, (), stream.id))
    more, notes = await _in_records(events, records, row, left) if left else ([], [])
    return tuple(dict.fromkeys([*found, *more])), notes


async def carriers_in_records(events: RelatedEvents, records: Records, id: str) -> list[int]:
    """Events that carry an id which no index holds."""
    looked = await look_through(events, records, None, [("", id)], WHOLE)
    rows = [row for each in looked.found for row in await rows_at(events, each.ledger.id, each.ordinals[:CANDIDATES])]
    await events.read_rows(rows)
    return [row.id for row in rows if id in events.ids(row.id)]


async def _in_records(
    events: RelatedEvents, records: Records, row: EventRow | None, things: Sequence[Thing]
) -> tuple[list[SharedThing], list[str]]:
    """What raw records hold of things that are in no index."""
    looked = await look_through(events, records, row, things, BYTES)
    shared = []
    for each in looked.found:
        here = row is not None and row.ledger == each.ledger.id
        others = [at for at in each.ordinals if not here or row is None or at != row.ordinal]
        if others:
            rows = await rows_at(events, each.ledger.id, others[:LISTED])
            shared.append(SharedThing(*each.thing, each.ledger.name, here, len(others), tuple(rows)))
    if looked.whole:
        return shared, []
    what = ", ".join(f"{kind} {id}".strip() for kind, id in things[:3]) + (" …" if len(things) > 3 else "")
    read = f"{looked.bytes / 1_048_576:,.1f} MiB"
    return shared, [f"Looked for in {read} of records, not in all: {what}. A filter looks through the rest as well."]
