"""What may just be being written is looked at again before anyone is accused.

A file that is written again is empty for a moment, and a writer who reserves his place first leaves zeros in it until
he fills them. Both look like damage, and neither is.
"""

import time

from console.engine.follow.decide import PATIENCE
from console.engine.follow.ledger import FollowedLedger
from console.sources.files import opened, read_at
from console.sources.protocol import SourceError

_LOOKED_AT = 1024 * 1024


def half_written(ledger: FollowedLedger) -> bool:
    """True if zeros stand in what was appended, and have not stood there for long."""
    suspicion = ledger.suspicion
    if ledger.source.container != "jsonl" or not _zeros(ledger):
        suspicion.hole = None
        return False
    if suspicion.hole is None:
        suspicion.hole = time.monotonic()
    if time.monotonic() - suspicion.hole < PATIENCE:
        return True
    suspicion.hole = None
    return False


def seen_twice(ledger: FollowedLedger, *, changed: bool) -> bool:
    """True if the ledger's content was found changed some time ago, and still is."""
    suspicion = ledger.suspicion
    if not changed:
        suspicion.change = None
        return False
    if suspicion.change is None:
        suspicion.change = time.monotonic()
        return False
    return time.monotonic() - suspicion.change >= PATIENCE


def _zeros(ledger: FollowedLedger) -> bool:
    """Of much that was appended, only the end is looked at."""
    path = ledger.source.path
    try:
        with opened(path) as descriptor:
            start = max(ledger.reading.next.offset, ledger.source.state().size - _LOOKED_AT)
            return b"\0" in read_at(path, descriptor, start, _LOOKED_AT)
    except SourceError:
        return False
