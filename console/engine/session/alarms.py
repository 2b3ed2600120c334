"""What makes an alarm: trust that got worse while someone watches.

What is bad already when the first reading is done is no alarm, and neither is what comes back when a ledger is read
again. So what was known is remembered by ledger and finding, and one pure function compares it with what is known now.
"""

import asyncio
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from console.engine.session.protocol import SessionApi
from console.model.finding import Finding
from console.model.trust import Severity, Trust
from console.store.rows import FindingRow, LedgerRow, StreamRow, flag_words, flagged

LIMIT = 5_000
"""Findings, or streams, of one ledger that are looked at, worst first."""
HISTORY = frozenset({"container.shrunk", "container.rewritten", "container.replaced"})
"""Codes that speak of a change while a ledger was read, without being critical."""
SETTLING = 3.0
"""Seconds after the first look in which what stood in a ledger at the opening may still be being read, of one that may
just be being written: nothing is read of it yet, or its last record has no end."""
WATCHED = ("following", "reader only")
"""Phases of the worker in which all that was there has been read."""
_READ = ("live", "behind")
"""States of a ledger that is read."""

FindingKey = tuple[str, str | None, int | None, int | None, str]
"""What tells one finding from another, also when its ledger was read again: code, stream, sequence, record, message."""


@dataclass(frozen=True, slots=True)
class LedgerTrust:
    """What alarms can come from, of one ledger: its state, its broken events, findings that change its trust (those
    that say the same are one, with their count), and the streams that its own system flags as high as it can."""

    ledger: int
    name: str
    container: str = ""
    state: str = ""
    note: str = ""
    broken: int = 0
    findings: Mapping[FindingKey, FindingRow] = field(default_factory=dict)
    flagged: Mapping[str, StreamRow] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Alarm:
    """Trust of one ledger got worse. ``found`` is the first of ``count`` findings of one code, which is '' where a
    ledger's events or state speak for themselves. ``stream`` is the stream that was flagged, if that is the alarm."""

    found: FindingRow
    count: int = 1
    stream: StreamRow | None = None
    container: str = ""


def alarms(before: Mapping[str, LedgerTrust], after: Mapping[str, LedgerTrust]) -> list[Alarm]:
    """What got worse between the two, both by ledger's name; the worst first."""
    raised = [
        replace(alarm, container=now.container)
        for name, now in after.items()
        for alarm in _of_ledger(before.get(name) or LedgerTrust(now.ledger, name), now)
    ]
    return sorted(raised, key=lambda alarm: (-alarm.found.finding.severity, alarm.found.ledger_name))


def remembered(before: Mapping[str, LedgerTrust], after: Mapping[str, LedgerTrust]) -> dict[str, LedgerTrust]:
    """What is known from now on. A ledger that is read again shows its findings once more, one after the other: what
    was known of it stays known."""
    known = dict(before)
    for name, now in after.items():
        was = before.get(name) or now
        oftener = {
            key: row
            for key, row in was.findings.items()
            if key not in now.findings or now.findings[key].finding.count < row.finding.count
        }
        known[name] = replace(
            now,
            broken=max(was.broken, now.broken),
            findings={**now.findings, **oftener},
            flagged=_oftener(was.flagged, now.flagged),
        )
    return known


def _oftener(was: Mapping[str, StreamRow], now: Mapping[str, StreamRow]) -> dict[str, StreamRow]:
    return {**now, **{key: row for key, row in was.items() if key not in now or flags(row) > flags(now[key])}}


def as_opened(was: LedgerTrust, now: LedgerTrust, size: int) -> LedgerTrust:
    """What is known by now of a file that had ``size`` bytes at the opening, and has more: that of its first bytes."""
    there = {key: row for key, row in now.findings.items() if _stands_before(row.finding, size)}
    if len(there) == len(now.findings):
        return replace(now, flagged=was.flagged)
    return replace(now, findings=there, broken=was.broken, flagged=was.flagged)


def _stands_before(found: Finding, size: int) -> bool:
    return found.family != "witness" and (found.offset is None or found.offset < size)


def _of_ledger(was: LedgerTrust, now: LedgerTrust) -> list[Alarm]:
    raised = _by_code(_new(was, now))
    if was.state in _READ and now.state not in _READ and not raised:
        reason = next((row for row in now.findings.values() if row.finding.message == now.note), None)
        raised.append(Alarm(reason or _without_finding(now, now.note or f"The ledger is {now.state}.")))
    more = now.broken - was.broken
    if more > 0 and not raised:
        words = "One more event is broken." if more == 1 else f"{more:,} more events are broken."
        raised.append(Alarm(_without_finding(now, words), more))
    for key, stream in now.flagged.items():
        if key not in was.flagged or flags(stream) > flags(was.flagged[key]):
            words = f"The {stream.kind} was flagged {stream.state['flagged']}{' again' * (key in was.flagged)}."
            raised.append(Alarm(_without_finding(now, words, stream.key), stream=stream))
    return raised


