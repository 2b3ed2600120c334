"""Compares all that was read of a ledger with what is there, where a look at its ends cannot show a change.

Rows of a database may change anywhere while others are added, and an edit in the middle of a file may hide behind an
append. Comparing everything costs as much as reading it, so for a followed ledger it is put off to a small part of the
time; what was put off is made up for later, at the latest at the next start. A file that changed other than by growing
is compared at once.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from console.engine.follow.ledger import FollowedLedger
from console.engine.ingest.portions import file_text, record_hashes
from console.formats.protocol import Reader
from console.formats.reading.cutting import cut_for
from console.model.record import Cursor
from console.sources.protocol import Source, SourceError
from console.sources.record_hash import SIZE, leaf
from console.store.protocol import IndexWriter

LATE_ENDS = 8
"""Records that may have got a CR since they were read, with their line end; more of them are a converted file."""
SHARE = 20
"""All records of a followed ledger are compared for up to one part in this many of the time."""


async def unchanged(ledger: FollowedLedger, writer: IndexWriter, *, follow: bool) -> bool:
    """True if all that was read is still there, as far as the file's state gives reason to compare it.

    With ``follow`` the comparison of a database may be put off: see ``is_due``.
    """
    source, reading = ledger.source, ledger.reading
    if not reading.records:
        return True
    try:
        now = file_text(source)
        if now == ledger.rows.state:
            return True
        if follow and time.monotonic() < ledger.rows.not_before and not _suspicious(ledger, now):
            ledger.rows.put_off = True
            return True
        began = time.monotonic()
        first = (await writer.volumes(ledger.id))[-1][0]
        reader = reading.reader or ledger.opened.format.reader(ledger.opened.context())
        leaves = writer.record_hashes(ledger.id, first)
        if not await _all_hold(source, reader, first, reading.records, leaves):
            return False
    except SourceError:
        return True  # reading on reports why
    begin(ledger, now)
    ledger.rows.not_before = time.monotonic() + (time.monotonic() - began) * SHARE
    return True


def _suspicious(ledger: FollowedLedger, now: str) -> bool:
    """True if a file is not only longer than it was, so that comparing it is not put off."""
    if ledger.source.container == "sqlite":
        return False
    anywhere = ledger.source.container == "json" or ledger.opened.changed_in_place
    return anywhere or _written_inside(ledger.reading.file, now)


def is_due(ledger: FollowedLedger, now: str) -> bool:
    """True if a comparison that was put off is to be made for the file in this state."""
    packed = ledger.source.container in ("gzip", "zip")  # whose state is that of all that was decoded
    return not packed and now not in ("", ledger.rows.state) and time.monotonic() >= ledger.rows.not_before


def begin(ledger: FollowedLedger, state: str) -> None:
    """All that was read is as it was, with the file in this state; as also where nothing was read before."""
    ledger.rows.state = state
    ledger.rows.at = datetime.now(UTC).isoformat(timespec="seconds")
    ledger.rows.put_off = False


def _written_inside(then: str, now: str) -> bool:
    """True if a file changed other than by growing, from its state as text (see ``file_text``)."""
    if not then or then == now:
        return False
    before, after = then.split(":"), now.split(":")
    return before[:2] != after[:2] or int(after[2]) <= int(before[2])


async def _all_hold(source: Source, reader: Reader, first: int, last: int, leaves: AsyncIterator[bytes]) -> bool:
    """True if records ``first`` to ``last`` of a source, as the reader gets them, are still those of these hashes.
    Raises ``SourceError``."""
    late = 0
    batches = iter(cut_for(reader, source.batches(Cursor(first, 0))))
    while (batch := await asyncio.to_thread(next, batches, None)) is not None:
        now = record_hashes(batch)
        for index in range(len(batch)):
            if batch.first + index > last:
                return True
            known = await anext(leaves, None)
            if now[index * SIZE : (index + 1) * SIZE] != known:
                raw = batch.raws[index]
                late += 1
                if late > LATE_ENDS or not raw.endswith(b"\r") or leaf(raw[:-1]) != known:
                    return False
    # What is missing now is the unfinished tail, or else the last record, which is always compared by itself.
    return True
