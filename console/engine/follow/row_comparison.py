"""Whether all that was read of a ledger is still there, where a look at its ends does not show it."""

import time

from console.engine.follow.continuity import all_hold, touched
from console.engine.ingest.ingest import Live
from console.engine.ingest.portions import file_text
from console.sources.base import SourceError
from console.store.protocol import IndexWriter

SHARE = 20
"""All rows of a followed table are compared for up to one part in this many of the time."""


async def untouched(live: Live, writer: IndexWriter, *, follow: bool) -> bool:
    """Whether all that was read is still there, as far as the file's state gives reason to ask.

    Rows of a database may change anywhere while others are added: whenever it changed, all of them are compared. With
    ``follow`` this may be put off: see ``due``.
    """
    source = live.source
    if live.next.ordinal == 1:
        return True
    try:
        now = file_text(source)
        if source.container == "sqlite":
            if now == live.proved or (follow and time.monotonic() < live.not_before):
                return True
        else:
            anywhere = source.container == "json" or live.opened.changed_in_place
            if now == live.file or not (anywhere or touched(live.file, now)):
                return True
        began = time.monotonic()
        first = (await writer.volumes(live.id))[-1][0]
        if not await all_hold(source, first, live.next.ordinal - 1, writer.record_hashes(live.id, first)):
            return False
    except SourceError:
        return True  # reading on says why
    if source.container == "sqlite":
        live.proved = now
        live.not_before = time.monotonic() + (time.monotonic() - began) * SHARE
        if now == live.file:
            async with writer.transaction():
                await writer.describe(live.id, file=now)
    return True


def due(live: Live, now: str) -> bool:
    """Whether a comparison that was put off is to be made for the file in this state."""
    return live.source.container == "sqlite" and now != live.proved and time.monotonic() >= live.not_before
