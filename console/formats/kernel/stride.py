"""The fast way through a decoded run: events in their plain case in one loop.

The plain case is an event that follows the tip of its deal's chain and whose hash is reproduced at once. Everything
else goes the careful way, one event at a time, so that both ways give the same findings.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from console.formats.kernel import clock
from console.formats.kernel.deals import Deal, Group
from console.formats.kernel.fast import Run
from console.formats.kernel.lifecycle import KNOWN, Move, State, moves
from console.formats.kernel.profiles import DOC
from console.formats.kernel.recall import documented
from console.formats.kernel.record import Entry
from console.model.batch import EventBatch, Names
from console.model.event import Instant, StreamKey
from console.model.record import RecordBatch
from console.model.trust import Trust
from console.verify.catalogue import CATALOGUE
from console.verify.judgement import HASH

if TYPE_CHECKING:
    from console.formats.kernel.reader import KernelReader

_UNKNOWN = Move(State())
_RECOVERED = int(Trust.RECOVERED)


def stride(reader: "KernelReader", batch: RecordBatch, row: int, run: Run, out: EventBatch) -> None:
    """Take the run, whose first line is ``row`` of the batch."""
    events = run.events
    times = clock.plain([event.createdAt for event in events])
    held = documented(run) if reader.settled == DOC else reader.recall.audited(run, times, reader.memory)
    latest = clock.text(reader.latest // 1000 * 1000) or "9999"
    find = reader.deals.get
    columns = reader.columns
    done = 0
    """Events of the run whose rows are made."""
    marked: list[tuple[int, int]] = []
    careful = 0
    for at, (event, trust, created) in enumerate(zip(events, held, times, strict=True)):
        deal = find(event.dealId)
        sequence, previous = event.sequenceNumber, event.previousEventHash
        if (
            not trust
            or deal is None
            or sequence != deal.next
            or previous != deal.hash
            or created < deal.created
            or created > latest
            or (step := deal.moves.get(event.type, _UNKNOWN)) is _UNKNOWN
        ):
            if columns:
                _rows(reader, batch, row, run, (times, held), slice(done, at), marked, out)
                done, marked = at + 1, []
            careful += 1
            entry = _entry(batch, row + at, event, run.payloads[at])
            if entry is None:
                reader.take(reader.decode(batch, (row + at,))[0], out)
            else:
                reader.take_sound(entry, [], out)
            continue
        deal.next = sequence + 1
        deal.prev = previous
        deal.hash = event.eventHash
        deal.created = created
        if trust == _RECOVERED:
            deal.recovered += 1
        if step is None:
            continue
        if deal.trace is not None:
            deal.trace.add(event.type, batch.first + row + at, batch.offset, row + at)
        else:
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
    reader.records += len(events) - careful
    if columns:
        _rows(reader, batch, row, run, (times, held), slice(done, len(events)), marked, out)


def _first(deal: Deal, name: str, batch: RecordBatch, at: int, event: Any) -> None:
    place = batch.first + at, batch.offsets[at], batch.lengths[at]
    deal.life[name] = Group(1, *place, event.sequenceNumber, event.id)


def _rows(
    reader: "KernelReader",
    batch: RecordBatch,
    row: int,
    run: Run,
    found: tuple[Sequence[str], Sequence[int]],
    part: slice,
    marked: Sequence[tuple[int, int]],
    out: EventBatch,
) -> None:
    """Rows of events that stand together, column by column. ``found`` are the times and the trust of all events of the
    run, ``marked`` (position, severity) of those in this part."""
    events = run.events[part]
    if not events:
        return
    names, deals = reader.names, reader.deals
    touched = {event.dealId for event in events}
    for key in touched:
        deals[key].code = deals[key].code or names.streams.code(StreamKey("deal", key))
    reader.note(touched)
    rows = slice(row + part.start, row + part.stop)
    zeros = bytes(8 * len(events))
    worst = bytearray(len(events))
    for at, severity in marked:
        worst[at - part.start] = severity
    out.offset.extend(batch.offsets[rows])
    out.length.extend(batch.lengths[rows])
    times, held = found
    out.time.extend(clock.all_micros(times[part]))
    out.sequence.extend([event.sequenceNumber for event in events])
    out.type.extend(_codes(names.types, [event.type for event in events]))
    out.actor.extend(_codes(names.actors, [getattr(event, "actorId", None) for event in events]))
    out.stream.extend([deals[event.dealId].code for event in events])
    out.key.frombytes(zeros)
    out.parent.frombytes(zeros)
    out.trust += bytes(held[part])
    out.worst += worst


def _codes(names: Names, texts: Sequence[str | None]) -> list[int]:
    codes = names.codes
    try:
        return [codes[text] if text else 0 for text in texts]
    except KeyError:
        return [names.code(text) if text else 0 for text in texts]


def _entry(batch: RecordBatch, at: int, event: Any, text: str) -> Entry | None:
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
    micros = clock.micros(created)
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
        event.payload,
        True,
        text.encode(),
        stored,
        previous,
        Instant(micros, created, "Z"),
        created,
        event.id,
        getattr(event, "actorId", None) or None,
    )
