"""Does one file go on where another one ends? Content decides, so that two ledgers in one folder stay two.

What is compared are the last events of one file and the first of the other, in the common envelope, so that this holds
for every system. Where events are chained, only the chain counts: the previous hash is a hash that stands there last,
or the numbers of a stream follow. Where they are not, times must follow, no record may be in both, and both must have a
stream in common, or a parent in the one a child in the other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from hashlib import sha256
from statistics import median_low

from console.model.event import Event, StreamKey

WINDOW = 64
"""Events that are looked at on either side."""
FEW = 3
"""Events with times of a file below which its times decide nothing."""
CLOCK_CHANGE = 3_600_000_000
"""Microseconds by which times may go back: a clock that is set to winter time."""


class Follows(IntEnum):
    """How sure it is that one file goes on where another ends, from not at all."""

    NOT = 0
    BY_TIME = 1
    """Times follow, and both tell of the same things."""
    WITH_HOLE = 2
    """They hold the same chain, with numbers missing in between."""
    LINKED = 3
    """The chain goes on from the one to the other."""


@dataclass(frozen=True)
class FileEnds:
    """The first and the last events of one file, with hashes of these records in their order."""

    first: Sequence[Event]
    last: Sequence[Event]
    records: Sequence[bytes] = ()
    damaged: bool = False
    """Some of what the file held cannot be read."""
    earlier: Mapping[StreamKey, Event] = field(default_factory=dict)
    """Last events of streams that were looked for because nothing of them is in ``last``."""

    @cached_property
    def openings(self) -> dict[StreamKey, Event]:
        """The first event of each chain."""
        chains = {event.streams[0] for event in self.first if event.streams and is_chained(event)}
        found: dict[StreamKey, Event] = {}
        for event in self.first:
            if event.streams and event.streams[0] in chains and _has_place(event):
                found.setdefault(event.streams[0], event)
        return found

    @cached_property
    def closings(self) -> dict[StreamKey, Event]:
        """The last event of each chain."""
        return {**self.earlier} | {
            event.streams[0]: event for event in self.last if event.streams and _has_place(event)
        }

    @cached_property
    def streams(self) -> set[StreamKey]:
        here = {stream for event in (*self.first, *self.last) for stream in event.streams}
        return here.union(self.earlier)

    @cached_property
    def ids(self) -> frozenset[str]:
        return frozenset(event.event_id for event in (*self.first, *self.last) if event.event_id)

    @cached_property
    def is_short(self) -> bool:
        """True if so few events tell a time that a single one that was changed would tell another one of the file."""
        return sum(event.instant is not None for event in (*self.first, *self.last)) < 2 * FEW

    @cached_property
    def began(self) -> int | None:
        """The middle one of the first times: a single time that was changed does not matter."""
        return _middle(self.first)

    @cached_property
    def ended(self) -> int | None:
        return _middle(self.last)


def ends(first: Sequence[Event], last: Sequence[Event], raws: Iterable[bytes], *, damaged: bool = False) -> FileEnds:
    """The ends of a file from its first and last events; ``raws`` are these records."""
    return FileEnds(first, last, [sha256(raw).digest() for raw in raws], damaged)


def in_both(one: FileEnds, other: FileEnds) -> bool:
    """True if a record at the ends of one file is at those of the other."""
    return not set(one.records).isdisjoint(other.records)


def stands_twice(older: FileEnds, newer: FileEnds) -> bool:
    """True if one file begins with the last record of the other, and they have no other in common: a record was written
    twice where the ledger was rotated."""
    ours, theirs = older.records, newer.records
    return len(ours) > 1 and bool(theirs) and set(ours).intersection(theirs) == {ours[-1]} == {theirs[0]} != {ours[0]}


def is_chained(event: Event) -> bool:
    """True if the event names the one before it, or has a number and a hash."""
    return event.previous_hash is not None or (event.sequence is not None and event.hash is not None)


def goes_on(event: Event) -> bool:
    """True if another event of its chain came before it."""
    return event.previous_hash is not None or (event.sequence or 0) > 1


def follows(older: FileEnds, newer: FileEnds) -> Follows:
    """How sure it is that ``newer`` goes on where ``older`` ends."""
    linked = holes = against = 0
    twice = stands_twice(older, newer)
    for stream, opening in newer.openings.items():
        closing = older.closings.get(stream)
        if closing is None:
            continue
        step = None
        if opening.sequence is not None and closing.sequence is not None:
            step = opening.sequence - closing.sequence
        if twice and opening.event_id == closing.event_id:
            linked += 1
        elif step is not None and step <= 0:
            against += 1
        elif step == 1 or (opening.previous_hash is not None and opening.previous_hash == closing.hash):
            linked += 1
        elif step is not None:
            holes += 1
    if against > linked:
        return Follows.NOT
    if linked or holes:
        return Follows.LINKED if linked else Follows.WITH_HOLE
    # A chain that begins here, or goes on from somewhere else, is another ledger's, whatever the times are.
    return Follows.BY_TIME if not newer.openings and _by_time(older, newer) else Follows.NOT


def streams_that_go_on(newer: FileEnds) -> list[StreamKey]:
    """Streams that may have begun in an earlier file: chains in their middle or, where nothing is chained, all."""
    if newer.openings:
        return [stream for stream, event in newer.openings.items() if goes_on(event)]
    return list(dict.fromkeys(stream for event in newer.first for stream in event.streams))


def _by_time(older: FileEnds, newer: FileEnds) -> bool:
    if in_both(older, newer) and not stands_twice(older, newer):
        return False
    if not (older.is_short or newer.is_short or _times_follow(older, newer)):
        return False
    parents = {event.parent for event in newer.first if event.parent}
    return bool(older.streams & newer.streams or parents & older.ids)


def _times_follow(older: FileEnds, newer: FileEnds) -> bool:
    if older.began is None or older.ended is None or newer.began is None:
        return False
    return older.began <= newer.began and older.ended - CLOCK_CHANGE <= newer.began


def _has_place(event: Event) -> bool:
    return event.hash is not None or event.sequence is not None


def _middle(events: Sequence[Event]) -> int | None:
    times = [event.instant.micros for event in events if event.instant is not None]
    return median_low(times) if times else None
