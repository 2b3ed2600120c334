"""Tier and deletion date of every event: what may be deleted when, and what must stay."""

import heapq
from collections import Counter
from collections.abc import Mapping

from console.formats.report import Report, ReportColumn, ReportRow, ReportTable
from console.formats.smvm.rules.retention import NEVER, POLICIES, due, due_text, is_due, overdue, tier
from console.model.event import Event
from console.model.trust import Severity
from console.model.words import count

LIMIT = 20_000
"""Events that are listed, those that are deleted first; all are counted."""
COLUMNS = (
    ReportColumn("event", "event"),
    ReportColumn("type", "type"),
    ReportColumn("run", "run"),
    ReportColumn("time", "time", "time"),
    ReportColumn("tier", "tier"),
    ReportColumn("due", "due date"),
    ReportColumn("overdue", "overdue", "trouble"),
)
_Row = tuple[int, int, str, int, str, str, str]
"""When it is deleted, negative, for a heap; number, ledger, ordinal, type, id, run. Its time is kept by number."""


class RetentionFold:
    """See ``console.formats.report.ReportFold``."""

    def __init__(self) -> None:
        self._first: dict[str, list[tuple[_Row, int]]] = {}
        self._ages: dict[str, Counter[tuple[str, int]]] = {}
        """Events by type and day, as the microsecond at which it begins."""
        self._kept: Counter[str] = Counter()
        """Events that are never deleted, by ledger."""

    def begin(self, ledger: str, shape: str, companions: Mapping[str, bytes]) -> None:
        self._first[ledger] = []
        self._ages[ledger] = Counter()
        self._kept.pop(ledger, None)

    def take(self, ledger: str, event: Event) -> None:
        if event.instant is None or event.type not in POLICIES:
            return
        time = event.instant.micros
        due_at = due(event.type, time)
        self._ages[ledger][event.type, time // _DAY * _DAY] += 1
        self._kept[ledger] += due_at is None
        run = event.streams[0].key if event.streams else ""
        when = -(_NEVER if due_at is None else due_at)
        row = (when, -event.ordinal, ledger, event.ordinal, event.type, event.event_id or "", run), time
        rows = self._first[ledger]
        if len(rows) < LIMIT:
            heapq.heappush(rows, row)
        else:
            heapq.heappushpop(rows, row)

    def table(self, now: int) -> ReportTable:
        """One row for each event, those that are deleted first before the others."""
        rows = sorted((row for some in self._first.values() for row in some), key=lambda row: (-row[0][0], -row[0][1]))
        totals: Counter[str] = Counter(dict.fromkeys(("events", "hot", "warm", "cold", "due", "overdue", NEVER), 0))
        for ages in self._ages.values():
            for (kind, time), number in ages.items():
                due_at = due(kind, time)
                totals["events"] += number
                totals[tier(kind, time, now)] += number
                totals["due"] += number * is_due(due_at, now)
                totals["overdue"] += number * overdue(due_at, now)
                totals[NEVER] += number * (due_at is None)
        return ReportTable([_row(*row, now) for row in rows[:LIMIT]], dict(totals), self._notes(len(rows), totals))

    def _notes(self, listed: int, totals: Mapping[str, int]) -> tuple[str, ...]:
        notes = []
        if totals["events"] > min(listed, LIMIT):
            notes.append(f"The {LIMIT:,} events that are deleted first are shown, of {totals['events']:,}.")
        whole = sum(1 for number in self._kept.values() if number)
        if whole:
            verb = "holds" if whole == 1 else "hold"
            notes.append(
                f"{count(whole, 'ledger')} of {len(self._first):,} {verb} FLAGGED or DECIDED events, which are never"
                f" deleted: no such file can be deleted whole."
            )
        return tuple(notes)


_NEVER = 1 << 62
_DAY = 86_400_000_000


def _row(row: _Row, time: int, now: int) -> ReportRow:
    _, _, ledger, ordinal, kind, event_id, run = row
    due_at = due(kind, time)
    late, soon = overdue(due_at, now), is_due(due_at, now)
    values = {
        "event": event_id,
        "type": kind,
        "run": run,
        "time": time,
        "tier": tier(kind, time, now),
        "due": due_text(kind, time),
        "overdue": late,
    }
    return ReportRow(values, Severity.WARNING if late else Severity.NOTE if soon else Severity.NONE, ledger, ordinal)


RETENTION = Report(
    "retention",
    "Retention",
    "Storage tier and deletion date of each event, and what is due or overdue.",
    COLUMNS,
    RetentionFold,
)
