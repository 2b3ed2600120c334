"""Findings about references, in words: which event, which other one."""

from collections.abc import Awaitable, Callable

from console.engine.ledgers.opening import Opened
from console.model.event import Event
from console.model.finding import Finding
from console.model.record import Record
from console.sources.base import SourceError
from console.store.sqlite.references import LISTED, Resolution
from console.store.sqlite.schema import split_id
from console.verify.catalogue import finding

Place = Callable[[int], Awaitable[tuple[int, int] | None]]
Read = Callable[[int, int, int], bytes]
"""The bytes of a record by ordinal, offset and length. Raises ``SourceError``."""


class ReferenceWords:
    """Turns row ids of one ledger into findings, re-reading the records that it names."""

    def __init__(self, opened: Opened, place: Place, read: Read | None = None) -> None:
        self._opened = opened
        self._read = read or (lambda _, offset, length: opened.source.read(offset, length))
        self._place = place
        self._duplicate, self._orphan = opened.format.reference_codes

    async def settled(self, found: Resolution) -> list[Finding]:
        """Findings that later records cannot take back."""
        result = await self._pairs(self._duplicate, found.duplicates, "The id {id} stands already in record {other}.")
        result += await self._pairs(
            "reference.ambiguous-parent", found.ambiguous, "{number} records carry the id of the parent, {parent}."
        )
        result += await self._pairs(
            "reference.parent-after-child", found.late, "The parent {parent} comes later, in record {other}."
        )
        result += await self._pairs(
            "reference.cycle", found.cycles, "Its ancestors lead back to it, over record {other}."
        )
        return result

    async def orphans(self, events: list[int], count: int) -> list[Finding]:
        """Findings of the events whose parent is nowhere as of now."""
        result = await self._pairs(
            self._orphan, [(event, event) for event in events], "The parent {parent} is not in this ledger."
        )
        if count > len(events):
            result.append(
                finding(self._orphan, "Further events whose parent is not in this ledger.", count=count - len(events))
            )
        return result

    async def _pairs(self, code: str, pairs: list[tuple[int, int]], message: str) -> list[Finding]:
        result = []
        for event_id, other in pairs[:LISTED]:
            place = await self._place(event_id)
            if place is None:
                continue
            ordinal = split_id(event_id)[1]
            event = self._event(ordinal, *place)
            words = message.format(
                id=event.event_id or "", parent=event.parent or "", other=split_id(other)[1], number=other
            )
            result.append(
                finding(
                    code,
                    words,
                    stream=event.streams[0].key if event.streams else None,
                    event_id=event.event_id,
                    sequence=event.sequence,
                    record=ordinal,
                    offset=place[0],
                    length=place[1],
                )
            )
        if len(pairs) > LISTED:
            result.append(finding(code, "Further records like these, not listed.", count=len(pairs) - LISTED))
        return result

    def _event(self, ordinal: int, offset: int, length: int) -> Event:
        try:
            raw = self._read(ordinal, offset, length)
        except SourceError:
            raw = b""  # the finding stands all the same, with less to say
        return self._opened.format.decode(Record(ordinal, offset, length, raw), self._opened.context())
