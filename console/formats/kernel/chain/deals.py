"""What is carried of each deal from batch to batch, in small parts: each is changed in one place; and all of them.

``links`` and ``groups`` are the walk's, ``disallowed`` is the state machine's, ``times`` are the reader's. What events
change in bulk is not kept here while batches are read, but by code of the deals: where chains end (``Ends``), how
many events there are, and the states of deals (``rules.Lives``). ``end``, ``trust`` and ``state`` are what
of these was, or is to be, carried over.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import compress

import msgspec

from console.formats.json.columns import Counts, Tips
from console.formats.kernel.authority.judge import Act, Authority
from console.formats.kernel.chain.times import Times
from console.formats.kernel.record import Entry, Group, Noted
from console.formats.kernel.rules.evidence import WAITING, Brought
from console.formats.kernel.rules.states import Lives, State, Trace
from console.formats.reading.columns import Columns
from console.formats.reading.findings import Place, Remark
from console.formats.reading.saved_state import stream_of
from console.formats.reading.streams import Followed, Streams
from console.model.event import NO_TIME, StreamKey
from console.model.trust import Severity, Trust
from console.verify.catalogue import CATALOGUE
from console.verify.chain import Tip, joins
from console.verify.judgement import HASH

LEVELS = len(Trust)
BEGINS = "begins:"
"""Begins the name of the group of a chain whose first events are not at hand."""
CAUSES = 100
"""What rules found of one deal, cause by cause; beyond that by code alone."""


class End(msgspec.Struct, array_like=True):
    """Where a chain ends: the tip of its walk, and the time of the deal's last event in the order of the ledger."""

    tip: Tip = msgspec.field(default_factory=Tip)
    latest: int = NO_TIME


class Links(msgspec.Struct, array_like=True):
    """What the walk of one chain found. ``shift``: the numbers of its last events are so much higher than those that
    were hashed. ``stale``: events came out of order, or before the profile was settled, so that the chain must be
    walked again. ``border`` is the first link of a segment that began in the middle: its number and previous hash.
    ``unknown`` counts events whose link cannot be known. ``last`` is the ordinal of the last link, 0 where it stands
    before all holes of the ledger. ``created``: that of an event beside the chain which creates the deal."""

    faults: int = 0
    shift: int = 0
    unsettled: bool = False
    stale: bool = False
    border: tuple[int, str | None] | None = None
    unknown: int = 0
    last: int = 0
    created: int = 0


def _counts() -> list[int]:
    return [0] * LEVELS


class Deal(msgspec.Struct, array_like=True):
    """One deal; see the module. ``trust`` counts its events by trust, ``groups`` its events by what is wrong with them
    ('unchained', 'unproven', 'shift:1', 'other:kernel-doc/1'), ``disallowed`` those that its state did not allow, by
    finding and type. ``stage`` is the state that a row of the portal names. ``authority`` is what its events show of
    who may do what, ``noted`` what rules found, by cause. ``waiting`` are references to what is not in the ledger so
    far, ``uploads`` is true if artifacts are, ``full`` is how much was known when there was last no room for more.
    """

    end: End = msgspec.field(default_factory=End)
    links: Links = msgspec.field(default_factory=Links)
    times: Times = msgspec.field(default_factory=Times)
    trust: list[int] = msgspec.field(default_factory=_counts)
    groups: dict[str, Group] = msgspec.field(default_factory=dict)
    state: State = State()
    disallowed: dict[str, Group] = msgspec.field(default_factory=dict)
    stage: str = ""
    authority: Authority = msgspec.field(default_factory=Authority)
    noted: dict[str, Noted] = msgspec.field(default_factory=dict)
    waiting: dict[str, Group] = msgspec.field(default_factory=dict)
    uploads: bool = False
    full: int = 0

    @property
    def begins_later(self) -> bool:
        """True if the chain's first events are not at hand."""
        return bool(self.groups) and any(name.startswith(BEGINS) for name in self.groups)

    @property
    def chained(self) -> int:
        """Events that were walked in the chain."""
        trust = self.trust
        walked = trust[Trust.VERIFIED] + trust[Trust.RECOVERED] + trust[Trust.LINKED] + trust[Trust.BROKEN]
        return walked + self.links.unknown

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

    def note(self, remark: Remark, about: str, entry: Callable[[], Entry]) -> Severity:
        """Count one more event where a rule found this; how bad it is. ``about`` sets causes apart, beside the code and
        the value; ``entry`` gives the event whole, which only the first needs."""
        code, message, field, expected, actual, severity, _ = remark
        about = message if CATALOGUE[code].severity is Severity.NOTE else about
        cause = f"{code}:{about}:{expected}:{actual}"
        if cause not in self.noted and len(self.noted) >= CAUSES:
            cause = code
        noted = self.noted.get(cause)
        if noted is None:
            noted = self.noted[cause] = Noted()
            noted.code, noted.message, noted.field, noted.expected = code, message, field, expected
            noted.actual, noted.severity = actual, None if severity is None else int(severity)
            noted.add(entry())
        else:
            noted.count += 1
        return CATALOGUE[code].severity if severity is None else severity

    def waits(self, brought: Brought) -> bool:
        """True if more references to nothing would be kept: there is room, or what came since may make some."""
        return len(self.waiting) < WAITING or len(brought.known) >= 2 * self.full

    def wait(self, references: Iterable[bytes], brought: Brought, entry: Callable[[], Entry]) -> None:
        """Keep references of one event that lead nowhere so far."""
        if not self.waits(brought):
            return
        for each in references:
            name = each.decode()
            if name not in self.waiting and len(self.waiting) >= WAITING:
                self.waiting = {key: group for key, group in self.waiting.items() if key.encode() not in brought.known}
                self.full = len(brought.known) or 1
                if len(self.waiting) >= WAITING:
                    return
            self.waiting.setdefault(name, Group()).add(entry())

    def restart(self) -> None:
        """Forget the walk and the states, to walk again from the start."""
        self.links = Links()
        self.groups, self.disallowed, self.noted, self.stage = {}, {}, {}, ""
        self.authority, self.waiting, self.uploads, self.full = Authority(), {}, False, 0
        self.times.unordered = False

    def join(self, after: "Deal", by: int, *, middle: bool) -> None:
        """Take in the events of the segment behind, whose ordinals grow by ``by``. ``middle``: this one's start is not
        known either. Where the border is not clean the deal becomes stale."""
        self.times.join(after.times, self.end.latest)
        self.trust = [mine + more for mine, more in zip(self.trust, after.trust, strict=True)]
        self.stage = after.stage or self.stage
        self.uploads |= after.uploads
        for reference, group in after.waiting.items():
            group.record += by
            if reference in self.waiting:
                self.waiting[reference].count += group.count
            elif len(self.waiting) < WAITING:
                self.waiting[reference] = group
        for cause, noted in after.noted.items():
            noted.record += by
            known = self.noted.setdefault(cause, noted)
            if known is not noted:
                known.count += noted.count
        for name, group in after.groups.items():
            group.record += by
            mine = self.groups.setdefault(name, group)
            if mine is not group:
                mine.count += group.count
        latest = self.end.latest if after.end.latest == NO_TIME else after.end.latest
        links, more = self.links, after.links
        links.unknown += more.unknown
        if after.end.tip.hashes:
            links.last = (more.last or 1) + by
        links.created = links.created or (more.created and more.created + by)
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


