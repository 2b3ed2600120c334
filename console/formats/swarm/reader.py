"""Reads SWARM's event log. There is no chain: a line is unchained, or its ids are wrong."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from console.formats.json import strict
from console.formats.json.scan import Scan, both
from console.formats.json.times import quick
from console.formats.protocol import Context
from console.formats.reading.clock import step_back
from console.formats.reading.findings import Remark
from console.formats.reading.reader import LedgerReader, Look
from console.formats.reading.saved_state import unpack
from console.formats.swarm import profiles
from console.formats.swarm.columns import FIELDS, Codes, Lines, fitting
from console.formats.swarm.profiles import IDS
from console.formats.swarm.record import (
    DIGEST,
    EVENT_TYPES,
    NEEDED,
    UUID,
    V1,
    V2,
    V3,
    audited,
    has_form,
    scenario_of,
    text,
)
from console.formats.swarm.rules import UNZONED, Simulation, enter, no_time_code
from console.model.event import NO_TIME, StreamKey
from console.model.ledger import StreamFacts
from console.model.record import RecordBatch
from console.model.trust import Confidence, Severity, Trust

_SHAPES = tuple(frozenset(keys) for keys in (V1, V2, V3))
_CAUSES = 1000
_SHOWN = 200
"""Characters of a foreign text that a finding repeats."""
_FORMS = {"event_id": "a UUID", "provenance_id": "12 hex digits"}
_NATIVE = "Native events have no recipe: their provenance_id cannot be recomputed."


class SwarmReader(LedgerReader[Lines]):
    """One event log's reader; see ``LedgerReader``."""

    fields = FIELDS

    def __init__(self, context: Context) -> None:
        super().__init__(context, causes=_CAUSES)
        self._codes = Codes(self.columns)
        self._simulation = Simulation()
        self._changed: dict[str, StreamFacts] = {}

    # -- in bulk

    def plain(self, scan: Scan) -> bytearray:
        return both(super().plain(scan), fitting(scan))

    def run(self, batch: RecordBatch, scan: Scan, start: int, objects: Sequence[Any]) -> Lines:
        lines = Lines(batch, scan, start, self._codes)
        self._fits(lines.fits)
        return lines

    def notable(self, run: Lines) -> Iterator[int]:
        """Lines that may give a finding of their own, or that border simulations."""
        odd, unusual, clock = run.odd, run.unusual, self.clock
        last, zoned = self._simulation.last, self._simulation.zoned
        for row, (time, zone, kind) in enumerate(zip(run.times, run.zones, run.types, strict=True)):
            if (
                time == NO_TIME
                or time > (clock.latest if zone else clock.latest_local)
                or (time < last and zoned == zone)
                or kind in unusual
                or row in odd
            ):
                yield row
                last, zoned = self._simulation.last, self._simulation.zoned
            else:
                last, zoned = time, zone == 1

    def quiet(self, run: Lines, low: int, high: int) -> None:
        """Lines without findings but for what is counted."""
        now, part = self._simulation, slice(low, high)
        naive = run.zones.find(0, low, high)
        if naive >= 0:
            times = run.zones.count(0, low, high)
            self.findings.count("order.naive-timestamp", UNZONED, times=times, place=run.place(naive))
        for field, rows in run.formless.items():
            if rows and (some := rows[bisect_left(rows, low) : bisect_left(rows, high)]):
                self._formless(field, times=len(some), place=run.place(some[0]))
        foreign = run.foreign[bisect_left(run.foreign, low) : bisect_left(run.foreign, high)]
        if foreign:
            first = run.place(foreign[0])
            self.findings.count("provenance.unverifiable", _NATIVE, times=len(foreign), place=first)
        now.last, now.zoned = run.times[high - 1], run.zones[high - 1] == 1
        now.epoch = max(now.epoch, *run.epochs[part])
        scenarios = run.scenarios[part]
        now.scenario = next((text for _, text in reversed(scenarios) if text), now.scenario)
        among = [(agent, scenario) for agent, (scenario, _) in zip(run.agents[part], scenarios, strict=True)]
        sets = {pair: self.columns.set_of([code for code in pair if code]) for pair in {*among}}
        self.columns.rows(
            run.part(low, high),
            time=run.times[part],
            type=run.types[part],
            actor=run.actors[part],
            stream=[self.columns.stream("simulation", now.key)] * (high - low),
            further=[sets[pair] for pair in among],
            key=run.keys[part],
            alias=run.aliases[part],
            mention=run.mentions[part],
            parent=run.parents[part],
            trust=bytes((Trust.UNCHAINED,)) * (high - low),
        )

    # -- one by one

    def look(self, record: Look) -> None:
        document, found = record.document, self.findings
        event_id = text(document, "event_id")
        found.begin(record.place, event_id or None)
        provenance = text(document, "provenance_id")
        recipe = profiles.recipe_of(document) if provenance else None
        worst = Severity.NONE
        if not record.plain:
            self.problems(record.problems)
            worst = max(self._schema(document, recipe), self._keys(document))
        elif recipe is not None:
            worst = self._schema(document, recipe)
        if not has_form(UUID, event_id):
            self._formless("event_id", mark=False)
        if recipe is None and not has_form(DIGEST, provenance):
            self._formless("provenance_id", mark=False)
        kind, agent, initiator = (text(document, name) for name in ("event_type", "agent_id", "initiator_id"))
        if kind and kind not in EVENT_TYPES and self._unknown(kind):
            worst = max(worst, Severity.NOTE)
        self._enter(kind, document)
        time = self._time(document.get("timestamp"))
        trust = Trust.UNCHAINED
        if provenance:
            trust = self._ids(document, recipe)
        of = scenario_of(document.get("scenario_id"), document.get("seed"))
        self._simulation.scenario = of or self._simulation.scenario
        further = [self.columns.stream(*each) for each in (("agent", agent), ("scenario", of)) if each[1]]
        parent = text(document, "parent_event_id")
        self.row(
            record.place,
            time=time,
            type=kind,
            actor=agent or initiator,
            stream=self.columns.stream("simulation", self._simulation.key),
            further=self.columns.set_of(further),
            key=self.key64(provenance),
            alias=self.key64(event_id),
            mention=self.key64(audited(document)),
            parent=self.key64(parent),
            trust=trust,
            worst=worst,
        )

    def _schema(self, document: dict[str, Any], recipe: profiles.Recipe | None) -> Severity:
        """What the system's own reader puts up with is counted, the rest stands one by one."""
        from console.formats.swarm.schema import line_violations  # pydantic is imported where it is needed

        worst = Severity.NONE
        for each in line_violations(document, recipe):
            field = each.field[:_SHOWN]
            if each.code == "schema.coerced":
                message = f"{field} is not written as an integer; SWARM's reader makes one of it."
            elif each.code == "schema.unknown-field":
                message = f"{field} is a key that none of the three shapes has."
            else:
                self.findings.add(each.code, each.message, field=each.field or None, actual=each.actual)
                continue
            worst = Severity.WARNING
            self.findings.count(each.code, message, field, severity=worst, mark=False, field=field)
        return worst

    def _keys(self, document: dict[str, Any]) -> Severity:
        """Keys beside the three shapes: missing ones are read as null."""
        present = document.keys()
        if present in _SHAPES:
            return Severity.NONE
        shape = next((each for each in _SHAPES if present <= each), _SHAPES[2])
        missing = ", ".join(sorted(shape - present - NEEDED))
        if not missing:
            return Severity.NONE
        message, severity = f"Not written, so read as null: {missing}.", Severity.WARNING
        self.findings.count("schema.missing-field", message, missing, severity=severity, mark=False, field=missing)
        return severity

    def _formless(self, field: str, **more: Any) -> None:
        message = f"{field} is not of the form that SWARM's own writer gives it: {_FORMS[field]}."
        self.findings.count("schema.bad-pattern", message, field, severity=Severity.NOTE, field=field, **more)

    def _unknown(self, kind: str) -> bool:
        """Count a type that is not known; True the first time."""
        name, code = kind[:_SHOWN], "schema.unknown-event-type"
        message = f"{name} is none of the 91 types in use; the vocabulary is open."
        return self.findings.count(code, message, name, severity=Severity.NOTE, mark=False, field=name)

    def _enter(self, kind: str, document: dict[str, Any]) -> None:
        """The simulation that the line belongs to, and its epoch."""
        before = self._simulation
        now = self._simulation = enter(before, kind)
        if now is not before:
            self._changed[before.key] = StreamFacts("simulation", before.key, before.facts)
        epoch = document.get("epoch")
        if type(epoch) is int and now.epoch < epoch <= strict.SAFE_INTEGER:
            now.epoch = epoch

    def _time(self, stamp: object) -> int:
        """The line's instant, and its order in its simulation."""
        now, found = self._simulation, self.findings
        if not isinstance(stamp, str):
            return NO_TIME
        known = quick(stamp)
        if known is None:
            message = "timestamp is no ISO 8601 date and time that exists."
            found.add(no_time_code(stamp), message, field="timestamp", actual=stamp[:_SHOWN])
            return NO_TIME
        micros, zoned = known[0], known[1] != ""
        if not zoned:
            found.count("order.naive-timestamp", UNZONED, mark=False)
        if micros < now.last and zoned == now.zoned:
            message = f"The line is {(now.last - micros) / 1e6:g} s earlier than the one before it in its simulation."
            found.remark(step_back(now.last - micros, message, naive=not zoned, field="timestamp", actual=stamp))
        if micros > (self.clock.latest if zoned else self.clock.latest_local):
            found.add("order.future-timestamp", f"{stamp} is later than now.", field="timestamp", actual=stamp)
        else:
            now.last, now.zoned = micros, zoned
        return micros

    def _ids(self, document: dict[str, Any], recipe: profiles.Recipe | None) -> Trust:
        """A line that has a provenance_id: the trust that its ids earn when they are made again."""
        if recipe is None:
            self.findings.count("provenance.unverifiable", _NATIVE, mark=False)
            return Trust.UNCHAINED
        if profiles.reproduces(document, recipe):
            self._fits(True)
            return Trust.UNCHAINED
        check = profiles.check(document, recipe)
        if check.reproduced:
            self._fits(True)
            return Trust.UNCHAINED
        remark = Remark(
            "provenance.id-mismatch",
            check.message,
            check.field,
            check.expected,
            check.actual,
            confidence=Confidence.RECOMPUTED,
        )
        self.findings.remark(remark)
        return Trust.BROKEN

    def _fits(self, fits: bool) -> None:
        """The profile of ids is settled once one of them could be made again."""
        if fits:
            self.profile = IDS.name

    # -- what holds as of now, and what is kept

    def facts(self) -> Iterable[StreamFacts]:
        changed, self._changed = self._changed, {}
        now = self._simulation
        changed[now.key] = StreamFacts("simulation", now.key, now.facts)
        named = self.columns.streams.codes
        return [fact for fact in changed.values() if (fact.kind, fact.key) in named]

    def state(self) -> Iterator[tuple[str | StreamKey, Any]]:
        yield "", (self._simulation, self.profile is not None)

    def restore(self, name: str | StreamKey, data: bytes) -> None:
        self._simulation, fits = unpack(data, tuple[Simulation, bool])
        self._fits(fits)
