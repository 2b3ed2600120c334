"""Brings the index up to date for a command, with progress on a terminal."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from console.cli.output import Ticker, say
from console.engine.api import IndexPlace, ReadSoFar, indexed
from console.model.words import count

if TYPE_CHECKING:
    from console.engine.api import IndexReader


@asynccontextmanager
async def reading(paths: list[str], index: IndexPlace) -> "AsyncIterator[IndexReader]":
    """See ``indexed``."""
    with Ticker("reading") as ticker:
        async with indexed(paths, index, progress=lambda at: ticker.show(so_far(at)), note=say) as reader:
            ticker.done()
            yield reader


def so_far(at: ReadSoFar) -> str:
    """What was read, for a line of progress."""
    ledgers = f"{at.done:,} of {count(at.found, 'ledger')}, " if at.found > 1 else ""
    return ledgers + count(at.events, "event")
