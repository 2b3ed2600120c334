"""Readers of the store of lists and dicts: every answer is computed anew from all that is there."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from console.formats.protocol import key64
from console.model.trust import Severity, Trust
from console.store.filter import Filter
from console.store.filter.tree import OfRecord
from console.store.protocol import CARRIERS, NameKind
from console.store.rows import EventCount, EventRow, FindingRow, LedgerRow, StreamRow, flagged
from tests.support.filter_evaluation import Judged, fits
from tests.support.memory_content import LARGEST, Content, MemoryEvent, MemoryLedger, MemoryStream
from tests.support.memory_store import SALT, MemoryRecords, MemoryStore


class MemoryReader(MemoryRecords):
    """See ``IndexReader``."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    @property
    def content(self) -> Content:
        return self._store.content

    def opened(self, ledger: int | None = None) -> list[MemoryLedger]:
        """The ledgers opened now, or the one of this id."""
        found = self.content.ledgers
        if ledger is not None:
            return [found[ledger]] if ledger in found else []
        return [each for each in found.values() if each.active]

    async def ledgers(self, ledger: int | None = None) -> list[LedgerRow]:
        rows = [_ledger_row(each) for each in self.opened(ledger)]
        return sorted(rows, key=lambda row: (-row.flagged, row.path, row.member is not None, row.member or ""))

    async def sizes(self, ledger: int | None = None) -> dict[int, tuple[int, int]]:
        return {each.id: (len(each.events), each.edition) for each in self.opened(ledger)}

    async def streams(
        self, ledger: int | None = None, *, limit: int = 500, offset: int = 0
    ) -> tuple[list[StreamRow], int]:
        found = [(each, stream) for each in self.opened(ledger) for stream in each.streams.values()]
        found.sort(key=lambda pair: _stream_order(*pair))
        return [_stream_row(*pair) for pair in found[offset : offset + limit]], len(found)

    def _named(self, stream: int) -> tuple[MemoryLedger, MemoryStream] | None:
        pairs = [(each, found) for each in self.content.ledgers.values() for found in each.streams.values()]
        return next((pair for pair in pairs if pair[1].id == stream), None)

    async def stream(self, stream: int) -> StreamRow | None:
        pair = self._named(stream)
        return None if pair is None else _stream_row(*pair)

    async def findings(
        self, *, ledger: int | None = None, stream: int | None = None, event: int | None = None, limit: int = 500
    ) -> tuple[list[FindingRow], int]:
        pair = None if stream is None else self._named(stream)
        rows = []
        for each in self.opened():
            for found in each.findings:
                of_stream = pair is not None and pair[0] is each and found.finding.stream == pair[1].name.key
                place = None if found.finding.record is None else each.event_id(found.finding.record)
                if ledger in (None, each.id) and (stream is None or of_stream) and event in (None, place):
                    rows.append(FindingRow(found.id, each.id, _name(each), found.finding, place))
        rows.sort(key=lambda row: (-row.finding.severity, row.ledger, row.finding.code, row.event or 0))
        return rows[:limit], len(rows)

    async def events(self, ids: Sequence[int]) -> list[EventRow]:
        places = [divmod(each, LARGEST) for each in ids]
        ledgers = self.content.ledgers
        return [
            self.row(ledgers[ledger], ledgers[ledger].events[ordinal - 1])
            for ledger, ordinal in places
            if ledger in ledgers and 1 <= ordinal <= len(ledgers[ledger].events)
        ]

    def row(self, ledger: MemoryLedger, event: MemoryEvent) -> EventRow:
        stream = None if event.stream is None else ledger.streams[event.stream]
        return EventRow(
            *(ledger.event_id(event.ordinal), ledger.id, event.ordinal, event.offset, event.length, event.time),
            *(event.type, event.actor, 0 if stream is None else stream.id),
            *("" if stream is None else stream.name.kind, "" if stream is None else stream.name.key),
            sequence=None if event.sequence < 0 else event.sequence,
            trust=Trust(event.trust),
            worst=Severity(event.worst),
        )

    async def between(self, filter: Filter, ledger: int, first: int, last: int, limit: int) -> list[EventRow]:
        found = self.content.ledgers[ledger]
        events = [each for each in found.events[first - 1 : last] if fits(filter.condition, judged(found, each))]
        return [self.row(found, each) for each in events[:limit]]

    async def event_counts(self, ledger: int) -> list[EventCount]:
        events = [each for each in self.content.ledgers[ledger].events if each.trust != Trust.PENDING]
        found = Counter((each.type, each.actor, Trust(each.trust)) for each in events)
        return [EventCount(*key, number) for key, number in found.items()]

    async def chain_neighbour(self, event: int, step: int, *, broken: bool = False) -> int | None:
        ledger, ordinal = divmod(event, LARGEST)
        found = self.content.ledgers[ledger]
        this = found.events[ordinal - 1]
        here = (this.sequence, this.ordinal)
        keys = [
            (each.sequence, each.ordinal)
            for each in found.events
            if each.stream == this.stream is not None and (not broken or each.trust == Trust.BROKEN)
        ]
        if step > 0:
            nearest = min((key for key in keys if key > here), default=None)
        else:
            nearest = max((key for key in keys if key < here), default=None)
        return None if nearest is None else found.event_id(nearest[1])

    async def view(self, filter: Filter, *, ledger: int | None = None, stream: int | None = None) -> "MemoryView":
        view = MemoryView(self, filter, ledger, stream)
        await view.refresh()
        return view

    async def hit_view(self, filter: Filter, *, ledger: int | None = None, stream: int | None = None) -> "MemoryView":
        view = MemoryView(self, filter.undecided, ledger, stream, {})
        await view.refresh()
        return view

    def chosen(
        self,
        filter: Filter,
        ledger: int | None,
        stream: int | None,
        hits: Mapping[tuple[int, int], int] | None = None,
    ) -> list[tuple[MemoryLedger, MemoryEvent]]:
        """The events of a view, in its order."""
        asked = filter.of_record

        def held(of: MemoryLedger, event: MemoryEvent) -> frozenset[OfRecord] | None:
            """What holds of its record; None if it is no hit."""
            if hits is None:
                return frozenset()
            bits = hits.get((of.id, event.ordinal))
            return None if bits is None else frozenset(each for at, each in enumerate(asked) if bits >> at & 1)

        pair = None if stream is None else self._named(stream)
        ledgers = [pair[0]] if pair else [] if stream is not None else self.opened(ledger)
        found = [
            (each, event)
            for each in ledgers
            for event in each.events
            if (pair is None or pair[1].name in (event.stream, *event.further))
            and (known := held(each, event)) is not None
            and fits(filter.condition, judged(each, event, known))
        ]
        if ledger is None and stream is None:
            found.sort(key=lambda pair: (pair[1].order, pair[0].id, pair[1].ordinal))
        return found

    async def named(self, ids: Sequence[str]) -> dict[str, list[int]]:
        def carriers(id: str) -> list[int]:
            key = key64(id, SALT)
            events = [(ledger, event) for ledger in self.opened() for event in ledger.events]
            first = [ledger.event_id(event.ordinal) for ledger, event in events if event.key == key]
            return first or [ledger.event_id(event.ordinal) for ledger, event in events if event.alias == key]

        return {id: found[:CARRIERS] for id in ids if (found := sorted(carriers(id)))}

    async def children(self, ids: Sequence[str], limit: int) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for ledger in sorted(self.opened(), key=lambda each: each.id):
            for event in ledger.events:
                for id in ids:
                    if key64(id, SALT) in (event.parent, event.mention):
                        found.setdefault(id, []).append(ledger.event_id(event.ordinal))
        return {id: events[:limit] for id, events in found.items()}

    async def streams_called(self, keys: Iterable[str]) -> list[StreamRow]:
        wanted = {*keys}
        pairs = [(each, stream) for each in self.opened() for stream in each.streams.values()]
        return [_stream_row(*pair) for pair in sorted(pairs, key=lambda pair: pair[1].id) if pair[1].name.key in wanted]

    async def names(self, kind: NameKind, beginning: str, limit: int) -> list[str]:
        found: set[str] = set()
        for ledger in self.opened():
            if kind in ("type", "actor"):
                found |= {getattr(event, kind) for event in ledger.events} - {""}
            else:
                found |= {name.key for name in ledger.streams if kind in ("stream", name.kind)}
        return sorted(each for each in found if each.startswith(beginning))[:limit]

    async def version(self) -> int:
        return self.content.commits

    async def close(self) -> None:
        pass


