"""What is carried of each deal from batch to batch, in small parts: each is changed in one place.

``links`` and ``groups`` are the walk's, ``disallowed`` is the state machine's, ``times`` are the reader's. What events
change in bulk is not kept here while batches are read, but by code of the deals: where chains end (``chain.Ends``), how
many events there are (``Counts``), and the states of deals (``rules.Lives``). ``end``, ``trust`` and ``state`` are what
of these was, or is to be, carried over.
"""

from array import array
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import compress

import msgspec

from console.formats.kernel.record import Entry, Group
from console.formats.kernel.rules import State
from console.model.event import NO_TIME
from console.model.trust import Trust
from console.verify.chain import Tip, joins

LEVELS = len(Trust)


class End(msgspec.Struct, array_like=True):
    """Where a chain ends: the tip of its walk, and the time of the deal's last event in the order of the ledger."""

    tip: Tip = msgspec.field(default_factory=Tip)
    latest: int = NO_TIME


class Links(msgspec.Struct, array_like=True):
    """What the walk of one chain found. ``shift``: the numbers of its last events are so much higher than those that
    were hashed. ``stale``: events came out of order, or before the profile was settled, so that the chain must be
    walked again. ``border`` is the first link of a segment that began in the middle: its number and previous hash."""

    faults: int = 0
    shift: int = 0
    unsettled: bool = False
    stale: bool = False
    border: tuple[int, str | None] | None = None


class Times(msgspec.Struct, array_like=True):
    """The first and the last time that a deal's events name, and the one that stands first in the ledger."""

    first: int = NO_TIME
    last: int = NO_TIME
    opening: int = NO_TIME
    backwards: bool = False

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

    def join(self, after: "Times", latest: int) -> None:
        """Take in those of the segment behind, where this one's latest time is ``latest``."""
        self.backwards |= after.backwards
        if latest != NO_TIME and after.opening != NO_TIME and after.opening < latest:
            self.backwards = True
        self.opening = after.opening if self.opening == NO_TIME else self.opening
        self.first = min((time for time in (self.first, after.first) if time != NO_TIME), default=NO_TIME)
        self.last = max(self.last, after.last)


def _counts() -> list[int]:
    return [0] * LEVELS


class Counts:
    """Events by trust, of each deal by its code."""

    def __init__(self) -> None:
        self._levels: list[Counter[int]] = [Counter() for _ in range(LEVELS)]

    def add(self, code: int, trust: Trust) -> None:
        """One event more."""
        self._levels[trust][code] += 1

    def add_all(self, codes: "array[int]", trust: bytearray) -> None:
        """Events of several deals."""
        for level in set(trust):
            some = trust.count(level) < len(trust)
            self._levels[level].update(compress(codes, trust.translate(_IS[level])) if some else codes)

    def of(self, code: int) -> list[int]:
        """Counts of one deal."""
        return [level[code] for level in self._levels]

    def put(self, code: int, counts: list[int]) -> None:
        """Set those of one deal."""
        for level, count in zip(self._levels, counts, strict=True):
            level[code] = count


_IS = [bytes(each == level for each in range(256)) for level in range(LEVELS)]


class Deal(msgspec.Struct, array_like=True):
    """One deal; see the module. ``trust`` counts its events by trust, ``groups`` its events by what is wrong with them
    ('unchained', 'unproven', 'shift:1', 'other:kernel-doc/1'), ``disallowed`` those that its state did not allow, by
    finding and type. ``stage`` is the state that a row of the portal names.
    """

    end: End = msgspec.field(default_factory=End)
    links: Links = msgspec.field(default_factory=Links)
    times: Times = msgspec.field(default_factory=Times)
    trust: list[int] = msgspec.field(default_factory=_counts)
    groups: dict[str, Group] = msgspec.field(default_factory=dict)
    state: State = State()
    disallowed: dict[str, Group] = msgspec.field(default_factory=dict)
    stage: str = ""

    @property
    def chained(self) -> int:
        """Events that were walked in the chain."""
        trust = self.trust
        return trust[Trust.VERIFIED] + trust[Trust.RECOVERED] + trust[Trust.LINKED] + trust[Trust.BROKEN]

    def group(self, name: str, entry: Entry) -> None:
        """Count one more event of this kind."""
        self.groups.setdefault(name, Group()).add(entry)

    def disallow(self, finding: str, type: str, entry: Callable[[], Entry]) -> None:
        """Count one more event that the state did not allow. ``entry`` gives it whole, which only the first needs."""
        group = self.disallowed.get(f"{finding}:{type}")
        if group is None:
            group = self.disallowed[f"{finding}:{type}"] = Group()
            group.add(entry())
        else:
            group.count += 1

    def restart(self) -> None:
        """Forget the walk, to walk again from the start."""
        self.links = Links()
        self.groups = {}

    def join(self, after: "Deal", by: int, *, middle: bool) -> None:
        """Take in the events of the segment behind, whose ordinals grow by ``by``. ``middle``: this one's start is not
        known either. Where the border is not clean the deal becomes stale."""
        self.times.join(after.times, self.end.latest)
        self.trust = [mine + more for mine, more in zip(self.trust, after.trust, strict=True)]
        self.stage = after.stage or self.stage
        for name, group in after.groups.items():
            group.record += by
            mine = self.groups.setdefault(name, group)
            if mine is not group:
                mine.count += group.count
        latest = self.end.latest if after.end.latest == NO_TIME else after.end.latest
        self.end = End(self._join_links(after, middle), latest)

    def _join_links(self, after: "Deal", middle: bool) -> Tip:
        """The tip of both walks put together."""
        links, more, tip = self.links, after.links, self.end.tip
        links.faults += more.faults
        links.unsettled |= more.unsettled
        links.stale |= more.stale
        if links.stale or more.border is None:
            return tip
        if middle and not tip.hashes:
            links.border, links.shift = more.border, more.shift
            return after.end.tip
        if not joins(tip, *more.border) or links.shift:
            links.stale = True
            return tip
        links.shift = more.shift
        behind = after.end.tip
        return behind if behind.before is not None else replace(behind, before=tip.hashes)
