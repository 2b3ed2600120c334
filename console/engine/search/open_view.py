"""A view of events for the screen, whatever its filter asks for. It closes its connection."""

from collections.abc import Callable

from console.engine.search.related import found_related
from console.engine.search.search_view import SearchedView
from console.store.filter import Filter, FilterError
from console.store.protocol import EventView, IndexReader


class OwnedView:
    """A view that closes its connection."""

    def __init__(self, view: EventView, reader: IndexReader) -> None:
        self._view = view
        self._reader = reader
        self.rows = view.rows
        self.refresh = view.refresh
        self.position = view.position
        self.note = ""

    @property
    def count(self) -> int:
        return self._view.count

    async def close(self) -> None:
        await self._reader.close()


async def open_view(
    reader: IndexReader, filter: Filter, ledger: int | None, stream: int | None, changed: Callable[[], None]
) -> OwnedView | SearchedView:
    """A view over a connection of its own; ``changed`` is called when a search found something. Raises
    ``FilterError``."""
    try:
        filter = await found_related(filter, reader)
    except FilterError:
        await reader.close()
        raise
    if not filter.of_record:
        return OwnedView(await reader.view(filter, ledger=ledger, stream=stream), reader)
    row = None if stream is None else await reader.stream(stream)
    found = SearchedView(reader, filter, ledger if row is None else row.ledger, stream, changed)
    await found.start()
    return found
