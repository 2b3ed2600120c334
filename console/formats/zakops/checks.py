"""What can be said of one ZakOps event alone: its schema, version, time and correlation ids."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass
from typing import Any

from console.formats.json.validation import Violation, shown
from console.formats.reading.grouped import Said
from console.formats.zakops import rules
from console.formats.zakops.decode import Row
from console.formats.zakops.registry import AUDIT as AUDIT_TYPES
from console.formats.zakops.registry import JUDGED, REGISTRY
from console.formats.zakops.shapes import ACTION, AGENT, AUDIT, DEAL_FILE, INBOX, TITLES
from console.formats.zakops.sound import Sound, holds
from console.model.event import NO_TIME
from console.model.finding import Finding
from console.model.trust import Severity
from console.verify.catalogue import finding

CLOCK_SKEW = 5 * 60 * 1_000_000
"""Microseconds that a time may lie ahead of the check's clock."""
_VIOLATIONS = 20
"""Violations of one field and type that are said one by one."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the registry asks of an event type and version."""

    known: bool
    row: str
    payload: str | None
    unknown_version: bool


@dataclass(slots=True)
class _Missing:
    """Events without trace or correlation id, and the place of the first."""

    events: int = 0
    trace: int = 0
    correlation: int = 0
    record: int = 0
    offset: int = 0
    length: int = 0

    def add(self, trace: str | None, correlation: str | None) -> None:
        """One more, which lacks one of these or both."""
        self.events += 1
        self.trace += trace is None
        self.correlation += correlation is None


