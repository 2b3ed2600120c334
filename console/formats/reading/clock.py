"""Clocks: that of a ledger's checks, and what may be concluded from its writers'.

Written once. The clock of the checks goes on while a ledger is followed, because a window that stands still accuses
every event that comes ten minutes after the start. And a writer's clock proves nothing: where it shows local time, it
goes back by an hour each autumn.
"""

import time

from console.formats.reading.findings import Remark
from console.model.trust import Severity

TOLERANCE = 5 * 60 * 1_000_000
"""Microseconds that a writer's clock may be ahead of ours."""
AHEAD = 14 * 3600 * 1_000_000
"""Microseconds that a time without a zone may be ahead of the same time in UTC."""


CHANGE = 3600 * 1_000_000
"""Microseconds that a clock goes back when summer time ends, at most."""


def step_back(
    back: int, message: str, *, naive: bool, field: str, actual: str | None = None, severity: Severity | None = None
) -> Remark:
    """A time that is so many microseconds before the one before it, as ``message`` says. ``naive``: it names no zone,
    so that a change of the clock may explain it."""
    if naive and back <= CHANGE:
        message += " Clocks that show local time do this when summer time ends."
        severity = Severity.WARNING
    return Remark("order.time-regression", message, field, actual=actual, severity=severity)


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
