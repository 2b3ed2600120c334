"""Pages of event rows, kept while they are useful: what was seen comes back at once, and memory stays bounded."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence

from console.engine.api import EventRow

PAGE = 256
"""Rows of one page."""
KEPT = 16
"""Pages that are kept: some 4,000 rows."""


class Pages:
    """The least recently used page goes first. A stale page is still shown until a fresh one has come."""

    def __init__(self, kept: int = KEPT) -> None:
        self._pages: OrderedDict[int, list[EventRow]] = OrderedDict()
        self._stale: set[int] = set()
        self._kept = kept

    def __len__(self) -> int:
        return len(self._pages)

    def row(self, number: int) -> EventRow | None:
        """The row, None if its page is not here (or ends before it)."""
        page = self._pages.get(number // PAGE)
        if page is None:
            return None
        self._pages.move_to_end(number // PAGE)
        at = number % PAGE
        return page[at] if at < len(page) else None

    def fresh(self, page: int) -> bool:
        return page in self._pages and page not in self._stale

    def holds(self, start: int, stop: int) -> bool:
        """True if the rows from ``start`` to ``stop`` are here, and fresh."""
        pages = range(start // PAGE, (stop - 1) // PAGE + 1) if start < stop else range(0)
        return all(self.fresh(page) and len(self._pages[page]) >= min(PAGE, stop - page * PAGE) for page in pages)

    def continued(self, start: int, rows: Sequence[EventRow]) -> Iterator[tuple[int, list[EventRow]]]:
        """These rows from ``start`` on as whole pages, with what is kept of the first page before them.

        A page whose beginning is not here is left out.
        """
        for page in range(start // PAGE, (start + len(rows) - 1) // PAGE + 1):
            at = page * PAGE
            kept = self._pages.get(page, [])[: max(0, start - at)]
            if len(kept) == max(0, start - at):
                yield page, [*kept, *rows[max(0, at - start) : at + PAGE - start]]

    def put(self, page: int, rows: list[EventRow]) -> list[EventRow]:
        """Keep a page; what stood there before."""
        before = self._pages.get(page, [])
        self._pages[page] = rows
        self._pages.move_to_end(page)
        self._stale.discard(page)
        while len(self._pages) > self._kept:
            gone, _ = self._pages.popitem(last=False)
            self._stale.discard(gone)
        return before

    def expire(self, first: int) -> None:
        """Rows from ``first`` on may have changed."""
        self._stale.update(page for page in self._pages if page >= first // PAGE)

    def clear(self) -> None:
        self._pages.clear()
        self._stale.clear()
