"""Events one after the other, for commands: those that are there, then those that arrive."""

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from console.engine.errors import NoSuchStreamError
from console.engine.ledgers.options import Options
from console.engine.search.event_request import EventRequest, ListedEvent, Listeners
from console.engine.search.record_conditions import RecordConditions
from console.engine.search.related import found_related, nowhere
from console.engine.search.search_view import SearchedView
from console.engine.session.alarms import AlarmWatch
from console.engine.session.client import Session, open_session
from console.engine.session.headless import indexed
from console.engine.session.records import Records
from console.sources.protocol import MAX_RECORD
from console.store.facts import volume_of
from console.store.filter import Filter, both, either, parse
from console.store.filter.tree import EventIn, OfRecord
from console.store.protocol import EventView, IndexReader
from console.store.rows import EventRow, LedgerRow

PAGE = 512
_BUSY = ("starting", "reading", "restarting")
"""Phases of the worker in which not all that is there has been read."""


class EventListing:
    """The events of one request. Raises ``FilterError`` where its filter or a time cannot be read."""

    def __init__(self, request: EventRequest, listeners: Listeners) -> None:
        self._request = request
        self._hear = listeners
        self._filter = _filter(request)
        self._watch: AlarmWatch | None = None

    async def present(self) -> AsyncGenerator[ListedEvent, None]:
        """Events that fit and are there now: of one ledger in its order, of several merged by time.

        Close it (``aclosing``) where it is left early. Raises ``NoSuchStreamError`` instead of giving nothing.
        """
        request, hear = self._request, self._hear
        nothing = True
        async with indexed(request.paths, request.index, Options(), progress=hear.progress, note=hear.note) as reader:
            ledgers = await reader.ledgers()
            hear.found(ledgers)
            async with aclosing(self._there(reader, ledgers, _RawRecords(reader, request.raw))) as events:
                async for each in events:
                    nothing = False
                    yield each
            if nothing and request.stream is not None:
                view = await reader.view(parse(f"stream:{_quoted(request.stream)}"))
                if not view.count:
                    raise NoSuchStreamError(f"There is no stream {request.stream} here.")
            if nothing:
                for words in await nowhere(self._filter, reader):
                    hear.note(words)

    async def followed(self) -> AsyncGenerator[ListedEvent, None]:
        """Like ``present``; then events as they arrive, in the order of each ledger, until it is closed."""
        session = await open_session(self._request.paths, self._request.index)
        try:
            if self._hear.opened is not None:
                await self._hear.opened(session)
            heard = ""
            async for change in session.changes():
                if change.progress.note not in ("", heard):
                    heard = change.progress.note
                    self._hear.note(heard)
                if change.progress.phase not in _BUSY:
                    break
            reader = await session.reader()
            ledgers = await reader.ledgers()
            self._hear.found(ledgers)
            self._watch = AlarmWatch(session)
            await self._look_for_alarms("following")
            shown = {each.id: each.records for each in ledgers}
            marks = {each.name: await _mark(reader, each) for each in ledgers}
            async with aclosing(self._there(reader, ledgers, _RawRecords(reader, self._request.raw))) as events:
                async for each in events:
                    if each.row.ordinal <= shown.get(each.row.ledger, 0):
                        yield each
            async with aclosing(self._arriving(session, reader, marks, heard)) as events:
                async for each in events:
                    yield each
        finally:
            await session.close()

    async def _there(
        self, reader: IndexReader, ledgers: Sequence[LedgerRow], records: "_RawRecords"
    ) -> AsyncGenerator[ListedEvent, None]:
        names = {each.id: each.name for each in ledgers}
        only = ledgers[0].id if len(ledgers) == 1 else None
        view: EventView | SearchedView
        filter = await found_related(self._filter, reader)
        if filter.of_record:
            view = SearchedView(reader, filter, only, None, lambda: None)
            await view.start()
            await view.finished()
        else:
            view = await reader.view(filter, ledger=only)
        await view.refresh()
        start = 0
        while rows := await view.rows(start, start + PAGE):
            async for each in records.listed(rows, names):
                yield each
            start += len(rows)

    async def _arriving(
        self, session: Session, reader: IndexReader, marks: dict[str, "_Mark"], heard: str
    ) -> AsyncGenerator[ListedEvent, None]:
        """Events beyond the marks (by ledger's name in the index that ``reader`` reads), which move along.

        ``heard`` is the last note that was passed on.
        """
        records = _RawRecords(reader, self._request.raw)
        read_again: set[str] = set()
        """Ledgers whose listed records a new index does not hold yet."""
        async for change in session.changes():
            if change.progress.note not in ("", heard):
                heard = change.progress.note
                self._hear.note(heard)
            now = await session.reader()
            if now is not reader:
                reader, records = now, _RawRecords(now, self._request.raw)
                read_again.update(marks)
            records.look_again()
            for ledger in await reader.ledgers():
                done = marks.get(ledger.name, _NOTHING)
                if (ledger.records, ledger.codes) == (done.records, done.codes):
                    continue
                if ledger.name in read_again:
                    if ledger.records < done.records:
                        continue
                    read_again.discard(ledger.name)
                elif ledger.records < done.records or await _last(reader, ledger.id, done.records) != done.last:
                    await self._tell(reader, ledger, done, "; printing goes on at its beginning")
                    done = replace(_NOTHING, codes=ledger.codes)
                else:
                    await self._tell(reader, ledger, done)
                first = done.records + 1
                filter = await found_related(self._filter, reader, deep=False)
                while rows := await reader.between(filter.possible, ledger.id, first, ledger.records, PAGE):
                    fitting = await records.fitting(rows, filter)
                    async for each in records.listed(fitting, {ledger.id: ledger.name}):
                        yield each
                    first = rows[-1].ordinal + 1
                marks[ledger.name] = await _mark(reader, ledger)
            await self._look_for_alarms(change.progress.phase)

    async def _look_for_alarms(self, phase: str) -> None:
        if self._watch is not None and self._hear.alarm is not None:
            for alarm in await self._watch.look(phase):
                self._hear.alarm(alarm)

    async def _tell(self, reader: IndexReader, ledger: LedgerRow, before: "_Mark", besides: str = "") -> None:
        """Say what became of a ledger's file since. ``besides`` is reported in any case, unless it is ''."""
        new = {
            code
            for code, counts in ledger.codes.items()
            if code.startswith(_OF_FILES) and sum(counts) > sum(before.codes.get(code, ()))
        }
        found = (await reader.findings(ledger=ledger.id, limit=_MANY))[0] if new else []
        words = [each.finding.message.rstrip(".") for each in found if each.finding.code in new]
        if words or besides:
            what = "; ".join(words) or ledger.note or "what was read has changed"
            self._hear.note(f"{ledger.name}: {what}{besides}.")


