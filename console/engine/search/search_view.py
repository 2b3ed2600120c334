"""A view whose filter asks for something of raw records: hits of a raw search appear in it as they are found."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator

from console.engine.search.raw_scan import Hits, search
from console.engine.search.record_conditions import RecordConditions
from console.formats.reading.cutting import CUT
from console.model.record import Cursor
from console.sources.discover import open_sources
from console.sources.protocol import Skipped, SourceError
from console.store.filter import Filter
from console.store.protocol import HitView, IndexReader
from console.store.rows import EventRow, LedgerRow

_ALL = 1 << 60
"""More findings than there are."""


class SearchedView:
    """See ``console.engine.session.protocol.View``. Owns its connection; ``changed`` is called when hits came."""

    def __init__(
        self,
        reader: IndexReader,
        filter: Filter,
        ledger: int | None,
        stream: int | None,
        changed: Callable[[], None],
    ) -> None:
        self.note = ""
        self._reader = reader
        self._filter = filter
        self._asked = RecordConditions(filter)
        self._ledger = ledger
        self._stream = stream
        self._changed = changed
        self._view: HitView | None = None
        """None until ``start``."""
        self._read: dict[tuple[int, int], Cursor] = {}
        self._searched: dict[int, tuple[int, int]] = {}
        """Records and edition by ledger, as of the last search."""
        self._task: asyncio.Task[None] | None = None

    @property
    def count(self) -> int:
        return 0 if self._view is None else self._view.count

    @property
    def _hits(self) -> HitView:
        assert self._view is not None
        return self._view

    async def start(self) -> None:
        """Begin to search; rows appear as hits are found."""
        ledger = self._ledger if self._stream is None else None
        self.note = "searching 0 %"
        self._view = await self._reader.hit_view(self._filter, ledger=ledger, stream=self._stream)
        self._task = asyncio.create_task(self._search())

    async def finished(self) -> None:
        """Wait until everything that is there was searched."""
        if self._task is not None:
            await self._task

    async def rows(self, start: int, stop: int) -> list[EventRow]:
        return await self._hits.rows(start, stop)

    async def refresh(self) -> int | None:
        if self._task is not None and self._task.done() and await self._reader.sizes(self._ledger) != self._searched:
            self._task = asyncio.create_task(self._search())
        return await self._hits.refresh()

    async def position(self, event: int) -> int | None:
        return await self._hits.position(event)

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._reader.close()

    async def _search(self) -> None:
        sizes = await self._reader.sizes(self._ledger)
        for number in [each for each, (_, edition) in self._searched.items() if sizes.get(each, (0, -1))[1] != edition]:
            # Its records were read again: what was found before is gone.
            await self._hits.forget_hits(number)
            self._read = {key: cursor for key, cursor in self._read.items() if key[0] != number}
        self._searched = sizes
        ledgers = await self._reader.ledgers(self._ledger)
        total = sum(each.bytes for each in ledgers) or 1
        before = 0
        for ledger in ledgers:
            volumes = await self._reader.volumes(ledger.id)
            for at, (first, path, member) in enumerate(volumes):
                key = (ledger.id, first)
                start = self._read.get(key, Cursor(first, 0))
                last = volumes[at + 1][0] - 1 if at + 1 < len(volumes) else ledger.records
                if start.ordinal <= last:
                    await self._search_volume(ledger, key, path, member, start, last, before, total)
            before += ledger.bytes
        if self.note.startswith("searching"):
            self.note = ""
        self._changed()

    async def _search_volume(
        self,
        ledger: LedgerRow,
        key: tuple[int, int],
        path: str,
        member: str | None,
        start: Cursor,
        last: int,
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
        found_there, _ = await self._reader.findings(ledger=ledger.id, limit=_ALL)
        damaged = any(each.finding.code in CUT for each in found_there)
        hits: Iterator[Hits] = search(source, self._asked, start, damaged=damaged)
        found: list[tuple[int, int]] = []
        while True:
            try:
                step = await asyncio.to_thread(next, hits, None)
            except SourceError as error:
                self.note = error.finding.message
                return
            if step is None:
                break
            found += [hit for hit in step.found if hit[0] <= last]
            if step.next.ordinal > last + 1:
                break  # the next search begins with this batch again: the index does not know all of it yet
            if step.found or len(found) > 1000:
                await self._keep(ledger.id, found)
                found = []
            self._read[key] = step.next
            self.note = f"searching {min(99, round(100 * (before + step.next.offset) / total))} %"
        await self._keep(ledger.id, found)

    async def _keep(self, ledger: int, found: list[tuple[int, int]]) -> None:
        if found:
            await self._hits.add_hits(ledger, found)
            self._changed()
