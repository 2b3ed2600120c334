"""Reads a ZakOps ledger batch after batch: rows, checks, the rules of streams, and what holds as of now."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import to_builtins

from console.formats.json import strict
from console.formats.json.times import parse, quick
from console.formats.json.validation import shown
from console.formats.protocol import Context, Rewalk, key64
from console.formats.reading.columns import Assembler
from console.formats.reading.lines import Decoder, OpenObject, stretches
from console.formats.reading.saved_state import stream_of
from console.formats.zakops import rules
from console.formats.zakops.checks import Checks
from console.formats.zakops.decode import Row, read_row, text
from console.formats.zakops.past import ARCHIVES, known, run_key
from console.formats.zakops.registry import REGISTRY
from console.formats.zakops.shapes import (
    ACTION,
    AGENT,
    AUDIT,
    DEAL_FILE,
    INBOX,
    NEWEST_FIRST,
    TIMES,
    deal_of,
    default_shape,
    shape_of,
)
from console.formats.zakops.sound import Event, Sound
from console.formats.zakops.streams import Followed, Streams
from console.model.batch import EventBatch
from console.model.event import NO_TIME, StreamKey
from console.model.finding import Finding
from console.model.ledger import StreamFacts
from console.model.record import Record, RecordBatch
from console.model.trust import Confidence, Severity, Trust

_Quiet = tuple[int, int, int]
"""What an event that needs no look adds to its columns: the codes of its run and of its further streams, and the worst
severity."""


class ZakopsReader:
    """A ledger's reader; see ``console.formats.protocol.Reader``."""

    def __init__(self, context: Context) -> None:
        self._now = context.now
        self._default = default_shape(context.shape)
        self._deal = deal_of(context.shape)
        self._newest_first = NEWEST_FIRST in context.shape
        self._decoders = [] if self._newest_first or self._deal else [Decoder(Event)]
        self._others = Decoder(OpenObject)
        self._assembler = Assembler()
        self._streams = Streams(self._assembler.streams)
        self._checks = Checks(context.now)
        self._said = self._checks.said
        self._recent = rules.Recent()
        self._past = known(b"".join(context.companions.get(table, b"") for table in ARCHIVES.values()))

    @property
    def profile(self) -> str | None:
        return None

    def read(self, batch: RecordBatch) -> EventBatch:
        out = EventBatch(batch.first)
        for start, found in stretches(batch, self._decoders, self._others):
            if found is None:
                self._record(out, batch, start)
            elif type(found[0]) is Event:
                self._sound(out, batch, start, found)
            else:
                for index, document in enumerate(found, start):
                    self._document(out, batch, index, strict.Decoded(document))
        return self._assembler.finish(out)

    def _record(self, out: EventBatch, batch: RecordBatch, index: int) -> None:
        raw, length = batch.raws[index], batch.lengths[index]
        if not raw and length:  # too large: the container has said so
            out.add(batch.offsets[index], length, trust=Trust.UNCHECKED, worst=Severity.ERROR)
        else:
            self._document(out, batch, index, strict.decode(raw))

    def _document(self, out: EventBatch, batch: RecordBatch, index: int, decoded: strict.Decoded) -> None:
        document, place = decoded.document, (batch.first + index, batch.offsets[index], batch.lengths[index])
        shape = None if document is None else shape_of(document) or self._default
        if document is None or shape is None:
            self._unreadable(out, decoded, *place)
            return
        row = read_row(document, shape, self._deal)
        row.record, row.offset, row.length = place
        self._add(out, row, document)
        if decoded.problems:
            out.findings += strict.place_problems(decoded.problems, *place)
            out.worst[-1] = max(out.worst[-1], *(each.severity for each in out.findings[-len(decoded.problems) :]))

    def _sound(self, out: EventBatch, batch: RecordBatch, start: int, events: Sequence[Event]) -> None:
        """Events from an index of the batch on: those of a run of which nothing new is to be said of themselves by
        columns, the others one by one."""
        sound, runs, low = Sound(events), list[_Quiet](), 0
        for row, event in enumerate(events):
            if event.run_id and self._checks.passes(sound, row):
                place = batch.first + start + row, batch.offsets[start + row], batch.lengths[start + row]
                runs.append(self._follow(event.run_id, sound, row, place))
                if self._said.findings:
                    out.findings += self._said.findings
                continue
            self._columns(out, batch, start, sound, low, runs)
            self._document(out, batch, start + row, strict.Decoded(to_builtins(event)))
            runs, low = [], row + 1
        self._columns(out, batch, start, sound, low, runs)

    def _follow(self, key: str, sound: Sound, row: int, place: tuple[int, int, int]) -> "_Quiet":
        """The rules of a sound event's streams."""
        event, run = sound.events[row], self._streams.follow(("run", key))
        self._said.begin(place, sound.ids[row] or None)
        self._streams.touch(run)
        assert isinstance(run.state, rules.Run)
        category = REGISTRY[event.event_type].category
        self._run(run, run.state, category, event.tool_call_id, sound.payloads[row], place)
        self._order(run, AGENT, sound.times[row])
        ties = sound.correlations[row], event.deal_id or None, sound.traces[row], event.action_id or None
        if ties != run.ties:
            run.ties = ties if self._tie(run, *ties) else None
        return run.code, run.further, self._said.worst

    def _tie(
        self, run: Followed, correlation: str | None, deal: str | None, trace: str | None, action: str | None
    ) -> bool:
        """Note the further streams of a run's event; whether the next event of the same streams needs no look."""
        kinds = (("deal", correlation or deal), ("trace", trace), ("action", action))
        further = {kind: self._streams.follow((kind, key)) for kind, key in kinds if key}
        run.further = self._assembler.further.code(tuple(each.code for each in further.values())) if further else 0
        if trace and correlation:
            self._trace(further["trace"], correlation)
        return self._said.worst is Severity.NONE

    def _columns(
        self, out: EventBatch, batch: RecordBatch, start: int, sound: Sound, low: int, quiet: list["_Quiet"]
    ) -> None:
        """Rows of sound events from ``low`` on."""
        if not quiet:
            return
        first, further, worst = zip(*quiet, strict=True)
        high = low + len(quiet)
        parents = sound.parents[low:high]
        self._assembler.extend(
            out,
            batch,
            slice(start + low, start + high),
            time=sound.times[low:high],
            sequence=sound.sequences[low:high],
            type=[event.event_type for event in sound.events[low:high]],
            actor=sound.actors[low:high],
            stream=first,
            further=further if any(further) else (),
            key=sound.keys[low:high],
            parent=[0 if key in self._past else key for key in parents] if self._past else parents,
            trust=bytes((Trust.UNCHAINED,)) * len(quiet),
            worst=worst,
        )

    def _unreadable(self, out: EventBatch, decoded: strict.Decoded, record: int, offset: int, length: int) -> None:
        findings = strict.place_problems(decoded.problems, record, offset, length)
        if decoded.document is not None:
            self._checks.start(Row("", "", "", [], None, None, record=record, offset=offset, length=length))
            self._said.say("schema.missing-field", "The record has the keys of no ZakOps row.")
            findings += self._said.findings
        worst = max((each.severity for each in findings), default=self._said.worst)
        out.add(offset, length, trust=Trust.UNCHECKED, worst=worst)
        out.findings += findings

    def _add(self, out: EventBatch, row: Row, document: Mapping[str, Any]) -> None:
        checks, names = self._checks, self._assembler
        moment = quick(row.time) if type(row.time) is str else None
        micros = NO_TIME if moment is None else moment[0]
        checks.start(row)
        checks.schema(document)
        checks.time(moment)
        if row.shape not in (ACTION, INBOX):
            checks.correlation()
        streams = [self._streams.follow(stream) for stream in row.streams]
        if streams:
            self._step(streams[0], row, document, micros)
        for stream in streams:
            if stream.kind == "trace" and row.correlation is not None:
                self._trace(stream, row.correlation)
        first, *further = [stream.code for stream in streams] or [0]
        key = self._inbox(row) if row.shape == INBOX else key64(row.event_id) if row.event_id else 0
        out.add(
            row.offset,
            row.length,
            time=micros,
            sequence=-1 if row.sequence is None else row.sequence,
            type=names.types.code(row.type),
            actor=names.actors.code(row.actor) if row.actor else 0,
            stream=first,
            further=names.further.code(tuple(further)) if further else 0,
            key=key,
            parent=self._parent(row),
            trust=Trust.UNCHAINED,
            worst=self._said.worst,
        )
        if self._said.findings:
            out.findings += self._said.findings

    def _parent(self, row: Row) -> int:
        """The key of an event's cause, 0 if it has none or if that is in the archive."""
        key = key64(row.parent) if row.parent else 0
        return 0 if key in self._past else key

    def _step(self, stream: Followed, row: Row, document: Mapping[str, Any], micros: int) -> None:
        """The rules of the first stream of an event."""
        state = stream.state
        self._streams.touch(stream)
        if isinstance(state, rules.Aggregate):
            self._outbox(state, row, document, micros)
            return
        if row.shape == ACTION:
            found, remarks = rules.walk_trail(document)
            if isinstance(state, rules.Action):
                state.status, state.retries = text(document.get("status")) or found.status, found.retries
            self._say(remarks, stream.key)
            return
        if self._newest_first:
            return
        place = row.record, row.offset, row.length
        if isinstance(state, rules.Action):
            if row.shape == AUDIT:
                self._say(rules.step_action(state, row.type, row.payload), stream.key)
                if row.type == "started":
                    state.since = micros
                    state.record, state.offset, state.length = place
                self._streams.watch(stream)
        elif isinstance(state, rules.Run):
            self._run(stream, state, row.category, document.get("tool_call_id"), row.payload, place)
        elif row.category == "deal.stage_changed" and row.payload is not None:
            state.stage = text(row.payload.get("to_stage")) or state.stage
        self._order(stream, row.shape, micros)

    def _run(
        self,
        stream: Followed,
        state: rules.Run,
        category: str,
        call: Any,
        payload: Mapping[str, Any] | None,
        place: tuple[int, int, int],
    ) -> None:
        """The rules of an event's run."""
        if self._past and not state.status and run_key(stream.key) in self._past and category not in rules.BEGINS:
            state.status, state.partial = rules.RUNNING, True
        if category.startswith("run.tool_"):
            call = text(call or (payload or {}).get("tool_call_id"))
        remarks = rules.step_run(state, category, call)
        if remarks:
            self._say(remarks, stream.key)
        if state.status in rules.ENDED and not state.record and state.unanswered:
            state.record, state.offset, state.length = place
            self._streams.watch(stream)

    def _order(self, stream: Followed, shape: str, micros: int) -> None:
        """The order of times in a stream."""
        if micros != NO_TIME:
            if micros < stream.state.last:
                self._regression(stream, shape, micros)
            stream.state.last = micros

    def _say(self, remarks: list[rules.Remark], stream: str) -> None:
        for code, message, field, expected, actual, severity in remarks:
            self._said.say(
                code,
                message,
                stream,
                stream=stream,
                field=field,
                expected=expected,
                actual=actual,
                severity=severity,
            )

    def _regression(self, stream: Followed, shape: str, micros: int) -> None:
        back = (stream.state.last - micros) / 1_000_000
        message = f"The time is {back:g} s before that of the event before it in this {stream.kind}."
        more: dict[str, Any] = {"stream": stream.key, "field": TIMES[shape][0]}
        if shape not in (AUDIT, DEAL_FILE):
            # PostgreSQL's NOW() is the start of a transaction: two that overlap may commit the other way round.
            message += " Overlapping transactions do this too."
            more |= {"severity": Severity.WARNING, "confidence": Confidence.HEURISTIC}
        self._said.say("order.time-regression", message, stream.key, **more)

    def _trace(self, stream: Followed, correlation: str) -> None:
        state = stream.state
        if not isinstance(state, rules.Other) or state.correlation == correlation:
            return
        if not state.correlation:
            state.correlation = correlation
            self._streams.touch(stream, shown=False)
            return
        self._said.say(
            "correlation.mismatch",
            "The events of one trace name different correlation ids.",
            stream.key,
            stream=stream.key,
            field="correlation_id",
            expected=state.correlation,
            actual=correlation,
        )

    def _outbox(self, state: rules.Aggregate, row: Row, document: Mapping[str, Any], micros: int) -> None:
        get = document.get
        delivered = parse(get("delivered_at")) or parse(get("published_at"))
        due = parse(get("next_attempt_at"))
        found = rules.delivery(
            document,
            micros,
            NO_TIME if delivered is None else delivered.micros,
            NO_TIME if due is None else due.micros,
            self._now,
        )
        state.lag = found.lag
        if found.state == "delivered":
            state.delivered += 1
        elif found.state == "dead":
            state.dead += 1
            self._said.count("outbox.dead", f"{row.type}: {shown(found.why)}.", row.type)
        else:
            state.waiting += 1
            if found.state == "stalled":
                self._said.count("outbox.stalled", f"{row.type}: {found.why}.", row.type)

    def _inbox(self, row: Row) -> int:
        """The key of a processed event and its consumer; 0 if it is said here that it was processed before."""
        if row.event_id is None:
            return 0
        consumer = next((key for kind, key in row.streams if kind == "consumer"), None)
        name = row.event_id if consumer is None else f"{row.event_id}\0{consumer}"
        if not self._recent.seen(name):
            return key64(name)
        message = "This event was processed before by the same consumer."
        self._said.say("inbox.duplicate", message, actual=row.event_id)
        return 0

    def standing(self) -> list[Finding]:
        return [*self._checks.standing(), *self._streams.standing(self._now)]

    def facts(self) -> Iterable[StreamFacts]:
        return list(self._streams.facts())

    def take_state(self) -> Mapping[str | StreamKey, bytes]:
        return {**dict(self._checks.take()), **dict(self._recent.take()), **dict(self._streams.take())}

    def load_state(self, items: Iterable[tuple[str | StreamKey, bytes]]) -> None:
        for name, value in items:
            stream = stream_of(name)
            if stream is not None:
                self._streams.load(stream.kind, stream.key, value)
                continue
            key = json.loads(str(name))
            if key[0] == "inbox":
                self._recent.load(key[1], value)
            else:
                self._checks.load(key, value)

    def takes_tail(self, raw: bytes) -> bool:
        return False

    def irregular(self) -> list[StreamKey]:
        return []

    def link_key(self, raw: bytes) -> tuple[StreamKey, int] | None:
        return None

    def rewalk(self, stream: StreamKey, records: Iterable[Record]) -> Rewalk:
        return Rewalk({}, [])
