"""What the store of lists and dicts holds."""

from dataclasses import dataclass, field

from console.model.event import StreamKey
from console.model.finding import Finding
from console.model.ledger import StreamFacts
from console.store.counts import Count
from console.store.facts import RecordPlace, Volume
from console.store.protocol import StatedBy

LARGEST = 1 << 32
"""Records of one ledger, at most: an event's id is made of its ledger and its ordinal."""


@dataclass
class MemoryEvent:
    ordinal: int
    offset: int
    length: int
    time: int | None
    order: int
    """Its time, or that of the record before it."""
    type: str
    actor: str
    stream: StreamKey | None
    further: tuple[StreamKey, ...]
    sequence: int
    key: int
    parent: int
    alias: int
    mention: int
    trust: int
    worst: int


@dataclass
class MemoryStream:
    id: int
    name: StreamKey
    count: Count = field(default_factory=Count)
    facts: StreamFacts | None = None
    carried: bytes | None = None
    irregular: bool = False
    further: bool = False


@dataclass
class MemoryFinding:
    id: int
    finding: Finding
    by: StatedBy | None = None


@dataclass
class MemoryLedger:
    id: int
    path: str
    member: str | None
    container: str
    format: str
    shape: str
    profile: str | None = None
    state: str = "live"
    note: str = ""
    active: bool = True
    file: str = ""
    memory: str = ""
    size: int = 0
    pending: int = 0
    next_offset: int = 0
    edition: int = 0
    beside: str = ""
    volumes: list[Volume] = field(default_factory=list)
    events: list[MemoryEvent] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)
    streams: dict[StreamKey, MemoryStream] = field(default_factory=dict)
    reader: dict[str, bytes] = field(default_factory=dict)
    findings: list[MemoryFinding] = field(default_factory=list)
    counted: Count = field(default_factory=Count)
    """Events that have no row."""
    resolved: int = 0
    waiting: dict[tuple[int, bool], int] = field(default_factory=dict)
    """Parents' keys by ordinal, of records whose parent is nowhere yet."""

    def event_id(self, ordinal: int) -> int:
        return self.id * LARGEST + ordinal


@dataclass
class Content:
    """All that an index holds."""

    ledgers: dict[int, MemoryLedger] = field(default_factory=dict)
    last_id: int = 0
    commits: int = 0

    def new_id(self) -> int:
        self.last_id += 1
        return self.last_id


def place_of(event: MemoryEvent) -> RecordPlace:
    return RecordPlace(event.ordinal, event.offset, event.length)