class Ends:
    """The ends of all chains of a ledger, by code of their stream. They are changed by ``put``, and by what follows
    them in bulk (``Scan.follow`` over ``tips``): an end that is plain lies in columns, any other is for the walk."""

    def __init__(self) -> None:
        self.tips = Tips()
        self._put: list[Tip] = [Tip()]
        """As they were when they were put."""

    def put(self, code: int, end: End, *, follow: bool) -> None:
        """The end of a chain, whose code is known or the next one. ``follow``: rows may follow it in bulk, if it is
        plain: one event with a well-formed hash, and a time; or none at all."""
        tip = end.tip
        if code == len(self._put):
            self._put.append(tip)
        self._put[code] = tip
        hash = tip.hashes[-1] if tip.hashes else None
        if follow and len(tip.hashes) == 1 and hash is not None and HASH.fullmatch(hash) and end.latest != NO_TIME:
            self.tips.put(code, hash, tip.sequence + 1, end.latest)
            return
        self.tips.put(code, None, tip.sequence + 1, end.latest)
        if tip.hashes or not follow:
            self.tips.drop(code)

    def get(self, code: int) -> End:
        """Where a chain ends."""
        put, tips = self._put[code], self.tips
        sequence, latest = tips.nexts[code] - 1, tips.times[code]
        if sequence == put.sequence:
            return End(put, latest)
        before = (tips.before(code),) if sequence > 1 else ()
        return End(Tip(sequence, (tips.last(code),), before or (None,), before), latest)


