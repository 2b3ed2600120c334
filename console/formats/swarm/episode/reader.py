"""Reads the simulated APIs' episode log, and walks its chain: the order of the file is the order of the chain."""

from collections.abc import Iterable, Iterator
from typing import Any

from console.formats.json.times import quick
from console.formats.protocol import Context
from console.formats.reading.clock import step_back
from console.formats.reading.findings import Place, Remark
from console.formats.reading.reader import LedgerReader, Look
from console.formats.reading.runs import Run
from console.formats.reading.saved_state import unpack
from console.formats.swarm.profiles import SIMAPI
from console.formats.swarm.record import ENTRY_TYPES, EPISODE, text
from console.formats.swarm.rules import UNZONED, EpisodeTip, no_time_code, walk
from console.model.event import NO_TIME, StreamKey
from console.model.ledger import StreamFacts
from console.model.trust import Confidence, Severity, Trust

_CAUSES = 1000
_SHOWN = 200
"""Characters of a foreign text that a finding repeats."""


class EpisodeReader(LedgerReader[Run]):
    """One episode log's reader; see ``LedgerReader``. Entries are few, and each is walked by itself."""

    bulk = False

    def __init__(self, context: Context) -> None:
        super().__init__(context, causes=_CAUSES)
        self.profile = SIMAPI.name
        self._tip = EpisodeTip()
        self._last = NO_TIME
        self._ended: list[StreamFacts] = []
        """Of episodes behind which another one began."""

    def lost(self, place: Place) -> None:
        self._tip.hole = self._tip.hole or place.ordinal

    def look(self, record: Look) -> None:
        from console.formats.swarm.schema import entry_violations  # pydantic is imported where it is needed

        document, found = record.document, self.findings
        before = self._facts()
        link = walk(self._tip, document)
        if link.code == "chain.restarted":
            self._ended += before
            self._last = NO_TIME
        stream = StreamKey(EPISODE.kind, self._tip.key)
        found.begin(record.place, text(document, "provenance_id") or None, stream.key)
        self.problems(record.problems)
        for each in entry_violations(document):
            if each.field != "event_hash":  # the walk says so
                found.add(each.code, each.message, field=each.field or None, actual=each.actual)
        kind, agent = text(document, "event_type"), text(document, "agent_id")
        worst = Severity.NONE
        if kind and kind not in ENTRY_TYPES:
            name, code = kind[:_SHOWN], "schema.unknown-event-type"
            message = f"{name} is none of the three documented types."
            note = Severity.NOTE
            if found.count(code, message, name, severity=note, mark=False, field="event_type", actual=name):
                worst = note
        time = self._time(document.get("timestamp"))
        if link.code:
            where = link.field, link.expected, link.actual
            sure = Confidence.RECOMPUTED if link.trust is Trust.BROKEN else Confidence.HEURISTIC
            found.remark(Remark(link.code, link.message, *where, confidence=sure))
        self.row(
            record.place,
            time=time,
            type=kind,
            actor=agent,
            stream=self.columns.stream(*stream),
            further=self.columns.set_of([self.columns.stream("agent", agent)] if agent else []),
            trust=link.trust,
            worst=worst,
        )

    def _time(self, stamp: object) -> int:
        if not isinstance(stamp, str):
            return NO_TIME
        known = quick(stamp)
        if known is None:
            message = "timestamp is no ISO 8601 date and time that exists."
            self.findings.add(no_time_code(stamp), message, field="timestamp", actual=stamp[:_SHOWN])
            return NO_TIME
        micros = known[0]
        if not known[1]:
            self.findings.count("order.naive-timestamp", UNZONED, mark=False)
        if micros < self._last:
            message = f"The entry is {(self._last - micros) / 1e6:g} s earlier than the one before it."
            back, naive = self._last - micros, known[1] == ""
            self.findings.remark(step_back(back, message, naive=naive, field="timestamp", actual=stamp))
        if micros > self.clock.latest:
            message = f"{stamp} is later than now."
            self.findings.add("order.future-timestamp", message, field="timestamp", actual=stamp)
        else:
            self._last = micros
        return micros

    def facts(self) -> Iterable[StreamFacts]:
        ended, self._ended = self._ended, []
        return ended + self._facts()

    def _facts(self) -> list[StreamFacts]:
        """Of the present episode."""
        tip = self._tip
        facts = StreamFacts(EPISODE.kind, tip.key, {}, chained=tip.count, chain_intact=tip.intact)
        return [facts] if tip.count else []

    def state(self) -> Iterator[tuple[str | StreamKey, Any]]:
        yield "", (self._tip, self._last)

    def restore(self, name: str | StreamKey, data: bytes) -> None:
        self._tip, self._last = unpack(data, tuple[EpisodeTip, int])
