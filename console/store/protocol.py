"""What any store of an index must offer, in the words of the console.

An index has one writer and any number of readers, in other processes too: a reader sees what was committed, never a
part of a portion. Above this protocol there are ledgers, ordinals, streams and findings; how rows are kept, packed and
numbered is each store's own affair. ``tests/store/test_contract.py`` is the proof that a store must pass.

Ids of ledgers, streams and events are numbers that a store gives out. An id is never given to something else as long
as the index exists.
"""

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from enum import IntEnum
from types import TracebackType
from typing import Any, Protocol, Self, TypedDict, Unpack

from console.model.event import StreamKey
from console.model.finding import Finding
from console.model.ledger import StreamFacts
from console.model.trust import Severity, Trust
from console.store.facts import ChainLink, KnownLedger, Orphans, RecordPlace, ResolvedReferences, Volume
from console.store.filter.tree import Filter
from console.store.portion import Portion
from console.store.rows import EventCount, EventRow, FindingRow, LedgerRow, StreamRow

CARRIERS = 100
"""Events with one id that are named, at most."""
NameKind = str
"""``type``, ``actor``, ``stream``, or a kind of streams."""


class StatedBy(IntEnum):
    """Who states a finding that holds as of now, and so replaces it."""

    READER = 1
    REFERENCES = 2
    FOLLOWING = 3
    END = 4
    MEMORY = 5


class LedgerChanges(TypedDict, total=False):
    """What can be set of a ledger: see ``LedgerRow``. ``active``: it is opened now. ``file`` is the state of its file
    as text, a hint for the next start; ``memory`` is what the memory says of it, as text."""

    format: str
    shape: str
    container: str
    state: str
    note: str
    active: bool
    file: str
    memory: str


class RecordsOf(Protocol):
    """Where the records of a ledger are, and what they were."""

    async def volumes(self, ledger: int) -> list[Volume]:
        """The ledger's files, oldest first."""

    async def place(self, ledger: int, ordinal: int) -> RecordPlace | None:
        """Where a record is in its file; None if the index does not hold it."""

    async def record_hash(self, ledger: int, ordinal: int) -> bytes | None:
        """The hash of a record as it was when it was read; None if the index does not hold it."""

    def record_hashes(self, ledger: int, first: int) -> AsyncGenerator[bytes, None]:
        """The hashes of a ledger's records from ordinal ``first`` on."""


class EventView(Protocol):
    """One filtered, ordered sequence of events with random access by row number (0 is the oldest).

    A ledger and a stream are shown in the order of their records. Everything together is merged by time, a record
    without a time beside the one before it.
    """

    @property
    def count(self) -> int:
        """Rows as of the last ``refresh``."""

    async def refresh(self) -> int | None:
        """Look again after a change. The first row number whose content may differ; None if nothing changed."""

    async def rows(self, start: int, stop: int) -> list[EventRow]:
        """Rows ``start`` to ``stop`` (at most 1,024); fewer at the end."""

    async def position(self, event: int) -> int | None:
        """The row number of an event id; None if the filter hides it."""


class HitView(EventView, Protocol):
    """A view that shows only those events whose records a search of raw records has named."""

    async def add_hits(self, ledger: int, hits: Iterable[tuple[int, int]]) -> None:
        """Records that were found: ordinals, and what holds of them of what ``Filter.undecided`` asks of records, as
        bits in the order of ``Filter.of_record``. What the filter asks of records alone must hold."""

    async def forget_hits(self, ledger: int) -> None:
        """What was found in this ledger does not count any more."""


