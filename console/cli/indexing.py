"""Brings the index up to date for a command, with progress on a terminal."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from console.cli.output import Ticker, say
from console.engine.api import IndexPlace, indexed

if TYPE_CHECKING:
    from console.engine.api import IndexReader


@asynccontextmanager
async def reading(paths: list[str], index: IndexPlace) -> "AsyncIterator[IndexReader]":
    """See ``indexed``."""
    with Ticker("reading") as ticker:
        async with indexed(paths, index, progress=lambda events: ticker.show(f"{events:,} events"), note=say) as reader:
            ticker.done()
            yield reader
