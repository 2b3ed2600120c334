"""What is carried of the times of one deal's events: enough to know which of them are out of order."""

import msgspec

from console.model.event import NO_TIME


class Times(msgspec.Struct, array_like=True):
    """The first and the last time that a deal's events name, and the one that stands first in the ledger.

    ``backwards``: an event stands behind one that is later. ``unordered``: the events that move the state do not all
    stand in their order in time, so that the state is to be made again.
    """

    first: int = NO_TIME
    last: int = NO_TIME
    opening: int = NO_TIME
    backwards: bool = False
    unordered: bool = False

    def begin(self, time: int) -> None:
        """Take the time of the first event that names one, where later ones are not before it."""
        self.first = self.last = self.opening = time

    def seen(self, time: int, latest: int) -> int:
        """Take the time of one event; ``latest`` is that of the event before. The one of the event before the next."""
        if self.first == NO_TIME or time < self.first:
            self.first = time
        self.last = max(self.last, latest, time)
        if latest == NO_TIME:
            self.opening = time
        elif time < latest:
            self.backwards = True
        return time

    def follows(self, time: int, latest: int) -> bool:
        """True if an event with this time is surely later than all before; the last of them has ``latest``."""
        return time > latest and not self.backwards

    def join(self, after: "Times", latest: int) -> None:
        """Take in those of the segment behind, where this one's latest time is ``latest``."""
        if NO_TIME not in (latest, after.opening):
            self.unordered |= not self.follows(after.opening, latest)
            self.backwards |= after.opening < latest
        self.unordered |= after.unordered
        self.backwards |= after.backwards
        self.opening = after.opening if self.opening == NO_TIME else self.opening
        self.first = min((time for time in (self.first, after.first) if time != NO_TIME), default=NO_TIME)
        self.last = max(self.last, after.last)
