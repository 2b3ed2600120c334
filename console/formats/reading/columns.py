"""Turns events and their findings into the columns of a batch, interning names on the way."""

from collections.abc import Hashable, Sequence
from typing import cast

from console.formats.protocol import key64
from console.formats.reading.tally import Place
from console.model.batch import EventBatch, Names
from console.model.event import NO_TIME, Event, StreamKey
from console.model.finding import Finding
from console.model.record import RecordBatch
from console.model.trust import Severity


class Assembler:
    """Holds a reader's name lists; one for the life of the reader."""

    def __init__(self) -> None:
        self.types = Names()
        self.actors = Names()
        self.streams = Names()
        self.further = Names()

    def add(self, out: EventBatch, event: Event, findings: Sequence[Finding] = (), *, keyed: bool = True) -> None:
        """Append one row. With ``keyed`` the event's id and parent get keys, for identity and reference checks.

        The row's worst severity is the worst of the findings given and of ``event.worst``.
        """
        first, *further = [self.streams.code(stream) for stream in event.streams] or [0]
        out.add(
            event.offset,
            event.length,
            time=NO_TIME if event.instant is None else event.instant.micros,
            sequence=-1 if event.sequence is None else event.sequence,
            type=self.types.code(event.type) if event.type else 0,
            actor=self.actors.code(event.actor) if event.actor else 0,
            stream=first,
            further=self.further.code(tuple(further)) if further else 0,
            key=key64(event.event_id) if keyed and event.event_id else 0,
            parent=key64(event.parent) if keyed and event.parent else 0,
            trust=event.trust,
            worst=max((each.severity for each in findings), default=Severity.NONE)
            if event.worst is Severity.NONE
            else max(event.worst, *(each.severity for each in findings))
            if findings
            else event.worst,
        )
        out.findings.extend(findings)

    def extend(
        self,
        out: EventBatch,
        batch: RecordBatch,
        rows: slice,
        *,
        time: Sequence[int],
        type: Sequence[str],
        actor: Sequence[str],
        stream: Sequence[int],
        key: Sequence[int],
        trust: Sequence[int],
        parent: Sequence[int] = (),
        sequence: Sequence[int] = (),
        worst: Sequence[int] = (),
        further: Sequence[int] = (),
        alias: Sequence[int] = (),
    ) -> None:
        """Append the rows of several records of a batch, in columns; one that is not given is empty in all of them.

        ``stream`` and ``further`` are codes.
        """
        count = len(time)
        out.extend_late(out.further, further)
        out.extend_late(out.alias, alias)
        out.offset.extend(batch.offsets[rows])
        out.length.extend(batch.lengths[rows])
        out.time.extend(time)
        out.sequence.extend(sequence or [-1] * count)
        out.type.extend(_codes(self.types, type))
        out.actor.extend(_codes(self.actors, actor))
        out.stream.extend(stream)
        out.key.extend(key)
        out.parent.extend(parent or [0] * count)
        out.trust.extend(trust)
        out.worst.extend(worst or bytes(count))

    def finish(self, out: EventBatch) -> EventBatch:
        """Hand over the names that came new with this batch."""
        out.new_types = cast("list[str]", self.types.fresh)
        out.new_actors = cast("list[str]", self.actors.fresh)
        out.new_streams = cast("list[StreamKey]", self.streams.fresh)
        out.new_further = cast("list[tuple[int, ...]]", self.further.fresh)
        self.types.fresh, self.actors.fresh, self.streams.fresh, self.further.fresh = [], [], [], []
        return out


def place_in(batch: RecordBatch, index: int) -> Place:
    """Where a record of a batch is."""
    return Place(batch.first + index, batch.offsets[index], batch.lengths[index])


def _codes(names: Names, keys: Sequence[Hashable]) -> list[int]:
    """Their codes; 0 for what is empty."""
    known = names.codes
    for key in dict.fromkeys(keys):
        if key and key not in known:
            names.code(key)
    return [known[key] if key else 0 for key in keys]
