"""Findings about references, in words: which event, which other one."""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from console.engine.ledgers.opening import Opened
from console.formats.guarded import event_of, relations_of
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


_SECOND, _UNRESOLVED = "identity.duplicate-event-id", "reference.unresolved"
_AMBIGUOUS = "reference.ambiguous-parent"


class _Words(NamedTuple):
    """What is reported of records that name others."""

    ambiguous: str
    late: str
    later: str
    cycle: str
    nowhere: str
    more: str


_OF_PARENTS = _Words(
    "{number} records carry the id of the parent, {parent}.",
    "The parent {parent} comes later, in record {other}.",
    "The parent {parent}, record {other}, names a later time than its child.",
    "Its ancestors lead back to it, over record {other}.",
    "The parent {parent} is not in this ledger.",
    "Further events whose parent is not in this ledger.",
)
_OF_MENTIONS = _Words(
    "{number} records carry the id that it refers to, {mentioned}.",
    "It refers to {mentioned}, which comes later, in record {other}.",
    "It refers to {mentioned}, record {other}, which names a later time.",
    "It refers to {mentioned}, and that leads back to it, over record {other}.",
    "It refers to {mentioned}, which is not in this ledger.",
    "Further events that refer to what is not in this ledger.",
)


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
        twice = "The id {second} stands already in record {other}."
        result += await self._pairs(_SECOND, found.second_duplicates, twice)
        for links, words in ((found, _OF_PARENTS), (found.mentions, _OF_MENTIONS)):
            result += await self._pairs(_AMBIGUOUS, links.ambiguous, words.ambiguous)
            result += await self._pairs(self._codes.late, links.late, words.late)
            if self._opened.format.causes_come_first:
                result += await self._pairs(self._codes.late, links.later, words.later, alike=True)
            result += await self._pairs("reference.cycle", links.cycles, words.cycle)
        return result

    async def orphans(self, parents: Orphans, mentions: Orphans) -> list[Finding]:
        """Findings of the events whose parent, or what they name beside, is nowhere as of now."""
        result: list[Finding] = []
        for code, found, words in ((self._codes.orphan, parents, _OF_PARENTS), (_UNRESOLVED, mentions, _OF_MENTIONS)):
            pairs = [(ordinal, ordinal) for ordinal in found.listed]
            result += await self._listed(code, pairs, words.nowhere)
            rest = found.count - len(found.listed)
            if rest:
                result.append(finding(code, words.more, count=rest))
        return result

    async def _pairs(self, code: str, pairs: ListedPairs, message: str, *, alike: bool = False) -> list[Finding]:
        result = await self._listed(code, pairs.listed, message, alike=alike)
        rest = pairs.count - len(pairs.listed)
        if rest:
            result.append(finding(code, "Further records like these, not listed.", count=rest))
        return result

    async def _listed(
        self, code: str, pairs: Sequence[tuple[int, int]], message: str, *, alike: bool = False
    ) -> list[Finding]:
        """``alike``: what is found rests on both times, which prove nothing if only one of them names its zone."""
        result = []
        for ordinal, other in pairs:
            place = await self._find(ordinal)
            if place is None:
                continue
            event = self._event(place)
            if alike and not await self._are_alike(event, other):
                continue
            relations = relations_of(self._opened.format, event)
            words = message.format(
                id=event.event_id or "",
                second=relations.ids[-1] if relations.ids else "",
                parent=event.parent or "",
                mentioned=next((cause for how, cause in relations.causes if how != "parent"), ""),
                other=other,
                number=other,
            )
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

    async def _are_alike(self, event: Event, other: int) -> bool:
        place = await self._find(other)
        if place is None:
            return False
        one, two = event.instant, self._event(place).instant
        return one is not None and two is not None and (one.zone == "") == (two.zone == "")

    def _event(self, place: RecordPlace) -> Event:
        try:
            raw = self._read(*place)
        except SourceError:
            raw = b""  # the finding stands all the same, with less to say
        return event_of(self._opened.format, Record(*place, raw), self._opened.context())
