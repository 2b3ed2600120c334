"""A store of lists and dicts: correct and slow. It shows that nothing above a store needs more than the protocol."""

import copy
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import fields, replace
from types import TracebackType
from typing import Any, Self, Unpack

from console.model.event import NO_TIME, StreamKey
from console.model.finding import Finding
from console.model.ledger import StreamFacts
from console.model.record import Cursor
from console.model.trust import Severity, Trust
from console.store.facts import ChainLink, KnownLedger, Orphans, RecordPlace, ResolvedReferences, Volume
from console.store.portion import Portion
from console.store.protocol import LedgerChanges, StatedBy
from console.store.spelling import spelled_out
from tests.support.memory_content import Content, MemoryEvent, MemoryFinding, MemoryLedger, MemoryStream, place_of

SALT = b"of a memory"


class MemoryRecords:
    """See ``RecordsOf``."""

    @property
    def content(self) -> Content:
        raise NotImplementedError

    async def volumes(self, ledger: int) -> list[Volume]:
        return list(self.content.ledgers[ledger].volumes)

    async def place(self, ledger: int, ordinal: int) -> RecordPlace | None:
        events = self.content.ledgers[ledger].events
        return place_of(events[ordinal - 1]) if 1 <= ordinal <= len(events) else None

    async def record_hash(self, ledger: int, ordinal: int) -> bytes | None:
        hashes = self.content.ledgers[ledger].hashes
        return hashes[ordinal - 1] if 1 <= ordinal <= len(hashes) else None

    async def record_hashes(self, ledger: int, first: int) -> AsyncGenerator[bytes, None]:
        for each in self.content.ledgers[ledger].hashes[first - 1 :]:
            yield each


