"""Events one after the other, for commands: those that are there, then those that arrive."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from console.engine.client import open_session
from console.engine.headless import indexed
from console.engine.opening import Options
from console.engine.records import Records
from console.engine.searching import SearchedView
from console.formats.instant import iso
from console.index.query import Query, parse
from console.index.reader import IndexReader
from console.index.rows import EventRow, LedgerRow
from console.index.view import EventView, Scope

PAGE = 512


@dataclass(frozen=True, slots=True)
class Printed:
    """One event to print. ``raw`` is its exact bytes where asked for."""

    row: EventRow
    ledger: str
    time: str
    raw: bytes = b""


async def printed(
    paths: Sequence[str],
    query: str,
    *,
    index: str | None,
    follow: bool,
    raw: bool,
    note: Callable[[str], None],
) -> AsyncIterator[Printed]:
    """Events that match. Raises ``QueryError`` before anything is read."""
    parsed = parse(query)
    if follow:
        async for each in _followed(paths, query, index, raw):
            yield each
        return
    async with indexed(paths, index, Options(), note=note) as reader:
        ledgers = await reader.ledgers()
        view = await _view(reader, parsed, ledgers)
        records = Records(reader)
        start = 0
        while rows := await view.rows(start, start + PAGE):
            for row in rows:
                yield await _printed(row, ledgers, records if raw else None)
            start += len(rows)


async def _view(reader: IndexReader, query: Query, ledgers: Sequence[LedgerRow]) -> EventView | SearchedView:
    only = ledgers[0].id if len(ledgers) == 1 else None
    if not query.texts:
        view = EventView(reader, query, Scope(only), further=False)
        await view.refresh()
        return view
    found = SearchedView(reader, query, only, None, False, lambda: None)
    await found.start()
    await found.finished()
    await found.refresh()
    return found


async def _followed(paths: Sequence[str], query: str, index: str | None, raw: bool) -> AsyncIterator[Printed]:
    session = await open_session(paths, index=index)
    try:
        seen: set[int] = set()
        reader = await session.reader()
        records = Records(reader)
        view = await session.view(query)
        done = 0
        async for _ in session.changes():
            await view.refresh()
            ledgers = await session.ledgers()
            start = max(0, min(done, view.count) - PAGE)
            while rows := await view.rows(start, start + PAGE):
                for row in rows:
                    if row.id not in seen:
                        seen.add(row.id)
                        yield await _printed(row, ledgers, records if raw else None)
                start += len(rows)
            done = view.count
            await asyncio.sleep(0)
    finally:
        await session.close()


async def _printed(row: EventRow, ledgers: Sequence[LedgerRow], records: Records | None) -> Printed:
    name = next((each.name for each in ledgers if each.id == row.ledger), "")
    data = (await records.raw(row)).record.raw if records is not None else b""
    return Printed(row, name, "" if row.time is None else iso(row.time), data)
