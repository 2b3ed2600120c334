"""One followed ledger, in small parts. Each part is written by one module, which its docstring names."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from console.engine.follow.decide import LedgerState
from console.engine.ingest.ingest import Reading
from console.engine.ingest.portions import file_text
from console.engine.ledgers.opening import Opened
from console.engine.memory.remembered import Remembered, Standing
from console.sources.protocol import Source, SourceError


@dataclass(slots=True)
class Status:
    """What the index says of a ledger's file. Written by ``apply``."""

    state: LedgerState = LedgerState.LIVE
    reported: bool = False
    """True if a finding about the file stands."""
    failed: str = ""
    """The state of the file over which its reader failed: as it is, the reader would fail again."""


@dataclass(slots=True)
class EarlierFile:
    """The file that a ledger was moved to. Written by ``rotation``."""

    source: Source | None = None
    """It still holds the newest records that were read, and is read on before the ledger's own path."""
    waiting: Sequence[Source] = ()
    """Further files that come between it and the ledger's own path, oldest first. Nobody writes to them."""
    overtaken: float | None = None
    """When a new file was first seen at the ledger's path meanwhile; monotonic seconds."""
    finished: tuple[str, int] | None = None
    """The plain file that was read to its end before the ledger went on in a new one, and the bytes that were read."""


@dataclass(slots=True)
class ComparedRows:
    """When the rows of a database were last compared with what was read. Written by ``row_comparison``."""

    state: str = ""
    """The state of the file in which all rows that were read were found unchanged."""
    not_before: float = 0.0
    """When they may be compared again; monotonic seconds."""
    at: str = ""
    """When that was: ISO, UTC."""
    put_off: bool = False
    """The file grew since, and what was read of it before was not compared."""
    past_changed: bool = False
    """An older file of the ledger holds something else than was read from it. Set by ``memory.in_index``."""


@dataclass(frozen=True, slots=True)
class Tail:
    """Bytes behind the last record that have no end yet: where they stand, how many, and their hash."""

    offset: int
    length: int
    leaf: bytes


@dataclass(slots=True)
class Suspicion:
    """Since when something looks as if it were just being written; monotonic seconds, None where it does not. Written
    by ``unfinished_writes``."""

    hole: float | None = None
    """Zeros in what was appended."""
    tail: Tail | None = None
    """What stood behind the last record when that was last read."""
    change: float | None = None
    """What was read is not there as it was."""


@dataclass(slots=True)
class Witnessed:
    """What the memory was asked last. Written by ``memory.in_index``."""

    state: str = ""
    """Records and state of the file at that look."""
    words: str = ""
    """What it answered, as the index holds it."""
    not_before: float = 0.0
    """When it may be asked again; monotonic seconds."""

    @property
    def kept(self) -> bool:
        """True if the memory knows the ledger, and will notice what changes in it."""
        word = Remembered.of_text(self.words)
        return word.standing is not Standing.ABSENT and word.kept


@dataclass(slots=True)
class FollowedLedger:
    """A ledger, how far it was read, and what is known of its file.

    ``opened`` is what it is taken for, with the companions with which it was last decoded from its beginning
    (``apply`` and ``rotation`` replace it). ``newcomer``: it appeared while its folder was followed.
    """

    path: str
    member: str | None
    opened: Opened
    reading: Reading
    newcomer: bool = False
    joined: Opened | None = None
    """The ledger with files of its past that came later than it; written by ``follower``, taken by ``observe``."""
    status: Status = field(default_factory=Status)
    earlier: EarlierFile = field(default_factory=EarlierFile)
    rows: ComparedRows = field(default_factory=ComparedRows)
    suspicion: Suspicion = field(default_factory=Suspicion)
    witnessed: Witnessed = field(default_factory=Witnessed)

    @property
    def id(self) -> int:
        return self.reading.ledger

    @property
    def source(self) -> Source:
        """Where reading goes on."""
        return self.earlier.source or self.opened.source

    def file_now(self) -> str:
        """The state of that file now as text, '' if there is none."""
        try:
            return file_text(self.source)
        except SourceError:
            return ""