class MemoryWriter(MemoryRecords):
    """See ``IndexWriter``. What it changes is a copy until it is committed."""

    salt = SALT

    def __init__(self, store: "MemoryStore") -> None:
        self._store = store
        self._working: Content | None = None
        self._lists: dict[int, tuple[list[str], list[str], list[StreamKey | None], list[tuple[int, ...]]]] = {}

    @property
    def content(self) -> Content:
        return self._working or self._store.content

    def _ledger(self, ledger: int) -> MemoryLedger:
        assert self._working is not None, "changes are made within a transaction"
        return self._working.ledgers[ledger]

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        self._working = copy.deepcopy(self._store.content)
        try:
            yield
            self._working.commits += 1
            self._store.content = self._working
        finally:
            self._working = None

    async def close(self) -> None:
        pass

    async def settle(self) -> None:
        pass

    # Ledgers and their files

    async def known_ledgers(self) -> list[KnownLedger]:
        return [
            KnownLedger(
                *(each.id, each.path, each.member, each.format, each.shape, each.profile, each.state),
                next=Cursor(len(each.events) + 1, each.next_offset),
                file=each.file,
                stated=any(found.by is StatedBy.FOLLOWING for found in each.findings),
                memory=each.memory,
            )
            for each in self.content.ledgers.values()
        ]

    async def add_ledger(self, path: str, member: str | None, container: str, format: str, shape: str) -> int:
        assert self._working is not None
        number = self._working.new_id()
        ledger = MemoryLedger(number, path, member, container, format, shape, volumes=[Volume(1, path, member)])
        self._working.ledgers[number] = ledger
        return number

    async def describe(self, ledger: int, **changes: Unpack[LedgerChanges]) -> None:
        for name, value in changes.items():
            setattr(self._ledger(ledger), name, spelled_out(value) if isinstance(value, str) else value)

    async def clear(self, ledger: int) -> None:
        old = self._ledger(ledger)
        new = MemoryLedger(old.id, old.path, old.member, old.container, old.format, old.shape)
        new.state, new.note, new.active, new.beside = old.state, old.note, old.active, old.beside
        new.volumes, new.edition = [Volume(1, old.path, old.member)], old.edition + 1
        new.memory = old.memory
        new.findings = [
            each
            for each in old.findings
            if each.finding.family == "container" or (each.finding.family == "witness" and each.by is None)
        ]
        self.content.ledgers[ledger] = new
        self.begin(ledger)

    async def remove(self, ledger: int) -> None:
        del self.content.ledgers[ledger]

    async def forget_skipped(self, path: str | None = None) -> None:
        for each in [*self.content.ledgers.values()]:
            if not each.format and path in (None, each.path):
                await self.remove(each.id)

    async def beside(self, ledger: int) -> str:
        return self.content.ledgers[ledger].beside

    async def note_beside(self, ledger: int, beside: str) -> None:
        self._ledger(ledger).beside = beside

    async def begin_volume(self, ledger: int, first: int, path: str, member: str | None) -> None:
        found = self._ledger(ledger)
        found.volumes = sorted([*(each for each in found.volumes if each.first != first), Volume(first, path, member)])
        found.next_offset, found.file, found.pending = 0, "", 0

    async def move_volume(self, ledger: int, ordinal: int, path: str, member: str | None) -> None:
        volumes = self._ledger(ledger).volumes
        at = max(index for index, each in enumerate(volumes) if each.first <= ordinal)
        volumes[at] = Volume(volumes[at].first, path, member)

    async def past_paths(self) -> list[str]:
        own = {each.path for each in self.content.ledgers.values()}
        volumes = [volume for each in self.content.ledgers.values() for volume in each.volumes]
        return [each.path for each in volumes if each.path not in own]

    # Records

    def begin(self, ledger: int) -> None:
        self._lists[ledger] = ([""], [""], [None], [()])

    async def append(self, ledger: int, portion: Portion) -> None:
        found, batch = self._ledger(ledger), portion.events
        types, actors, streams, sets = self._lists[ledger]
        types += map(spelled_out, batch.new_types)
        actors += map(spelled_out, batch.new_actors)
        streams += [StreamKey(each.kind, spelled_out(each.key)) for each in batch.new_streams]
        sets += batch.new_further
        named = {code for each in batch.new_further for code in each}
        for code in [*range(len(streams) - len(batch.new_streams), len(streams)), *named]:
            if (key := streams[code]) is not None:
                self._stream(found, key).further |= code in named
        before = found.events[-1].order if found.events else 0
        for row in range(len(batch)):
            time = None if batch.time[row] == NO_TIME else batch.time[row]
            before = before if time is None else time
            further = batch.further[row] if row < len(batch.further) else 0
            event = MemoryEvent(
                *(batch.first + row, batch.offset[row], batch.length[row], time, before),
                *(types[batch.type[row]], actors[batch.actor[row]], streams[batch.stream[row]]),
                tuple(key for code in sets[further] if (key := streams[code]) is not None),
                *(batch.sequence[row], batch.key[row], batch.parent[row]),
                batch.alias[row] if row < len(batch.alias) else 0,
                batch.mention[row] if row < len(batch.mention) else 0,
                *(batch.trust[row], batch.worst[row]),
            )
            found.events.append(event)
            for key in ({event.stream} if event.stream else set()) | {*event.further}:
                count = self._stream(found, key).count
                count.trust[event.trust] += 1
                count.span(time)
        for stream, more in portion.counted.items():
            found.counted.add(more)
            if stream is not None:
                self._stream(found, stream).count.add(more)
        found.hashes += [bytes(batch.hashes[32 * at : 32 * at + 32]) for at in range(len(batch.hashes) // 32)]
        found.next_offset, found.pending, found.size = portion.next.offset, portion.pending, portion.bytes
        found.file, found.profile = portion.file, portion.profile or found.profile
        for key in portion.irregular:
            self._stream(found, key).irregular = True
        await self.carry(ledger, portion.state, portion.facts, portion.standing)
        await self.replace_standing(ledger, portion.at_end, StatedBy.END)
        await self.add_findings(ledger, batch.findings)

    def _stream(self, ledger: MemoryLedger, key: StreamKey) -> MemoryStream:
        key = StreamKey(key.kind, spelled_out(key.key))
        if key not in ledger.streams:
            ledger.streams[key] = MemoryStream(self.content.new_id(), key)
        return ledger.streams[key]

    async def reader_state(self, ledger: int) -> list[tuple[str | StreamKey, bytes]]:
        found = self.content.ledgers[ledger]
        streams = [(each.name, each.carried) for each in found.streams.values()]
        return [*found.reader.items(), *((key, value) for key, value in streams if value is not None)]

    async def carry(
        self, ledger: int, state: Mapping[Any, bytes], facts: Iterable[StreamFacts], standing: Sequence[Finding]
    ) -> None:
        found = self._ledger(ledger)
        for key, value in state.items():
            if isinstance(key, StreamKey):
                self._stream(found, key).carried = value
            else:
                found.reader[key] = value
        for each in facts:
            self._stream(found, StreamKey(each.kind, each.key)).facts = each
        await self.replace_standing(ledger, standing, StatedBy.READER)

    # Findings

    async def add_findings(self, ledger: int, findings: Sequence[Finding], by: StatedBy | None = None) -> None:
        kept = [MemoryFinding(self.content.new_id(), _spelled(each), by) for each in findings]
        self._ledger(ledger).findings += kept

    async def replace_standing(self, ledger: int, findings: Sequence[Finding], by: StatedBy) -> None:
        found = self._ledger(ledger)
        found.findings = [each for each in found.findings if each.by is not by]
        await self.add_findings(ledger, findings, by)

    async def mark(self, ledger: int, findings: Sequence[Finding]) -> None:
        events = self._ledger(ledger).events
        for each in findings:
            if each.record and each.record <= len(events):
                events[each.record - 1].worst = max(events[each.record - 1].worst, each.severity)

    async def has_finding(self, ledger: int, code: str, offset: int) -> bool:
        found = [each.finding for each in self.content.ledgers[ledger].findings]
        return any((each.code, each.offset) == (code, offset) for each in found)

    # References

    async def resolve(self, ledger: int) -> ResolvedReferences | None:
        found = self._ledger(ledger)
        new = found.events[found.resolved :]
        found.resolved = len(found.events)
        if not any(each.key or each.parent or each.alias or each.mention for each in new):
            return None
        result = ResolvedReferences()
        for event in new:
            self._resolve(found, event, result)
        return result

    @staticmethod
    def _resolve(ledger: MemoryLedger, event: MemoryEvent, result: ResolvedReferences) -> None:
        """What one record brings, judged by itself and those before it."""
        at = event.ordinal
        until = ledger.events[:at]
        for found, own in ((result.duplicates, "key"), (result.second_duplicates, "alias")):
            name = getattr(event, own)
            earlier = [each.ordinal for each in until[:-1] if name and getattr(each, own) == name]
            if earlier:
                found.add([(at, earlier[0])])
        for mentioned, target in ((False, event.parent), (True, event.mention)):
            links = result.mentions if mentioned else result
            carriers = [each for each in until if target and each.key == target]
            carriers = carriers or [each for each in until if target and each.alias == target]
            if len(carriers) > 1:
                links.ambiguous.add([(at, len(carriers))])
            if event in carriers:
                links.cycles.add([(at, at)])
            elif carriers and _is_later(carriers[0], event):
                links.later.add([(at, carriers[0].ordinal)])
            elif target and not carriers:
                ledger.waiting[at, mentioned] = target
        came = [each for each, wanted in ledger.waiting.items() if wanted in (event.key, event.alias)]
        for child, mentioned in came:
            del ledger.waiting[child, mentioned]
            links = result.mentions if mentioned else result
            (links.cycles if child in _ancestors(until, event) else links.late).add([(child, at)])

    async def orphans(self, ledger: int, *, mentions: bool = False) -> Orphans:
        waiting = sorted(at for at, kind in self.content.ledgers[ledger].waiting if kind is mentions)
        return Orphans(waiting, len(waiting))

    # Chains out of order

    async def irregular_streams(self, ledger: int) -> list[StreamKey]:
        return [each.name for each in self.content.ledgers[ledger].streams.values() if each.irregular]

    async def stream_places(self, ledger: int, stream: StreamKey) -> list[RecordPlace]:
        events = [each for each in self.content.ledgers[ledger].events if each.stream == stream]
        return [place_of(each) for each in sorted(events, key=lambda each: (each.sequence, each.ordinal))]

    async def rewalked(
        self,
        ledger: int,
        stream: StreamKey,
        trust: Iterable[tuple[int, Trust]],
        findings: Sequence[Finding],
        marks: Mapping[int, Severity] = {},
    ) -> None:
        found = self._ledger(ledger)
        taken = [each for each in found.findings if (each.finding.stream, each.finding.family) == (stream.key, "chain")]
        found.findings = [each for each in found.findings if each not in taken]
        for each in taken:
            if each.finding.record and found.events[each.finding.record - 1].worst == each.finding.severity:
                kept = [left.finding for left in found.findings if left.finding.record == each.finding.record]
                worst = max((left.severity for left in kept), default=Severity.NONE)
                found.events[each.finding.record - 1].worst = worst
        count = found.streams[stream].count
        for ordinal, state in trust:
            event = found.events[ordinal - 1]
            count.trust[event.trust] -= 1
            count.trust[state] += 1
            event.trust = state
        for ordinal, worst in marks.items():
            others = (each for each in found.findings if each.by is not StatedBy.READER)  # which states them again
            listed = [each.finding.severity for each in others if each.finding.record == ordinal]
            found.events[ordinal - 1].worst = max(worst, *listed, Severity.NONE)
        await self.mark(ledger, findings)
        await self.add_findings(ledger, findings)
        found.streams[stream].irregular = False
        found.edition += 1


class MemoryScratch(MemoryWriter):
    """See ``Scratch``."""

    def __init__(self) -> None:
        super().__init__(MemoryStore())
        self._links: dict[int, list[ChainLink]] = {}
        """Of events without rows, by ledger."""

    async def note_links(self, ledger: int, links: Iterable[ChainLink]) -> None:
        self._links.setdefault(ledger, []).extend(links)

    async def stream_places(self, ledger: int, stream: StreamKey) -> list[RecordPlace]:
        found = [each for each in self._links.get(ledger, ()) if each.stream == stream]
        places = [each.place for each in sorted(found, key=lambda each: (each.sequence, each.place.ordinal))]
        return places or await super().stream_places(ledger, stream)

    async def rewalked(
        self,
        ledger: int,
        stream: StreamKey,
        trust: Iterable[tuple[int, Trust]],
        findings: Sequence[Finding],
        marks: Mapping[int, Severity] = {},
    ) -> None:
        found, states = self._ledger(ledger), dict(trust)
        counted = {each.place.ordinal for each in self._links.get(ledger, ()) if each.stream == stream}
        for ordinal in counted & states.keys():
            for count in (found.counted, found.streams[stream].count):
                count.trust[Trust.UNCHECKED] -= 1
                count.trust[states[ordinal]] += 1
        rows = [(ordinal, state) for ordinal, state in states.items() if ordinal not in counted]
        await super().rewalked(ledger, stream, rows, findings)  # marks are for rows, which a scratch store has few of

    def reader(self) -> "Any":
        return self._store.new_reader()


class MemoryLock:
    """See ``WriterLock``."""

    def __init__(self, store: "MemoryStore") -> None:
        self._store = store
        self._mine = False

    def purpose(self) -> str | None:
        return "" if self._store.locked else None

    def acquire(self, purpose: str = "") -> bool:
        self._mine = self._mine or not self._store.locked
        self._store.locked = True
        return self._mine

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._mine:
            self._store.locked = self._mine = False


class MemoryStore:
    """See ``IndexStore``; its readers are in ``tests.support.memory_reader``."""

    def __init__(self) -> None:
        self.content = Content()
        self.locked = False
        self._there = False

    def lock(self) -> MemoryLock:
        return MemoryLock(self)

    async def writer(self) -> tuple[MemoryWriter, str]:
        self._there = True
        return MemoryWriter(self), ""

    async def reader(self) -> "Any":
        return self.new_reader() if self._there else None

    def new_reader(self) -> "Any":
        from tests.support.memory_reader import MemoryReader

        return MemoryReader(self)

    def identity(self) -> object:
        return self if self._there else None

    def discard(self) -> None:
        self.content, self._there = Content(), False


def _is_later(one: MemoryEvent, other: MemoryEvent) -> bool:
    return one.time is not None and other.time is not None and one.time > other.time


def _ancestors(records: Sequence[MemoryEvent], start: MemoryEvent) -> set[int]:
    found: set[int] = set()
    waiting = [start]
    while waiting:
        at = waiting.pop()
        targets = {at.parent, at.mention} - {0}
        for each in records:
            if targets & {each.key, each.alias} and each.ordinal not in found:
                found.add(each.ordinal)
                waiting.append(each)
    return found


def _spelled(finding: Finding) -> Finding:
    values = {each.name: getattr(finding, each.name) for each in fields(finding)}
    texts: dict[str, Any] = {name: spelled_out(value) for name, value in values.items() if type(value) is str}
    return replace(finding, **texts)
