"""Reads SWARM's event log, batch after batch."""

import time
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import asdict

from console.formats.json import strict
from console.formats.json.times import quick
from console.formats.json.validation import Violation
from console.formats.protocol import Context, Rewalk, key64, keys64
from console.formats.reading.columns import Assembler, place_in
from console.formats.reading.lines import stretches
from console.formats.reading.saved_state import pack, unpack
from console.formats.reading.tally import Place, Tally
from console.formats.swarm import ids
from console.formats.swarm.decode import scenario_of, text
from console.formats.swarm.quick import decoders
from console.formats.swarm.simulations import Simulation, enter
from console.formats.swarm.sound import Sound
from console.formats.swarm.vocabulary import EVENT_TYPES, NEEDED, V1, V2, V3
from console.model.batch import EventBatch
from console.model.event import NO_TIME, StreamKey
from console.model.finding import Finding
from console.model.ledger import StreamFacts
from console.model.record import Record, RecordBatch
from console.model.trust import Confidence, Severity, Trust
from console.verify.catalogue import finding

TOLERANCE = 5 * 60 * 1_000_000
"""Microseconds that a time stamp may be ahead of the check's clock."""
AHEAD = 14 * 3600 * 1_000_000
"""The same for a time without a zone: the writer's clock may show a zone that far ahead."""
_SHAPES = tuple(frozenset(keys) for keys in (V1, V2, V3))
IDS = "swarm-id/1"
_UNCHAINED, _BROKEN = int(Trust.UNCHAINED), int(Trust.BROKEN)