class MemoryView:
    """See ``EventView`` and, with hits, ``HitView``."""

    def __init__(
        self,
        reader: MemoryReader,
        filter: Filter,
        ledger: int | None,
        stream: int | None,
        hits: dict[tuple[int, int], int] | None = None,
    ) -> None:
        self._reader = reader
        self._chosen = (filter, ledger, stream)
        self._hits = hits
        self._rows: list[EventRow] = []
        self._seen: list[object] = []

    @property
    def count(self) -> int:
        return len(self._rows)

    async def refresh(self) -> int | None:
        pairs = self._reader.chosen(*self._chosen, self._hits)
        before, self._rows = self._rows, [self._reader.row(*pair) for pair in pairs]
        both = enumerate(zip(before, self._rows, strict=False))
        same = min(len(before), len(self._rows))
        first = next((at for at, (old, new) in both if old != new), same)
        return None if first == len(before) == len(self._rows) else first

    async def rows(self, start: int, stop: int) -> list[EventRow]:
        return self._rows[max(0, start) : min(stop, max(0, start) + 1024)]

    async def position(self, event: int) -> int | None:
        return next((at for at, row in enumerate(self._rows) if row.id == event), None)

    async def add_hits(self, ledger: int, hits: Iterable[tuple[int, int]]) -> None:
        assert self._hits is not None
        self._hits |= {(ledger, ordinal): held for ordinal, held in hits}

    async def forget_hits(self, ledger: int) -> None:
        assert self._hits is not None
        self._hits = {each: held for each, held in self._hits.items() if each[0] != ledger}


