"""Findings about references, in words: which event, which other one."""

from collections.abc import Awaitable, Callable, Sequence

from console.engine.ledgers.opening import Opened
from console.formats.guarded import event_of
from console.model.event import Event
from console.model.finding import Finding
from console.model.record import Record
from console.sources.protocol import SourceError
from console.store.facts import ListedPairs, Orphans, RecordPlace, ResolvedReferences
from console.verify.catalogue import finding

Find = Callable[[int], Awaitable[RecordPlace | None]]
"""Where a record is, by ordinal."""
Read = Callable[[int, int, int], bytes]
"""The bytes of a record by ordinal, offset and length. Raises ``SourceError``."""


class ReferenceWords:
    """Turns ordinals of one ledger into findings, re-reading the records that it names."""

    def __init__(self, opened: Opened, find: Find, read: Read | None = None) -> None:
        self._opened = opened
        self._read = read or (lambda _, offset, length: opened.source.read(offset, length))
        self._find = find
        self._codes = opened.format.reference_codes

    async def settled(self, found: ResolvedReferences) -> list[Finding]:
        """Findings that later records cannot take back."""
        result = await self._pairs(
            self._codes.duplicate, found.duplicates, "The id {id} stands already in record {other}."
        )
        result += await self._pairs(
            "reference.ambiguous-parent", found.ambiguous, "{number} records carry the id of the parent, {parent}."
        )
        result += await self._pairs(self._codes.late, found.late, "The parent {parent} comes later, in record {other}.")
        result += await self._pairs(
            "reference.cycle", found.cycles, "Its ancestors lead back to it, over record {other}."
        )
        return result

    async def orphans(self, found: Orphans) -> list[Finding]:
        """Findings of the events whose parent is nowhere as of now."""
        pairs = [(ordinal, ordinal) for ordinal in found.listed]
        result = await self._listed(self._codes.orphan, pairs, "The parent {parent} is not in this ledger.")
        rest = found.count - len(found.listed)
        if rest:
            result.append(finding(self._codes.orphan, "Further events whose parent is not in this ledger.", count=rest))
        return result

    async def _pairs(self, code: str, pairs: ListedPairs, message: str) -> list[Finding]:
        result = await self._listed(code, pairs.listed, message)
        rest = pairs.count - len(pairs.listed)
        if rest:
            result.append(finding(code, "Further records like these, not listed.", count=rest))
        return result

    async def _listed(self, code: str, pairs: Sequence[tuple[int, int]], message: str) -> list[Finding]:
        result = []
        for ordinal, other in pairs:
            place = await self._find(ordinal)
            if place is None:
                continue
            event = self._event(place)
            words = message.format(id=event.event_id or "", parent=event.parent or "", other=other, number=other)
            result.append(
                finding(
                    code,
                    words,
                    stream=event.streams[0].key if event.streams else None,
                    event_id=event.event_id,
                    sequence=event.sequence,
                    record=ordinal,
                    offset=place.offset,
                    length=place.length,
                )
            )
        return result

    def _event(self, place: RecordPlace) -> Event:
        try:
            raw = self._read(*place)
        except SourceError:
            raw = b""  # the finding stands all the same, with less to say
        return event_of(self._opened.format, Record(*place, raw), self._opened.context())
