"""The report ``gaps``: each event type that the system's own audit requires, and how it is recorded, if at all."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from console.formats.report import Report, ReportColumn, ReportRow, ReportTable
from console.formats.zakops.event_types import LEGACY, REGISTRY, gaps
from console.formats.zakops.record import ACTION, AUDIT, INBOX, OUTBOX, default_shape, text
from console.model.event import NO_TIME, Event
from console.model.trust import Severity


@dataclass(slots=True)
class _OfType:
    """Events of one type in one ledger: how many, when, and the record of the first."""

    ordinal: int
    events: int = 0
    first: int = NO_TIME
    last: int = NO_TIME

    def add(self, time: int) -> None:
        self.events += 1
        if time != NO_TIME:
            self.first = time if self.first == NO_TIME else min(self.first, time)
            self.last = max(self.last, time)


@dataclass(slots=True)
class _OfLedger:
    shape: str | None
    types: dict[str, _OfType] = field(default_factory=dict)
    """By type, those of agent events in the words of the registry; those of an audit as they stand there."""


class GapsFold:
    """See ``console.formats.report.ReportFold``."""

    def __init__(self) -> None:
        self._ledgers: dict[str, _OfLedger] = {}

    def begin(self, ledger: str, shape: str, companions: Mapping[str, bytes]) -> None:
        self._ledgers[ledger] = _OfLedger(default_shape(shape))

    def take(self, ledger: str, event: Event) -> None:
        known = self._ledgers.get(ledger)
        if known is None or known.shape in (OUTBOX, INBOX):
            return
        time = NO_TIME if event.instant is None else event.instant.micros
        for name in _types(known.shape, event):
            known.types.setdefault(name, _OfType(event.ordinal)).add(time)

    def table(self, now: int) -> ReportTable:
        counts: dict[str, int] = {}
        if any(each.shape == AUDIT for each in self._ledgers.values()):  # trails repeat the audit
            self._ledgers = {name: each for name, each in self._ledgers.items() if each.shape != ACTION}
        for known in self._ledgers.values():
            for name, found in known.types.items():
                counts[name] = counts.get(name, 0) + found.events
        rows = [self._row(each.type, each.seen, each.events) for each in gaps(counts)]
        seen = [row.values["recorded"] for row in rows]
        summary = {name: seen.count(name) for name in ("seen", "legacy", "never")}
        return ReportTable(rows, summary)

    def _row(self, name: str, seen: str, events: int) -> ReportRow:
        wanted = LEGACY.get(name, ()) if seen == "legacy" else (name,)
        places = [
            (ledger, found)
            for ledger, known in self._ledgers.items()
            for type_name, found in known.types.items()
            if type_name in wanted
        ]
        first = min((found.first for _, found in places if found.first != NO_TIME), default=None)
        last = max((found.last for _, found in places if found.last != NO_TIME), default=None)
        at = next(((ledger, found.ordinal) for ledger, found in places), (None, None))
        values = {
            "type": name,
            "category": name.partition(".")[0],
            "recorded": seen,
            "events": events,
            "as": ", ".join(sorted(set(wanted))) if seen == "legacy" else "",
            "first": first,
            "last": last,
        }
        worst = Severity.NOTE if seen == "never" else Severity.NONE
        return ReportRow(values, worst, *at)


def _types(shape: str | None, event: Event) -> Iterator[str]:
    """Types that an event stands for: of an action's document those of its trail."""
    if shape == AUDIT:
        yield event.type
        return
    if shape == ACTION:
        trail: Any = event.document.get("audit_trail")
        for entry in trail if isinstance(trail, list) else ():
            if isinstance(entry, dict) and (name := text(entry.get("event"))):
                yield name
        return
    entry = REGISTRY.get(event.type)
    yield event.type if entry is None else entry.category


GAPS = Report(
    "gaps",
    "Gaps",
    "Which required event types are recorded: seen, only as legacy audit events, or never.",
    (
        ReportColumn("type", "event type"),
        ReportColumn("category", "category"),
        ReportColumn("recorded", "recorded"),
        ReportColumn("events", "events", "number"),
        ReportColumn("as", "seen as"),
        ReportColumn("first", "first", "time"),
        ReportColumn("last", "last", "time"),
    ),
    GapsFold,
)
