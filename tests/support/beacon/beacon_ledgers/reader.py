"""Reads a lamp log: chains are followed in columns, and what does not follow is looked at one by one."""

from collections.abc import Iterator
from typing import Any

from console.formats.json.scan import Fields, Kind, Scan, both, neither
from console.formats.json.times import quick
from console.formats.protocol import Context
from console.formats.reading.bulk_hashes import BulkHashes
from console.formats.reading.clock import step_back
from console.formats.reading.findings import Remark
from console.formats.reading.reader import LedgerReader, Look
from console.formats.reading.runs import Run
from console.formats.reading.streams import Streams
from console.model.event import NO_TIME, StreamKey
from console.model.ledger import StreamFacts
from console.model.trust import Confidence, Trust
from console.verify.judgement import Memory

from .record import KEYS, LOG, recomputed_hash, text
from .rules import EVENTS, Lamp, link, live

_NOTE = Fields("oil")


class BeaconReader(LedgerReader[Run]):
    """See ``LedgerReader``."""

    fields = Fields(*KEYS)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.profile = LOG.name
        self._lamps: Streams[Lamp] = Streams(self.columns, lambda _: Lamp)
        self._hashes = BulkHashes(LOG, LOG.layout, self.fields, Memory())

    # -- in bulk

    def plain(self, scan: Scan) -> bytearray:
        texts = [scan.is_kind(name, Kind.STRING) for name in ("lamp", "event", "at", "keeper", "hash")]
        shape = both(*texts, scan.is_kind("number", Kind.INTEGER), scan.is_kind("note", Kind.OBJECT))
        return both(scan.plain(), neither(scan.others), shape, scan.is_kind("previous", Kind.STRING, Kind.NULL))

    def notable(self, run: Run) -> Iterator[int]:
        """Entries with something to say of them; those without move their lamps."""
        scan = run.scan
        times, zoned = scan.instants("at")
        numbers, oil = scan.integers("number"), scan.inside("note", _NOTE).kinds("oil")
        lamps, events, previous, hashes = (scan.texts(name) for name in ("lamp", "event", "previous", "hash"))
        able = bytearray(b"\1") * len(run)
        held = self._hashes.reproduced(scan, able, [0] * len(run), [""], times)
        for row, (key, event, time, number) in enumerate(zip(lamps, events, times, numbers, strict=True)):
            known = self._lamps.known.get(("lamp", key or ""))
            lamp = known.state if known else Lamp()
            sound = (
                held[row]
                and not oil[row]
                and zoned[row]
                and key
                and event in EVENTS
                and (lamp.lit or event == "lit")
                and max(lamp.last, NO_TIME + 1) <= time <= self.clock.latest
                and lamp.follows(number, previous[row])
            )
            if not sound:
                yield row
                continue
            state = self._lamps.touch(self._lamps.follow("lamp", str(key)))
            state.number, state.hash, state.last, state.lit = number, hashes[row], time, event != "out"
            state.ordinal = run.place(row).ordinal

    def quiet(self, run: Run, low: int, high: int) -> None:
        scan = run.scan.part(low, high)
        self.columns.rows(
            run.part(low, high),
            time=scan.instants("at")[0],
            sequence=scan.integers("number"),
            type=[str(each) for each in scan.texts("event")],
            actor=scan.texts("keeper"),
            stream=[self.columns.stream("lamp", str(each)) for each in scan.texts("lamp")],
            trust=bytes((Trust.VERIFIED,)) * (high - low),
        )

    # -- one by one

    def look(self, record: Look) -> None:
        from .schema import breaches  # pydantic is imported where it is needed

        document, found = record.document, self.findings
        key, number, stored = text(document, "lamp"), document.get("number"), text(document, "hash") or None
        found.begin(record.place, None, key or None)
        self.problems(record.problems)
        for each in [] if record.plain else breaches(document):
            found.add(each.code, each.message, field=each.field or None, actual=each.actual)
        lamp = self._lamps.touch(self._lamps.follow("lamp", key)) if key else Lamp()
        trust = self._walk(lamp, document, number, stored) if key else Trust.UNCHECKED
        note = document.get("note")
        for remark in live(lamp, text(document, "event"), note.get("oil") if isinstance(note, dict) else None):
            found.remark(remark, group=key, each=3)
        self.row(
            record.place,
            time=self._time(lamp, document.get("at")),
            sequence=number if type(number) is int and 0 < number < 2**53 else None,
            type=text(document, "event"),
            actor=text(document, "keeper"),
            stream=self.columns.stream("lamp", key),
            trust=trust,
        )

    def _walk(self, lamp: Lamp, document: dict[str, Any], number: Any, stored: str | None) -> Trust:
        previous = text(document, "previous") or None
        remarks = [*link(lamp, number, previous)]
        hole = self.holes.between(lamp.ordinal, self.findings.place.ordinal) if remarks else None
        if hole is not None:
            message = f"Record {hole.ordinal} cannot be read: the link of this entry is not known."
            self.findings.add("chain.link-unknown", message, field="previous", actual=previous)
            remarks = []
        computed = recomputed_hash(document)
        if stored is None or stored != computed:
            message, recomputed = "The hash is not that of this entry.", Confidence.RECOMPUTED
            remarks.append(Remark("chain.hash-mismatch", message, "hash", computed, stored, confidence=recomputed))
        for remark in remarks:
            self.findings.remark(remark)
        lamp.number, lamp.hash = number if type(number) is int else lamp.number + 1, stored
        lamp.ordinal = self.findings.place.ordinal
        lamp.broken += bool(remarks)
        return Trust.BROKEN if remarks else Trust.UNCHECKED if hole else Trust.VERIFIED

    def _time(self, lamp: Lamp, stamp: object) -> int:
        known = quick(stamp) if isinstance(stamp, str) else None
        if known is None:
            return NO_TIME
        if known[0] > (self.clock.latest if known[1] else self.clock.latest_local):
            self.findings.count("order.future-timestamp", "Times later than now.")
        elif known[0] < lamp.last:
            message = "The entry is earlier than the one before it."
            self.findings.remark(step_back(lamp.last - known[0], message, naive=not known[1], field="at"))
        lamp.last = max(lamp.last, known[0])
        return known[0]

    # -- what is known, and what is kept

    def facts(self) -> list[StreamFacts]:
        changed = [(each.key, each.state) for each in self._lamps.changed() if each.key]
        return [StreamFacts("lamp", key, lamp.facts, lamp.number, not lamp.broken) for key, lamp in changed]

    def state(self) -> Iterator[tuple[str | StreamKey, Any]]:
        yield from self._lamps.save()

    def restore(self, name: str | StreamKey, data: bytes) -> None:
        self._lamps.restore(name, data)
