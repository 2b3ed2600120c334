"""Events one after the other, for commands: those that are there, then those that arrive."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from console.engine.ingest.ingest import Step
from console.engine.ledgers.options import Options
from console.engine.search.raw_scan import matches
from console.engine.search.search_view import SearchedView
from console.engine.session.client import Session, open_session
from console.engine.session.headless import indexed
from console.engine.session.protocol import IndexPlace
from console.engine.session.records import Records
from console.sources.base import MAX_RECORD
from console.store.rows import EventRow, LedgerRow
from console.store.sqlite.query import Query
from console.store.sqlite.reader import IndexReader
from console.store.sqlite.schema import row_id
from console.store.sqlite.view import EventView, Scope

PAGE = 512
_BUSY = ("starting", "reading", "restarting")
"""Phases of the worker in which not all that is there has been read."""


@dataclass(frozen=True, slots=True)
class Printed:
    """One event to print. ``raw`` is its exact bytes where asked for; ``problem`` says why they are not what was
    indexed, or are not there, '' otherwise."""

    row: EventRow
    ledger: str
    raw: bytes = b""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be printed. ``note`` is told what goes on, ``progress`` of each
    step of ingest, ``found`` once of the ledgers that are there. ``stream`` is the part of the query that names one."""

    paths: Sequence[str]
    query: Query
    index: IndexPlace
    raw: bool
    note: Callable[[str], None]
    progress: Callable[[Step], None]
    found: Callable[[Sequence[LedgerRow]], None]
    stream: Query | None = None


class NoSuchStreamError(LookupError):
    """The stream that was asked for is in none of the ledgers."""


async def printed(asked: Asked) -> AsyncGenerator[Printed, None]:
    """Events that match and are there now: of one ledger in its order, of several merged by time.

    Close it (``aclosing``) where it is left early. Raises ``NoSuchStreamError`` instead of giving nothing.
    """
    query = asked.query
    nothing = True
    async with indexed(asked.paths, asked.index, Options(), progress=asked.progress, note=asked.note) as reader:
        ledgers = await reader.ledgers()
        asked.found(ledgers)
        async with aclosing(_present(reader, query, ledgers, _Printer(reader, asked.raw))) as events:
            async for each in events:
                nothing = False
                yield each
        if nothing and asked.stream is not None:
            view = EventView(reader, asked.stream, Scope(None), further=False)
            await view.refresh()
            if not await view.rows(0, 1):
                raise NoSuchStreamError


async def followed(asked: Asked) -> AsyncGenerator[Printed, None]:
    """Like ``printed``; then events as they arrive, in the order of each ledger, until it is closed."""
    query = asked.query
    session = await open_session(asked.paths, asked.index)
    try:
        changes = session.changes()
        said = ""
        async for change in changes:
            if change.progress.note not in ("", said):
                said = change.progress.note
                asked.note(said)
            if change.progress.phase not in _BUSY:
                break
        reader = await session.reader()
        ledgers = await reader.ledgers()
        asked.found(ledgers)
        printer = _Printer(reader, asked.raw)
        shown = {each.id: each.records for each in ledgers}
        marks = {each.name: each.records for each in ledgers}
        async with aclosing(_present(reader, query, ledgers, printer)) as events:
            async for each in events:
                if each.row.ordinal <= shown.get(each.row.ledger, 0):
                    yield each
        async with aclosing(_arriving(session, reader, marks, asked, said)) as events:
            async for each in events:
                yield each
    finally:
        await session.close()


class _Printer:
    """Makes what is printed of rows."""

    def __init__(self, reader: IndexReader, raw: bool) -> None:
        self._reader = reader
        self._raw = raw
        self._records = Records(reader)

    async def print(self, row: EventRow, ledger: str) -> Printed:
        if not self._raw:
            return Printed(row, ledger)
        found = await self._records.raw(row, MAX_RECORD)
        return Printed(row, ledger, found.record.raw, found.problem)

    async def fits(self, row: EventRow, query: Query) -> bool:
        """Whether a row's record holds what the query looks for in raw records."""
        return not query.texts or matches((await self._records.raw(row, MAX_RECORD)).record.raw, query.texts)


async def _present(
    reader: IndexReader, query: Query, ledgers: Sequence[LedgerRow], printer: _Printer
) -> AsyncGenerator[Printed, None]:
    names = {each.id: each.name for each in ledgers}
    only = ledgers[0].id if len(ledgers) == 1 else None
    view: EventView | SearchedView
    if query.texts:
        view = SearchedView(reader, query, only, None, False, lambda: None)
        await view.start()
        await view.finished()
    else:
        view = EventView(reader, query, Scope(only), further=False)
    await view.refresh()
    start = 0
    while rows := await view.rows(start, start + PAGE):
        for row in rows:
            yield await printer.print(row, names.get(row.ledger, ""))
        start += len(rows)


async def _arriving(
    session: Session, reader: IndexReader, marks: dict[str, int], asked: Asked, said: str
) -> AsyncGenerator[Printed, None]:
    """Events beyond the marks (records by ledger's name in the index that ``reader`` reads), which move along.

    ``said`` is the note that was told last.
    """
    query = asked.query
    printer = _Printer(reader, asked.raw)
    read_again: set[str] = set()
    """Ledgers of which a new index does not hold yet what was printed."""
    async for change in session.changes():
        if change.progress.note not in ("", said):
            said = change.progress.note
            asked.note(said)
        now = await session.reader()
        if now is not reader:
            reader, printer = now, _Printer(now, asked.raw)
            read_again.update(marks)
        for ledger in await reader.ledgers():
            done = marks.get(ledger.name, 0)
            if ledger.records >= done:
                read_again.discard(ledger.name)
            elif ledger.name in read_again:
                continue
            else:
                what = ledger.note or "what was read has changed"
                asked.note(f"{ledger.name}: {what}; printing goes on at its beginning")
                done = 0
            low, high = row_id(ledger.id, done + 1), row_id(ledger.id, ledger.records)
            while rows := await reader.between(query, low, high, PAGE):
                for row in rows:
                    if await printer.fits(row, query):
                        yield await printer.print(row, ledger.name)
                low = rows[-1].id + 1
            marks[ledger.name] = ledger.records
