"""Reads a Maysano answer or capture batch after batch: rows, schema, the rules of things and operations."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from typing import Any

from msgspec import to_builtins

from console.formats.json import strict
from console.formats.json.times import from_epoch_ms, quick
from console.formats.json.validation import shown
from console.formats.maysano import rules
from console.formats.maysano.decode import BATCH, Row, Told, read_block, read_row
from console.formats.maysano.operation import PHASES, Operation, Phase
from console.formats.maysano.operation import step as step_operation
from console.formats.maysano.remark import Remark
from console.formats.maysano.shapes import NEWEST_FIRST, SSE, STRUCTURAL, default_shape, shape_of
from console.formats.maysano.sound import Change, Sound, decoders
from console.formats.protocol import Context, Rewalk, key64
from console.formats.reading.columns import Assembler, place_in
from console.formats.reading.grouped import Said
from console.formats.reading.lines import Decoder, OpenObject, stretches
from console.formats.reading.tally import Place
from console.model.batch import EventBatch
from console.model.event import NO_TIME, StreamKey
from console.model.finding import Finding
from console.model.ledger import StreamFacts
from console.model.record import Record, RecordBatch
from console.model.trust import Severity, Trust
from console.verify.catalogue import finding

CLOCK_SKEW = 5 * 60 * 1_000_000
"""Microseconds that a time may lie ahead of the check's clock."""
_VIOLATIONS = 20
"""Violations of one field that are said one by one."""


@dataclass(slots=True)
class _Followed:
    """One thing: its stream's kind, key and code (0: not named yet), its state, and whether it is saved and shown."""

    kind: str
    key: str
    code: int
    thing: rules.Thing
    saved: bool = True
    shown: bool = True


