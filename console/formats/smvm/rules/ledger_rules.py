"""SMVM's rules over a ledger: order in time and of stages, ids against runs, references, flags.

One ``RunState`` per run is carried from batch to batch; what would repeat for event after event is counted.
"""

import re
from collections.abc import Iterator
from typing import Any

from console.formats.json.times import quick
from console.formats.reading.clock import Clock, step_back
from console.formats.reading.findings import Place, Recorder
from console.formats.reading.saved_state import unpack
from console.formats.smvm import record
from console.formats.smvm.rules.fields import CHECKS
from console.formats.smvm.rules.runs import FLAGS, RANKS, STAGES, Gaps, OpenReferences, Pending, RunState, entities_of
from console.model.event import NO_TIME
from console.model.trust import Severity

SERVICES = frozenset(("ingestion", "personas", "competitors", "simulation", "analysis", "overwatch", "memory", "cli"))
SECOND = 1_000_000
DAY = 86_400 * SECOND
HIGH = FLAGS.index("high")
_RUN, _RULES = "run:", "rules"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?![0-9])")
"""The beginning of a time that is written well enough to say that it does not exist."""


class Rules:
    """All rules over one ledger. ``findings`` and ``clock`` are the reader's; ``own_run`` is the run that the folder
    belongs to, where a file beside the ledger names it; ``salt`` that of the keys of ids."""

    def __init__(self, findings: Recorder, clock: Clock, own_run: str | None, salt: bytes = b"") -> None:
        self.findings = findings
        self.clock = clock
        self.own_run = own_run
        self.events = 0
        self.runs: dict[str, RunState] = {}
        self.documented: dict[str, None] = {}
        """Runs with events of the specification's, and how many events these runs have."""
        self.documented_events = 0
        self.bad_runs: list[str] = []
        self.references = OpenReferences(salt)
        self._gaps = Gaps()
        self._store: RunState | None = None
        self._changed: set[str] = set()
        self._unsettled: set[str] = set()

    def run(self, name: str, place: Place, event_id: str = "", *, documented: bool, events: int = 1) -> RunState:
        """The state of the run that these events belong to; see ``state``."""
        state = self.state(name, place, event_id, documented=documented)
        self._changed.add(name)
        self._unsettled.add(name)
        self.events += events
        state.events += events
        self.documented_events += events if state.documented else 0
        return state

    def state(self, name: str, place: Place, event_id: str = "", *, documented: bool) -> RunState:
        """The run's state; place and id are those of its first event, where it is new.

        ``documented``: the event is the specification's, which asks for ids of one form; the other families of events
        name their runs as they like.
        """
        state = self.runs.get(name)
        if state is None:
            state = self.runs[name] = RunState(place, event_id)
            match = record.RUN_ID.fullmatch(name)
            if match is not None:
                began = record.second(match[1])
                state.began = NO_TIME if began is None else began
        if documented and not state.documented:
            state.documented = True
            self.documented[name] = None
            self.documented_events += state.events
            if record.RUN_ID.fullmatch(name) is None:
                state.bad = "schema.bad-pattern"
                state.known = record.REAL_RUN_ID.fullmatch(name) is not None
            elif state.began == NO_TIME:
                state.bad = "schema.impossible-date"
            if state.bad:
                self.bad_runs.append(name)
        return state

    def store(self, place: Place) -> RunState:
        """The clock of a memory store's entries, which belong to no run."""
        if self._store is None:
            self._store = RunState(place)
        return self._store

    def time(self, state: RunState, stamp: str) -> int:
        """The instant of the event at hand (``NO_TIME`` if it names none), and what is wrong with it in its run."""
        time, zone = self._instant(stamp, "timestamp")
        if time == NO_TIME:
            return NO_TIME
        if time < state.last:
            message = f"The event is {(state.last - time) / SECOND:g} s earlier than the one before it in its run."
            back = state.last - time
            self.findings.remark(step_back(back, message, naive=not zone, field="timestamp", actual=stamp))
        apart = apart_from_run(time, state.began, state.last)
        if not self._future(time, zone, stamp, "timestamp"):
            state.last = time
        if apart and not state.apart:
            state.apart = True
            self.findings.add("identity.id-time-mismatch", apart, field="run_id", actual=stamp)
        return time

    def time_inside(self, stamp: str, field: str) -> None:
        """A time beside that of the event. Its field is called ISO 8601, which knows more forms: others only warn."""
        time, zone = self._instant(stamp, field, Severity.WARNING)
        if time != NO_TIME:
            self._future(time, zone, stamp, field)

    def _instant(self, stamp: str, field: str, severity: Severity | None = None) -> tuple[int, str]:
        """Microseconds and zone of a time, and what is wrong with how it is written."""
        known = quick(stamp)
        if known is None:
            self.bad_time(stamp, field)
            return NO_TIME, ""
        if record.DATE_TIME.fullmatch(stamp) is None:
            message = f"{field} is not written as YYYY-MM-DDThh:mm:ss, with a fraction and a zone."
            self.findings.add("schema.bad-pattern", message, severity=severity, field=field, actual=stamp[:200])
            if stamp[16:17] != ":":  # which second of its minute is not known
                return NO_TIME, ""
        if not known[1]:
            self.naive(self.findings.place)
        return known

    def _future(self, time: int, zone: str, stamp: str, field: str) -> bool:
        late = time > (self.clock.latest if zone else self.clock.latest_local)
        if late:
            self.findings.add("order.future-timestamp", f"{stamp} is later than now.", field=field, actual=stamp)
        return late

    def naive(self, place: Place, times: int = 1) -> None:
        """Count times without a zone; the first is at ``place``."""
        message = "Time stamps without a zone; they are read as UTC."
        self.findings.count("order.naive-timestamp", message, times=times, place=place)

    def unverifiable(self, place: Place, times: int = 1) -> None:
        """Count hashes of payloads that are not at hand; the first is at ``place``."""
        message = "The payloads that data_hash covers are not at hand, so these hashes were not checked."
        self.findings.count("data.hash-unverifiable", message, times=times, place=place)

    def hint(self, field: str, value: str, expected: str) -> None:
        """Count a value that a field's hint does not name; marks no row."""
        message = f"{field} is {value[:80]!r}, which the hint ({expected}) does not name."
        self.findings.count(
            "schema.not-in-vocabulary",
            message,
            f"{field} {value[:200]}",
            mark=False,
            event_id=self.findings.event_id,
            stream=self.findings.stream,
            field=field,
            expected=expected,
            actual=value[:200],
        )

    def bad_time(self, stamp: str, field: str) -> None:
        """A time stamp that names no instant: of the right form, or not even that."""
        formed = record.DATE_TIME.fullmatch(stamp) is not None or _DAY.match(stamp) is not None
        code = "schema.impossible-date" if formed else "schema.bad-pattern"
        wrong = "is no date and time that exists" if formed else "is no ISO 8601 time"
        self.findings.add(code, f"{field} {wrong}.", field=field, actual=stamp[:200])

    def identity(self, event: Any, state: RunState, time: int) -> None:
        """Event id, span id and service of a ledger event, each against its pattern and its neighbours."""
        event_id, run, span = event.event_id, event.run_id, event.span_id
        match = record.EVENT_ID.fullmatch(event_id)
        if match is not None:
            second = record.second(match[1])
            if second is None:
                message = "event_id names a date that does not exist."
                self.findings.add("schema.impossible-date", message, field="event_id", actual=event_id[:200])
            elif time != NO_TIME and not 0 <= time - second < 2 * SECOND:
                message, expected = "event_id and timestamp are more than a second apart.", event.timestamp[:100]
                self.findings.add(
                    "identity.id-time-mismatch", message, field="event_id", expected=expected, actual=event_id
                )
        elif event_id:
            self._pattern("event_id", event_id, "EVT-YYYYMMDD-HHMMSS-<12 hex>")
        if run and span.startswith(run):
            if record.SPAN_TAIL.fullmatch(span, len(run)) is None and span and not state.bad:
                self._pattern("span_id", span, "<run_id>-NNNN-XXX")
        elif span and not run:
            if record.SPAN_ID.fullmatch(span) is None:
                self._pattern("span_id", span, "<run_id>-NNNN-XXX")
        elif span:
            message = "span_id does not begin with the event's run_id."
            self.findings.add("identity.span-run-mismatch", message, field="span_id", expected=run, actual=span[:200])
        if event.service not in SERVICES and event.service:
            message = f"{event.service[:80]!r} is not one of the eight services."
            self.findings.add("schema.not-in-vocabulary", message, field="service", actual=event.service[:200])

    def _pattern(self, field: str, value: str, expected: str) -> None:
        message = f"{field} is not {expected}."
        self.findings.add("schema.bad-pattern", message, field=field, expected=expected, actual=value[:200])

    def stage(self, name: str, event: Any, state: RunState) -> None:
        """Order of the stages, and the business rules of this event type."""
        state.stage = name
        rank = RANKS.get(name)
        if rank is not None:
            before = state.enter(rank, self.findings.place, event.event_id)
            if before:
                message = f"{name} comes after {STAGES[before - 1]}."
                self.findings.add("order.stage-order", message, field="event_type", actual=name)
        check = CHECKS.get(name)
        for remark in check(event.metadata, event.provenance) if check is not None else ():
            self.findings.remark(remark)

    def flag(self, event: Any, state: RunState, place: Place) -> Severity:
        """Take down a FLAGGED event's references and severity; high and critical ones mark the row."""
        level = getattr(event.metadata, "severity_level", None)
        weight = FLAGS.index(level) if level in FLAGS else 0
        state.flags = 1 if weight > state.flagged else state.flags + (weight == state.flagged)
        state.flagged = max(state.flagged, weight)
        for entity in entities_of(getattr(event.metadata, "affected_entities", None)):
            self.references.refer(entity, Pending(event.event_id, event.run_id, place), self.runs)
        return Severity.WARNING if weight >= HIGH else Severity.NONE

    def gaps(self) -> Gaps:
        """What is missing in which runs, as of now."""
        for run in self._unsettled:
            self._gaps.update(run, self.runs[run])
        self._unsettled = set()
        return self._gaps

    def save(self) -> Iterator[tuple[str, Any]]:
        """What changed since this was last asked: runs by ``run:<id>``, and the ledger's own part under ``rules``."""
        changed, self._changed = self._changed, set()
        for name in changed:
            yield f"{_RUN}{name}", self.runs[name]
        yield _RULES, (*self.references.dump(), self._store)

    def restore(self, name: str, data: bytes) -> bool:
        """Take back one item; False if it is none of ours. ``restored`` ends it."""
        if name.startswith(_RUN):
            self.runs[name.removeprefix(_RUN)] = unpack(data, RunState)
        elif name == _RULES:
            recent, pending, self._store = unpack(data, tuple[dict[int, int], dict[str, Pending], RunState | None])
            self.references.load(recent, pending)
        else:
            return False
        return True

    def restored(self) -> None:
        """All items are back."""
        self.runs = dict(sorted(self.runs.items(), key=lambda item: item[1].place))
        self.bad_runs = [run for run, state in self.runs.items() if state.bad]
        self.events = sum(state.events for state in self.runs.values())
        self.documented = {run: None for run, state in self.runs.items() if state.documented}
        self.documented_events = sum(self.runs[run].events for run in self.documented)
        self._unsettled = set(self.runs)


def apart_from_run(time: int, began: int, last: int) -> str:
    """How an event's time contradicts the second that its run's id names; '' where it does not. ``last`` is the time of
    the event before, ``NO_TIME`` for the first."""
    if began == NO_TIME:
        return ""
    if time < began:
        return "The event is earlier than the second that its run's id names."
    if last == NO_TIME and time - began > DAY:
        return "The run's first event is more than a day later than the second that its id names."
    return ""
