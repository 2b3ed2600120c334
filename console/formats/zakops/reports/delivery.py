"""The report ``delivery``: messages of the outbox by their type, and what consumers made of them.

Rows of an outbox change while they are delivered, and what is late depends on the clock: so what is not delivered is
kept one by one, and all else is only counted.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from console.formats.json.times import parse
from console.formats.report import Report, ReportColumn, ReportRow, ReportTable
from console.formats.zakops.beside.siblings import published
from console.formats.zakops.record import INBOX, OUTBOX, default_shape, text
from console.formats.zakops.rules.delivery import delivery, span
from console.model.event import NO_TIME, Event
from console.model.trust import Severity

_LINES = 5
"""Messages of one type that are explained one by one."""


@dataclass(slots=True)
class _Undelivered:
    """A message that was not delivered, as its row was read."""

    document: Mapping[str, Any]
    created: int
    due: int
    ordinal: int


@dataclass(slots=True)
class _Messages:
    """The messages of one type in one outbox."""

    messages: int = 0
    delivered: int = 0
    attempts: int = 0
    retries: int = 0
    lags: int = 0
    lag: int = 0
    slowest: int = -1
    last: int = NO_TIME
    undelivered: list[_Undelivered] = field(default_factory=list)


@dataclass(slots=True)
class _Processed:
    """What one consumer processed."""

    messages: int = 0
    duplicates: int = 0
    first_twice: int = 0
    last: int = NO_TIME
    seen: dict[str, int] = field(default_factory=dict)
    """When each event was processed, by its id."""


class DeliveryFold:
    """See ``console.formats.report.ReportFold``."""

    def __init__(self) -> None:
        self._shapes: dict[str, str | None] = {}
        self._sent: dict[str, dict[str, _Messages]] = {}
        self._published: dict[str, dict[str, int]] = {}
        self._processed: dict[str, dict[str, _Processed]] = {}

    def begin(self, ledger: str, shape: str, companions: Mapping[str, bytes]) -> None:
        self._shapes[ledger] = default_shape(shape)
        for each in (self._sent, self._published, self._processed):
            each.pop(ledger, None)

    def take(self, ledger: str, event: Event) -> None:
        shape = self._shapes.get(ledger)
        if shape == OUTBOX:
            self._message(ledger, event)
        elif shape == INBOX:
            self._consumed(ledger, event)

    def _message(self, ledger: str, event: Event) -> None:
        found = self._sent.setdefault(ledger, {}).setdefault(event.type, _Messages())
        document = event.document
        created = NO_TIME if event.instant is None else event.instant.micros
        gone, due = parse(published(document)), parse(document.get("next_attempt_at"))
        known = delivery(document, created, _micros(gone), _micros(due), created)
        found.messages += 1
        found.attempts = max(found.attempts, known.attempts)
        found.retries += max(0, known.attempts - 1)
        if known.state != "delivered":
            kept = {name: document.get(name) for name in _KEPT}
            found.undelivered.append(_Undelivered(kept, created, _micros(due), event.ordinal))
            return
        found.delivered += 1
        if gone is None:
            return
        found.last = max(found.last, gone.micros)
        if created != NO_TIME:
            took = max(0, gone.micros - created)
            found.lags += 1
            found.lag += took
            found.slowest = max(found.slowest, took)
        if event.event_id:
            self._published.setdefault(ledger, {})[event.event_id] = gone.micros

    def _consumed(self, ledger: str, event: Event) -> None:
        consumer = text(event.document.get("consumer_id")) or "every consumer"
        found = self._processed.setdefault(ledger, {}).setdefault(consumer, _Processed())
        time = NO_TIME if event.instant is None else event.instant.micros
        found.messages += 1
        found.last = max(found.last, time)
        if event.event_id is None:
            return
        if event.event_id in found.seen:
            found.duplicates += 1
            found.first_twice = found.first_twice or event.ordinal
        else:
            found.seen[event.event_id] = time

    def table(self, now: int) -> ReportTable:
        rows = [*self._outbox_rows(now), *self._inbox_rows()]
        values = [row.values for row in rows]
        sums = {name: sum(each.get(name) or 0 for each in values) for name in _SUMS}
        oldest = max((each["oldest"] for each in values if each.get("oldest") is not None), default=None)
        sums["oldest"] = "none" if oldest is None else span(oldest // 1_000_000)
        notes = () if rows else ("There is no outbox and no inbox here.",)
        return ReportTable(rows, sums, notes)

    def _outbox_rows(self, now: int) -> Iterator[ReportRow]:
        for ledger, types in sorted(self._sent.items()):
            for name, found in sorted(types.items()):
                yield _row_of(ledger, name, found, now)

    def _inbox_rows(self) -> Iterator[ReportRow]:
        gone = {name: time for each in self._published.values() for name, time in each.items()}
        for ledger, consumers in sorted(self._processed.items()):
            for name, found in sorted(consumers.items()):
                took = [max(0, time - gone[each]) for each, time in found.seen.items() if each in gone]
                values = {
                    "table": INBOX,
                    "type": name,
                    "processed": found.messages,
                    "duplicates": found.duplicates,
                    "lag": sum(took) // len(took) if took else None,
                    "slowest": max(took, default=None),
                    "last": None if found.last == NO_TIME else found.last,
                }
                worst = Severity.ERROR if found.duplicates else Severity.NONE
                yield ReportRow(values, worst, ledger, found.first_twice or None)


def _row_of(ledger: str, name: str, found: _Messages, now: int) -> ReportRow:
    counts = {"waiting": 0, "stalled": 0, "dead": 0}
    bad: list[tuple[int, int, str]] = []
    oldest = -1
    for each in found.undelivered:
        known = delivery(each.document, each.created, NO_TIME, each.due, now)
        counts[known.state] = counts.get(known.state, 0) + 1
        if known.state != "dead" and each.created != NO_TIME:
            oldest = max(oldest, now - each.created)
        if known.state != "waiting":
            bad.append((0 if known.state == "dead" else 1, each.ordinal, f"record {each.ordinal}: {known.why}"))
    bad.sort()
    worst = Severity.ERROR if counts["dead"] else Severity.WARNING if counts["stalled"] else Severity.NONE
    values = {
        "table": OUTBOX,
        "type": name,
        "messages": found.messages,
        "delivered": found.delivered,
        **counts,
        "attempts": found.attempts,
        "retries": found.retries,
        "oldest": oldest if oldest >= 0 else None,
        "lag": found.lag // found.lags if found.lags else None,
        "slowest": found.slowest if found.slowest >= 0 else None,
        "last": None if found.last == NO_TIME else found.last,
    }
    details = tuple(words for _, _, words in bad[:_LINES])
    if len(bad) > _LINES:
        details += (f"showing {_LINES} of {len(bad):,}",)
    return ReportRow(values, worst, ledger, bad[0][1] if bad else None, details)


def _micros(instant: Any) -> int:
    return NO_TIME if instant is None else int(instant.micros)


_KEPT = ("status", "is_dead", "attempts", "max_attempts", "last_error", "error_message")
_SUMS = ("messages", "delivered", "waiting", "stalled", "dead", "retries", "processed", "duplicates")

DELIVERY = Report(
    "delivery",
    "Delivery",
    "What became of messages: delivered, waiting, stalled or dead, with their lag, and what was processed twice.",
    (
        ReportColumn("table", "table"),
        ReportColumn("type", "event type or consumer"),
        ReportColumn("messages", "messages", "number"),
        ReportColumn("delivered", "delivered", "number"),
        ReportColumn("waiting", "waiting", "number"),
        ReportColumn("stalled", "stalled", "number"),
        ReportColumn("dead", "dead", "number"),
        ReportColumn("attempts", "most attempts", "number"),
        ReportColumn("retries", "retries", "number"),
        ReportColumn("oldest", "oldest undelivered", "age"),
        ReportColumn("lag", "mean lag", "age"),
        ReportColumn("slowest", "longest lag", "age"),
        ReportColumn("processed", "processed", "number"),
        ReportColumn("duplicates", "twice", "number"),
        ReportColumn("last", "last", "time"),
    ),
    DeliveryFold,
)
