"""SMVM's rules over a ledger: order in time and of stages, ids against runs, references, flags.

One ``RunState`` per run is carried from batch to batch; what would repeat for event after event is gathered.
"""

from typing import Any, Protocol

from console.formats.json.times import quick
from console.formats.reading.saved_state import pack, unpack
from console.formats.reading.tally import Place, Tally
from console.formats.smvm import business, ids
from console.formats.smvm.references import Pending, References
from console.formats.smvm.runs import FLAGS, RANKS, STAGES, Gaps, RunState
from console.model.event import NO_TIME
from console.model.finding import Finding
from console.model.trust import Severity
from console.verify.catalogue import finding

SERVICES = frozenset(("ingestion", "personas", "competitors", "simulation", "analysis", "overwatch", "memory", "cli"))
SECOND = 1_000_000
TOLERANCE = 5 * 60 * SECOND
"""Microseconds that a time stamp may be ahead of the check's clock."""
HIGH = FLAGS.index("high")


class Where(Protocol):
    """What a finding says of the event that it points at."""

    run_id: str
    event_id: str


def place_of(event: Where, place: Place) -> dict[str, Any]:
    """Where a finding about this event points."""
    return {
        "stream": event.run_id or None,
        "event_id": event.event_id or None,
        "record": place.ordinal,
        "offset": place.offset,
        "length": place.length,
    }


