"""Brings the index up to date for a command, with progress on a terminal."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from console.cli.options import Ticker, say
from console.engine.headless import indexed
from console.engine.ingest import Step
from console.engine.opening import Options
from console.index.reader import IndexReader


@asynccontextmanager
async def reading(paths: Sequence[str], index: str | None) -> AsyncIterator[IndexReader]:
    """See ``indexed``."""
    ticker = Ticker("reading")
    count = 0

    def progress(step: Step) -> None:
        nonlocal count
        count += step.events
        ticker.show(f"{count:,} events")

    async with indexed(paths, index, Options(), progress=progress, note=say) as reader:
        ticker.done()
        yield reader
