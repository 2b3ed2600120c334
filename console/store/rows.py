"""What the index gives back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from console.model.event import StreamKey
from console.model.finding import Finding
from console.model.record import Cursor
from console.model.trust import Severity, Trust

LISTED = 200
"""References of one kind that are listed in one look; the rest are counted."""


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One ledger. ``trust`` counts events by ``Trust``, ``findings`` counts findings by ``Severity``.

    ``state`` is 'live', 'gone', 'unreadable' or 'not recognised'; ``note`` says more, in words. Times are UTC
    microseconds, None where no event names one. ``pending`` is the length of an unfinished last record, ``flagged``
    the highest of its streams' as ``flagged`` gives it.
    """

    id: int
    path: str
    member: str | None
    container: str
    format: str
    shape: str
    profile: str | None
    state: str
    note: str
    records: int
    bytes: int
    first_time: int | None
    last_time: int | None
    trust: tuple[int, ...]
    findings: tuple[int, ...]
    pending: int = 0
    flagged: int = 0

    @property
    def name(self) -> str:
        """Path, with the table or member behind it."""
        return self.path if self.member is None else f"{self.path}#{self.member}"

    @property
    def worst(self) -> Severity:
        return worst_of(self.findings)


@dataclass(frozen=True, slots=True)
class StreamRow:
    """One stream of one ledger, counted like a ledger. ``state`` is the format's projection."""

    id: int
    ledger: int
    kind: str
    key: str
    events: int
    first_time: int | None
    last_time: int | None
    trust: tuple[int, ...]
    findings: tuple[int, ...]
    state: Mapping[str, str] = field(default_factory=dict)
    chained: int = 0
    chain_intact: bool | None = None

    @property
    def worst(self) -> Severity:
        return worst_of(self.findings)


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event as the tables show it. ``id`` grows with ingest; ``time`` is UTC microseconds, None if unknown."""

    id: int
    ledger: int
    ordinal: int
    offset: int
    length: int
    time: int | None
    type: str
    actor: str
    stream: int
    stream_kind: str
    stream_key: str
    sequence: int | None
    trust: Trust
    worst: Severity


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A finding with the ledger it belongs to. ``event`` is the row id of the event it points at, if any."""

    id: int
    ledger: int
    ledger_name: str
    finding: Finding
    event: int | None = None


class Volume(NamedTuple):
    """One file of a ledger: the ordinal of its first record, its path, and the table or member in it."""

    first: int
    path: str
    member: str | None


class Place(NamedTuple):
    """Where a record is in its file."""

    ordinal: int
    offset: int
    length: int


class Link(NamedTuple):
    """An event of a chain and its place, to be sorted."""

    stream: StreamKey
    sequence: int
    place: Place


@dataclass(frozen=True, slots=True)
class KnownLedger:
    """A ledger as it was last committed. ``file`` is the state of its file as text; ``stated``: a finding about its
    file stands."""

    id: int
    path: str
    member: str | None
    format: str
    shape: str
    profile: str | None
    state: str
    next: Cursor
    file: str
    stated: bool = False


@dataclass(slots=True)
class Pairs:
    """Pairs of ordinals, (record, the other one): the first ``LISTED`` of them, and how many there are."""

    listed: list[tuple[int, int]] = field(default_factory=list)
    count: int = 0

    def add(self, pairs: Sequence[tuple[int, int]]) -> None:
        """Take more pairs."""
        self.listed += pairs[: max(0, LISTED - len(self.listed))]
        self.count += len(pairs)


@dataclass(frozen=True, slots=True)
class References:
    """What records brought to ids and parents."""

    duplicates: Pairs = field(default_factory=Pairs)
    """The other one is the first record with the same id."""
    ambiguous: Pairs = field(default_factory=Pairs)
    """The other number is how many records carried the parent's id when it came."""
    late: Pairs = field(default_factory=Pairs)
    """(child, parent) where the parent's record comes after the child's."""
    cycles: Pairs = field(default_factory=Pairs)
    """The other one is a parent that is the record's descendant."""


@dataclass(frozen=True, slots=True)
class Orphans:
    """Ordinals of the first ``LISTED`` records whose parent is nowhere, and how many there are."""

    listed: list[int]
    count: int


def state_words(state: Mapping[str, str]) -> str:
    """A stream's state as people say it: ``Closed, stress mode SM-0``. What is a state by its name stands bare."""
    return ", ".join(
        value if name in {"state", "status", "stage"} else f"{name.replace('_', ' ')} {value}"
        for name, value in state.items()
    )


FLAGS = ("", "high", "critical")


def flagged(state: Mapping[str, str]) -> int:
    """How high a stream's system flagged it: what is flagged stands on top of every list. 0 for low flags and none."""
    level = state.get("flagged", "")
    return FLAGS.index(level) if level in FLAGS else 0


def worst_of(counts: tuple[int, ...]) -> Severity:
    """The worst severity that has a count."""
    return next((Severity(level) for level in range(len(counts) - 1, 0, -1) if counts[level]), Severity.NONE)
