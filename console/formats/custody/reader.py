"""Reads a chain of custody. It grows by an entry for each command: every entry is looked at by itself."""

from collections.abc import Iterator
from typing import Any

import msgspec

from console.formats.custody.record import KEYS, LOG, breach, entry_text, text
from console.formats.json.times import quick
from console.formats.protocol import Context
from console.formats.reading.clock import step_back
from console.formats.reading.findings import Remark
from console.formats.reading.reader import LedgerReader, Look
from console.formats.reading.runs import Run
from console.formats.reading.streams import Streams
from console.model.event import NO_TIME, StreamKey
from console.model.ledger import StreamFacts
from console.model.trust import Trust


class Log(msgspec.Struct):
    """The end of one chain."""

    number: int = 0
    hash: str | None = None
    broken: int = 0
    last: int = NO_TIME
    ordinal: int = 0


class CustodyReader(LedgerReader[Run]):
    """See ``LedgerReader``."""

    bulk = False

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.profile = LOG.name
        self._logs: Streams[Log] = Streams(self.columns, lambda _: Log)

    def look(self, record: Look) -> None:
        document, found = record.document, self.findings
        key, number = text(document, "log"), document.get("number")
        found.begin(record.place, None, key or None)
        self.problems(record.problems)
        wrong = breach(document)
        for name in document.keys() - set(KEYS):
            found.add("schema.unknown-field", f"{name!r} is no field of an entry.", field=name)
        if wrong is not None:
            absent = wrong[0] not in document
            code = "schema.missing-field" if absent else "schema.wrong-type"
            found.add(code, f"{wrong[0]} should be {wrong[1]}.", field=wrong[0])
        log = self._logs.touch(self._logs.follow("custody", key)) if key else Log()
        trust = self._walk(log, document, sound=wrong is None) if key else Trust.UNCHECKED
        entry = document.get("entry")
        entry = entry if isinstance(entry, dict) else {}
        self.row(
            record.place,
            time=self._time(log, document.get("at")),
            sequence=number if type(number) is int and 0 < number < 2**53 else None,
            type=text(entry, "action"),
            actor=text(entry, "who"),
            stream=self.columns.stream("custody", key),
            trust=trust,
        )

    def _walk(self, log: Log, document: dict[str, Any], *, sound: bool) -> Trust:
        """Join the entry on to the one before it, and compute its hash again."""
        number, previous = document.get("number"), text(document, "previous") or None
        links = [*_links(log, number, previous)]
        hole = self.holes.between(log.ordinal, self.findings.place.ordinal) if links else None
        if hole is not None:
            message = f"Record {hole.ordinal} cannot be read: the link of this entry is not known."
            self.findings.add("chain.link-unknown", message, field="previous", actual=previous)
            links = []
        stored = text(document, "hash") or None
        computed = LOG.digest(document, entry_text(document["entry"])).hex() if sound else None
        if stored is None:
            links.append(Remark("chain.hash-missing", "The entry has no hash.", "hash"))
        elif stored != computed:
            message = "The hash is not that of this entry: it was changed after it was written."
            links.append(Remark("chain.hash-mismatch", message, "hash", computed, stored))
        for link in links:
            self.findings.remark(link)
        log.number, log.hash = number if type(number) is int else log.number + 1, stored
        log.ordinal = self.findings.place.ordinal
        log.broken += bool(links)
        return Trust.BROKEN if links else Trust.UNCHECKED if hole else Trust.VERIFIED

    def _time(self, log: Log, stamp: object) -> int:
        known = quick(stamp) if isinstance(stamp, str) else None
        if known is None:
            return NO_TIME
        if known[0] > self.clock.latest:
            self.findings.count("order.future-timestamp", "Times later than now.")
        elif known[0] < log.last:
            message = "The entry is earlier than the one before it: the machine's clock was set back."
            self.findings.remark(step_back(log.last - known[0], message, naive=not known[1], field="at"))
        log.last = max(log.last, known[0])
        return known[0]

    def facts(self) -> list[StreamFacts]:
        changed = [(each.key, each.state) for each in self._logs.changed() if each.key]
        return [StreamFacts("custody", key, {}, log.number, not log.broken) for key, log in changed]

    def state(self) -> Iterator[tuple[str | StreamKey, Any]]:
        yield from self._logs.save()

    def restore(self, name: str | StreamKey, data: bytes) -> None:
        self._logs.restore(name, data)


def _links(log: Log, number: Any, previous: str | None) -> Iterator[Remark]:
    """What contradicts that this entry follows on the end of its chain."""
    if type(number) is int and number <= log.number:
        yield Remark("chain.sequence-duplicate", f"Entry {number} stands here again.", "number", None, str(number))
    elif number != log.number + 1:
        code = "chain.sequence-gap" if log.number else "chain.begins-later"
        expected = str(log.number + 1)
        yield Remark(code, f"Entry {expected} is not here.", "number", expected, str(number))
    if previous != log.hash and (log.number or number == 1):
        yield Remark("chain.previous-mismatch", "The entry before has another hash.", "previous", log.hash, previous)
