"""Joins of a ledger with those beside it, by the ids of events: what is recorded, sent out, and processed.

A single message without its event is a finding. Where no id at all is shared, the tables are joined by type, trace and
correlation; where not even these are, the real service's tables, whose messages have ids of their own, are not judged.
So it is only known at the end which rows are missing: they are findings as of now.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from console.formats.reading.findings import Place, Remark
from console.formats.reading.saved_state import unpack
from console.formats.zakops.beside.siblings import ARCHIVE, EVENTS, Sibling, SiblingRow, ids_of, load, short
from console.formats.zakops.record import AGENT, INBOX, OUTBOX, ZakopsEnvelope
from console.model.event import NO_TIME
from console.model.finding import Finding
from console.verify.catalogue import finding

LISTED = 20
"""Missing rows that are listed one by one."""
_NAME = "joins"


class _Lack(msgspec.Struct, array_like=True):
    """Records without a counterpart, in their order: the first ones, and how many there are."""

    count: int = 0
    listed: list[tuple[str, int, int, int]] = []

    def add(self, event_id: str, place: Place) -> None:
        self.count += 1
        if len(self.listed) < LISTED:
            self.listed.append((event_id, *place))

    def settle(self, other: Sibling) -> int:
        """Leave out what is there now, as far as it is listed; how many."""
        missing = [each for each in self.listed if not other.holds(each[0])]
        found = len(self.listed) - len(missing)
        self.listed, self.count = missing, self.count - found
        return found


class _Joined(msgspec.Struct, array_like=True):
    """What was found so far. ``by_id`` and ``alike`` count records with a counterpart of their id, or of their type,
    trace and correlation."""

    by_id: int = 0
    alike: int = 0
    required: bool = False
    lacks: _Lack = msgspec.field(default_factory=_Lack)
    lacks_alike: _Lack = msgspec.field(default_factory=_Lack)
    unknown: _Lack = msgspec.field(default_factory=_Lack)


class Joins:
    """The joins of one ledger, by its shape. ``companions`` are the extracts of the ledgers beside it."""

    def __init__(self, companions: Mapping[str, bytes]) -> None:
        self.archive = load(companions, ARCHIVE)
        known = [each for each in EVENTS if each in companions and each != ARCHIVE]
        self._events = load(companions, *known, ARCHIVE) if known else None
        self._outbox = load(companions, "outbox")
        self.of_events = bool(companions.keys() & {ARCHIVE, "outbox"})
        """True if there is something to join events with."""
        self._seen = _Joined()
        self._changed = False

    def event(
        self,
        event_id: str,
        type: str,
        trace: str | None,
        correlation: str | None,
        time: int,
        place: Place,
        *,
        required: bool,
    ) -> Remark | None:
        """An event of agent_events: it has a message, and is not in the archive, too."""
        outbox, archive = self._outbox, self.archive
        if outbox is not None and NO_TIME < time <= outbox.taken and event_id:
            self._changed = True
            seen = self._seen
            seen.required |= required
            alike = outbox.alike(type, trace, correlation)
            seen.alike += alike
            if outbox.holds(event_id):
                seen.by_id += 1
            else:
                seen.lacks.add(event_id, place)
                if not alike:
                    seen.lacks_alike.add(event_id, place)
        if archive is not None and event_id and archive.holds(event_id):
            message = "The event is in the archive, too: it was copied there, and not moved."
            return Remark("identity.duplicate-event-id", message, "id", None, event_id)
        return None

    def look(self, row: ZakopsEnvelope, document: Mapping[str, Any], time: int, place: Place) -> Iterator[Remark]:
        """A row that is looked at by itself."""
        if row.shape == AGENT:
            required = "event_id" not in document
            event_id = row.event_id or ""
            found = self.event(event_id, row.type, row.trace, row.correlation, time, place, required=required)
            yield from [found] if found else []
        elif row.shape == OUTBOX:
            yield from self._message(row, document, time, place)
        elif row.shape == INBOX:
            yield from self._processed(row, time, place)

    def _message(self, row: ZakopsEnvelope, document: Mapping[str, Any], time: int, place: Place) -> Iterator[Remark]:
        events = self._events
        if events is None or not NO_TIME < time <= events.taken:
            return
        self._changed = True
        seen = self._seen
        seen.required |= events.required
        alike = events.alike(row.type, row.trace, row.correlation)
        seen.alike += alike
        found = next((entry for each in sorted(ids_of(row, document)) if (entry := events.find(each))), None)
        if found is None:
            seen.lacks.add(row.event_id or "", place)
            if not alike:
                seen.lacks_alike.add(row.event_id or "", place)
            return
        seen.by_id += 1
        yield from _differ(found, row, "its event")

    def _processed(self, row: ZakopsEnvelope, time: int, place: Place) -> Iterator[Remark]:
        outbox, events, event_id = self._outbox, self._events, row.event_id
        if event_id is None or time == NO_TIME:
            return
        message = outbox.find(event_id) if outbox is not None else None
        event = events.find(event_id) if events is not None else None
        self._changed = True
        seen = self._seen
        if outbox is not None and time <= outbox.taken:
            if message is None:
                (seen.lacks if event is not None else seen.lacks_alike).add(event_id, place)
            else:
                seen.by_id += 1
                yield from _published_before(message, time)
        if events is not None and event is None and message is None and time <= events.taken:
            seen.unknown.add(event_id, place)
        known = message or event
        if known is not None:
            yield from _differ(known, row, "the event", ties=False)

    def standing(self, shape: str) -> Iterator[Finding]:
        """What has no counterpart as of now."""
        seen = self._seen
        if shape == AGENT:
            yield from _missing("outbox.row-missing", "The event has no row in the outbox.", self._joined())
        elif shape == OUTBOX:
            yield from _missing("outbox.event-missing", "The event of this message is not recorded.", self._joined())
        elif shape == INBOX:
            words = "The event was processed, and was never published."
            if seen.by_id:
                yield from _missing("inbox.unpublished", words, seen.lacks)
            yield from _missing("inbox.unpublished", words, seen.lacks_alike)
            yield from _missing("inbox.unknown", "The event was processed, and is not recorded.", seen.unknown)

    def _joined(self) -> _Lack:
        seen = self._seen
        if seen.by_id or (seen.required and not seen.alike):
            return seen.lacks
        return seen.lacks_alike if seen.required else _Lack()

    def save(self) -> Iterator[tuple[str, Any]]:
        """What changed since this was last asked."""
        if self._changed:
            self._changed = False
            yield _NAME, self._seen

    def restore(self, name: str, data: bytes) -> bool:
        """Take back one item; False if it is none of ours."""
        if name == _NAME:
            self._seen = unpack(data, _Joined)
            self._settle()
        return name == _NAME

    def _settle(self) -> None:
        """What lacked a counterpart may have one by now, for the ledgers beside this one were read again."""
        seen, other = self._seen, self._outbox if self._outbox is not None else self._events
        if other is not None:
            seen.by_id += seen.lacks.settle(other)
            seen.lacks_alike.settle(other)
        if self._events is not None:
            seen.unknown.settle(self._events)


def _differ(found: SiblingRow, row: ZakopsEnvelope, other: str, *, ties: bool = True) -> Iterator[Remark]:
    """What two records of one event say differently."""
    if row.type != "processed" and found.type != short(row.type):
        message = f"The type is not that of {other}."
        yield Remark("schema.inconsistent", message, "event_type", None, row.type)
    if not ties:
        return
    for name, value, other_value in (
        ("correlation_id", row.correlation, found.correlation),
        ("trace_id", row.trace, found.trace),
    ):
        if value and other_value not in (short(value), short(None)):
            yield Remark("correlation.mismatch", f"{name} is not that of {other}.", name, None, value)


def _published_before(message: SiblingRow, time: int) -> Iterator[Remark]:
    if not message.published:
        yield Remark("inbox.unpublished", "The event was processed, and its message is not published.", "event_id")
    elif message.time > time:
        words = f"The event was processed {(message.time - time) / 1e6:g} s before it was published."
        yield Remark("order.time-regression", words, "processed_at")


def _missing(code: str, message: str, lack: _Lack) -> Iterator[Finding]:
    for event_id, record, offset, length in lack.listed:
        yield finding(code, message, event_id=event_id, record=record, offset=offset, length=length, standing=True)
    rest = lack.count - len(lack.listed)
    if rest:
        yield finding(code, f"Further rows, not listed: {message}", count=rest, standing=True)