class IndexReader(RecordsOf, Protocol):
    """Questions of screens and commands. Every question is short, and sees what is committed when it is asked."""

    async def ledgers(self, ledger: int | None = None) -> list[LedgerRow]:
        """The ledgers opened now, those that were flagged first, then by name; or the one of this id."""

    async def sizes(self, ledger: int | None = None) -> dict[int, tuple[int, int]]:
        """Records and edition of the ledgers opened now, or of one. The edition grows when earlier rows changed."""

    async def streams(
        self, ledger: int | None = None, *, limit: int = 500, offset: int = 0
    ) -> tuple[list[StreamRow], int]:
        """Streams of one ledger or of all opened now, and how many there are: flagged ones first, then worst first,
        those with a broken chain first, those that are no event's first stream last, latest first."""

    async def stream(self, stream: int) -> StreamRow | None:
        """One stream; None if it is gone."""

    async def findings(
        self, *, ledger: int | None = None, stream: int | None = None, event: int | None = None, limit: int = 500
    ) -> tuple[list[FindingRow], int]:
        """Findings of the ledgers opened now, worst first, then by place; and how many rows there are in all."""

    async def events(self, ids: Sequence[int]) -> list[EventRow]:
        """Events by id, in that order; ids that are not there are left out."""

    async def between(self, filter: Filter, ledger: int, first: int, last: int, limit: int) -> list[EventRow]:
        """Events of ordinals ``first`` to ``last`` of a ledger that the filter lets through, in their order. The
        filter asks nothing of raw records."""

    async def event_counts(self, ledger: int) -> list[EventCount]:
        """Events of a ledger by type, actor and trust. Blank lines are none. All its rows are looked at."""

    async def chain_neighbour(self, event: int, step: int, *, broken: bool = False) -> int | None:
        """The id of the next (1) or previous (-1) event of the same stream by (sequence, ordinal); with ``broken`` the
        next one whose trust is broken. None at the end."""

    async def view(self, filter: Filter, *, ledger: int | None = None, stream: int | None = None) -> EventView:
        """A view of one stream, one ledger, or all that is opened, looked at once. The filter asks nothing of raw
        records."""

    async def hit_view(self, filter: Filter, *, ledger: int | None = None, stream: int | None = None) -> HitView:
        """The same for any filter, without rows until hits are added."""

    async def named(self, ids: Sequence[str]) -> dict[str, list[int]]:
        """Events of the ledgers opened now that carry one of these ids, by id; by a second id where none carries it as
        its first."""

    async def children(self, ids: Sequence[str], limit: int) -> dict[str, list[int]]:
        """Events of the ledgers opened now that name one of these ids as their parent's, or beside it: the
        first so many of each, by the id."""

    async def streams_called(self, keys: Iterable[str]) -> list[StreamRow]:
        """Streams of the ledgers opened now that have one of these keys, of any kind."""

    async def names(self, kind: NameKind, beginning: str, limit: int) -> list[str]:
        """Names that begin so, in their order: of types, of actors, of streams."""

    async def version(self) -> int:
        """A number that changes when the writer has committed."""

    async def close(self) -> None: ...


