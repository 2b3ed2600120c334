"""What is remembered of the events at a ledger's end, beside their hashes.

The newest hash of each chain tells later if a chain was hashed again, and the day on which an event may be deleted
tells if it was deleted before. Only the end of a ledger is looked at: chains that ended long before it have no head.
"""

import json
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from console.engine.ledgers.opening import Opened
from console.engine.ledgers.rotated_source import files_of
from console.formats.guarded import event_of, kept_until
from console.formats.reading.cutting import cut
from console.model.record import Cursor, Record, RecordBatch
from console.sources.files import opened as opened_file
from console.sources.files import read_at
from console.sources.protocol import Source, SourceError

TAIL = 256 * 1024
"""Bytes at the end of a plain file, and of anything else at most, that are looked at."""
DAYS = 64
"""Days for which it is kept how many events are deleted on them, the last ones."""
STREAMS = 256
"""Chains whose heads are kept, the newest ones."""


class LedgerEnd(NamedTuple):
    """``heads`` are the hashes of the chains' newest events, by stream and profile; none where there are no hashes.
    ``due`` is how many events are to be kept until a day (ISO, or ``never``)."""

    heads: dict[str, str]
    due: dict[str, int]


def end_of(opened: Opened, profile: str | None) -> LedgerEnd:
    """What the last events of a ledger say. Nothing where they cannot be read."""
    found: dict[str, str] = {}
    due: Counter[str] = Counter()
    context = opened.context()
    try:
        for batch in cut(_end(files_of(opened.source)[-1])):
            for index, raw in enumerate(batch.raws):
                record = Record(batch.first + index, batch.offsets[index], batch.lengths[index], raw)
                event = event_of(opened.format, record, context)
                if event.hash is not None and event.streams:
                    name = head_name(event.streams[0].key, profile)
                    found.pop(name, None)
                    found[name] = event.hash
                if day := kept_until(opened.format, event):
                    due[day] += 1
    except SourceError:
        return LedgerEnd({}, {})
    days = sorted(due)
    for day in days[1 : len(days) - DAYS]:  # what is known of the earlier ones is that they are kept that long
        due[days[0]] += due.pop(day)
    return LedgerEnd(dict([*found.items()][-STREAMS:]), dict(due))


def head_name(stream: str, profile: str | None) -> str:
    """What the head of a chain is kept under."""
    return json.dumps([stream, profile])


def profile_of(name: str) -> str | None:
    """The profile under which a head was hashed."""
    profile: str | None = json.loads(name)[1]
    return profile


def stream_of(name: str) -> str:
    """The stream of a head."""
    stream: str = json.loads(name)[0]
    return stream


def _end(source: Source) -> Iterator[RecordBatch]:
    size = source.state().size
    if size <= TAIL:
        return source.batches()
    if source.container != "jsonl":
        return iter(())
    with opened_file(source.path) as descriptor:
        start = read_at(source.path, descriptor, size - TAIL, TAIL).find(b"\n") + 1
    return source.batches(Cursor(1, size - TAIL + start)) if start else iter(())