class SwarmReader:
    """One event log's reader; see ``Reader``. There is no chain: a line is unchained, or its ids are wrong."""

    def __init__(self, context: Context) -> None:
        self._now = context.now
        self._started = time.monotonic_ns()
        self._names = Assembler()
        self._codes: dict[str, dict[str, int]] = {"simulation": {}, "agent": {}, "scenario": {}}
        self._tally = Tally()
        self._simulation = Simulation()
        self._told: dict[str, StreamFacts] = {}
        self._decoders = decoders()
        self._limit = 0
        self._fits = False

    @property
    def profile(self) -> str | None:
        """The profile of ids, once one of them could be made again."""
        return IDS if self._fits else None

    # -- reading

    def read(self, batch: RecordBatch) -> EventBatch:
        out = EventBatch(batch.first)
        self._limit = self._now + (time.monotonic_ns() - self._started) // 1000 + TOLERANCE
        for start, lines in stretches(batch, self._decoders):
            if lines is None:
                self._line(out, batch, start)
            else:
                sound = Sound(lines)
                self._fits |= sound.fits
                self._lines(out, batch, start, sound)
        self._tell()
        return self._names.finish(out)

    def _lines(self, out: EventBatch, batch: RecordBatch, start: int, sound: Sound) -> None:
        """Sound lines from a row of the batch on."""
        at = 0
        for row in (*sound.notable(self._simulation, self._limit, AHEAD), len(sound.lines)):
            if at < row:
                self._quiet(out, batch, start, sound, at, row)
            if row < len(sound.lines):
                self._event(out, place_in(batch, start + row), asdict(sound.lines[row]))
            at = row + 1

    def _quiet(self, out: EventBatch, batch: RecordBatch, start: int, sound: Sound, low: int, high: int) -> None:
        """Lines of which there is nothing to say but what is gathered; the same rows as ``_event`` makes of them."""
        lines, own, count, now = sound.lines[low:high], sound.ids[low:high], high - low, self._simulation
        naive = [row for row in range(low, high) if not sound.zones[row]]
        foreign = sound.foreign[bisect_left(sound.foreign, low) : bisect_left(sound.foreign, high)]
        for key, rows in ((("order.naive-timestamp",), naive), (("provenance.unverifiable",), foreign)):
            if rows:
                self._tally.add(key, place_in(batch, start + rows[0]), len(rows))
        now.last, now.zoned = sound.times[high - 1], sound.zones[high - 1] != ""
        now.epoch = max([now.epoch, *[line.epoch for line in lines if line.epoch is not None]])
        pairs = [(line.scenario_id, line.seed) for line in lines]
        names = {pair: scenario_of(*pair) for pair in dict.fromkeys(pairs)}
        scenarios = [names[pair] for pair in pairs]
        now.scenario = next(filter(None, reversed(scenarios)), now.scenario)
        agents = [line.agent_id or "" for line in lines]
        actors = [agent or line.initiator_id or "" for agent, line in zip(agents, lines, strict=True)]
        events = [line.event_id for line in lines]
        first = [provenance or event for provenance, event in zip(own, events, strict=True)]
        keys = keys64(first)
        known = dict(zip(first, keys, strict=True))
        parents = [line.parent_event_id or "" for line in lines]
        among = [*zip(agents, scenarios, strict=True)]
        circles = {pair: self._further(*pair) for pair in dict.fromkeys(among)}
        further = [circles[pair] for pair in among]
        second = [event if provenance else "" for provenance, event in zip(own, events, strict=True)]
        self._names.extend(
            out,
            batch,
            slice(start + low, start + high),
            time=sound.times[low:high],
            type=sound.kinds[low:high],
            actor=actors,
            stream=[self._stream("simulation", now.key)] * count,
            further=further,
            key=keys,
            alias=keys64(second) if any(own) else (),
            parent=[known.get(parent) or key64(parent) if parent else 0 for parent in parents],
            trust=bytes((_UNCHAINED,)) * count,
        )

    def _line(self, out: EventBatch, batch: RecordBatch, index: int) -> None:
        """A line whose JSON or schema needs a second look."""
        raw, place = batch.raws[index], place_in(batch, index)
        decoded = strict.decode(raw)
        if decoded.document is not None:
            self._event(out, place, decoded.document, decoded)
        elif len(raw) != place.length:
            out.add(place.offset, place.length)  # skipped by the source, which says why
        else:
            found = strict.place_problems(decoded.problems, *place)
            worst = max((each.severity for each in found), default=Severity.NONE)
            out.add(place.offset, place.length, worst=worst)
            out.findings.extend(found)

    def _event(
        self, out: EventBatch, place: Place, document: dict[str, Any], decoded: strict.Decoded | None = None
    ) -> None:
        """One line; ``decoded`` is set where its JSON or its schema needed a second look."""
        found: list[Finding] = []
        worst = Severity.NONE
        provenance = text(document, "provenance_id") if "provenance_id" in document else ""
        recipe = ids.recipe_of(document) if provenance else None
        at = _At(document, place)
        if decoded is not None:
            found += strict.place_problems(decoded.problems, *place, event_id=at.event_id)
            worst = max(self._violations(document, recipe, at, found), self._keys(document, at))
        elif recipe is not None:
            worst = self._violations(document, recipe, at, found)
        kind, agent = text(document, "event_type"), document.get("agent_id")
        if kind not in EVENT_TYPES and kind and self._tally.add(("schema.unknown-event-type", kind[:200]), place):
            worst = max(worst, Severity.NOTE)
        micros = self._time(document, kind, at, found)
        trust = _UNCHAINED
        if provenance:
            trust = self._ids(document, recipe, at, found)
        event_id, parent = provenance or at.event_id, document.get("parent_event_id")
        of = scenario_of(document.get("scenario_id"), document.get("seed"))
        if of:
            self._simulation.scenario = of
        if not isinstance(agent, str):
            agent = ""
        actor = agent or text(document, "initiator_id")
        if found:
            worst = max(worst, *(each.severity for each in found))
            out.findings.extend(found)
        out.add(
            place[1],
            place[2],
            time=micros,
            type=self._names.types.code(kind) if kind else 0,
            actor=self._names.actors.code(actor) if actor else 0,
            stream=self._stream("simulation", self._simulation.key),
            further=self._further(agent, of),
            key=key64(event_id) if event_id else 0,
            alias=key64(at.event_id) if provenance and at.event_id else 0,
            parent=key64(parent) if parent and isinstance(parent, str) else 0,
            trust=trust,
            worst=worst,
        )

    def _violations(
        self, document: dict[str, Any], recipe: ids.Recipe | None, at: "_At", found: list[Finding]
    ) -> Severity:
        """Schema findings: what the system's own reader puts up with is gathered, the rest stands one by one."""
        from console.formats.swarm.schema import (
            line_violations,
        )  # pydantic is imported where a line needs a second look

        worst = Severity.NONE
        for each in line_violations(document, recipe):
            if each.code == "schema.coerced" or each.code == "schema.unknown-field":
                worst = Severity.WARNING
                self._tally.add((each.code, each.field[:200]), at.place)
            else:
                found.append(_violation(each, at))
        return worst

    def _keys(self, document: dict[str, Any], at: "_At") -> Severity:
        """Keys beside the three shapes: missing ones are read as null."""
        present = document.keys()
        if present in _SHAPES:
            return Severity.NONE
        shape = next((each for each in _SHAPES if present <= each), _SHAPES[2])
        missing = sorted(shape - present - NEEDED)
        if not missing:
            return Severity.NONE
        self._tally.add(("schema.missing-field", ", ".join(missing)), at.place)
        return Severity.WARNING

    def _time(self, document: dict[str, Any], kind: str, at: "_At", found: list[Finding]) -> int:
        """The line's instant, and its order in its simulation."""
        before = self._simulation
        now = self._simulation = enter(before, kind)
        if now is not before:
            self._told[before.key] = StreamFacts("simulation", before.key, before.facts)
        epoch = document.get("epoch")
        if type(epoch) is int and now.epoch < epoch <= strict.SAFE_INTEGER:
            now.epoch = epoch
        stamp = document.get("timestamp")
        if not isinstance(stamp, str):
            return NO_TIME
        known = quick(stamp)
        if known is None:
            formed = stamp[:4].isdecimal() and stamp[4:5] == stamp[7:8] == "-"
            code = "schema.impossible-date" if formed else "schema.bad-pattern"
            message = "timestamp is no ISO 8601 date and time that exists."
            found.append(finding(code, message, field="timestamp", actual=stamp[:200], **at.finding))
            return NO_TIME
        micros, zone = known
        if not zone:
            self._tally.add(("order.naive-timestamp",), at.place)
        zoned = zone != ""
        if micros < now.last and zoned == now.zoned:
            message = f"The line is {(now.last - micros) / 1e6:g} s earlier than the one before it in its simulation."
            found.append(finding("order.time-regression", message, field="timestamp", actual=stamp, **at.finding))
        if micros > self._limit + (0 if zoned else AHEAD):
            message = f"{stamp} is later than now."
            found.append(finding("order.future-timestamp", message, field="timestamp", actual=stamp, **at.finding))
        else:
            now.last, now.zoned = micros, zoned
        return micros

    def _ids(self, document: dict[str, Any], recipe: ids.Recipe | None, at: "_At", found: list[Finding]) -> int:
        """A line that has a provenance_id: whether its ids can be made again."""
        if recipe is None:
            self._tally.add(("provenance.unverifiable",), at.place)
            return _UNCHAINED
        if ids.reproduces(document, recipe):
            self._fits = True
            return _UNCHAINED
        check = ids.check(document, recipe)
        if check.reproduced:
            self._fits = True
            return _UNCHAINED
        found.append(
            finding(
                "provenance.id-mismatch",
                check.message,
                confidence=Confidence.RECOMPUTED,
                field=check.field,
                expected=check.expected,
                actual=check.actual,
                **at.finding,
            )
        )
        return _BROKEN

    def _further(self, agent: str, of: str) -> int:
        """The code of a line's agent and scenario."""
        streams = [self._stream(kind, key) for kind, key in (("agent", agent), ("scenario", of)) if key]
        return self._names.further.code(tuple(streams)) if streams else 0

    def _stream(self, kind: str, key: str) -> int:
        codes = self._codes[kind]
        code = codes.get(key)
        if code is None:
            code = codes[key] = self._names.streams.code(StreamKey(kind, key))
        return code

    # -- what holds as of now

    def standing(self) -> list[Finding]:
        found = self._tally.findings(_gathered)
        if self._tally.beyond:
            message = f"{self._tally.beyond} further lines with other causes of these kinds."
            found.append(finding("schema.coerced", message, count=self._tally.beyond, standing=True))
        return found

    def _tell(self) -> None:
        now = self._simulation
        self._told[now.key] = StreamFacts("simulation", now.key, now.facts)

    def facts(self) -> Iterable[StreamFacts]:
        told, self._told = self._told, {}
        return [fact for fact in told.values() if fact.key in self._codes["simulation"]]

    def take_state(self) -> Mapping[str, bytes]:
        return {"": pack((self._tally.dump(), self._simulation, self._fits))}

    def load_state(self, items: Iterable[tuple[str, bytes]]) -> None:
        for _key, data in items:
            tally, self._simulation, self._fits = unpack(data, tuple[bytes, Simulation, bool])
            self._tally.load(tally)

    def takes_tail(self, raw: bytes) -> bool:
        return False

    # -- no sequence numbers: nothing to walk again

    def irregular(self) -> list[StreamKey]:
        return []

    def link_key(self, raw: bytes) -> tuple[StreamKey, int] | None:
        return None

    def rewalk(self, stream: StreamKey, records: Iterable[Record]) -> Rewalk:
        return Rewalk({}, ())


