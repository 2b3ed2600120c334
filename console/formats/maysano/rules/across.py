"""What several sequences say of one thing: a product's deletion is a structural event, what was done to it activities.

Each sequence has an order of its own, and an answer may hold one behind the other. So only their times are compared,
and an event that was read before the deletion that it follows is remembered by its place.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from console.model.event import NO_TIME


class Late(NamedTuple):
    """An event: its time, its type, and the record's ordinal, offset and length."""

    time: int
    type: str
    record: int
    offset: int
    length: int


@dataclass(slots=True)
class Whole:
    """A product or objective over all sequences. Times are UTC microseconds, ``NO_TIME`` where there is none.

    ``created`` is the earliest creation, ``deleted`` the deletion that holds and ``by`` its shape, ``revived`` the
    latest restoration; ``latest`` is the latest other event of each shape. ``waiting`` are the times of first events
    whose creation another sequence may still bring, by the name of their stream.
    """

    created: int = NO_TIME
    deleted: int = NO_TIME
    by: str = ""
    revived: int = NO_TIME
    latest: dict[str, Late] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)

    def created_before(self, time: int) -> bool:
        """True if a sequence has its creation, and not after this time."""
        return self.created != NO_TIME and (time == NO_TIME or self.created <= time)

    def came(self) -> list[str]:
        """Streams that wait no more, for the creation is there."""
        found = [name for name, time in self.waiting.items() if self.created_before(time)]
        for name in found:
            del self.waiting[name]
        return found


def live(whole: Whole, shape: str, what: str, at: Late, *, alive: bool) -> Late | None:
    """One event of any sequence. The event that comes after a deletion in another one, if this shows it."""
    time = at.time
    if time == NO_TIME:
        return None
    if what == "created" and (whole.created == NO_TIME or time < whole.created):
        whole.created = time
    if alive:
        whole.revived = max(whole.revived, time)
        if time >= whole.deleted:
            whole.deleted = NO_TIME
        return None
    if what == "deleted":
        if time < whole.revived or (whole.deleted != NO_TIME and time >= whole.deleted):
            return None
        whole.deleted, whole.by = time, shape
        later = [each for other, each in whole.latest.items() if other != shape and each.time > time]
        return min(later, default=None)
    if whole.deleted != NO_TIME and shape != whole.by and time > whole.deleted:
        return at
    seen = whole.latest.get(shape)
    if seen is None or time > seen.time:
        whole.latest[shape] = at
    return None


@dataclass(slots=True)
class Beginnings:
    """Things whose first event here is no creation, so far as is known: another sequence may still bring it.

    ``listed`` are the first ones by kind and key, ``count`` is of all.
    """

    listed: dict[str, Late] = field(default_factory=dict)
    count: int = 0

    def add(self, name: str, at: Late) -> None:
        self.count += 1
        if len(self.listed) < LISTED:
            self.listed[name] = at

    def drop(self, name: str) -> None:
        """Its creation was found."""
        self.count -= 1
        self.listed.pop(name, None)


LISTED = 100
"""Beginnings that are kept one by one."""
