"""Reads the simulated APIs' episode log, batch after batch, and walks its chain."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

from console.formats.json import strict
from console.formats.json.times import quick
from console.formats.protocol import Context, Rewalk
from console.formats.reading.columns import Assembler
from console.formats.reading.saved_state import pack, unpack
from console.formats.reading.tally import Place, Tally
from console.formats.swarm.decode import EPISODE, text
from console.formats.swarm.episode import Tip, lose, walk
from console.formats.swarm.schema import ENTRY_TYPES, entry_violations
from console.model.batch import EventBatch
from console.model.event import NO_TIME, StreamKey
from console.model.finding import Finding
from console.model.ledger import StreamFacts
from console.model.record import Record, RecordBatch
from console.model.trust import Confidence, Severity
from console.verify.catalogue import finding

TOLERANCE = 5 * 60 * 1_000_000
"""Microseconds that a time stamp may be ahead of the check's clock."""


class EpisodeReader:
    """One episode log's reader; see ``Reader``."""

    profile = "swarm-simapi/1"

    def __init__(self, context: Context) -> None:
        self._now = context.now
        self._started = time.monotonic_ns()
        self._names = Assembler()
        self._tip = Tip()
        self._last = NO_TIME
        self._unknown = Tally()
        self._limit = 0

    def read(self, batch: RecordBatch) -> EventBatch:
        out = EventBatch(batch.first)
        self._limit = self._now + (time.monotonic_ns() - self._started) // 1000 + TOLERANCE
        ordinal = batch.first
        for raw, offset, length in zip(batch.raws, batch.offsets, batch.lengths, strict=True):
            place = Place(ordinal, offset, length)
            ordinal += 1
            if len(raw) != length:
                lose(self._tip)
                out.add(offset, length)  # skipped by the source, which says why
            else:
                self._record(out, place, strict.decode(raw))
        return self._names.finish(out)

    def _record(self, out: EventBatch, place: Place, decoded: strict.Decoded) -> None:
        document = decoded.document
        if document is None:
            found = strict.place_problems(decoded.problems, *place)
            if any(each.severity > Severity.NOTE for each in found):
                lose(self._tip)
            out.add(place.offset, place.length, worst=max((each.severity for each in found), default=Severity.NONE))
            out.findings.extend(found)
            return
        at: dict[str, Any] = {
            "stream": EPISODE.key,
            "event_id": text(document, "provenance_id") or None,
            "record": place.ordinal,
            "offset": place.offset,
            "length": place.length,
        }
        found = strict.place_problems(decoded.problems, *place, event_id=at["event_id"], stream=EPISODE.key)
        for each in entry_violations(document):
            if each.field != "event_hash":  # the walk says so
                found.append(finding(each.code, each.message, field=each.field or None, actual=each.actual, **at))
        kind, agent = text(document, "event_type"), text(document, "agent_id")
        worst = Severity.NONE
        if kind and kind not in ENTRY_TYPES and self._unknown.add((kind[:200],), place):
            worst = Severity.NOTE
        micros = self._time(document, at, found)
        link = walk(self._tip, document)
        if link.code:
            found.append(
                finding(
                    link.code,
                    link.message,
                    confidence=Confidence.RECOMPUTED,
                    field=link.field,
                    expected=link.expected,
                    actual=link.actual,
                    **at,
                )
            )
        further = (self._names.streams.code(StreamKey("agent", agent)),) if agent else ()
        out.add(
            place.offset,
            place.length,
            time=micros,
            type=self._names.types.code(kind) if kind else 0,
            actor=self._names.actors.code(agent) if agent else 0,
            stream=self._names.streams.code(EPISODE),
            further=self._names.further.code(further) if further else 0,
            trust=link.trust,
            worst=max((worst, *(each.severity for each in found))),
        )
        out.findings.extend(found)

    def _time(self, document: Mapping[str, Any], at: dict[str, Any], found: list[Finding]) -> int:
        stamp = document.get("timestamp")
        if not isinstance(stamp, str):
            return NO_TIME
        known = quick(stamp)
        if known is None:
            message = "timestamp is no ISO 8601 date and time that exists."
            found.append(finding("schema.impossible-date", message, field="timestamp", actual=stamp[:200], **at))
            return NO_TIME
        micros = known[0]
        if micros < self._last:
            message = f"The entry is {(self._last - micros) / 1e6:g} s earlier than the one before it."
            found.append(finding("order.time-regression", message, field="timestamp", actual=stamp, **at))
        if micros > self._limit:
            message = f"{stamp} is later than now."
            found.append(finding("order.future-timestamp", message, field="timestamp", actual=stamp, **at))
        else:
            self._last = micros
        return micros

    def standing(self) -> list[Finding]:
        def unknown(key: tuple[str, ...], count: int, place: Place) -> Finding:
            return finding(
                "schema.unknown-event-type",
                f"{key[0]} is none of the three documented types.",
                severity=Severity.NOTE,
                field="event_type",
                actual=key[0],
                record=place.ordinal,
                offset=place.offset,
                length=place.length,
                count=count,
                standing=True,
            )

        return self._unknown.findings(unknown)

    def facts(self) -> Iterable[StreamFacts]:
        tip = self._tip
        if not tip.count:
            return []
        return [StreamFacts(EPISODE.kind, EPISODE.key, {}, chained=tip.count, chain_intact=not tip.broken)]

    def take_state(self) -> Mapping[str, bytes]:
        return {"": pack((self._tip, self._last, self._unknown.dump()))}

    def load_state(self, items: Iterable[tuple[str, bytes]]) -> None:
        for _key, data in items:
            self._tip, self._last, unknown = unpack(data, tuple[Tip, int, bytes])
            self._unknown.load(unknown)

    def takes_tail(self, raw: bytes) -> bool:
        return False

    # -- the order of the file is the order of the chain: nothing to walk again

    def irregular(self) -> list[StreamKey]:
        return []

    def link_key(self, raw: bytes) -> tuple[StreamKey, int] | None:
        return None

    def rewalk(self, stream: StreamKey, records: Iterable[Record]) -> Rewalk:
        return Rewalk({}, ())
