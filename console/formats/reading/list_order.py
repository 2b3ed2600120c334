"""Lists that are written newest first, as saved answers of an API often are: order and life of things run backwards.

A ledger's shape says so, in these words, because a reader must know before its first record.
"""

from collections.abc import Iterable
from itertools import pairwise

from console.model.event import Instant

NEWEST_FIRST = "newest first"
OLDEST_FIRST = "oldest first"
"""Of one of several sequences in a list that is otherwise written newest first."""


def descends(instants: Iterable[Instant | None]) -> bool:
    """True if times go back at least once and never forward."""
    steps = [*pairwise(instant.micros for instant in instants if instant is not None)]
    return any(a > b for a, b in steps) and all(a >= b for a, b in steps)
