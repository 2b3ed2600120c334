"""Going along the rows of a view until one is what is looked for."""

from collections.abc import Callable

from console.engine.api import View
from console.store.rows import EventRow

BLOCK = 1024


async def seek(view: View, start: int, step: int, wanted: Callable[[EventRow], bool]) -> int | None:
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