def judged(ledger: MemoryLedger, event: MemoryEvent, held: frozenset[OfRecord] = frozenset()) -> Judged:
    """What a condition may ask of an event."""
    codes = {each.finding.code for each in ledger.findings if each.finding.record == event.ordinal}
    streams = ((event.stream,) if event.stream else ()) + event.further
    return Judged(
        *(ledger.path, ledger.format, event.type, event.actor, streams, event.sequence, event.time),
        *(event.trust, event.worst, frozenset(codes), held),
        *(ledger.event_id(event.ordinal), 0 if event.stream is None else ledger.streams[event.stream].id),
    )


def _name(ledger: MemoryLedger) -> str:
    return ledger.path if ledger.member is None else f"{ledger.path}#{ledger.member}"


def _by_severity(ledger: MemoryLedger, stream: MemoryStream | None = None) -> tuple[int, ...]:
    counts = [0] * len(Severity)
    for each in ledger.findings:
        if stream is None or each.finding.stream == stream.name.key:
            counts[each.finding.severity] += each.finding.count
    return tuple(counts)


def _ledger_row(ledger: MemoryLedger) -> LedgerRow:
    counted = ledger.counted
    times = [event.time for event in ledger.events if event.time is not None]
    times += [time for time in (counted.first, counted.last) if time is not None]
    trust = tuple(
        sum(event.trust == state != Trust.PENDING for event in ledger.events) + counted.trust[state] for state in Trust
    )
    level = max((flagged(each.facts.state) for each in ledger.streams.values() if each.facts), default=0)
    return LedgerRow(
        *(ledger.id, ledger.path, ledger.member, ledger.container, ledger.format, ledger.shape, ledger.profile),
        *(ledger.state, ledger.note, len(ledger.events) + counted.events, ledger.size),
        first_time=min(times, default=None),
        last_time=max(times, default=None),
        trust=trust,
        findings=_by_severity(ledger),
        pending=ledger.pending,
        flagged=level,
        chained=any(each.facts and each.facts.chain_intact is not None for each in ledger.streams.values()),
        codes=_by_code(ledger),
        memory=ledger.memory,
    )


def _by_code(ledger: MemoryLedger) -> dict[str, tuple[int, ...]]:
    counts: dict[str, list[int]] = {}
    for each in ledger.findings:
        counts.setdefault(each.finding.code, [0] * 5)[each.finding.severity] += each.finding.count
    return {code: tuple(found) for code, found in counts.items()}


def _stream_row(ledger: MemoryLedger, stream: MemoryStream) -> StreamRow:
    count, facts = stream.count, stream.facts
    return StreamRow(
        *(stream.id, ledger.id, *stream.name, count.events, count.first, count.last, tuple(count.trust)),
        *(_by_severity(ledger, stream), {} if facts is None else dict(facts.state)),
        *(0 if facts is None else facts.chained, None if facts is None else facts.chain_intact),
    )


def _stream_order(ledger: MemoryLedger, stream: MemoryStream) -> tuple[object, ...]:
    row = _stream_row(ledger, stream)
    last = (row.last_time is None, -(row.last_time or 0))
    return -flagged(row.state), -row.worst, -row.trust[Trust.BROKEN], stream.further, *last, row.id
