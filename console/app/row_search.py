"""The next row of a view that fulfils a condition, found block by block: a view may hold millions."""

from collections.abc import Callable

from console.engine.api import EventRow, SessionApi, View
from console.model.trust import Trust

BLOCK = 1024
END_ROWS = 512
"""Rows at an end of a stream among which its outermost link is looked for."""
FAR = 10_000
"""Links that a way to the first or last link may take beyond what the index lists."""


async def find_row(view: View, start: int, step: int, wanted: Callable[[EventRow], bool]) -> int | None:
    """The first row number from ``start`` on, in the direction of ``step`` (1 or -1), that is wanted; None at the end.

    Reads the rows block by block: cancel it to stop.
    """
    row = start
    while 0 <= row < view.count:
        low, high = (row, row + BLOCK) if step > 0 else (max(0, row - BLOCK + 1), row + 1)
        rows = await view.rows(low, high)
        found = [low + at for at, event in enumerate(rows) if wanted(event)]
        if found:
            return found[0] if step > 0 else found[-1]
        if not rows:
            return None
        row = low + len(rows) if step > 0 else low - 1
    return None


async def chain_end(session: SessionApi, event: int, step: int) -> int:
    """The first (``step`` -1) or last (1) link of an event's chain: the outermost that the index lists at that end of
    the stream, and from it link by link."""
    row = (await session.details(event)).row
    view = await session.view(ledger=row.ledger, stream=row.stream)
    try:
        start = 0 if step < 0 else max(view.count - END_ROWS, 0)
        rows = await view.rows(start, start + END_ROWS)
    finally:
        await view.close()
    links = [row for row in rows if row.sequence and row.trust != Trust.UNCHAINED]
    if links:
        event = min(links, key=lambda row: (-step * (row.sequence or 0), row.id)).id
    for _ in range(FAR):
        further = await session.link(event, step)
        if further is None:
            break
        event = further
    return event