class Rules:
    """All rules over one ledger. ``own_run`` is the run that the folder belongs to, where a file beside the ledger says
    so; ``limit`` is the latest instant that is not in the future."""

    def __init__(self, own_run: str | None) -> None:
        self.own_run = own_run
        self.limit = 1 << 62
        self.events = 0
        self.runs: dict[str, RunState] = {}
        self.bad_runs: list[str] = []
        self.hints = Tally()
        """By field, value and the hint's words."""
        self.gathered = Tally()
        """By code."""
        self.references = References()
        self._gaps = Gaps()
        self._store: RunState | None = None
        self._changed: set[str] = set()
        self._unsettled: set[str] = set()

    def run(self, name: str, place: Place, *, documented: bool, events: int = 1) -> RunState:
        """The state of the run that these events belong to; see ``state``."""
        state = self.state(name, place, documented=documented)
        self._changed.add(name)
        self._unsettled.add(name)
        self.events += events
        state.events += events
        return state

    def state(self, name: str, place: Place, *, documented: bool) -> RunState:
        """The run's state; a new run's id is checked first. ``documented``: the event is the specification's."""
        state = self.runs.get(name)
        if state is None:
            state = self.runs[name] = RunState(place)
            match = ids.RUN_ID.fullmatch(name)
            if match is None:
                state.bad = "schema.bad-pattern"
                state.known = not documented or ids.REAL_RUN_ID.fullmatch(name) is not None
            else:
                began = ids.second(match[1])
                if began is None:
                    state.bad = "schema.impossible-date"
                else:
                    state.began = began
            if state.bad:
                self.bad_runs.append(name)
        return state

    def store(self, place: Place) -> RunState:
        """The clock of a memory store's entries, which belong to no run."""
        if self._store is None:
            self._store = RunState(place)
        return self._store

    def time(self, state: RunState, stamp: str, event: Where, place: Place, found: list[Finding]) -> int:
        """The event's instant (``NO_TIME`` if it names none); what is wrong with it in its run goes to ``found``."""
        known = quick(stamp)
        if known is None:
            found.append(bad_time(stamp, "timestamp", place_of(event, place)))
            return NO_TIME
        micros, zone = known
        if not zone:
            self.gathered.add(("order.naive-timestamp",), place)
        if micros < state.last:
            message = f"The event is {(state.last - micros) / SECOND:g} s earlier than the one before it in its run."
            found.append(
                finding("order.time-regression", message, field="timestamp", actual=stamp, **place_of(event, place))
            )
        if micros > self.limit:
            message = f"{stamp} is later than now."
            found.append(
                finding("order.future-timestamp", message, field="timestamp", actual=stamp, **place_of(event, place))
            )
        else:
            state.last = micros
        if micros < state.began - SECOND and not state.early:
            state.early = True
            message = "The event is earlier than the second that its run's id names."
            found.append(
                finding("identity.id-time-mismatch", message, field="run_id", actual=stamp, **place_of(event, place))
            )
        return micros

    def identity(self, event: Any, state: RunState, micros: int, place: Place, found: list[Finding]) -> None:
        """Event id, span id and service of a ledger event, each against its pattern and its neighbours."""
        event_id, run, span = event.event_id, event.run_id, event.span_id
        match = ids.EVENT_ID.fullmatch(event_id)
        if match is not None:
            second = ids.second(match[1])
            if second is None:
                found.append(_bad("schema.impossible-date", "event_id", event_id, None, event, place))
            elif micros != NO_TIME and not 0 <= micros - second < 2 * SECOND:
                found.append(
                    finding(
                        "identity.id-time-mismatch",
                        "event_id and timestamp are more than a second apart.",
                        field="event_id",
                        expected=event.timestamp[:100],
                        actual=event_id,
                        **place_of(event, place),
                    )
                )
        elif event_id:
            found.append(_bad("schema.bad-pattern", "event_id", event_id, "EVT-YYYYMMDD-HHMMSS-<12 hex>", event, place))
        if run and span.startswith(run):
            if ids.SPAN_TAIL.fullmatch(span, len(run)) is None and span and not state.bad:
                found.append(_bad("schema.bad-pattern", "span_id", span, "<run_id>-NNNN-XXX", event, place))
        elif span and run:
            found.append(
                finding(
                    "identity.span-run-mismatch",
                    "span_id does not begin with the event's run_id.",
                    field="span_id",
                    expected=run,
                    actual=span[:200],
                    **place_of(event, place),
                )
            )
        if event.service not in SERVICES and event.service:
            found.append(
                finding(
                    "schema.not-in-vocabulary",
                    f"{event.service[:80]!r} is not one of the eight services.",
                    field="service",
                    actual=event.service[:200],
                    **place_of(event, place),
                )
            )

    def stage(self, name: str, event: Any, state: RunState, place: Place, found: list[Finding]) -> None:
        """Order of the stages, and the business rules of this event type."""
        state.stage = name
        rank = RANKS.get(name)
        if rank is not None:
            before = state.enter(rank, place)
            if before:
                message = f"{name} comes after {STAGES[before - 1]}."
                found.append(
                    finding("order.stage-order", message, field="event_type", actual=name, **place_of(event, place))
                )
        check = business.CHECKS.get(name)
        if check is not None:
            for breach in check(event.metadata, event.provenance):
                found.append(finding(breach.code, breach.message, field=breach.field, **place_of(event, place)))

    def flag(self, event: Any, state: RunState, place: Place) -> Severity:
        """Take down a FLAGGED event's references and severity; high and critical ones mark the row."""
        level = getattr(event.metadata, "severity_level", None)
        weight = FLAGS.index(level) if level in FLAGS else 0
        state.flagged = max(state.flagged, weight)
        entities = getattr(event.metadata, "affected_entities", None)
        for entity in entities if isinstance(entities, list) else ():
            if isinstance(entity, str):
                self.references.refer(entity, Pending(event.event_id, event.run_id, place), self.runs)
        return Severity.WARNING if weight >= HIGH else Severity.NONE

    def gaps(self) -> Gaps:
        """What is missing in which runs, as of now."""
        for run in self._unsettled:
            self._gaps.update(run, self.runs[run])
        self._unsettled = set()
        return self._gaps

    def dump(self) -> dict[str, bytes]:
        """Changed runs by ``run:<id>``, and the ledger's own part under ``rules``."""
        items = {f"run:{name}": pack(self.runs[name]) for name in self._changed}
        self._changed = set()
        items["rules"] = pack((self.hints.dump(), self.gathered.dump(), *self.references.dump(), self._store))
        return items

    def load(self, items: dict[str, bytes]) -> None:
        """Restore what ``dump`` gave, all of it."""
        for key, data in items.items():
            if key.startswith("run:"):
                self.runs[key[4:]] = unpack(data, RunState)
            elif key == "rules":
                kind = tuple[bytes, bytes, dict[int, int], dict[str, Pending], RunState | None]
                hints, gathered, recent, pending, self._store = unpack(data, kind)
                self.hints.load(hints)
                self.gathered.load(gathered)
                self.references.load(recent, pending)
        self.runs = dict(sorted(self.runs.items(), key=lambda item: item[1].place))
        self.bad_runs = [run for run, state in self.runs.items() if state.bad]
        self.events = sum(state.events for state in self.runs.values())
        self._unsettled = set(self.runs)


def _bad(code: str, field: str, value: str, expected: str | None, event: Any, place: Place) -> Finding:
    wrong = f"is not {expected}" if expected else "names a date that does not exist"
    message = f"{field} {wrong}."
    return finding(code, message, field=field, expected=expected, actual=value[:200], **place_of(event, place))


def bad_time(stamp: str, field: str, at: dict[str, Any]) -> Finding:
    """A time stamp that names no instant: of the right form, or not even that."""
    formed = len(stamp) >= 16 and stamp[:4].isdecimal() and stamp[4] == stamp[7] == "-"
    code = "schema.impossible-date" if formed else "schema.bad-pattern"
    wrong = "is no date and time that exists" if formed else "is no ISO 8601 time"
    return finding(code, f"{field} {wrong}.", field=field, actual=stamp[:200], **at)
