"""A view whose filter holds free text: hits of a raw search fill a temporary table as they are found."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator

from console.engine.search import Hits, search
from console.index.query import Query
from console.index.reader import IndexReader
from console.index.rows import EventRow, LedgerRow
from console.index.schema import row_id
from console.index.view import EventView, Scope
from console.model.record import Cursor
from console.sources.base import Skipped, SourceError
from console.sources.discover import open_sources


class SearchedView:
    """See ``console.engine.session.View``. Owns its connection; ``changed`` is called when hits came."""

    def __init__(
        self,
        reader: IndexReader,
        query: Query,
        ledger: int | None,
        stream: int | None,
        further: bool,
        changed: Callable[[], None],
    ) -> None:
        self.note = ""
        self._reader = reader
        self._query = query
        self._ledger = ledger
        self._changed = changed
        scope = Scope(ledger if stream is None else None, stream, hits="temp.hit")
        self._view = EventView(reader, query, scope, further=further)
        self._read: dict[tuple[int, int], Cursor] = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def count(self) -> int:
        return self._view.count

    async def start(self) -> None:
        """Begin to search; rows appear as hits are found."""
        await self._reader.db.execute("CREATE TEMP TABLE hit (event INTEGER PRIMARY KEY)")
        await self._view.refresh()
        self._task = asyncio.create_task(self._search())

    async def finished(self) -> None:
        """Wait until everything that is there was searched."""
        if self._task is not None:
            await self._task

    async def rows(self, start: int, stop: int) -> list[EventRow]:
        return await self._view.rows(start, stop)

    async def refresh(self) -> int | None:
        if self._task is not None and self._task.done():
            self._task = asyncio.create_task(self._search())
        return await self._view.refresh()

    async def position(self, event: int) -> int | None:
        return await self._view.position(event)

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._reader.close()

    async def _search(self) -> None:
        ledgers = await self._reader.ledgers(self._ledger)
        total = sum(each.bytes for each in ledgers) or 1
        before = 0
        for ledger in ledgers:
            for first, path, member in await self._reader.volumes(ledger.id):
                key = (ledger.id, first)
                start = self._read.get(key, Cursor(first, 0))
                if ledger.records < start.ordinal:
                    continue
                await self._search_volume(ledger, key, path, member, start, before, total)
            before += ledger.bytes
        self.note = ""

    async def _search_volume(
        self,
        ledger: LedgerRow,
        key: tuple[int, int],
        path: str,
        member: str | None,
        start: Cursor,
        before: int,
        total: int,
    ) -> None:
        source = next(
            (
                each
                for each in await asyncio.to_thread(open_sources, path)
                if not isinstance(each, Skipped) and each.member == member
            ),
            None,
        )
        if source is None:
            self.note = f"{path} cannot be searched: it cannot be opened."
            return
        hits: Iterator[Hits] = search(source, self._query.texts, start)
        found: list[int] = []
        while True:
            try:
                step = await asyncio.to_thread(next, hits, None)
            except SourceError as error:
                self.note = error.finding.message
                return
            if step is None:
                break
            found += [row_id(ledger.id, ordinal) for ordinal in step.ordinals]
            if step.ordinals or len(found) > 1000:
                await self._keep(found)
                found = []
            self._read[key] = step.next
            self.note = f"searching {min(99, round(100 * (before + step.next.offset) / total))} %"
        await self._keep(found)

    async def _keep(self, events: list[int]) -> None:
        if events:
            await self._reader.db.executemany("INSERT OR IGNORE INTO hit VALUES (?)", [(event,) for event in events])
            self._changed()
