"""Plain ledger events in columns, and which of them need more than a row.

The msgspec types are derived from the models of ``schema``. What they accept is right by the models, too (a test holds
them to it); what they refuse is validated with pydantic, which words exactly what is wrong.
"""

from collections.abc import Callable, Sequence
from functools import reduce
from operator import attrgetter, or_
from typing import Annotated, Any, NamedTuple

import msgspec

from console.formats.json.scan import Fields, Scan
from console.formats.json.times import moments
from console.formats.reading.runs import Run, Typed
from console.formats.smvm import record
from console.formats.smvm.hashes.integrity import HashState, check_metadata
from console.formats.smvm.rules.fields import SUSPECTS
from console.formats.smvm.rules.ledger_rules import SECOND, SERVICES, Rules, apart_from_run
from console.formats.smvm.rules.runs import RANKS
from console.formats.smvm.schema.hints import Words
from console.formats.smvm.schema.models import MODELS
from console.model.event import NO_TIME
from console.model.record import RecordBatch

FIELDS = Fields("event_id", "timestamp", "metadata")
_HEX = "0123456789abcdef"
_metadata_of = msgspec.json.Decoder(dict[str, Any]).decode
KNOWN = 1000
"""Good values that are remembered of one field."""


Text = Annotated[str, msgspec.Meta(min_length=1)]


