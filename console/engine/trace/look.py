"""A look at raw records for ids that no index holds, as far as so many bytes go."""

import asyncio
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from console.engine.session.records import Records
from console.engine.trace.related import RelatedEvents
from console.model.record import Cursor
from console.sources.protocol import Source, SourceError
from console.store.filter import Filter
from console.store.rows import EventRow, LedgerRow

BEFORE = 1000
"""Records before an event from which on its own ledger is looked through."""
FOUND = 1000
"""Records with one id in one ledger that are counted, at most."""
Thing = tuple[str, str]
"""Kind and id."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """Records of a ledger that hold an id, by ordinal."""

    thing: Thing
    ledger: LedgerRow
    ordinals: list[int]


@dataclass(frozen=True, slots=True)
class LookedThrough:
    """What was found, how many bytes were read for it, and true if that is all there is."""

    found: list[Sighting]
    bytes: int
    whole: bool


async def look_through(
    events: RelatedEvents, records: Records, row: EventRow | None, things: Sequence[Thing], most: int
) -> LookedThrough:
    """Which records hold these ids. At most so many bytes are read, shared by all ledgers; that of ``row`` comes first,
    from a little before it on."""
    ledgers = [each for each in events.ledgers.values() if each.format]
    # Small ones first: what they leave of their share is for the others.
    ledgers.sort(key=lambda each: (row is None or each.id != row.ledger, each.bytes))
    found: list[Sighting] = []
    read, whole = 0, True
    for at, ledger in enumerate(ledgers):
        rest = ledgers[at + 1 :]
        share = max((most - read) // (len(rest) + 1), most - read - sum(each.bytes for each in rest))
        opened, _ = await records.opened(ledger)
        whole = whole and share > 0
        if opened is not None and share > 0:
            start = Cursor() if ledger.bytes <= share else await _start(events, ledger, row)
            seen = await asyncio.to_thread(_look, opened.source, start, things, share)
            read, whole = read + seen.bytes, whole and seen.whole
            found += [Sighting(thing, ledger, ordinals) for thing, ordinals in seen.ordinals.items() if ordinals]
    return LookedThrough(found, read, whole)


async def rows_at(events: RelatedEvents, ledger: int, ordinals: Sequence[int]) -> list[EventRow]:
    """Events by their places."""
    pages = [await events.reader.between(Filter(), ledger, each, each, 1) for each in ordinals]
    return [row for page in pages for row in page]


async def _start(events: RelatedEvents, ledger: LedgerRow, row: EventRow | None) -> Cursor:
    if row is None or row.ledger != ledger.id or row.ordinal <= BEFORE:
        return Cursor()
    if len(await events.reader.volumes(ledger.id)) > 1:
        return Cursor()
    place = await events.reader.place(ledger.id, row.ordinal - BEFORE)
    return Cursor() if place is None else Cursor(place.ordinal, place.offset)


@dataclass
class _SeenSoFar:
    ordinals: dict[Thing, list[int]]
    bytes: int = 0
    whole: bool = False


def _look(source: Source, start: Cursor, things: Sequence[Thing], most: int) -> _SeenSoFar:
    patterns = [(thing, _pattern(thing[1])) for thing in things]
    seen = _SeenSoFar({})
    try:
        for batch in source.batches(start):
            if seen.bytes >= most:
                return seen
            for thing, pattern in patterns:
                if batch.lines is None or pattern.search(batch.lines):
                    ordinals = seen.ordinals.setdefault(thing, [])
                    hits = (at for at, raw in enumerate(batch.raws, batch.first) if pattern.search(raw))
                    ordinals += _first(hits, FOUND - len(ordinals))
            seen.bytes += sum(batch.lengths)
        seen.whole = start == Cursor()
    except SourceError:
        pass  # what cannot be read is a finding of its ledger
    return seen


def _first(hits: Iterator[int], count: int) -> list[int]:
    return [hit for _, hit in zip(range(count), hits, strict=False)]


def _pattern(id: str) -> re.Pattern[bytes]:
    """An id as a whole text of JSON, also of one within a text."""
    forms = {json.dumps(id)[1:-1], json.dumps(id, ensure_ascii=False)[1:-1]}
    inner = b"|".join(re.escape(each.encode("utf-8", "surrogatepass")) for each in sorted(forms))
    return re.compile(rb'"(?:' + inner + rb')\\?"')