class Checks:
    """The checks of one ledger; ``now`` is the clock of the checks (UTC microseconds)."""

    def __init__(self, now: int) -> None:
        self.latest = now + CLOCK_SKEW
        self.said = Said()
        self._missing = _Missing()
        self._plans: dict[tuple[str, str, int], _Plan] = {}
        self.start(Row("", "", "", [], None, None))

    def start(self, row: Row) -> None:
        """What follows is about this event."""
        self.row = row
        self.said.begin((row.record, row.offset, row.length), row.event_id)

    def schema(self, document: Mapping[str, Any]) -> None:
        """The row and its payload against their models, its type and version against the registry."""
        row = self.row
        shape, version = row.shape, row.version
        number = version if type(version) is int else 1
        plan = self._plans.get((shape, row.type, number)) or self._plan(shape, row.type, number)
        subject = document
        if shape == AUDIT and plan.known and row.payload is not None:
            subject = {**document, "details": row.payload}
        for inside, each in _breaches(plan.row, subject, plan.payload, row.payload):
            if shape == AUDIT and row.payload is None and each.field == "details":
                continue  # said below, with what is wrong in it
            prefix = f"{row.payload_field}." if inside else ""
            field = prefix + each.field
            group = f"{field} {row.type}"
            self.said.say(each.code, prefix + each.message, group, _VIOLATIONS, field=field, actual=each.actual)
        field = row.payload_field
        for problem in row.payload_problems:
            message = f"{field}: {problem.message}"
            self.said.say(problem.code, message, field, _VIOLATIONS, field=field, actual=shown(document.get(field)))
        if not plan.known and row.type != "?":
            message = f"The event type {shown(row.type)!r} is not in the registry."
            self.said.count("schema.unknown-event-type", message, row.type, Severity.WARNING)
        if version is None and shape not in (ACTION, INBOX):
            of = _unversioned("schema_version" in document, row.type, shape)
            self.said.count("schema.missing-version", f"Events of {of} name no schema_version.", of, mark=False)
        elif plan.unknown_version:
            of = f"version {version} of {row.type!r}"
            self.said.count("schema.unknown-version", f"The registry has no {of}: the payload is not checked.", of)

    def time(self, moment: tuple[int, str] | None) -> None:
        """The time against its form and the clock; ``moment`` is what was read of it (microseconds, zone)."""
        if moment is None:
            time = self.row.time
            if type(time) is str and time:
                code = "schema.impossible-date" if time[:4].isdigit() and time[4:5] == "-" else "schema.bad-pattern"
                self.said.say(code, f"{shown(time)!r} is no time.", "", _VIOLATIONS, actual=shown(time))
            return
        if moment[0] > self.latest:
            self.said.count("order.future-timestamp", "Times later than now.")
        if not moment[1]:
            self.said.count("order.naive-timestamp", "Times without a zone, read as UTC.", mark=False)

    def correlation(self) -> None:
        """The ids that tie events together, as far as one event tells."""
        row = self.row
        if row.trace is None or row.correlation is None:
            missing = self._missing
            if not missing.events:
                missing.record, missing.offset, missing.length = row.record, row.offset, row.length
            missing.add(row.trace, row.correlation)
        if row.correlation == row.deal or row.correlation is None or row.deal is None:
            return
        if rules.is_cut(row.deal, row.correlation):
            message = "deal_id holds only the first 20 characters of correlation_id (the column is VARCHAR(20))."
            self.said.count("correlation.mismatch", message, "cut", Severity.WARNING, mark=False)
        else:
            message = "correlation_id is not deal_id."
            self.said.say("correlation.mismatch", message, field="deal_id", expected=row.correlation, actual=row.deal)

    def passes(self, sound: Sound, row: int) -> bool:
        """The same checks of a sound event: True if it gives no finding of its own, and what is only counted has been
        counted. False, and nothing counted, if more is to be said of it."""
        event, payload, version = sound.events[row], sound.payloads[row], sound.versions[row]
        trace, correlation, micros = sound.traces[row], sound.correlations[row], sound.times[row]
        number = version if type(version) is int else 1
        plan = self._plans.get((AGENT, event.event_type, number)) or self._plan(AGENT, event.event_type, number)
        if not plan.known or plan.unknown_version or payload is None or micros == NO_TIME or micros > self.latest:
            return False
        if payload and not JUDGED.isdisjoint(payload) and not holds(payload):
            return False
        lacking = trace is None or correlation is None
        if (lacking and not self._missing.events) or (event.deal_id and correlation and event.deal_id != correlation):
            return False
        if version is None or not sound.zones[row]:
            of = _unversioned(event.schema_version is None, event.event_type, AGENT)
            causes = [("schema.missing-version", of)] if version is None else []
            causes += [] if sound.zones[row] else [("order.naive-timestamp", "")]
            if not self.said.count_known(causes):
                return False
        if lacking:
            self._missing.add(trace, correlation)
        return True

    def standing(self) -> Iterator[Finding]:
        """What is said once for the whole ledger."""
        yield from self.said.grouped.standing()
        missing = self._missing
        if missing.events:
            lack = "event lacks" if missing.events == 1 else "events lack"
            message = (
                f"{missing.events:,} {lack} ids: trace_id {missing.trace:,}, "
                f"correlation_id {missing.correlation:,} of them."
            )
            yield finding(
                "correlation.missing-id",
                message,
                record=missing.record,
                offset=missing.offset,
                length=missing.length,
                count=missing.events,
                standing=True,
            )

    def take(self) -> Iterator[tuple[str, bytes]]:
        """What changed since this was last asked, as items for ``load``."""
        yield from self.said.grouped.take()
        yield '["missing"]', json.dumps(astuple(self._missing)).encode()

    def load(self, key: list[str], value: bytes) -> None:
        """Restore one item; ``key`` is its key, decoded."""
        if key[0] == "missing":
            self._missing = _Missing(*json.loads(value))
        else:
            self.said.grouped.load(key, value)

    def _plan(self, shape: str, name: str, version: int) -> _Plan:
        plan = _plan(shape, name, version)
        if len(self._plans) < 1000:
            self._plans[shape, name, version] = plan
        return plan


def _breaches(*given: Any) -> list[tuple[bool, Violation]]:
    from console.formats.zakops.schema import breaches  # pydantic is imported where a record needs a second look

    return breaches(*given)


def _unversioned(written: bool, name: str, shape: str) -> str:
    """Whose events have no version: those of the type, or of all the table where it has no such column."""
    return repr(name) if written else "a deal's file" if shape == DEAL_FILE else TITLES[shape]


def _plan(shape: str, name: str, version: int) -> _Plan:
    if shape == AUDIT:
        known = name in AUDIT_TYPES
        return _Plan(known, AUDIT if known else "audit?", None, False)
    if shape in (ACTION, INBOX):
        return _Plan(True, shape, None, False)
    entry = REGISTRY.get(name)
    if entry is None:
        return _Plan(False, shape, None, False)
    model = entry.versions.get(version)
    return _Plan(True, shape, model, model is None)
