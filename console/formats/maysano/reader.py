"""Reads a Maysano answer: three sequences of changes (structural events, activities, history), perhaps mixed in one
file, with the rules of the things that they change. Nothing is hashed or numbered, so order and replay are all that can
be checked."""

import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any

from console.formats.json.scan import Scan
from console.formats.json.times import quick
from console.formats.json.validation import shown
from console.formats.maysano.columns import FIELDS, TYPES, Changes, type_of
from console.formats.maysano.record import (
    OBJECTIVE,
    SHAPES,
    STRUCTURAL,
    MaysanoEnvelope,
    ThingStep,
    default_shape,
    moment_of,
    newest_first,
    read_record,
    shape_of,
)
from console.formats.maysano.rules import siblings
from console.formats.maysano.rules.across import Beginnings, Late, Whole, live
from console.formats.maysano.rules.changes import verb
from console.formats.maysano.rules.fields import lacking, unnamed
from console.formats.maysano.rules.things import ALIVE, Thing, repeats, step
from console.formats.protocol import Context
from console.formats.reading.clock import step_back
from console.formats.reading.findings import EACH, Place
from console.formats.reading.list_order import NEWEST_FIRST, OLDEST_FIRST
from console.formats.reading.reader import LedgerReader, Look
from console.formats.reading.saved_state import unpack
from console.formats.reading.streams import Followed, Streams
from console.model.event import NO_TIME, StreamKey
from console.model.finding import Finding
from console.model.ledger import StreamFacts
from console.model.trust import Confidence, Severity, Trust
from console.verify.catalogue import finding

