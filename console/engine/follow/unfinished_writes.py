"""What is just being written is looked at again before anyone is accused."""

import time

from console.engine.ingest.ingest import Live
from console.sources.base import SourceError
from console.sources.files import opened, read_at

PATIENCE = 0.25
"""Seconds until a changed ledger is looked at a second time."""
_LOOKED_AT = 1024 * 1024


def in_writing(live: Live) -> bool:
    """Whether zeros stand in what was appended, and have not stood there for long: a writer who reserved its place
    before another one wrote may still fill it."""
    if live.source.container != "jsonl" or not _zeros(live):
        live.hole = None
        return False
    if live.hole is None:
        live.hole = time.monotonic()
    if time.monotonic() - live.hole < PATIENCE:
        return True
    live.hole = None
    return False


def _zeros(live: Live) -> bool:
    """Of much that was appended, only the end is looked at."""
    path = live.source.path
    try:
        with opened(path) as descriptor:
            start = max(live.next.offset, live.source.state().size - _LOOKED_AT)
            return b"\0" in read_at(path, descriptor, start, _LOOKED_AT)
    except SourceError:
        return False