_AT_ONCE = 4 * 1024 * 1024
"""Bytes of records that are read together, unless one is longer."""
_OF_FILES = ("container.", "witness.")
"""Families of codes that tell what became of a file."""
_MANY = 1000


@dataclass(frozen=True, slots=True)
class _Mark:
    """How far a ledger was printed: its records, the hash of the last one, and the findings by code at that time."""

    records: int
    last: bytes | None
    codes: Mapping[str, Sequence[int]]


_NOTHING = _Mark(0, None, {})


async def _mark(reader: IndexReader, ledger: LedgerRow) -> _Mark:
    return _Mark(ledger.records, await _last(reader, ledger.id, ledger.records), ledger.codes)


async def _last(reader: IndexReader, ledger: int, ordinal: int) -> bytes | None:
    return await reader.record_hash(ledger, ordinal) if ordinal else None


def _parts(rows: Sequence[EventRow]) -> Iterator[Sequence[EventRow]]:
    """A page in parts of so many bytes that all of one may be in memory."""
    start = size = 0
    for at, row in enumerate(rows):
        if size and size + row.length > _AT_ONCE:
            yield rows[start:at]
            start, size = at, 0
        size += row.length
    if start < len(rows):
        yield rows[start:]


class _RawRecords:
    """Adds the bytes of the record to what is listed, where they are asked for."""

    def __init__(self, reader: IndexReader, wanted: bool) -> None:
        self._reader = reader
        self._records = Records(reader)
        self._wanted = wanted
        self._files: dict[int, list[tuple[int, str]]] = {}

    def look_again(self) -> None:
        """Files may have been moved."""
        self._files.clear()

    async def listed(self, rows: Sequence[EventRow], names: Mapping[int, str]) -> AsyncGenerator[ListedEvent, None]:
        """A page as it is listed; ``names`` are those of its ledgers."""
        for part in _parts(rows):
            found = await self._records.raws(part, MAX_RECORD) if self._wanted else []
            for at, row in enumerate(part):
                volume = await self._volume(row)
                bytes_now = (found[at].record.raw, found[at].problem) if found else ()
                yield ListedEvent(row, names.get(row.ledger, ""), volume, *bytes_now)

    async def _volume(self, row: EventRow) -> tuple[str, int] | None:
        """The file that a record is in, and its number there; None for a ledger in one file."""
        if row.ledger not in self._files:
            files = await self._reader.volumes(row.ledger)
            self._files[row.ledger] = [(each.first, each.path) for each in files] if len(files) > 1 else []
        return volume_of(self._files[row.ledger], row.ordinal)

    async def fitting(self, rows: Sequence[EventRow], filter: Filter) -> Sequence[EventRow]:
        """Those of some rows of one ledger that the filter lets through, its part on raw records included."""
        if not filter.of_record:
            return rows
        asked = RecordConditions(filter)
        alike: dict[frozenset[OfRecord], set[int]] = {}
        for part in _parts(rows):
            for row, now in zip(part, await self._records.raws(part, MAX_RECORD), strict=True):
                alike.setdefault(asked.held(now.record.raw), set()).add(row.id)
        fits: set[int] = set()
        for held, ids in alike.items():
            left = both(filter.given(held.__contains__), Filter(EventIn(frozenset(ids))))
            found = await self._reader.between(left, rows[0].ledger, rows[0].ordinal, rows[-1].ordinal, len(ids))
            fits.update(row.id for row in found)
        return [row for row in rows if row.id in fits]


def _filter(request: EventRequest) -> Filter:
    terms = [parse(request.where)]
    for name, value in (("stream", request.stream), ("since", request.since), ("until", request.until)):
        if value is not None:
            terms.append(parse(f"{name}:{_quoted(value)}"))
    return either(both(*terms), [parse(f"type:{_quoted(each)}") for each in request.types])


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