def flags(stream: StreamRow) -> int:
    """How often a stream was flagged as high as it is."""
    return int(stream.state.get("flags", 1))


def _new(was: LedgerTrust, now: LedgerTrust) -> Iterator[FindingRow]:
    """Findings that were not known, or not so often."""
    for key, row in now.findings.items():
        if row.finding.severity < Severity.CRITICAL:
            continue
        more = row.finding.count - (was.findings[key].finding.count if key in was.findings else 0)
        if more > 0:
            yield replace(row, finding=replace(row.finding, count=more))


def _by_code(rows: Iterable[FindingRow]) -> list[Alarm]:
    found: dict[str, Alarm] = {}
    for row in rows:
        known = found.get(row.finding.code, Alarm(row, 0))
        found[row.finding.code] = replace(known, count=known.count + row.finding.count)
    return list(found.values())


def _without_finding(now: LedgerTrust, words: str, stream: str | None = None) -> FindingRow:
    return FindingRow(0, now.ledger, now.name, Finding("", Severity.CRITICAL, words, stream=stream))


def trust_of(row: LedgerRow, findings: Iterable[FindingRow], streams: Iterable[StreamRow]) -> LedgerTrust:
    """Of a ledger, its findings and its streams: what alarms can come from."""
    kept: dict[FindingKey, FindingRow] = {}
    for each in findings:
        found = each.finding
        if found.severity < Severity.CRITICAL and found.message != row.note:
            continue
        key = (found.code, found.stream, found.sequence, found.record, found.message)
        known = kept.get(key)
        kept[key] = (
            each if known is None else replace(known, finding=replace(found, count=known.finding.count + found.count))
        )
    top = len(flag_words()) - 1
    marks = {f"{each.kind} {each.key}": each for each in streams if flagged(each.state) == top > 0}
    broken = row.trust[Trust.BROKEN]
    return LedgerTrust(row.id, row.name, row.container, row.state, row.note, broken, kept, marks)


class AlarmWatch:
    """Looks at a session for what got worse since the look before. The first look, once all that was there has been
    read, only takes down what is known."""

    def __init__(self, session: SessionApi) -> None:
        self._session = session
        self._known: dict[str, LedgerTrust] | None = None
        self._seen: dict[str, tuple[object, LedgerTrust]] = {}
        """By ledger's name: the facts of its row, and what was read because of them."""
        self._settling: dict[str, int] = {}
        """Ledgers of the first look that were not read to their end yet, and the sizes of their files then."""
        self._until = 0.0

    @property
    def is_watching(self) -> bool:
        """True once it is known what is bad already."""
        return self._known is not None

    async def look(self, phase: str) -> list[Alarm]:
        """The alarms since the look before; ``phase`` is the worker's."""
        if phase not in WATCHED:
            return []
        rows = await self._session.ledgers()
        after = {row.name: await self._trust(row) for row in rows}
        if self._known is None:
            self._known = after
            unread = [row for row in rows if row.pending or (not row.records and row.state in _READ)]
            self._settling = {row.name: await asyncio.to_thread(_size, row) for row in unread}
            self._until = time.monotonic() + SETTLING
            return []
        if time.monotonic() >= self._until:
            self._settling.clear()
        opening = {row.name: await self._opening(row, after[row.name]) for row in rows if row.name in self._settling}
        known = remembered(self._known, opening)
        self._known = remembered(known, after)
        return alarms(known, after)

    async def _opening(self, row: LedgerRow, now: LedgerTrust) -> LedgerTrust:
        """What is known of a ledger that concerns what stood there at the opening."""
        size = self._settling[row.name]
        if await asyncio.to_thread(_size, row) <= size:
            return now
        assert self._known is not None
        return as_opened(self._known.get(row.name) or LedgerTrust(row.id, row.name), now, size)

    async def _trust(self, row: LedgerRow) -> LedgerTrust:
        flags = row.events if row.flagged else 0  # each may be another flag
        facts = (row.id, row.state, row.note, row.trust[Trust.BROKEN], row.findings, row.flagged, flags)
        seen, trust = self._seen.get(row.name, (None, None))
        if trust is None or seen != facts:
            findings: list[FindingRow] = []
            streams: list[StreamRow] = []
            if row.worst >= Severity.ERROR or row.state not in _READ:
                findings, _ = await self._session.findings(ledger=row.id, limit=LIMIT)
            if row.flagged:
                streams, _ = await self._session.streams(row.id, limit=LIMIT)
            trust = trust_of(row, findings, streams)
            self._seen[row.name] = facts, trust
        return trust


def _size(row: LedgerRow) -> int:
    """Bytes of a ledger's file, -1 where there is none."""
    try:
        return os.stat(row.path).st_size  # noqa: PTH116 - the text of the path
    except OSError:
        return -1
