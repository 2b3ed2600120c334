"""Reads a Maysano answer: three sequences of changes (structural events, activities, history), perhaps mixed in one
file, with the rules of the things that they change. Nothing is hashed or numbered, so order and replay are all that can
be checked."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from console.formats.json.scan import Scan
from console.formats.json.times import from_epoch_ms, quick
from console.formats.json.validation import shown
from console.formats.maysano import rules
from console.formats.maysano.columns import FIELDS, TYPES, Changes, type_of
from console.formats.maysano.record import (
    SHAPES,
    STRUCTURAL,
    MaysanoEnvelope,
    ThingStep,
    default_shape,
    newest_first,
    read_record,
    shape_of,
)
from console.formats.protocol import Context
from console.formats.reading.clock import step_back
from console.formats.reading.findings import EACH
from console.formats.reading.list_order import NEWEST_FIRST, OLDEST_FIRST
from console.formats.reading.reader import LedgerReader, Look
from console.formats.reading.streams import Followed, Streams
from console.model.event import NO_TIME, StreamKey
from console.model.ledger import StreamFacts
from console.model.trust import Trust

VIOLATIONS = 20
"""Violations of one field that are listed one by one."""
_NAIVE = "Times without a zone, read as UTC."


class MaysanoReader(LedgerReader[Changes]):
    """One answer's reader; see ``LedgerReader``."""

    fields = FIELDS
    types = TYPES
    run_type = Changes

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._default = default_shape(context.shape)
        self._newest_first = {shape: newest_first(context.shape, shape) for shape in SHAPES}
        self._things: Streams[rules.Thing] = Streams(self.columns, lambda _: rules.Thing)

    # -- in bulk

    def which(self, scan: Scan) -> list[int]:
        return type_of(scan)

    def notable(self, run: Changes) -> Iterator[int]:
        """Records with a finding of their own, beside the rules of the things that they change."""
        clock = self.clock
        for row, (time, zoned, (step, _, sound)) in enumerate(zip(run.times, run.zoned, run.plain, strict=True)):
            latest = clock.latest if zoned else clock.latest_local
            if time == NO_TIME or time > latest or not sound or not (run.actors[row] or step.shape == STRUCTURAL):
                yield row

    def quiet(self, run: Changes, low: int, high: int) -> None:
        streams, further, worst = [], [], bytearray()
        for row in range(low, high):
            step, of, _ = run.plain[row]
            first, *others = of
            self.findings.begin(run.place(row), run.ids[row] or None)
            if not run.zoned[row]:
                self.findings.count("order.naive-timestamp", _NAIVE, mark=False)
            thing = self._things.follow(*first)
            self._step(thing, step, run.times[row], zoned=run.zoned[row] == 1)
            streams.append(thing.code)
            further.append(self.columns.set_of([self.columns.stream(*each) for each in others]))
            worst.append(self.findings.worst)
            self.columns.out.findings += self.findings.found
        part = slice(low, high)
        self.columns.rows(
            run.part(low, high),
            time=run.times[part],
            type=[step.type for step, _, _ in run.plain[part]],
            actor=run.actors[part],
            stream=streams,
            further=further if any(further) else (),
            key=run.keys[part],
            trust=bytes((Trust.UNCHAINED,)) * (high - low),
            worst=worst,
        )

    # -- one by one

    def look(self, record: Look) -> None:
        document, found = record.document, self.findings
        shape = shape_of(document) or self._default
        if shape is None:
            self.problems(record.problems, VIOLATIONS)
            message = "The record has the keys of none of Maysano's shapes."
            found.add("schema.missing-field", message, each=EACH)
            self.row(record.place)
            return
        envelope = read_record(document, shape)
        found.begin(record.place, envelope.event_id)
        self.problems(record.problems, VIOLATIONS)
        self._schema(envelope, document)
        time, zoned = self._time(document.get("createdAt"))
        streams = [self._things.follow(*each) for each in envelope.streams[:1]]
        further = [self.columns.stream(*each) for each in envelope.streams[1:]]
        for thing in streams:
            self._step(thing, envelope.step, time, zoned=zoned)
        self.row(
            record.place,
            time=time,
            type=envelope.type,
            actor=envelope.actor or "",
            stream=streams[0].code if streams else 0,
            further=self.columns.set_of(further),
            # Each shape has its own table, and so its own ids.
            key=self.key64(f"{shape} {envelope.event_id}") if envelope.event_id else 0,
            trust=Trust.UNCHAINED,
        )

    def _schema(self, envelope: MaysanoEnvelope, document: Mapping[str, Any]) -> None:
        from console.formats.maysano.schema import breaches  # pydantic is imported where a record needs a second look

        shape = envelope.shape
        for each in breaches(shape, document):
            if each.field:
                group = f"{each.field} {shape}"
                self.findings.add(
                    each.code, each.message, group=group, each=VIOLATIONS, field=each.field, actual=each.actual
                )
        field = "metadata" if shape == STRUCTURAL else "details"
        for problem in envelope.problems:  # places inside are not places of the record
            message = f"{field}: {problem.message}"
            self.findings.add(problem.code, message, group=field, each=VIOLATIONS, field=field)
        if envelope.actor is None and shape != STRUCTURAL:
            who = document.get("performedBy")
            code = "schema.missing-field" if who in (None, "") else "schema.wrong-type"
            message = "performedBy names nobody: every change must say who made it."
            actual = None if who is None else shown(who)
            self.findings.add(
                code, message, group=f"performedBy {shape}", each=EACH, field="performedBy", actual=actual
            )

    def _time(self, value: Any) -> tuple[int, bool]:
        """The instant of createdAt, ISO text or milliseconds since 1970, and True if it names its zone; and what is
        odd about it."""
        moment = quick(value) if type(value) is str else None
        if type(value) is int and (instant := from_epoch_ms(value)) is not None:
            moment = instant.micros, instant.zone
        if moment is None:
            if value not in (None, "") and type(value) in (str, int):
                dated = type(value) is int or (value[:4].isdigit() and value[4:5] == "-")
                code = "schema.impossible-date" if dated else "schema.bad-pattern"
                message = f"createdAt: {shown(value)} is no time."
                self.findings.add(code, message, group="createdAt", each=VIOLATIONS, field="createdAt")
            return NO_TIME, False
        time, zone = moment
        if time > (self.clock.latest if zone else self.clock.latest_local):
            self.findings.count("order.future-timestamp", "Times later than now.")
        if not zone:
            self.findings.count("order.naive-timestamp", _NAIVE, mark=False)
        return time, zone != ""

    # -- the rules of a thing

    def _step(self, stream: Followed[rules.Thing], step: ThingStep, time: int, *, zoned: bool) -> None:
        thing = self._things.touch(stream)
        turned = self._newest_first[step.shape]
        for remark in rules.step(thing, step, newest_first=turned):
            self.findings.remark(remark, group=stream.key, each=EACH, stream=stream.key)
        if time == NO_TIME:
            return
        if thing.last != NO_TIME and (time > thing.last if turned else time < thing.last):
            apart = abs(thing.last - time)
            order = NEWEST_FIRST if turned else OLDEST_FIRST
            message = f"The ledger is written {order}, but here createdAt steps {apart / 1e6:g} s the other way."
            remark = step_back(apart, message, naive=not zoned, field="createdAt")
            self.findings.remark(remark, group=stream.key, each=EACH, stream=stream.key)
        thing.last = time

    # -- what is known, and kept

    def facts(self) -> Iterable[StreamFacts]:
        return [StreamFacts(each.kind, each.key, each.state.facts()) for each in self._things.changed()]

    def state(self) -> Iterable[tuple[str | StreamKey, Any]]:
        return self._things.save()

    def restore(self, name: str | StreamKey, data: bytes) -> None:
        self._things.restore(name, data)
