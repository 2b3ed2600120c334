"""The checks of one ZakOps event alone: its schema, version, time and correlation ids."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from msgspec import UNSET

from console.formats.json.validation import Violation, shown
from console.formats.reading.clock import Clock
from console.formats.reading.findings import EACH, Place, Recorder
from console.formats.reading.saved_state import unpack
from console.formats.zakops import rules
from console.formats.zakops.columns import AgentEventRows, PlainAgentEvent, holds
from console.formats.zakops.event_types import AUDIT as AUDIT_TYPES
from console.formats.zakops.event_types import JUDGED, REGISTRY
from console.formats.zakops.record import ACTION, AGENT, AUDIT, DEAL_FILE, INBOX, TITLES, ZakopsEnvelope
from console.model.event import NO_TIME
from console.model.finding import Finding
from console.model.trust import Severity
from console.verify.catalogue import finding

VIOLATIONS = 20
"""Violations of one field and type that are listed one by one."""
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
class _Missing:
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


class Checks:
    """The checks of one ledger's events, each alone. ``findings`` and ``clock`` are the reader's."""

    def __init__(self, findings: Recorder, clock: Clock) -> None:
        self._findings = findings
        self._clock = clock
        self._missing = _Missing()
        self._plans: dict[tuple[str, str, int], _Plan] = {}

    def look(self, row: ZakopsEnvelope, document: Mapping[str, Any], moment: tuple[int, str] | None) -> None:
        """All that can be found in the event at hand. ``moment`` is what was read of its time (microseconds, zone)."""
        self._schema(row, document)
        self._time(row.time, moment)
        if row.shape not in (ACTION, INBOX):
            self._correlation(row)

    def _schema(self, row: ZakopsEnvelope, document: Mapping[str, Any]) -> None:
        """The row and its payload against their models, its type and version against the registry."""
        shape, version = row.shape, row.version
        number = version if type(version) is int else 1
        plan = self._plans.get((shape, row.type, number)) or self._plan(shape, row.type, number)
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
        field = row.payload_field
        for problem in row.payload_problems:
            message = f"{field}: {problem.message}"
            actual = shown(document.get(field))
            self._findings.add(problem.code, message, group=field, each=VIOLATIONS, field=field, actual=actual)
        if not plan.known and row.type != "?":
            message = f"The event type {shown(row.type)!r} is not in the registry."
            self._findings.count("schema.unknown-event-type", message, row.type, severity=Severity.WARNING)
        if version is None and shape not in (ACTION, INBOX):
            self._unversioned("schema_version" in document, row.type, shape)
        elif plan.unknown_version:
            of = f"version {version} of {row.type!r}"
            self._findings.count("schema.unknown-version", f"The registry has no {of}: the payload is not checked.", of)

    def _time(self, time: Any, moment: tuple[int, str] | None) -> None:
        """The time against its form and the clock."""
        if moment is None:
            if type(time) is str and time:
                code = "schema.impossible-date" if time[:4].isdigit() and time[4:5] == "-" else "schema.bad-pattern"
                self._findings.add(code, f"{shown(time)!r} is no time.", each=VIOLATIONS, actual=shown(time))
            return
        if moment[0] > (self._clock.latest if moment[1] else self._clock.latest_local):
            self._findings.count("order.future-timestamp", "Times later than now.")
        if not moment[1]:
            self._findings.count("order.naive-timestamp", _NAIVE, mark=False)

    def _correlation(self, row: ZakopsEnvelope) -> None:
        """The ids that tie events together, as far as one event shows."""
        self._missing.add(self._findings.place, row.trace, row.correlation)
        if row.correlation == row.deal or row.correlation is None or row.deal is None:
            return
        if rules.is_cut(row.deal, row.correlation):
            message = "deal_id holds only the first 20 characters of correlation_id (the column is VARCHAR(20))."
            self._findings.count("correlation.mismatch", message, "cut", severity=Severity.WARNING, mark=False)
        else:
            message = "correlation_id is not deal_id."
            expected, actual = row.correlation, row.deal
            self._findings.add(
                "correlation.mismatch", message, each=EACH, field="deal_id", expected=expected, actual=actual
            )

    def odd(self, run: AgentEventRows) -> Iterator[int]:
        """Rows of plain events that have a finding of their own."""
        clock = self._clock
        for row, event in enumerate(run.objects):
            if type(event) is not PlainAgentEvent or not event.run_id:
                yield row
                continue
            payload, version, time = run.payloads[row], run.versions[row], run.times[row]
            number = version if type(version) is int else 1
            plan = self._plans.get((AGENT, event.event_type, number)) or self._plan(AGENT, event.event_type, number)
            correlation = run.correlations[row]
            if (
                not plan.known
                or plan.unknown_version
                or payload is None
                or time == NO_TIME
                or time > (clock.latest if run.zones[row] else clock.latest_local)
                or (payload and not JUDGED.isdisjoint(payload) and not holds(payload))
                or (event.deal_id and correlation and event.deal_id != correlation)
            ):
                yield row

    def count(self, run: AgentEventRows, row: int) -> None:
        """What is only counted of a plain event that is not odd."""
        event = run.objects[row]
        if run.versions[row] is None:
            self._unversioned(event.schema_version is not UNSET, event.event_type, AGENT)
        if not run.zones[row]:
            self._findings.count("order.naive-timestamp", _NAIVE, mark=False)
        self._missing.add(self._findings.place, run.traces[row], run.correlations[row])

    def standing(self) -> Iterator[Finding]:
        """What is one finding for the whole ledger."""
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

    def save(self) -> Iterator[tuple[str, Any]]:
        """What is carried beside the recorder's causes."""
        yield _MISSING, self._missing

    def restore(self, name: str, data: bytes) -> bool:
        """Take back one item; False if it is none of ours."""
        if name == _MISSING:
            self._missing = unpack(data, _Missing)
        return name == _MISSING

    def _unversioned(self, written: bool, name: str, shape: str) -> None:
        """An event without a version: one finding for its type, or for all the table where it has no such column."""
        of = repr(name) if written else "a deal's file" if shape == DEAL_FILE else TITLES[shape]
        self._findings.count("schema.missing-version", f"Events of {of} name no schema_version.", of, mark=False)

    def _plan(self, shape: str, name: str, version: int) -> _Plan:
        plan = _plan(shape, name, version)
        if len(self._plans) < 1000:
            self._plans[shape, name, version] = plan
        return plan


def _breaches(*given: Any) -> list[tuple[bool, Violation]]:
    from console.formats.zakops.schema import breaches  # pydantic is imported where a record needs a second look

    return breaches(*given)


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