class IndexWriter(RecordsOf, Protocol):
    """Takes what was read. All changes are made within ``transaction``, but for ``begin`` and ``settle``."""

    def transaction(self) -> AbstractAsyncContextManager[None]:
        """All or nothing: what was changed within is committed at its end, and gone where it is left by an error."""

    async def close(self) -> None: ...

    @property
    def salt(self) -> bytes:
        """Of the keys of ids in the rows of this index: ``Context.salt`` of the readers whose events it takes."""

    # Ledgers and their files

    async def known_ledgers(self) -> list[KnownLedger]:
        """Every ledger in the index, opened now or not."""

    async def add_ledger(self, path: str, member: str | None, container: str, format: str, shape: str) -> int:
        """A ledger that was not known. Its id."""

    async def describe(self, ledger: int, **changes: Unpack[LedgerChanges]) -> None:
        """Set what is known of a ledger; what is not named stays."""

    async def clear(self, ledger: int) -> None:
        """Forget a ledger's records, but not what was found about its container and its past."""

    async def remove(self, ledger: int) -> None:
        """Forget a ledger altogether."""

    async def forget_skipped(self, path: str | None = None) -> None:
        """Forget the paths that were no ledgers (``format`` is ''), or this one."""

    async def beside(self, ledger: int) -> str:
        """What lay beside a ledger when it was last read from its beginning; '' if nothing was noted."""

    async def note_beside(self, ledger: int, beside: str) -> None:
        """Remember what lies beside a ledger: a text that changes with it."""

    async def begin_volume(self, ledger: int, first: int, path: str, member: str | None) -> None:
        """Records from ordinal ``first`` on are in this file, the first one at its beginning."""

    async def move_volume(self, ledger: int, ordinal: int, path: str, member: str | None) -> None:
        """The file that holds a record is at another path now (rotation)."""

    async def past_paths(self) -> list[str]:
        """Paths of files that hold the past of a ledger, and are no ledger of their own."""

    # Records

    def begin(self, ledger: int) -> None:
        """A new reader will decode this ledger: the codes of its batches start again."""

    async def append(self, ledger: int, portion: Portion) -> None:
        """Take the events that follow on those that are there, with all that belongs to them."""

    async def reader_state(self, ledger: int) -> list[tuple[str | StreamKey, bytes]]:
        """All of a reader's carried state, by its keys."""

    async def carry(
        self,
        ledger: int,
        state: Mapping[Any, bytes],
        facts: Iterable[StreamFacts],
        standing: Sequence[Finding],
    ) -> None:
        """What a reader knows now: what changed of its state and its streams, and its standing findings."""

    async def settle(self) -> None:
        """Do what was put off while much was read, so that the events of a stream, of an id and of a parent are found
        fast: for a writer that stays when all that was there has been read. It may take as long as a part of that
        reading; what is committed can be read meanwhile, and rightly so without it."""

    # Findings

    async def add_findings(self, ledger: int, findings: Sequence[Finding]) -> None:
        """Settled findings. Of one code the first ones are kept one by one, the rest is counted."""

    async def replace_standing(self, ledger: int, findings: Sequence[Finding], by: StatedBy) -> None:
        """What holds as of now takes the place of what the same part of the console stated before."""

    async def mark(self, ledger: int, findings: Sequence[Finding]) -> None:
        """Let the events of these findings show how bad they are."""

    async def has_finding(self, ledger: int, code: str, offset: int) -> bool:
        """True if a finding of this code points at this byte."""

    # References

    async def resolve(self, ledger: int) -> ResolvedReferences | None:
        """What the records that came since this was last asked bring to ids and parents; None if they have none.
        Some thousands are looked at each time, so that other ledgers get their turn: ask again while there is ``more``.

        Of much that is read at once it is best asked at the end, of what is appended with each portion. Nothing is
        lost where a writer dies between.

        A finding about a record rests on it and the records before it, so that it does not matter how they are cut:
        a parent is the first record that carries the id, it is ambiguous if several did when the child came, and a
        cycle belongs to the child whose parent closed it. An id means the records that have it as their first one;
        where there are none yet, those that have it as their second one (alias).
        """

    async def orphans(self, ledger: int, *, mentions: bool = False) -> Orphans:
        """Records whose parent (or else mention) is nowhere in the ledger as of now, after ``resolve``."""

    # Chains out of order

    async def irregular_streams(self, ledger: int) -> list[StreamKey]:
        """Streams that must be walked again."""

    async def stream_places(self, ledger: int, stream: StreamKey) -> list[RecordPlace]:
        """The records that have this as their first stream, by (sequence, ordinal)."""

    async def rewalked(
        self,
        ledger: int,
        stream: StreamKey,
        trust: Iterable[tuple[int, Trust]],
        findings: Sequence[Finding],
        marks: Mapping[int, Severity] = {},
    ) -> None:
        """New verdicts of one stream's chain, by ordinal, and its findings replace the earlier ones. ``marks``: how bad
        events are beside the findings that are listed at them, by ordinal, where that was made again, too."""


class Scratch(IndexWriter, Protocol):
    """An index that nobody keeps: for verifications, in bounded memory, beside any index.

    It holds no record hashes, and of the events only the rows that references and chains may ask for.
    """

    async def note_links(self, ledger: int, links: Iterable[ChainLink]) -> None:
        """Rows for unchecked events of chains that were only counted, so that ``stream_places`` knows them."""

    def reader(self) -> IndexReader:
        """Reads the same connection. It needs no closing."""


class WriterLock(Protocol):
    """One writer for each index. It is given back when its holder dies, however it dies."""

    def acquire(self, purpose: str = "") -> bool:
        """True if this process is the writer now, False if another one is. Answers at once. Others learn the
        ``purpose``."""

    def purpose(self) -> str | None:
        """What its holder gave as its purpose; None while nobody holds it."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class IndexStore(Protocol):
    """An index at its place, opened or not. Failures of the index itself raise ``StoreError``."""

    def lock(self) -> WriterLock:
        """The lock that a writer must hold."""

    async def writer(self) -> tuple[IndexWriter, str]:
        """Open it for writing, making or remaking it where needed; the caller holds the lock. Also a note for people,
        '' if there is none. Raises ``OSError`` where there is no place for it."""

    async def reader(self) -> IndexReader | None:
        """A reader; None while there is no index that can be read."""

    def identity(self) -> object:
        """What tells this index from another one that takes its place; None while there is none."""

    def discard(self) -> None:
        """Remove the index: the next start builds it again. The caller holds the lock."""
