"""The clock of a ledger's checks: it goes on while a ledger is followed, so that what is new is never taken for future.

Written once, because a window that stands still accuses every event that comes ten minutes after the start.
"""

import time

TOLERANCE = 5 * 60 * 1_000_000
"""Microseconds that a writer's clock may be ahead of ours."""
AHEAD = 14 * 3600 * 1_000_000
"""Microseconds that a time without a zone may be ahead of the same time in UTC."""


class Clock:
    """Starts at ``now`` (UTC microseconds) and goes on with the machine's clock.

    Its three instants stand still until the next ``tick``, so that all records of a batch are judged alike.
    """

    __slots__ = ("_apart", "latest", "latest_local", "now")

    def __init__(self, now: int) -> None:
        self._apart = now - _machine()
        self.tick()

    def tick(self) -> None:
        """Go on to the present."""
        self.now = _machine() + self._apart
        self.latest = self.now + TOLERANCE
        """The latest instant that an event may name."""
        self.latest_local = self.latest + AHEAD
        """The same for a time without a zone, where its writer's clock shows local time."""


def _machine() -> int:
    return time.time_ns() // 1000
