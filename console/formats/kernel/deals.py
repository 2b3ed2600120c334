"""What is carried of each deal from batch to batch, and how it is kept between runs."""

import json
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from console.formats.kernel import clock
from console.formats.kernel.lifecycle import KNOWN, MOVING, Move, State, moves
from console.formats.kernel.record import Entry
from console.model.event import NO_TIME
from console.model.trust import Trust
from console.verify.chain import Tip
from console.verify.judgement import HASH

LEVELS = len(Trust)
START = State()
TRACED = {kind: code for code, kind in enumerate((*MOVING, "DataDisputed"))}
"""Codes of the types that move a deal's state or its stress mode."""
_TRACING = {kind: Move(START) if kind in TRACED else None for kind in KNOWN}
"""In place of ``moves`` where the state is not known: what is not None is to be traced."""


@dataclass(slots=True)
class Group:
    """Events that one finding speaks for: how many, and where the first of them is."""

    count: int = 0
    record: int = 0
    offset: int = 0
    length: int = 0
    sequence: int | None = None
    event_id: str | None = None

    def add(self, entry: Entry) -> None:
        if not self.count:
            self.record, self.offset, self.length = entry.ordinal, entry.offset, entry.length
            self.sequence, self.event_id = entry.sequence, entry.event_id
        self.count += 1

    def place(self) -> dict[str, Any]:
        return {
            "record": self.record,
            "offset": self.offset,
            "length": self.length,
            "sequence": self.sequence,
            "event_id": self.event_id,
            "count": self.count,
        }


def _numbers() -> "array[int]":
    return array("q")


@dataclass(slots=True)
class Trace:
    """What moves a deal's state in a segment whose start is not known: a type's code, and where, for each event.

    An event is ``skips`` records behind the one at ``offsets``: to name its own offset would cost cutting its run.
    """

    kinds: bytearray = field(default_factory=bytearray)
    ordinals: "array[int]" = field(default_factory=_numbers)
    offsets: "array[int]" = field(default_factory=_numbers)
    skips: "array[int]" = field(default_factory=_numbers)

    def add(self, kind: str, ordinal: int, offset: int, skip: int = 0) -> None:
        code = TRACED.get(kind)
        if code is not None:
            self.kinds.append(code)
            self.ordinals.append(ordinal)
            self.offsets.append(offset)
            self.skips.append(skip)


@dataclass(slots=True)
class Deal:
    """One deal: the tip of its chain, its counts, its state.

    ``chain`` groups chain findings by cause ('unchained', 'unproven', 'shift:1', 'other:kernel-doc/1'), ``life`` those
    of the state machine by ``code:type``. ``stale``: its events came out of order, or before the profile was settled;
    it must be walked again. ``opening`` is the time of the first event in order. ``border`` is the first link of a
    segment that began in the middle.
    """

    key: str
    tip: Tip = field(default_factory=Tip)
    chained: int = 0
    faults: int = 0
    shift: int = 0
    unsettled: bool = False
    stale: bool = False
    state: State = START
    stage: str = ""
    backwards: bool = False
    events: int = 0
    first: int = NO_TIME
    last: int = NO_TIME
    latest: int = NO_TIME
    trust: list[int] = field(default_factory=lambda: [0] * LEVELS)
    chain: dict[str, Group] = field(default_factory=dict)
    life: dict[str, Group] = field(default_factory=dict)
    border: tuple[int, str | None] | None = None
    next: int = -1
    hash: str | None = None
    prev: str | None = None
    moves: Mapping[str, Move | None] = field(default_factory=dict)
    """Of the present state: see ``lifecycle.moves``."""
    recovered: int = 0
    """How many of the events that the fast way took were recovered."""
    created: str = ""
    """The latest time as text, for the fast way."""
    opening: int = NO_TIME
    trace: "Trace | None" = None
    code: int = 0
    """The stream's code in the reader's names; 0 while it has none."""

    def arm(self) -> None:
        """Offer the tip to the fast way, if it is as plain as that needs: one event, well-formed, nothing pending.

        ``next`` and ``hash`` are then what the next event must have; -1 keeps the fast way off. ``created`` is then
        the text that times are compared with.
        """
        tip = self.tip
        self.moves = moves(self.state) if self.trace is None else _TRACING
        self.next = -1
        if not self.stale and not self.shift and self.first != NO_TIME and len(tip.hashes) == 1:
            stored = tip.hashes[0]
            self.created = clock.text(self.latest)
            if self.created and stored is not None and HASH.fullmatch(stored):
                self.next, self.hash = tip.sequence + 1, stored

    def sync(self) -> None:
        """Bring the tip and the counts up to what the fast way took: verified events, one number after the other."""
        ahead = self.next - 1 - self.tip.sequence
        if ahead > 0:
            self.tip = Tip(self.next - 1, (self.hash,), (self.prev,), () if self.next == 2 else (self.prev,))
            self.chained += ahead
            self.events += ahead
            self.trust[Trust.VERIFIED] += ahead - self.recovered
            self.trust[Trust.RECOVERED] += self.recovered
            self.recovered = 0
            self.latest = latest = clock.micros(self.created) or 0
            self.last = max(self.last, latest)

    def group(self, name: str, entry: Entry) -> None:
        self.chain.setdefault(name, Group()).add(entry)

    def restart(self) -> None:
        """Forget the walk, to walk again from the start."""
        self.tip = Tip()
        self.chained = self.faults = self.shift = 0
        self.unsettled = self.stale = False
        self.trust = [0] * LEVELS
        self.chain = {}
        self.border = None
        self.next = -1

    def seen(self, time: int) -> None:
        """Count one event; ``time`` is its instant or ``NO_TIME``."""
        self.events += 1
        if time != NO_TIME:
            if self.first == NO_TIME or time < self.first:
                self.first = time
            if self.last == NO_TIME or time > self.last:
                self.last = time
            if self.latest == NO_TIME:
                self.opening = time
            elif time < self.latest:
                self.backwards = True
            self.latest = time


def dump(deal: Deal) -> bytes:
    """As JSON, so that loading it cannot run anything."""
    tip = deal.tip
    return json.dumps(
        [
            [tip.sequence, tip.hashes, tip.previous, tip.before],
            [deal.chained, deal.faults, deal.shift, deal.unsettled, deal.stale],
            [*deal.state],
            [deal.stage, deal.backwards, deal.events, deal.first, deal.last, deal.latest],
            deal.trust,
            {name: _group(group) for name, group in deal.chain.items()},
            {name: _group(group) for name, group in deal.life.items()},
        ],
        separators=(",", ":"),
    ).encode()


def load(key: str, data: bytes) -> Deal:
    """Restore what ``dump`` gave. Raises ValueError or TypeError for anything else."""
    tip, walk, state, counts, trust, chain, life = json.loads(data)
    sequence, hashes, previous, before = tip
    chained, faults, shift, unsettled, stale = walk
    stage, backwards, events, first, last, latest = counts
    return Deal(
        key,
        Tip(sequence, tuple(hashes), tuple(previous), None if before is None else tuple(before)),
        chained,
        faults,
        shift,
        unsettled,
        stale,
        State(*state),
        stage,
        backwards,
        events,
        first,
        last,
        latest,
        trust=trust,
        chain={name: Group(*values) for name, values in chain.items()},
        life={name: Group(*values) for name, values in life.items()},
    )


def _group(group: Group) -> list[Any]:
    return [group.count, group.record, group.offset, group.length, group.sequence, group.event_id]
