"""The checks of one ZakOps event alone: its schema, version, time and correlation ids."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from msgspec import UNSET

from console.formats.json.times import parse
from console.formats.json.validation import Violation, shown
from console.formats.reading.clock import Clock
from console.formats.reading.findings import EACH, Place, Recorder
from console.formats.reading.saved_state import unpack
from console.formats.zakops.columns import PLAIN, AgentEventRows, PlainAgentEvent, PlainRequired, holds
from console.formats.zakops.event_types import AUDIT as AUDIT_TYPES
from console.formats.zakops.event_types import JUDGED, REGISTRY
from console.formats.zakops.record import (
    ACTION,
    AGENT,
    AUDIT,
    DEAL,
    DEAL_FILE,
    INBOX,
    OUTBOX,
    TITLES,
    ZakopsEnvelope,
    is_cut,
    is_own_id,
    is_required,
)
from console.formats.zakops.rules.agreement import disagreements
from console.model.event import NO_TIME
from console.model.finding import Finding
from console.model.trust import Severity
from console.verify.catalogue import finding

VIOLATIONS = 20
"""Violations of one field and type that are listed one by one."""
_EVENTS = frozenset((AUDIT, AGENT, DEAL, DEAL_FILE))
_IMMUTABLE = frozenset(("updated_at",))
"""What an event cannot have, for it never changes."""
_OWN_IDS = ("correlation_id", "deal_id", "action_id", "aggregate_id")
_AUDIT_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_NAIVE = "Times without a zone, read as UTC."
_MISSING = "missing ids"


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the registry asks of an event type and version."""

    known: bool
    row: str
    payload: str | None
    unknown_version: bool


@dataclass(slots=True)
class Missing:
    """Events without trace or correlation id, and the place of the first."""

    events: int = 0
    trace: int = 0
    correlation: int = 0
    record: int = 0
    offset: int = 0
    length: int = 0

    def add(self, place: Place, trace: str | None, correlation: str | None) -> None:
        """One more event, if it lacks one of these or both."""
        if trace is not None and correlation is not None:
            return
        if not self.events:
            self.record, self.offset, self.length = place
        self.events += 1
        self.trace += trace is None
        self.correlation += correlation is None

    def words(self) -> str:
        """``49 events lack trace_id.``; with numbers only where they differ."""
        lack = f"{self.events:,} event lacks" if self.events == 1 else f"{self.events:,} events lack"
        lacking = [(name, n) for name, n in (("trace_id", self.trace), ("correlation_id", self.correlation)) if n]
        if all(n == self.events for _, n in lacking):
            return f"{lack} {' and '.join(name for name, _ in lacking)}."
        return f"{lack} ids: {', '.join(f'{name} {n:,}' for name, n in lacking)} of them."


def _of_agent(row: ZakopsEnvelope, document: Mapping[str, Any]) -> Iterator[str]:
    """Either id may be there, but a row's number is none of an event."""
    if row.event_id is None or (row.event_id == str(document.get("id")) and type(document.get("id")) is int):
        yield "event_id"
    if not row.payload_field:
        yield "event_data"


def _of_deal(row: ZakopsEnvelope, document: Mapping[str, Any]) -> Iterator[str]:
    if row.event_id is None:
        yield "id"
    if "deal_id" not in document:
        yield "deal_id"
    if not row.payload_field:
        yield "details"


def _of_outbox(row: ZakopsEnvelope, document: Mapping[str, Any]) -> Iterator[str]:
    if "status" not in document and "is_dead" not in document:
        yield "status"
    if not row.payload_field:
        yield "event_data"


_LACKING = {AGENT: _of_agent, DEAL: _of_deal, OUTBOX: _of_outbox}
"""What rows of the real tables must have in one of several columns."""


