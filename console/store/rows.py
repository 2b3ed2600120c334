"""What the index gives back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from console.formats.registry import flag_levels
from console.model.finding import Finding
from console.model.trust import Severity, Trust


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One ledger. ``trust`` counts events by ``Trust``, ``findings`` counts findings by ``Severity``, ``codes`` does
    so for each code.

    ``state`` is 'live', 'behind' (much is still unread), 'gone', 'unreadable', 'not recognised' or 'empty'; ``note``
    says more, in words. Times are UTC microseconds, None where no event names one. ``pending`` is the length of an
    unfinished last record, ``flagged`` the highest of its streams' as ``flagged`` gives it;
    ``chained`` is true if any of them has a chain. ``memory`` is what the memory says, as text; '' if it was not asked.
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
    chained: bool = False
    codes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    memory: str = ""

    @property
    def name(self) -> str:
        """Path, with the table or member behind it."""
        return self.path if self.member is None else f"{self.path}#{self.member}"

    @property
    def events(self) -> int:
        """Records that are events: all but blank lines."""
        return sum(self.trust)

    @property
    def worst(self) -> Severity:
        return worst_of(self.findings)


class EventCount(NamedTuple):
    """How many events of a ledger have this type, actor ('' for none) and trust."""

    type: str
    actor: str
    trust: Trust
    events: int


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
    def chain_holds(self) -> bool | None:
        """True if nothing contradicts its chain and each event of it was verified or recovered; None without one."""
        open_events = self.trust[Trust.LINKED] + self.trust[Trust.UNCHECKED] + self.trust[Trust.BROKEN]
        return self.chain_intact and not open_events

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

    @property
    def trust_word(self) -> str:
        """The word of its trust. An unfinished record is no row: what is pending among rows are blank lines."""
        return "blank" if self.trust is Trust.PENDING else self.trust.word


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A finding with the ledger it belongs to. ``event`` is the row id of the event it points at, if any."""

    id: int
    ledger: int
    ledger_name: str
    finding: Finding
    event: int | None = None


def state_words(state: Mapping[str, str]) -> str:
    """A stream's state as people say it: ``Closed, stress mode SM-0``. What is a state by its name stands bare."""
    return ", ".join(
        value if name in {"state", "status", "stage"} else f"{name.replace('_', ' ')} {value}"
        for name, value in state.items()
    )


def flag_words() -> tuple[str, ...]:
    """How high a stream's system can flag it, in words; '' for low flags and none."""
    return ("", *flag_levels())


def flagged(state: Mapping[str, str]) -> int:
    """How high a stream's system flagged it: what is flagged stands on top of every list. 0 for low flags and none."""
    level, words = state.get("flagged", ""), flag_words()
    return words.index(level) if level in words else 0


def worst_of(counts: tuple[int, ...]) -> Severity:
    """The worst severity that has a count."""
    return next((Severity(level) for level in range(len(counts) - 1, 0, -1) if counts[level]), Severity.NONE)
