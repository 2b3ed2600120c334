"""Runs and their spans as a tree: what happened in each span, and spans that belong to no run or to no event."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from console.formats.json.times import iso
from console.formats.report import Report, ReportColumn, ReportRow, ReportTable
from console.formats.smvm.record import LEDGER, RUN_ID_LENGTH, SPAN_ID, SPAN_TAIL, text
from console.formats.smvm.rules.runs import entities_of
from console.model.event import NO_TIME, Event
from console.model.trust import Severity

COLUMNS = (
    ReportColumn("span", "span"),
    ReportColumn("run", "run"),
    ReportColumn("stages", "events by type"),
    ReportColumn("services", "services"),
    ReportColumn("events", "events", "number"),
    ReportColumn("first", "first", "time"),
    ReportColumn("took", "took", "age"),
    ReportColumn("orphan", "orphan", "trouble"),
)
EVENTS = 100
"""Events of one span that are listed under it."""


@dataclass(slots=True)
class _Span:
    """Events of one span in one run."""

    ledger: str
    ordinal: int
    types: dict[str, int] = field(default_factory=dict)
    services: dict[str, None] = field(default_factory=dict)
    first: int = NO_TIME
    last: int = NO_TIME
    events: list[str] = field(default_factory=list)
    count: int = 0
    named_by: str = ""
    """The event that names it, where it has none of its own."""

    def add(self, event: Event) -> None:
        self.count += 1
        self.types[event.type] = self.types.get(event.type, 0) + 1
        self.services[text(event.document, "service")] = None
        when = ""
        if event.instant is not None:
            time = event.instant.micros
            self.first = time if self.first == NO_TIME else min(self.first, time)
            self.last = max(self.last, time)
            when = iso(time)
        if len(self.events) < EVENTS:
            self.events.append(f"{when} {event.type} {event.event_id or ''}".strip())


class SpansFold:
    """See ``console.formats.report.ReportFold``."""

    def __init__(self) -> None:
        self._spans: dict[str, dict[tuple[str, str], _Span]] = {}
        """By ledger, then by run and span."""
        self._named: dict[str, dict[str, tuple[int, str]]] = {}
        """Spans that flags name, by ledger."""

    def begin(self, ledger: str, shape: str, companions: Mapping[str, bytes]) -> None:
        self._spans.pop(ledger, None)
        self._named.pop(ledger, None)
        if shape == LEDGER:
            self._spans[ledger], self._named[ledger] = {}, {}

    def take(self, ledger: str, event: Event) -> None:
        spans = self._spans.get(ledger)
        run, span = text(event.document, "run_id"), text(event.document, "span_id")
        if spans is None:
            return
        if (run, span) not in spans:
            spans[run, span] = _Span(ledger, event.ordinal)
        spans[run, span].add(event)
        metadata = event.document.get("metadata")
        if event.type == "FLAGGED" and isinstance(metadata, dict):
            for entity in entities_of(metadata.get("affected_entities")):
                if SPAN_ID.fullmatch(entity):
                    self._named[ledger].setdefault(entity, (event.ordinal, event.event_id or ""))

    def table(self, now: int) -> ReportTable:
        """A row for each run, its spans below it."""
        all_of_them: dict[str, list[tuple[str, _Span]]] = {}
        there = {span for spans in self._spans.values() for _, span in spans}
        for ledger, spans in self._spans.items():
            for (run, name), span in spans.items():
                all_of_them.setdefault(run, []).append((name, span))
            for name, (ordinal, by) in self._named[ledger].items():
                if name not in there:
                    span = _Span(ledger, ordinal, named_by=by)
                    all_of_them.setdefault(name[:RUN_ID_LENGTH], []).append((name, span))
        rows = [row for run, spans in all_of_them.items() for row in _run(run, sorted(spans, key=_begins))]
        orphans = sum(row.values["orphan"] is True for row in rows)
        number = sum(map(len, all_of_them.values()))
        return ReportTable(rows, {"runs": len(all_of_them), "spans": number, "orphans": orphans})


def _begins(pair: tuple[str, _Span]) -> tuple[bool, int, str]:
    name, span = pair
    return span.first == NO_TIME, span.first, name


def _run(run: str, spans: list[tuple[str, _Span]]) -> Iterator[ReportRow]:
    times = [time for _, span in spans for time in (span.first, span.last) if time != NO_TIME]
    values = {
        "span": run or "(no run)",
        "run": run,
        "events": sum(span.count for _, span in spans),
        "first": min(times, default=None),
        "took": max(times) - min(times) if times else None,
        "orphan": False,
    }
    yield ReportRow({**dict.fromkeys(column.name for column in COLUMNS), **values}, Severity.NONE, spans[0][1].ledger)
    for at, (name, span) in enumerate(spans):
        orphan = _orphan(run, name, span)
        known = span.first != NO_TIME
        line = {
            "span": f"{'└' if at == len(spans) - 1 else '├'} {name.removeprefix(run).lstrip('-') or '(none)'}",
            "run": run,
            "stages": ", ".join(kind if n == 1 else f"{kind} ×{n}" for kind, n in span.types.items()),
            "services": ", ".join(span.services),
            "events": span.count,
            "first": span.first if known else None,
            "took": span.last - span.first if known else None,
            "orphan": bool(orphan),
        }
        details = (orphan, *span.events) if orphan else tuple(span.events)
        yield ReportRow(line, Severity.WARNING if orphan else Severity.NONE, span.ledger, span.ordinal, details)


def _orphan(run: str, name: str, span: _Span) -> str:
    """Why a span hangs in the air; '' where it does not."""
    if span.named_by:
        return f"{span.named_by} names it, and no event is in it."
    if not run or not name.startswith(run):
        return "It does not belong to the run of its events."
    if SPAN_TAIL.fullmatch(name, len(run)) is None:
        return "Its id has not the form of a span's."
    return ""


SPANS = Report("spans", "Spans", "Runs and their spans as a tree, and spans that belong to none.", COLUMNS, SpansFold)