class PlainEvent(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A ledger event as its schema wants it; ``metadata`` and ``provenance`` have the
    fields of its type's models as attributes."""

    event_id: Text
    timestamp: Text
    run_id: Text
    span_id: Text
    service: Text
    agent_id: Text
    data_hash: str
    metadata: Any
    provenance: Any


class Hint(NamedTuple):
    """A vocabulary of one field of ``part`` (metadata or provenance); ``get`` reads it from an event, ``known`` holds
    values that were found good, ``path`` and ``text`` are what findings show."""

    get: Callable[[Any], Any]
    known: set[str]
    words: Words
    path: str
    text: str
    part: str
    field: str

    def allow(self, value: object) -> bool:
        """True if the hint allows a value that is not ``known`` yet; what is no text is the schema's affair."""
        if not isinstance(value, str):
            return True
        allowed = self.words.allow(value)
        if allowed and len(self.known) < KNOWN:
            self.known.add(value)
        return allowed


class EventKind(NamedTuple):
    """What the reader needs to know of one event type."""

    name: str
    hints: tuple[Hint, ...]


def _type(annotation: Any, marks: list[Any]) -> Any:
    limits = {name: getattr(mark, name) for mark in marks for name in ("ge", "le", "min_length") if hasattr(mark, name)}
    return Annotated[annotation, msgspec.Meta(**limits)] if limits else annotation


def _part(model: Any) -> type[msgspec.Struct]:
    fields = [(name, _type(info.annotation, info.metadata)) for name, info in model.model_fields.items()]
    return msgspec.defstruct(model.__name__, fields, forbid_unknown_fields=True, gc=False)


def _hint(part: str, field: str, words: Words) -> Hint:
    path = f"{part}.{field}"
    return Hint(attrgetter(path), set(words.values), words, path, "/".join(sorted(words.values)), part, field)


def _kinds() -> dict[type[msgspec.Struct], EventKind]:
    kinds: dict[type[msgspec.Struct], EventKind] = {}
    for name, model in MODELS.items():
        parts = {part: model.model_fields[part].annotation for part in ("metadata", "provenance")}
        fields = [(part, field, info) for part, of in parts.items() if of for field, info in of.model_fields.items()]
        struct = msgspec.defstruct(
            name,
            [(part, _part(of)) for part, of in parts.items() if of],
            bases=(PlainEvent,),
            tag_field="event_type",
            tag=name,
            forbid_unknown_fields=True,
            gc=False,
        )
        kinds[struct] = EventKind(
            name,
            tuple(
                _hint(part, field, mark)
                for part, field, info in fields
                for mark in info.metadata
                if isinstance(mark, Words)
            ),
        )
    return kinds


KINDS = _kinds()
BY_NAME = {kind.name: kind for kind in KINDS.values()}
TYPES = (Typed(reduce(or_, KINDS)),)


class RunEventRows(Run):
    """``decided`` are the rows whose ``data_hash`` is that of their metadata, ``flagged`` those of FLAGGED events,
    ``odd`` those with a finding of their own whatever came before; ``inside`` are rows with times of their provenance
    and their zones."""

    __slots__ = (
        "decided",
        "flagged",
        "ids",
        "inside",
        "keys",
        "names",
        "odd",
        "ranks",
        "runs",
        "spans",
        "times",
        "zones",
    )

    def __init__(self, batch: RecordBatch, scan: Scan, start: int, objects: Sequence[Any]) -> None:
        super().__init__(batch, scan, start, objects)
        events: Sequence[PlainEvent] = objects
        self.names = [KINDS[type(event)].name for event in events]
        self.ranks = [RANKS.get(name, 0) for name in self.names]
        self.runs = [event.run_id for event in events]
        self.ids = [event.event_id for event in events]
        self.keys = scan.keys64("event_id")
        self.times, self.zones = scan.instants("timestamp")
        self.decided: set[int] = set()
        self.flagged: list[int] = []
        self.inside: list[tuple[int, int, str]] = []
        self.odd = _unlike_ids(self.ids, self.times) | _unlike_hashes([event.data_hash for event in events])
        stamps = [event.timestamp for event in events]
        unlike = _unlike_times(stamps)
        for row in unlike:
            if stamps[row][16:17] != ":":  # which second of its minute is not known
                self.times[row] = NO_TIME
        self.odd |= unlike
        self.spans = [event.span_id for event in events]
        pairs = [*zip(self.runs, self.spans, strict=True)]
        self._leave({pair for pair in {*pairs} if not _belongs(*pair)}, pairs)
        services = [event.service for event in events]
        self._leave({*services} - SERVICES, services)
        rows: dict[type, list[int]] = {}
        for row, event in enumerate(events):
            rows.setdefault(type(event), []).append(row)
        for kind, some in rows.items():
            self._check(kind, some)

    def _leave(self, odd: set[Any], values: Sequence[Any]) -> None:
        if odd:
            self.odd.update(row for row, value in enumerate(values) if value in odd)

    def _check(self, kind: type, rows: list[int]) -> None:
        """What the type of these rows asks for."""
        name, events, odd = KINDS[kind].name, self.objects, self.odd
        for hint in KINDS[kind].hints:
            values = [hint.get(events[row]) for row in rows]
            unknown = {value for value in {*values} - hint.known if not hint.allow(value)}
            odd.update(row for row, value in zip(rows, values, strict=True) if unknown and value in unknown)
        suspect = SUSPECTS.get(name)
        if suspect is not None:
            odd.update([row for row in rows if suspect(events[row].metadata, events[row].provenance)])
        if name == "FLAGGED":
            self.flagged = rows
            self._time_inside(rows, [events[row].provenance.detection_timestamp for row in rows])
        elif name == "INGESTED":
            parts = [events[row].provenance for row in rows]
            odd.update(rows[each] for each in _unlike_hashes([part.source_checksum for part in parts]))
            self._time_inside(rows, [part.ingestion_timestamp for part in parts])
        elif name == "DECIDED":
            self.decided = {row for row in rows if row not in odd and self._fits(row)}
            odd.update(row for row in rows if row not in self.decided)

    def _time_inside(self, rows: list[int], stamps: list[str]) -> None:
        odd = {rows[each] for each in _unlike_times(stamps)}
        for row, time, zone in zip(rows, *moments(stamps), strict=True):
            if time == NO_TIME or not zone:
                odd.add(row)
            else:
                self.inside.append((row, time, zone))
        self.odd |= odd

    def notable(self, rules: Rules) -> list[int]:
        """Rows that may give a finding of their own."""
        latest = rules.clock.latest, rules.clock.latest_local
        found = self.odd | {row for row, time, _zone in self.inside if time > latest[0]}
        lasts: dict[str, int] = {}
        ranks: dict[str, int] = {}
        begins: dict[str, int] = {}
        for row, (run, time, rank) in enumerate(zip(self.runs, self.times, self.ranks, strict=True)):
            if not run:  # no run, so no state of one
                found.add(row)
                continue
            if run not in lasts:
                state = rules.state(run, self.place(row), self.ids[row], documented=True)
                lasts[run], ranks[run], begins[run] = state.last, state.rank, state.began
            if time == NO_TIME or time > latest[not self.zones[row]]:
                found.add(row)
            else:
                last = lasts[run]
                if time < last or time < begins[run] or (last == NO_TIME and apart_from_run(time, begins[run], last)):
                    found.add(row)
                lasts[run] = time
            if rank:
                if rank < ranks[run]:
                    found.add(row)
                ranks[run] = rank
        return sorted(found)

    def _fits(self, row: int) -> bool:
        """True if a decision's hash is that of its metadata as it is written."""
        begin, stop = self.scan.begins("metadata")[row], self.scan.stops("metadata")[row]
        metadata = _metadata_of(self.scan.data[begin:stop])
        return check_metadata(self.objects[row].data_hash, metadata).state is HashState.VERIFIED


def _belongs(run: str, span: str) -> bool:
    return run != "" and span.startswith(run) and record.SPAN_TAIL.fullmatch(span, len(run)) is not None


def _unlike_hashes(hashes: list[str]) -> set[int]:
    """Rows whose hash is not one."""
    if {*map(len, hashes)} == {64} and not "".join(hashes).strip(_HEX):
        return set()
    return {row for row, each in enumerate(hashes) if record.SHA256.fullmatch(each) is None}


def _unlike_times(stamps: list[str]) -> set[int]:
    """Rows whose time is not written as RFC 3339 has it, among times that exist. A few characters settle it for times
    in UTC with a fraction, all of one length."""
    sizes = {*map(len, stamps)}
    if len(sizes) == 1 and (size := sizes.pop()) > 21:
        joined = "".join(stamps)
        marks = ((10, "T"), (16, ":"), (19, "."), (size - 1, "Z"))
        ends = joined[size - 2 :: size]
        if all(joined[at::size] == mark * len(stamps) for at, mark in marks) and " " not in ends:
            return set()
    return {row for row, text in enumerate(stamps) if record.DATE_TIME.fullmatch(text) is None}


def _unlike_ids(names: list[str], times: Sequence[int]) -> set[int]:
    """Rows whose event id is none, or names another second than their time."""
    size = 32
    joined = "".join(names)
    marks = {0: "E", 1: "V", 2: "T", 3: "-", 19: "-"}
    if (
        {*map(len, names)} == {size}
        and all(joined[at::size] == mark * len(names) for at, mark in marks.items())
        and not "".join([name[20:] for name in names]).strip(_HEX)
    ):
        stamps = [name[4:19] for name in names]
        known = {stamp: record.second(stamp) if record.STAMP.fullmatch(stamp) else None for stamp in {*stamps}}
        seconds = [known[stamp] for stamp in stamps]
    else:
        matches = [record.EVENT_ID.fullmatch(name) for name in names]
        seconds = [None if match is None else record.second(match[1]) for match in matches]
    return {
        row
        for row, (second, time) in enumerate(zip(seconds, times, strict=True))
        if second is None or not 0 <= time - second < 2 * SECOND
    }
