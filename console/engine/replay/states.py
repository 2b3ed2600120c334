"""The state of a stream as of an event or a moment, from the raw records of its ledger.

The events that count are found in one pass that keeps places and no documents; they are read again in the replayer's
order, some at a time, so that a stream of any length needs little memory.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, NamedTuple

from console.engine.errors import EngineError, NoSuchStreamError, SeveralStreamsError
from console.engine.ledgers.opening import Opened, open_ledgers
from console.engine.ledgers.options import Options
from console.engine.ledgers.volumes import joined
from console.engine.replay.decoded import LedgerRead, decoded
from console.engine.replay.steps import ReplayStep, replayed, state_of
from console.formats.guarded import event_of, replayer_of
from console.formats.protocol import Context
from console.formats.replayer import Replayer
from console.model.event import NO_TIME, Event, StreamKey
from console.model.record import Record
from console.model.words import count
from console.sources.many_records import read_each
from console.sources.protocol import Skipped, SourceError

TOGETHER = 500
"""Records that are read again together."""
OFTEN = 1000
"""Events between two calls of the progress."""


@dataclass(frozen=True, slots=True)
class StateAnswer:
    """The state of a stream after ``taken`` of its ``events`` events; ``steps`` are those that changed it or failed
    to, ``last`` is the last event that was taken. ``read`` is what was read of its ledger, ``skipped`` what could not
    be read beside it."""

    ledger: str
    format: str
    stream: StreamKey
    events: int
    taken: int
    state: dict[str, str]
    steps: Sequence[ReplayStep]
    last: Event | None
    read: LedgerRead
    skipped: Sequence[Skipped] = ()

    @property
    def complete(self) -> bool:
        """True if nothing of the ledger, or beside it, was passed over."""
        return not self.read.problem and not self.read.unreadable and not self.skipped


class EventPlace(NamedTuple):
    """Where an event is, and by what it is chosen; ``order`` is the replayer's sort key."""

    order: Any
    ordinal: int
    offset: int
    length: int
    time: int
    sequence: int | None


@dataclass(slots=True)
class _StreamPlaces:
    """Where the events of one stream of a ledger are."""

    opened: Opened
    context: Context
    read: LedgerRead
    stream: StreamKey
    replayer: Replayer
    places: list[EventPlace] = field(default_factory=list)

    def add(self, event: Event) -> None:
        time = NO_TIME if event.instant is None else event.instant.micros
        order = order_of(self.replayer, event)
        self.places.append(EventPlace(order, event.ordinal, event.offset, event.length, time, event.sequence))

    def in_order(self) -> list[EventPlace]:
        try:
            return sorted(self.places, key=lambda each: each[:2])
        except TypeError:  # keys of a foreign format that cannot be compared
            return sorted(self.places, key=lambda each: each[1])


def state_as_of(
    paths: Sequence[str],
    stream: str,
    *,
    until: int | None = None,
    sequence: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> StateAnswer:
    """The state of a stream, named by its key or as ``kind:key``: after what happened before the time ``until`` (UTC
    microseconds), or after the event of this sequence number (of a stream without numbers, after so many events).

    Raises ``NoSuchStreamError``, ``SeveralStreamsError`` where several streams go by the name, and ``EngineError`` for
    a stream without a state.
    """
    found, stateless, skipped = _find(paths, stream, until, progress)
    if not found:
        if stateless:
            kinds = " or ".join(sorted({each.kind for each in stateless}))
            raise EngineError(f"A stream of the kind {kinds} has no state that can be replayed.")
        raise NoSuchStreamError(f"There is no stream {stream} here; `audit-console streams` lists them.")
    if len(found) > 1:
        raise SeveralStreamsError(_several(stream, found))
    one = found[0]
    places = one.in_order()
    chosen = _chosen(places, until, sequence)
    steps, last = [], None
    for step in replayed(one.replayer, _events(one, chosen)):
        last = step.event
        if step.matters:
            steps.append(replace(step, event=replace(step.event, document={})))  # documents may be long
    return StateAnswer(
        one.read.name,
        one.opened.format.name,
        one.stream,
        len(places),
        len(chosen),
        state_of(one.replayer),
        steps,
        last,
        one.read,
        skipped,
    )


def _find(
    paths: Sequence[str], name: str, now: int | None, progress: Callable[[int], None] | None
) -> tuple[list[_StreamPlaces], set[StreamKey], list[Skipped]]:
    """The streams of this name that can be replayed, those that cannot, and what could not be read. ``now`` is the
    moment that is asked for, where that is a time."""
    kind, colon, key = name.partition(":")
    found: list[_StreamPlaces] = []
    stateless: set[StreamKey] = set()
    skipped: list[Skipped] = []
    taken = 0
    for opened in joined(paths, open_ledgers(paths)):
        if isinstance(opened, Skipped):
            skipped.append(opened)
            continue
        context, read = opened.context(Options(now=now)), LedgerRead(opened.name)
        mine: dict[StreamKey, _StreamPlaces] = {}
        for event in decoded(opened, context, read, streams=True):
            for stream in event.streams:
                if stream.key != name and not (colon and stream == (kind, key)):
                    continue
                if stream not in mine:
                    replayer = replayer_of(opened.format, stream, context)
                    if replayer is None:
                        stateless.add(stream)
                        continue
                    mine[stream] = _StreamPlaces(opened, context, read, stream, replayer)
                mine[stream].add(event)
            taken += 1
            if progress is not None and not taken % OFTEN:
                progress(taken)
        found += mine.values()
    return found, stateless, skipped


def _several(name: str, found: list[_StreamPlaces]) -> str:
    kinds = sorted({each.stream.kind for each in found})
    if len(kinds) > 1:
        named = ", ".join(f"{kind}:{found[0].stream.key}" for kind in kinds)
        return f"Streams of several kinds have the key {name}: name one of {named}."
    names = ", ".join(each.read.name for each in found[:4])
    return f"The {kinds[0]} {found[0].stream.key} is in {count(len(found), 'ledger')}, give one of them: {names}"


def _chosen(places: list[EventPlace], until: int | None, sequence: int | None) -> list[EventPlace]:
    """The events that are taken. One without a time, or without a number, goes with the one before it."""
    if sequence is not None and all(each.sequence is None for each in places):
        return places[:sequence]
    chosen, taken = [], True
    for each in places:
        if sequence is not None and each.sequence is not None:
            taken = each.sequence <= sequence
        elif until is not None and each.time != NO_TIME:
            taken = each.time < until
        if taken:
            chosen.append(each)
    return chosen


def _events(one: _StreamPlaces, places: list[EventPlace]) -> Iterator[Event]:
    """The events at these places. One that cannot be read any more ends them: the ledger changed meanwhile."""
    left = iter(places)
    while some := list(islice(left, TOGETHER)):
        raws = read_each(one.opened.source, [(each.offset, each.length) for each in some])
        for each, raw in zip(some, raws, strict=True):
            if isinstance(raw, SourceError):
                one.read.problem = raw.finding.message
                return
            yield event_of(one.opened.format, Record(each.ordinal, each.offset, each.length, raw), one.context)


def order_of(replayer: Replayer, event: Event) -> Any:
    try:
        return replayer.order(event)
    except Exception:  # noqa: BLE001 - a replayer of another package, on an event that it did not expect
        return event.ordinal
