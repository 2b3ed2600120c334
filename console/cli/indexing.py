"""Brings the index up to date for a command, with progress on a terminal."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from console.cli.output import Ticker, say
from console.engine.ingest.ingest import Step
from console.engine.ledgers.options import Options
from console.engine.session.headless import indexed
from console.store.sqlite.reader import IndexReader


@asynccontextmanager
async def reading(paths: list[str], index: str | None) -> AsyncIterator[IndexReader]:
    """See ``indexed``."""
    count = 0
    with Ticker("reading") as ticker:

        def progress(step: Step) -> None:
            nonlocal count
            count += step.events
            ticker.show(f"{count:,} events")

        async with indexed(paths, index, Options(), progress=progress, note=say) as reader:
            ticker.done()
            yield reader