class MaysanoReader:
    """A ledger's reader; see ``console.formats.protocol.Reader``."""

    def __init__(self, context: Context) -> None:
        self._now = context.now
        self._sse = context.shape == SSE
        self._default = default_shape(context.shape)
        self._newest_first = NEWEST_FIRST in context.shape
        self._names = Assembler()
        self._said = Said()
        self._decoders = decoders()
        self._others = Decoder(OpenObject)
        self._followed: dict[tuple[str, str], _Followed] = {}
        self._unsaved: list[_Followed] = []
        self._unshown: list[_Followed] = []
        self._operation = Operation()
        self._operation_shown = True

    @property
    def profile(self) -> str | None:
        return None

    def read(self, batch: RecordBatch) -> EventBatch:
        out = EventBatch(batch.first)
        if self._sse:
            for index in range(len(batch)):
                self._read_block(out, batch, index)
            return self._names.finish(out)
        for start, found in stretches(batch, self._decoders, self._others):
            if found is None:
                self._record(out, batch, start)
            elif isinstance(found[0], Change):
                self._sound(out, batch, start, found)
            else:
                for index, document in enumerate(found, start):
                    self._document(out, batch, index, strict.Decoded(document))
        return self._names.finish(out)

    def _sound(self, out: EventBatch, batch: RecordBatch, start: int, records: Sequence[Change]) -> None:
        """Records from an index of the batch on: those of which nothing new is to be said of themselves by columns, the
        others one by one."""
        sound, quiet, low = Sound(records), list[tuple[int, int, int]](), 0
        for row, record in enumerate(records):
            if self._passes(sound, row):
                told, streams, _ = sound.told[row]
                self._said.begin(place_in(batch, start + row), sound.ids[row] or None)
                first, *further = [self._follow(stream) for stream in streams]
                self._step(first, told, sound.times[row])
                code = self._names.further.code(tuple(each.code for each in further)) if further else 0
                quiet.append((first.code, code, self._said.worst))
                if self._said.findings:
                    out.findings += self._said.findings
                continue
            self._columns(out, batch, start, sound, low, quiet)
            self._document(out, batch, start + row, strict.Decoded(to_builtins(record)))
            quiet, low = [], row + 1
        self._columns(out, batch, start, sound, low, quiet)

    def _passes(self, sound: Sound, row: int) -> bool:
        """The checks of a sound record alone: True if it gives no finding of its own, and what is only counted has
        been counted."""
        told, _, plain = sound.told[row]
        micros = sound.times[row]
        if not plain or micros == NO_TIME or micros > self._now + CLOCK_SKEW:
            return False
        if told.shape != STRUCTURAL and not sound.actors[row]:
            return False
        return sound.zones[row] != "" or self._said.count_known([("order.naive-timestamp", "")])

    def _columns(
        self, out: EventBatch, batch: RecordBatch, start: int, sound: Sound, low: int, quiet: list[tuple[int, int, int]]
    ) -> None:
        """Rows of sound records from ``low`` on: the codes of their streams, and their worst severity."""
        if not quiet:
            return
        first, further, worst = zip(*quiet, strict=True)
        high = low + len(quiet)
        self._names.extend(
            out,
            batch,
            slice(start + low, start + high),
            time=sound.times[low:high],
            type=[told.type for told, _, _ in sound.told[low:high]],
            actor=sound.actors[low:high],
            stream=first,
            further=further if any(further) else (),
            key=sound.keys[low:high],
            trust=bytes((Trust.UNCHAINED,)) * len(quiet),
            worst=worst,
        )

    def _record(self, out: EventBatch, batch: RecordBatch, index: int) -> None:
        raw, length = batch.raws[index], batch.lengths[index]
        if not raw and length:  # too large: the container has said so
            out.add(batch.offsets[index], length, trust=Trust.UNCHECKED, worst=Severity.ERROR)
        else:
            self._document(out, batch, index, strict.decode(raw))

    def _document(self, out: EventBatch, batch: RecordBatch, index: int, decoded: strict.Decoded) -> None:
        document, place = decoded.document, place_in(batch, index)
        shape = None if document is None else shape_of(document) or self._default
        if document is None or shape is None:
            self._said.begin(place, None)
            self._problems(decoded.problems)
            if document is not None:
                self._said.say("schema.missing-field", "The record has the keys of none of Maysano's shapes.")
            out.add(place.offset, place.length, trust=Trust.UNCHECKED, worst=self._said.worst)
            out.findings += self._said.findings
            return
        row = read_row(document, shape)
        self._said.begin(place, row.event_id)
        self._problems(decoded.problems)
        time = document.get("createdAt")
        moment = quick(time) if type(time) is str else None
        if type(time) is int and (found := from_epoch_ms(time)) is not None:
            moment = found.micros, found.zone
        self._schema(row, document)
        self._time(time, moment)
        self._add(out, row, place, NO_TIME if moment is None else moment[0])

    def _read_block(self, out: EventBatch, batch: RecordBatch, index: int) -> None:
        raw, place = batch.raws[index], place_in(batch, index)
        if not raw and place.length:  # too large: the container has said so
            out.add(place.offset, place.length, trust=Trust.UNCHECKED, worst=Severity.ERROR)
            return
        row, document, moment = read_block(raw)
        self._said.begin(place, row.event_id)
        try:
            raw.decode()
        except UnicodeDecodeError as error:
            self._said.say(
                "record.invalid-utf8", f"Byte 0x{raw[error.start]:02x} at position {error.start} is not UTF-8."
            )
        self._problems(row.problems, "data")
        if document["data"] is not None:
            if row.type not in PHASES:
                message = (
                    f"The event {shown(row.type)!r} is not of the documented ones: it is shown, and changes nothing."
                )
                self._said.count("schema.unknown-event-type", message, row.type, Severity.NOTE)
            operation = self._operation
            self._remarks(step_operation(operation, row.type, row.extra), BATCH[1])
            operation.record, operation.offset, operation.length = place
            if moment is not None:
                operation.first = moment.micros if operation.first is None else operation.first
                operation.last = moment.micros
            self._operation_shown = False
        self._add(out, row, place, NO_TIME if moment is None else moment.micros)

    def _add(self, out: EventBatch, row: Row, place: Place, micros: int) -> None:
        names, streams = self._names, [self._follow(stream) for stream in row.streams]
        if streams and row.shape != SSE:
            self._step(streams[0], row.told, micros)
        first, *further = [each.code for each in streams] or [0]
        out.add(
            place.offset,
            place.length,
            time=micros,
            type=names.types.code(row.type),
            actor=names.actors.code(row.actor) if row.actor else 0,
            stream=first,
            further=names.further.code(tuple(further)) if further else 0,
            # Each shape has its own table, and so its own ids; a capture's ids only say where to go on.
            key=key64(f"{row.shape} {row.event_id}") if row.event_id and row.shape != SSE else 0,
            trust=Trust.UNCHAINED,
            worst=self._said.worst,
        )
        if self._said.findings:
            out.findings += self._said.findings

    def _follow(self, stream: tuple[str, str]) -> _Followed:
        found = self._followed.get(stream)
        if found is None:
            kind, key = stream
            code = self._names.streams.code(StreamKey(kind, key))
            found = self._followed[stream] = _Followed(kind, key, code, rules.Thing())
        elif not found.code:
            found.code = self._names.streams.code(StreamKey(found.kind, found.key))
        return found

    def _step(self, stream: _Followed, told: Told, micros: int) -> None:
        thing = stream.thing
        if stream.saved:
            stream.saved = False
            self._unsaved.append(stream)
        if stream.shown:
            stream.shown = False
            self._unshown.append(stream)
        remarks = rules.step(thing, told, newest_first=self._newest_first)
        if remarks:
            self._remarks(remarks, stream.key)
        if micros != NO_TIME:
            if thing.last != NO_TIME and (micros > thing.last if self._newest_first else micros < thing.last):
                apart = abs(thing.last - micros) / 1_000_000
                order = "newest first" if self._newest_first else "oldest first"
                message = f"The ledger is written {order}, but here createdAt steps {apart:g} s the other way."
                self._said.say("order.time-regression", message, stream.key, stream=stream.key, field="createdAt")
            thing.last = micros

    def _schema(self, row: Row, document: Mapping[str, Any]) -> None:
        from console.formats.maysano.schema import breaches  # pydantic is imported where a record needs a second look

        for each in breaches(row.shape, document):
            if each.field:
                group = f"{each.field} {row.shape}"
                self._said.say(each.code, each.message, group, _VIOLATIONS, field=each.field, actual=each.actual)
        if row.problems:
            self._problems(row.problems, "metadata" if row.shape == STRUCTURAL else "details")
        if row.actor is None and row.shape != STRUCTURAL:
            who = document.get("performedBy")
            code = "schema.missing-field" if who in (None, "") else "schema.wrong-type"
            message = "performedBy names nobody: every change must say who made it."
            group = f"performedBy {row.shape}"
            self._said.say(code, message, group, field="performedBy", actual=None if who is None else shown(who))

    def _time(self, time: Any, moment: tuple[int, str] | None) -> None:
        if moment is None:
            if time not in (None, "") and type(time) in (str, int):
                dated = type(time) is int or (time[:4].isdigit() and time[4:5] == "-")
                code = "schema.impossible-date" if dated else "schema.bad-pattern"
                self._said.say(
                    code, f"createdAt: {shown(time)} is no time.", "createdAt", _VIOLATIONS, field="createdAt"
                )
            return
        if moment[0] > self._now + CLOCK_SKEW:
            self._said.count("order.future-timestamp", "Times later than now.")
        if not moment[1]:
            self._said.count("order.naive-timestamp", "Times without a zone, read as UTC.", mark=False)

    def _problems(self, problems: Iterable[strict.Problem], field: str = "") -> None:
        for problem in problems:
            message = f"{field}: {problem.message}" if field else problem.message
            self._said.say(problem.code, message, field, _VIOLATIONS, field=field or problem.field)

    def _remarks(self, remarks: Iterable[Remark], stream: str) -> None:
        for code, message, field, expected, actual in remarks:
            self._said.say(code, message, stream, stream=stream, field=field, expected=expected, actual=actual)

    def standing(self) -> list[Finding]:
        found = list(self._said.grouped.standing())
        operation = self._operation
        if operation.events and not operation.ended:
            message = f"The stream has neither 'done' nor 'error' yet; its last phase is {operation.phase or 'none'}."
            found.append(
                finding(
                    "operation.interrupted",
                    message,
                    stream=BATCH[1],
                    record=operation.record,
                    offset=operation.offset,
                    length=operation.length,
                    standing=True,
                )
            )
        return found

    def facts(self) -> Iterable[StreamFacts]:
        return list(self._facts())

    def _facts(self) -> Iterator[StreamFacts]:
        changed, self._unshown = self._unshown, []
        for each in changed:
            each.shown = True
            yield StreamFacts(each.kind, each.key, each.thing.facts())
        if not self._operation_shown:
            self._operation_shown = True
            yield StreamFacts(*BATCH, self._operation.facts())

    def take_state(self) -> Mapping[str, bytes]:
        items = dict(self._said.grouped.take())
        changed, self._unsaved = self._unsaved, []
        for each in changed:
            each.saved = True
            items[json.dumps(["stream", each.kind, each.key])] = json.dumps(astuple(each.thing)).encode()
        if self._sse:
            items['["operation"]'] = json.dumps(asdict(self._operation)).encode()
        return items

    def load_state(self, items: Iterable[tuple[str, bytes]]) -> None:
        for name, value in items:
            key = json.loads(name)
            if key[0] == "cause":
                self._said.grouped.load(key, value)
            elif key[0] == "operation":
                values = json.loads(value)
                phases = {phase: Phase(**values[phase]) for phase in ("recommend", "create", "run")}
                self._operation = Operation(**{**values, **phases})
            else:
                thing = rules.Thing(*json.loads(value))
                self._followed[key[1], key[2]] = _Followed(key[1], key[2], 0, thing)

    def takes_tail(self, raw: bytes) -> bool:
        return False

    def irregular(self) -> list[StreamKey]:
        return []

    def link_key(self, raw: bytes) -> tuple[StreamKey, int] | None:
        return None

    def rewalk(self, stream: StreamKey, records: Iterable[Record]) -> Rewalk:
        return Rewalk({}, [])