class Deals:
    """All deals of one ledger. ``segment``: earlier events of the deals are not known."""

    def __init__(self, columns: Columns, *, segment: bool) -> None:
        self.ends, self.counts, self.lives, self.trace = Ends(), Counts(LEVELS), Lives(), Trace()
        self.acts: list[tuple[int, Act, Place]] = []
        """Of a segment, what waits for the events before it: codes of deals, acts and places."""
        self._columns = columns
        self._segment = segment
        self._streams: Streams[Deal] = Streams(columns, lambda kind: Deal)
        self._by_code: list[Followed[Deal]] = [Followed("", "", Deal())]
        self._untimed: set[int] = set()
        """Codes of deals without an event that names a time."""
        self.backwards: set[int] = set()
        """Codes of deals in which an event stands behind one that is later."""

    def items(self) -> Iterator[tuple[str, Deal]]:
        """Keys and deals, with all that is carried of them."""
        return ((followed.key, self._present(followed)) for followed in self._streams.known.values())

    def code(self, key: str) -> int:
        """The code of a deal, under which the ledger's columns know it."""
        found = self._streams.follow("deal", key)
        if not found.code:  # no stream has an empty key, but the deal of a pack without a manifest
            found.code = self._columns.streams.code(StreamKey("deal", key))
        if found.code == len(self._by_code):
            self._by_code.append(found)
            self._begin(found)
        return found.code

    def key(self, code: int) -> str:
        return self._by_code[code].key

    def keys_by_code(self) -> list[str]:
        """Keys; that of a code is at this place."""
        return [followed.key for followed in self._by_code]

    def peek(self, code: int) -> Deal:
        """A deal, to look at."""
        return self._by_code[code].state

    def authorities(self, codes: Iterable[int]) -> dict[int, Authority]:
        """What the events of deals have shown of authority, by code."""
        by_code = self._by_code
        return {code: by_code[code].state.authority for code in {*codes}}

    def at(self, code: int) -> Deal:
        """A deal; what changes in it is given by ``changed`` and ``save``."""
        return self._streams.touch(self._by_code[code])

    def adopt(self, key: str, deal: Deal) -> None:
        """Take a deal in place of what is known of it."""
        followed = self._by_code[self.code(key)]
        followed.state = deal
        self._streams.touch(followed)
        self._begin(followed)

    def put(self, code: int, end: End) -> None:
        """The end of a deal's chain; rows may follow it in bulk where nothing is pending."""
        links = self._by_code[code].state.links
        begun = bool(end.tip.hashes) or not self._segment
        self.ends.put(code, end, follow=begun and not links.stale and not links.shift)
        if end.latest != NO_TIME:
            self._untimed.discard(code)

    def dated(self, code: int, end: End, time: int, *, moving: object) -> bool:
        """Take the time of an event at a deal's end. False if it goes back, or is ``moving`` the state and not surely
        the latest."""
        times = self.at(code).times
        ordered = (not moving or times.follows(time, end.latest)) and time >= end.latest
        end.latest = times.seen(time, end.latest)
        if times.backwards:
            self.backwards.add(code)
        return ordered

    def live_again(self, code: int) -> str:
        """The states of this deal must be made again, in order of time. Its key."""
        self.at(code).times.unordered = True
        return self.key(code)

    def walk_again(self, key: str) -> None:
        """The chain of this deal must be walked again; until then no row follows it."""
        followed = self._streams.known["deal", key]
        self._streams.touch(followed).links.stale = True
        if followed.code:  # else its end is put when an event names it
            self.put(followed.code, self.ends.get(followed.code))

    def add_all(self, codes: "array[int]", trust: bytearray, times: "array[int]") -> None:
        """Events of several deals, in their order; each followed where its deal was."""
        self.counts.add(codes, trust)
        for code in self._untimed.intersection(codes) if self._untimed else ():
            self._by_code[code].state.times.begin(times[codes.index(code)])
            self._untimed.discard(code)

    def passed(self, codes: "array[int]", first: int, links: bytes | bytearray) -> None:
        """Events of a ledger that has holes, from this ordinal on: those that have a 1 in ``links`` are links."""
        ordinals = range(first, first + len(codes))
        for code, ordinal in dict(zip(compress(codes, links), compress(ordinals, links), strict=True)).items():
            self._by_code[code].state.links.last = ordinal

    def changed(self) -> list[tuple[str, Deal]]:
        """Keys and deals that changed since this was last asked, by key."""
        self._tell()
        return [(each.key, self._present(each)) for each in sorted(self._streams.changed(), key=lambda each: each.key)]

    def save(self) -> Iterator[tuple[str | StreamKey, Deal]]:
        """Deals that changed since this was last asked, for ``LedgerReader.state``."""
        self._tell()
        for name, _ in self._streams.save():
            stream = stream_of(name)
            assert stream is not None  # a stream's own name
            yield name, self._present(self._streams.known[stream])

    def restore(self, name: str | StreamKey, data: bytes) -> tuple[str, Deal] | None:
        """Take back one item of ``save``: key and deal; None for an item of another kind."""
        found = self._streams.restore(name, data)
        return None if found is None else (found.key, found.state)

    def _begin(self, followed: Followed[Deal]) -> None:
        """Take up what is carried of a deal."""
        deal, code = followed.state, followed.code
        (self._untimed.add if deal.times.first == NO_TIME else self._untimed.discard)(code)
        if deal.times.backwards:
            self.backwards.add(code)
        self.put(code, deal.end)
        self.counts.put(code, deal.trust)
        self.lives.put(code, deal.state)

    def _present(self, followed: Followed[Deal]) -> Deal:
        deal, code = followed.state, followed.code
        if code:
            deal.end, deal.trust, deal.state = self.ends.get(code), self.counts.of(code), self.lives.get(code)
            deal.times.last = max(deal.times.last, deal.end.latest)
        return deal

    def _tell(self) -> None:
        for code in self.counts.changed():
            self._streams.touch(self._by_code[code])
