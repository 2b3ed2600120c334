"""What may just be being written is looked at again before anyone is accused.

A file that is written again is empty for a moment, and a writer who reserves his place first leaves zeros in it until
he fills them. Both look like damage, and neither is. A last record without its line end may just be being written as
well; once it was shown as unfinished, what replaces it is reported.
"""

import time

from console.engine.follow.decide import PATIENCE
from console.engine.follow.ledger import FollowedLedger, Tail
from console.sources.files import opened, read_at
from console.sources.identity import leaf_at, matches
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


def just_written(ledger: FollowedLedger) -> bool:
    """True if the ledger's file was written to a moment ago, by its own clock."""
    try:
        age = time.time() - ledger.source.state().mtime_ns / 1e9
    except SourceError:
        return False
    return 0 <= age < PATIENCE


def remember_tail(ledger: FollowedLedger) -> None:
    """Keep the hash of what stands behind the last record. Raises ``SourceError``."""
    offset, length = ledger.reading.next.offset, ledger.reading.pending
    found = leaf_at(ledger.source, offset, length) if length else None
    ledger.suspicion.tail = None if found is None else Tail(offset, length, found)


def tail_replaced(ledger: FollowedLedger) -> bool:
    """True if what stood behind the last record is not there any more."""
    tail = ledger.suspicion.tail
    if tail is None or tail.offset != ledger.reading.next.offset:
        return False
    return not matches(ledger.source, [(tail.offset, tail.length, tail.leaf)])


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