class Checks:
    """The checks of one ledger's events, each alone. ``findings`` and ``clock`` are the reader's."""

    def __init__(self, findings: Recorder, clock: Clock) -> None:
        self._findings = findings
        self._clock = clock
        self._missing = Missing()
        self._fine: set[tuple[type, str, int]] = set()
        self._plans: dict[tuple[str, str, int], _Plan] = {}

    def look(self, row: ZakopsEnvelope, document: Mapping[str, Any], moment: tuple[int, str] | None) -> None:
        """All that can be found in the event at hand. ``moment`` is what was read of its time (microseconds, zone)."""
        self._schema(row, document)
        self._time(row.time, moment, row.shape)
        self._agreement(row, document)
        if row.shape not in (ACTION, INBOX):
            self._correlation(row)

    def _schema(self, row: ZakopsEnvelope, document: Mapping[str, Any]) -> None:
        """The row and its payload against their models, its type and version against the registry."""
        shape, version = row.shape, row.version
        number = version if type(version) is int else 1
        to_the_letter = is_required(shape, document)
        variant = f"{shape}!" if to_the_letter else shape
        plan = self._plans.get((variant, row.type, number)) or self._plan(variant, row.type, number)
        subject = document
        if shape == AUDIT and plan.known and row.payload is not None:
            subject = {**document, "details": row.payload}
        for inside, each in _breaches(plan.row, subject, plan.payload, row.payload):
            if shape == AUDIT and row.payload is None and each.field == "details":
                continue  # below, with what is wrong in it
            prefix = f"{row.payload_field}." if inside else ""
            field = prefix + each.field
            group = f"{field} {row.type}"
            self._findings.add(
                each.code, prefix + each.message, group=group, each=VIOLATIONS, field=field, actual=each.actual
            )
        self._columns(row, document, variant)
        if to_the_letter:
            self._own_ids(document)
        field = row.payload_field
        for problem in row.payload_problems:
            message = f"{field}: {problem.message}"
            actual = shown(document.get(field))
            self._findings.add(problem.code, message, group=field, each=VIOLATIONS, field=field, actual=actual)
        if not plan.known and row.type != "?":
            message = f"The event type {shown(row.type)!r} is not in the registry."
            self._findings.count("schema.unknown-event-type", message, row.type, severity=Severity.WARNING)
        if version is None and shape not in (ACTION, INBOX):
            self._unversioned("schema_version" in document, row.type, shape, to_the_letter=to_the_letter)
        elif plan.unknown_version:
            of = f"version {version} of {row.type!r}"
            self._findings.count("schema.unknown-version", f"The registry has no {of}: the payload is not checked.", of)

    def _columns(self, row: ZakopsEnvelope, document: Mapping[str, Any], variant: str) -> None:
        """Columns that a table has not by its schema, and the id that each row of the others needs."""
        known = _columns_of(variant)
        further = document.keys() - known if known else _IMMUTABLE & document.keys() if row.shape in _EVENTS else ()
        for name in sorted(further):
            message = f"{shown(name)} is no column of {TITLES[row.shape]}"
            message += ": its events are never updated." if name in _IMMUTABLE else "."
            self._findings.add("schema.unknown-field", message, group=name, each=VIOLATIONS, field=name)
        for name in _LACKING[variant](row, document) if variant in _LACKING else ():
            message = f"{name} is missing."
            self._findings.add("schema.missing-field", message, group=name, each=VIOLATIONS, field=name)

    def _own_ids(self, document: Mapping[str, Any]) -> None:
        """Ids as the real system makes them, where the required schema wants a UUID."""
        for name in _OWN_IDS:
            value = document.get(name)
            if type(value) is str and is_own_id(value):
                message = f"{name} holds ids of the system's own form: the required column holds a UUID."
                self._findings.count("schema.bad-pattern", message, name, severity=Severity.NOTE, mark=False)

    def _time(self, time: Any, moment: tuple[int, str] | None, shape: str) -> None:
        """The time against its form and the clock."""
        if moment is None:
            if type(time) is str and time:
                code = "schema.impossible-date" if time[:4].isdigit() and time[4:5] == "-" else "schema.bad-pattern"
                self._findings.add(code, f"{shown(time)!r} is no time.", each=VIOLATIONS, actual=shown(time))
            return
        if shape == AUDIT and not _AUDIT_TIME.fullmatch(time):
            message = "timestamp should be of the form YYYY-MM-DDTHH:MM:SSZ."
            self._findings.add(
                "schema.bad-pattern", message, group="timestamp", each=VIOLATIONS, field="timestamp", actual=shown(time)
            )
        if moment[0] > (self._clock.latest if moment[1] else self._clock.latest_local):
            self._findings.count("order.future-timestamp", "Times later than now.")
        if not moment[1]:
            self._findings.count("order.naive-timestamp", _NAIVE, mark=False)

    def _correlation(self, row: ZakopsEnvelope) -> None:
        """The ids that tie events together, as far as one event shows."""
        self._missing.add(self._findings.place, row.trace, row.correlation)
        if row.correlation == row.deal or row.correlation is None or row.deal is None:
            return
        if is_cut(row.deal, row.correlation):
            message = "deal_id holds only the first 20 characters of correlation_id (the column is VARCHAR(20))."
            self._findings.count("correlation.mismatch", message, "cut", severity=Severity.WARNING, mark=False)
        else:
            message = "correlation_id is not deal_id."
            expected, actual = row.correlation, row.deal
            self._findings.add(
                "correlation.mismatch", message, each=EACH, field="deal_id", expected=expected, actual=actual
            )

    def _agreement(self, row: ZakopsEnvelope, document: Mapping[str, Any]) -> None:
        """Fields that say the same thing twice, and a delivery that is later than now."""
        for remark in disagreements(row, document):
            self._findings.remark(remark, group=remark.field or "", each=VIOLATIONS)
        gone = parse(document.get("published_at") or document.get("delivered_at")) if row.shape == OUTBOX else None
        if gone and gone.micros > (self._clock.latest if gone.zone else self._clock.latest_local):
            self._findings.count("order.future-timestamp", "Times of delivery later than now.", "delivery")

    def odd(self, run: AgentEventRows) -> Iterator[int]:
        """Rows of plain events that have a finding of their own."""
        clock, fine, unlike = self._clock, self._fine, run.unlike
        columns = zip(run.objects, run.payloads, run.versions, run.times, run.zones, run.correlations, strict=True)
        for row, (event, payload, version, time, zone, correlation) in enumerate(columns):
            kind = type(event)
            if kind not in PLAIN or not (event.run_id and run.ids[row]) or payload is None or row in unlike:
                yield row
                continue
            if kind is PlainAgentEvent:
                named = type(event.event_id) is str or type(event.id) is str
                if not named or not run.fields[row]:
                    yield row
                    continue
            number = version if type(version) is int else 1
            if ((kind, event.event_type, number) not in fine and not self._is_fine(kind, event.event_type, number)) or (
                not NO_TIME < time <= (clock.latest if zone else clock.latest_local)
                or (payload and not JUDGED.isdisjoint(payload) and not holds(payload, event, correlation))
                or (event.deal_id and correlation and event.deal_id != correlation)
            ):
                yield row

    def _is_fine(self, kind: type, name: str, version: int) -> bool:
        """True if the registry knows this type and version; it is remembered."""
        plan = _plan(f"{AGENT}!" if kind is PlainRequired else AGENT, name, version)
        fine = plan.known and not plan.unknown_version
        if fine:
            self._fine.add((kind, name, version))
        return fine

    def count(self, run: AgentEventRows, row: int) -> None:
        """What is only counted of a plain event that is not odd."""
        event = run.objects[row]
        if run.versions[row] is None:
            required = type(event) is PlainRequired
            self._unversioned(event.schema_version is not UNSET, event.event_type, AGENT, to_the_letter=required)
        if not run.zones[row]:
            self._findings.count("order.naive-timestamp", _NAIVE, mark=False)
        self._missing.add(self._findings.place, run.traces[row], run.correlations[row])

    def standing(self) -> Iterator[Finding]:
        """What is one finding for the whole ledger."""
        missing = self._missing
        if missing.events:
            yield finding(
                "correlation.missing-id",
                missing.words(),
                record=missing.record,
                offset=missing.offset,
                length=missing.length,
                count=missing.events,
                standing=True,
            )

    def save(self) -> Iterator[tuple[str, Any]]:
        """What is carried beside the recorder's causes."""
        yield _MISSING, self._missing

    def restore(self, name: str, data: bytes) -> bool:
        """Take back one item; False if it is none of ours."""
        if name == _MISSING:
            self._missing = unpack(data, Missing)
        return name == _MISSING

    def _unversioned(self, written: bool, name: str, shape: str, *, to_the_letter: bool) -> None:
        """An event without a version: one finding for its type, or for all the table where it has no such column,
        which is a note where the table never had one."""
        of = repr(name) if written else "a deal's file" if shape == DEAL_FILE else TITLES[shape]
        severity = Severity.WARNING if written or to_the_letter or shape == OUTBOX else Severity.NOTE
        message = f"Events of {of} name no schema_version."
        self._findings.count("schema.missing-version", message, of, severity=severity, mark=False)

    def _plan(self, variant: str, name: str, version: int) -> _Plan:
        plan = _plan(variant, name, version)
        if len(self._plans) < 1000:
            self._plans[variant, name, version] = plan
        return plan


def _breaches(*given: Any) -> list[tuple[bool, Violation]]:
    from console.formats.zakops.schema import breaches  # pydantic is imported where a record needs a second look

    return breaches(*given)


def _columns_of(variant: str) -> frozenset[str] | None:
    from console.formats.zakops.schema import COLUMNS

    return COLUMNS.get(variant)


def _plan(variant: str, name: str, version: int) -> _Plan:
    if variant == AUDIT:
        known = name in AUDIT_TYPES
        return _Plan(known, AUDIT if known else "audit?", None, False)
    if variant == ACTION or variant.startswith(INBOX):
        return _Plan(variant == ACTION or name == "processed" or name in REGISTRY, variant, None, False)
    entry = REGISTRY.get(name)
    if entry is None:
        return _Plan(False, variant, None, False)
    model = entry.versions.get(version)
    return _Plan(True, variant, model, model is None)