VIOLATIONS = 20
"""Violations of one field that are listed one by one."""
_BEGINNINGS = "beginnings"
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}.*)?")
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
        self._things: Streams[Thing] = Streams(self.columns, lambda _: Thing)
        self._beside = siblings.load(context.companions)
        self._beginnings = Beginnings()
        self._begun = False

    # -- in bulk

    def which(self, scan: Scan) -> list[int]:
        return type_of(scan)

    def notable(self, run: Changes) -> Iterator[int]:
        """Records with a finding of their own, beside the rules of the things that they change."""
        clock = self.clock
        for row, (time, zoned, (event, _, sound, _)) in enumerate(zip(run.times, run.zoned, run.plain, strict=True)):
            latest = clock.latest if zoned else clock.latest_local
            if time == NO_TIME or time > latest or not sound or not (run.actors[row] or event.shape == STRUCTURAL):
                yield row

    def quiet(self, run: Changes, low: int, high: int) -> None:
        streams, further, worst = [], [], bytearray()
        for row in range(low, high):
            event, of, _, lacks = run.plain[row]
            self.findings.begin(run.place(row), run.ids[row] or None)
            if not run.zoned[row]:
                self.findings.count("order.naive-timestamp", _NAIVE, mark=False)
            for name in lacks:
                self._lacking(name, event.shape)
            followed = [self._things.follow(*each) for each in of]
            row_key = 0 if run.ids[row] else _key(run.raw(row))
            self._step(followed, event, run.times[row], row_key, zoned=run.zoned[row] == 1)
            streams.append(followed[0].code)
            further.append(self.columns.set_of([each.code for each in followed[1:]]) if len(followed) > 1 else 0)
            worst.append(self.findings.worst)
            self.columns.out.findings += self.findings.found
        part = slice(low, high)
        self.columns.rows(
            run.part(low, high),
            time=run.times[part],
            type=[event.type for event, _, _, _ in run.plain[part]],
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
        streams = [self._things.follow(*each) for each in envelope.streams]
        if streams:
            row_key = 0 if envelope.event_id else _key(record.raw)
            self._step(streams, envelope.step, time, row_key, zoned=zoned)
        self.row(
            record.place,
            time=time,
            type=envelope.type,
            actor=envelope.actor or "",
            stream=streams[0].code if streams else 0,
            further=self.columns.set_of([each.code for each in streams[1:]]),
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
        for name in lacking(shape, document):
            self._lacking(name, shape)
        if shape == OBJECTIVE and unnamed(document):
            message = "The update has values, but names no field that they are of."
            self.findings.add("schema.missing-field", message, group="field", each=EACH, field="field")
        field = "metadata" if shape == STRUCTURAL else "details"
        for problem in envelope.problems:  # places inside are not places of the record
            message = f"{field}: {problem.message}"
            self.findings.add(problem.code, message, group=field, each=VIOLATIONS, field=field)
        if envelope.actor is None and shape != STRUCTURAL:
            who = document.get("performedBy")
            nobody = who is None or (isinstance(who, str) and not who.strip())
            code = "schema.missing-field" if nobody else "schema.wrong-type"
            message = "performedBy names nobody: every change must say who made it."
            actual = None if who is None else shown(who)
            self.findings.add(
                code, message, group=f"performedBy {shape}", each=EACH, field="performedBy", actual=actual
            )

    def _lacking(self, name: str, shape: str) -> None:
        message = f"{name} is missing: nothing depends on it."
        self.findings.count(
            "schema.missing-field", message, f"{name} {shape}", severity=Severity.NOTE, mark=False, field=name
        )

    def _time(self, value: Any) -> tuple[int, bool]:
        """The instant of createdAt, ISO text or a number since 1970, and True if it names its zone; and what is odd
        about it."""
        moment = quick(value) if type(value) is str else None
        if type(value) in (int, float) and (instant := moment_of(value)) is not None:
            moment = instant.micros, instant.zone
        if moment is None:
            if value not in (None, "") and type(value) in (str, int, float):
                dated = type(value) is not str or (_DATE.fullmatch(value) and not _is_day(value))
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

    def _step(self, streams: list[Followed[Thing]], event: ThingStep, time: int, key: int, *, zoned: bool) -> None:
        """``streams``: that whose rules apply, and the product or objective that it is in other sequences. ``key``:
        of the row, if it has no id."""
        stream, place = streams[0], self.findings.place
        thing = self._things.touch(stream)
        turned = self._newest_first[event.shape]
        others = streams if event.shape != STRUCTURAL else streams[1:]
        wholes = [self._across(each, event, Late(time, event.type, *place)) for each in others]
        born = any(whole.created_before(time) for whole in wholes)
        for remark in step(thing, event, newest_first=turned, born=born):
            if remark.code == "lifecycle.event-before-creation" and wholes and not turned:
                name = f"{stream.kind} {stream.key}"
                wholes[0].waiting[name] = time
                self._beginnings.add(name, Late(time, event.type, *place))
                self._begun = True
                continue
            group = "" if remark.code == "lifecycle.event-before-creation" else stream.key
            self.findings.remark(remark, group=group, each=EACH, stream=stream.key)
        if key and repeats(thing, key, time):
            message = "The row stands already, byte for byte, at this instant; neither has an id."
            self.findings.add(
                "identity.duplicate-event-id",
                message,
                group=stream.key,
                each=EACH,
                stream=stream.key,
                severity=Severity.WARNING,
                confidence=Confidence.HEURISTIC,
            )
        if time == NO_TIME:
            return
        if thing.last != NO_TIME and (time > thing.last if turned else time < thing.last):
            apart = abs(thing.last - time)
            order = NEWEST_FIRST if turned else OLDEST_FIRST
            message = f"The ledger is written {order}, but here createdAt steps {apart / 1e6:g} s the other way."
            remark = step_back(apart, message, naive=not zoned, field="createdAt")
            self.findings.remark(remark, group=stream.key, each=EACH, stream=stream.key)
        thing.last = time

    def _across(self, stream: Followed[Thing], event: ThingStep, at: Late) -> Whole:
        """What the event means to the same product or objective in other sequences."""
        thing = self._things.touch(stream)
        if thing.whole is None:
            thing.whole = self._beside.get((stream.kind, stream.key)) or Whole()
        whole = thing.whole
        what = verb(event.type, event.kind)
        late = live(whole, event.shape, what, at, alive=what in ALIVE)
        for name in whole.came() if whole.waiting else ():
            self._beginnings.drop(name)
            self._begun = True
        if late is not None:
            message = f"{late.type!r} comes after the deletion of this {stream.kind}, which stands in the {whole.by}."
            worst = self.findings.worst
            place: dict[str, Any] = {"record": late.record, "offset": late.offset, "length": late.length}
            found = finding("lifecycle.event-after-deletion", message, actual=late.type, stream=stream.key, **place)
            self.findings.take(found, stream.key, each=EACH)
            if late.record != at.record:
                self.findings.worst = worst
        return whole

    # -- what is known, and kept

    def standing(self) -> list[Finding]:
        found, count = super().standing(), self._beginnings.count
        for name, at in list(self._beginnings.listed.items())[:EACH]:
            kind, _, key = name.partition(" ")
            message = f"The ledger's first event of this {kind} is {at.type!r}: its beginning is not here."
            found.append(_beginning(message, at, key, 1))
            count -= 1
        if count > 0:
            at = list(self._beginnings.listed.values())[min(EACH, len(self._beginnings.listed) - 1)]
            found.append(_beginning(f"The beginnings of {count:,} more are not here.", at, None, count))
        return found

    def facts(self) -> Iterable[StreamFacts]:
        return [StreamFacts(each.kind, each.key, each.state.facts()) for each in self._things.changed()]

    def state(self) -> Iterable[tuple[str | StreamKey, Any]]:
        yield from self._things.save()
        if self._begun:
            self._begun = False
            yield _BEGINNINGS, self._beginnings

    def restore(self, name: str | StreamKey, data: bytes) -> None:
        if name == _BEGINNINGS:
            self._beginnings = unpack(data, Beginnings)
        else:
            self._things.restore(name, data)


def _beginning(message: str, at: Late, stream: str | None, count: int) -> Finding:
    code, place = "lifecycle.event-before-creation", Place(at.record, at.offset, at.length)
    return finding(
        code,
        message,
        stream=stream,
        record=place.ordinal,
        offset=place.offset,
        length=place.length,
        count=count,
        standing=True,
    )


def _key(raw: bytes) -> int:
    """The key of a row's content."""
    digest = blake2b(raw.strip(b" \t\r\n,"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True) or 1


def _is_day(value: str) -> bool:
    """True for a day that exists, without a time."""
    return len(value) == 10 and quick(f"{value}T00:00Z") is not None