class _At:
    """Where findings about one line point."""

    __slots__ = ("document", "place")

    def __init__(self, document: Mapping[str, Any], place: Place) -> None:
        self.document = document
        self.place = place

    @property
    def event_id(self) -> str:
        return text(self.document, "event_id")

    @property
    def finding(self) -> dict[str, Any]:
        ordinal, offset, length = self.place
        return {"event_id": self.event_id or None, "record": ordinal, "offset": offset, "length": length}


def _violation(each: Violation, at: _At) -> Finding:
    return finding(each.code, each.message, field=each.field or None, actual=each.actual, **at.finding)


def _gathered(key: tuple[str, ...], count: int, place: Place) -> Finding:
    code, *rest = key
    what = rest[0] if rest else None
    message, severity = {
        "schema.coerced": (f"{what} is not written as an integer; SWARM's reader makes one of it.", None),
        "schema.unknown-field": (f"{what} is a key that none of the three shapes has.", Severity.WARNING),
        "schema.missing-field": (f"Not written, so read as null: {what}.", Severity.WARNING),
        "schema.unknown-event-type": (f"{what} is none of the 91 types in use; the vocabulary is open.", Severity.NOTE),
        "order.naive-timestamp": ("Times without a zone: the writer's local clock, read as UTC.", None),
        "provenance.unverifiable": ("Native events have no recipe: their provenance_id cannot be recomputed.", None),
    }[code]
    return finding(
        code,
        message,
        severity=severity,
        field=what,
        record=place.ordinal,
        offset=place.offset,
        length=place.length,
        count=count,
        standing=True,
    )
