"""The fast way through a decoded run: the plain case of kernel-doc/1 in one loop, other profiles event by event.

The plain case is an event that follows the tip of its deal's chain and whose hash is reproduced from its own bytes.
Everything else goes the careful way, one event at a time, so that both ways give the same findings.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from console.formats.instant import parse
from console.formats.kernel.deals import Deal, Group
from console.formats.kernel.entry import HASH, Entry
from console.formats.kernel.fast import Run
from console.formats.kernel.lifecycle import KNOWN, moves
from console.formats.kernel.profiles import DOC
from console.model.batch import EventBatch, Names
from console.model.event import Instant, StreamKey
from console.model.record import RecordBatch
from console.model.trust import Trust
from console.verify.catalogue import CATALOGUE

if TYPE_CHECKING:
    from console.formats.kernel.reader import KernelReader

_MILLIS = {f".{milli:03d}Z": milli * 1000 for milli in range(1000)}


_CLOCK = {f":{at // 60:02d}:{at % 60:02d}": at * 1_000_000 for at in range(3600)}
_hours: dict[str, int] = {}
"""Microseconds of the hours that were seen, such as 2026-11-20T09."""


def _micros(created: str) -> int | None:
    """A time with milliseconds and Z; None for any other text."""
    hour, clock, rest = _hours.get(created[:13]), _CLOCK.get(created[13:19]), _MILLIS.get(created[19:])
    if clock is None or rest is None:
        return None
    if hour is None:
        found = parse(created[:13] + ":00Z")
        if found is None:
            return None
        if len(_hours) > 65_536:
            _hours.clear()
        hour = _hours[created[:13]] = found.micros
    return hour + clock + rest


def _times(events: Sequence[Any]) -> list[int | None]:
    """The instants of all events; None for a text that is not in the API's own form."""
    hours, clock, millis = _hours, _CLOCK, _MILLIS
    texts = [event.createdAt for event in events]
    try:
        return [hours[text[:13]] + clock[text[13:19]] + millis[text[19:]] for text in texts]
    except KeyError:
        return [_micros(text) for text in texts]


def stride(reader: "KernelReader", batch: RecordBatch, row: int, run: Run, out: EventBatch) -> None:
    """Take the run, whose first line is ``row`` of the batch."""
    if reader.settled == DOC:
        _plain(reader, batch, row, run, out)
    else:
        for at, (event, text, value) in enumerate(zip(run.events, run.payloads, run.objects, strict=True), row):
            entry = _entry(batch, at, event, text, value)
            if entry is None:
                reader.take(reader.decode(batch, (at,))[0], out)
            else:
                reader.take_sound(entry, [], out)


def _plain(reader: "KernelReader", batch: RecordBatch, row: int, run: Run, out: EventBatch) -> None:
    events = run.events
    digests = [
        sha256(f"{e.dealId}{e.sequenceNumber}{e.type}{text}{e.previousEventHash}".encode()).hexdigest()
        for e, text in zip(events, run.payloads, strict=True)
    ]
    times = _times(events)
    find = reader.deals.get
    columns = reader.columns
    done = 0
    """Events of the run whose rows are made."""
    marked: list[tuple[int, int]] = []
    careful = 0
    for at, (event, digest, time) in enumerate(zip(events, digests, times, strict=True)):
        deal = find(event.dealId)
        sequence = event.sequenceNumber
        previous = event.previousEventHash
        kind = event.type
        if (
            deal is None
            or sequence != deal.next
            or previous != deal.hash
            or digest != event.eventHash
            or time is None
            or not event.id
            or kind not in KNOWN
        ):
            if columns:
                _rows(reader, batch, row, run, times, slice(done, at), marked, out)
                done, marked = at + 1, []
            careful += 1
            reader.take(reader.decode(batch, (row + at,))[0], out)
            continue
        deal.next = sequence + 1
        deal.prev = previous
        deal.hash = digest
        if time < deal.latest:
            _back(deal, time)
        deal.latest = time
        if deal.trace is not None:
            deal.trace.add(kind, batch.first + row + at, batch.offsets[row + at])
            continue
        step = deal.moves.get(kind)
        if step is not None:
            state, code, name = step
            if state is not deal.state:
                deal.state = state
                deal.moves = moves(state)
            if code:
                marked.append((at, CATALOGUE[code].severity))
                group = deal.life.get(name)
                if group is None:
                    _first(deal, name, batch, row + at, event)
                else:
                    group.count += 1
    if columns:
        _rows(reader, batch, row, run, times, slice(done, len(events)), marked, out)
    reader.records += len(events) - careful
    reader.note({event.dealId for event in events} & reader.deals.keys())


def _back(deal: Deal, time: int) -> None:
    deal.backwards = True
    deal.last = max(deal.last, deal.latest)
    deal.first = min(deal.first, time)


def _first(deal: Deal, name: str, batch: RecordBatch, at: int, event: Any) -> None:
    place = batch.first + at, batch.offsets[at], batch.lengths[at]
    deal.life[name] = Group(1, *place, event.sequenceNumber, event.id)


def _rows(
    reader: "KernelReader",
    batch: RecordBatch,
    row: int,
    run: Run,
    times: Sequence[int | None],
    part: slice,
    marked: Sequence[tuple[int, int]],
    out: EventBatch,
) -> None:
    """Rows of verified events that stand together, column by column. ``marked`` are (position, severity)."""
    events = run.events[part]
    if not events:
        return
    names, deals = reader.names, reader.deals
    for key in {event.dealId for event in events}:
        deals[key].code = deals[key].code or names.streams.code(StreamKey("deal", key))
    rows = slice(row + part.start, row + part.stop)
    zeros = bytes(8 * len(events))
    worst = bytearray(len(events))
    for at, severity in marked:
        worst[at - part.start] = severity
    out.offset.extend(batch.offsets[rows])
    out.length.extend(batch.lengths[rows])
    out.time.extend([time for time in times[part] if time is not None])
    out.sequence.extend([event.sequenceNumber for event in events])
    out.type.extend(_codes(names.types, [event.type for event in events]))
    out.actor.extend(_codes(names.actors, [getattr(event, "actorId", None) for event in events]))
    out.stream.extend([deals[event.dealId].code for event in events])
    out.key.frombytes(zeros)
    out.parent.frombytes(zeros)
    out.trust += bytes((Trust.VERIFIED,)) * len(events)
    out.worst += worst


def _codes(names: Names, texts: Sequence[str | None]) -> list[int]:
    codes = {text: names.code(text) if text else 0 for text in dict.fromkeys(texts)}
    return [codes[text] for text in texts]


def _entry(batch: RecordBatch, at: int, event: Any, text: str, value: Any) -> Entry | None:
    """The entry of a decoded line that the schema has nothing against; None where the careful way must look."""
    sequence, previous, stored, created = (
        event.sequenceNumber,
        event.previousEventHash,
        event.eventHash,
        event.createdAt,
    )
    if not (
        event.type in KNOWN
        and event.id
        and event.dealId
        and 0 <= sequence <= 2**53
        and (stored is None or HASH.fullmatch(stored))
        and (previous is None or HASH.fullmatch(previous))
    ):
        return None
    micros = _micros(created)
    if micros is None:
        return None
    return Entry(
        batch.first + at,
        batch.offsets[at],
        batch.lengths[at],
        {},
        (),
        event.dealId,
        sequence,
        event.type,
        value,
        True,
        text.encode(),
        stored,
        previous,
        Instant(micros, created, "Z"),
        created,
        event.id,
        getattr(event, "actorId", None) or None,
    )
