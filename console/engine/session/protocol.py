"""What a session is to its users: the questions and the plain types of the answers.

Cheap to import, so that the screen is there before the engine is.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from console.engine.custody.place import CustodyPlace
from console.engine.verify.verdict import Judgement
from console.model.event import Event, Panel
from console.model.ledger import Profile
from console.model.proof import Proof, SearchStep
from console.store.rows import EventRow, FindingRow, LedgerRow, StreamRow
from console.witness.place import MemoryPlace

if TYPE_CHECKING:
    from console.engine.export.figures import LedgerFigures
    from console.engine.replay.reports import ReportAnswer
    from console.engine.trace.tree import EventTrace
    from console.formats.report import Report
    from console.store.filter.completion import Completion

MEMORY = ":memory:"
"""The place of an index that is gone when the session ends."""


@dataclass(frozen=True, slots=True)
class IndexPlace:
    """Where the index is kept: a file, or ``MEMORY``.

    ``named``: an operator asked for this very file. Where it cannot be had that is an error; another one is replaced by
    a temporary file. What the index reads is compared with the ``memory``, and remembered. ``apart``
    is the file that is used instead while another process writes this one for other paths, '' for none. What is
    verified and searched on the screen is recorded in the ``custody``.
    """

    path: str
    named: bool = True
    memory: MemoryPlace | None = None
    apart: str = ""
    custody: CustodyPlace | None = None


@dataclass(frozen=True, slots=True)
class ReadSoFar:
    """What a command has read into an index: events, and ``done`` of the ``found`` ledgers."""

    events: int
    done: int
    found: int


@dataclass(frozen=True, slots=True)
class Progress:
    """What the worker is doing. ``phase``: 'starting', 'reading', 'following', 'reader only', 'failed', 'no place' (the
    index cannot be written where it is), 'restarting', 'stopped'.

    ``done`` and ``total`` are bytes of the present work, in ``behind`` ledgers with more to be read; ``rate`` is
    events a second; ``note`` is a sentence or ''. At the start ``read`` of ``ledgers`` are read, once all of them are
    found; before that ``found`` grows and ``ledgers`` is 0.
    """

    phase: str
    done: int = 0
    total: int = 0
    events: int = 0
    rate: float = 0.0
    note: str = ""
    behind: int = 0
    found: int = 0
    ledgers: int = 0
    read: int = 0


@dataclass(frozen=True, slots=True)
class Changed:
    """Something changed in the index: read again what is shown.

    ``new_index``: the index was made again, so that ids which were given out before stand for nothing.
    """

    progress: Progress
    new_index: bool = False


@dataclass(frozen=True, slots=True)
class Details:
    """All that is known of one event. ``intact`` is False when the raw bytes differ from what was ingested
    (``problem`` says how); then event, panels and proof speak of the bytes as they are now."""

    row: EventRow
    ledger: LedgerRow
    event: Event
    panels: Sequence[Panel]
    proof: Proof | None
    profile: Profile | None
    findings: Sequence[FindingRow]
    raw: bytes
    intact: bool
    problem: str = ""
    volume: tuple[str, int] | None = None
    """The file that the record is in, and its number there, where its ledger is in several files."""


@dataclass(frozen=True, slots=True)
class VerifyProgress:
    """Verification under way: links ``done`` of ``total`` (events), broken so far, a second's rate, seconds left.

    At the end ``judged`` is what came out, None where nobody could verify; ``verdict`` says it in a sentence.
    """

    done: int
    total: int
    broken: int
    rate: float
    left: float | None
    finished: bool = False
    verdict: str = ""
    judged: Judgement | None = None


class View(Protocol):
    """One filtered, ordered sequence of events with random access by row number (0 is the oldest).

    ``note`` says what a filter could not do or is still doing ('searching 41 %'), '' otherwise.
    """

    @property
    def count(self) -> int: ...
    @property
    def note(self) -> str: ...

    async def rows(self, start: int, stop: int) -> list[EventRow]:
        """Rows ``start`` to ``stop`` (at most 1,024); fewer at the end."""

    async def refresh(self) -> int | None:
        """Look again after a change. The first row number whose content may differ; None if nothing changed."""

    async def position(self, event: int) -> int | None:
        """The row number of an event id, None if the filter hides it."""

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class StateAfter:
    """What holds after one event of a stream, the ``number``-th in the order in which they count. ``changed`` is what
    was before of each value that is another one now, '' where there was none; ``why`` is a clause that says why the
    event did not do what it is meant to do, '' where it did."""

    number: int
    row: EventRow
    state: Mapping[str, str]
    changed: Mapping[str, str]
    why: str


class Replay(Protocol):
    """The states of one stream, event by event, in the order in which they count."""

    @property
    def names(self) -> Sequence[str]:
        """Names of the state's values, as far as they are known, in the order in which they are shown."""

    @property
    def count(self) -> int:
        """Events of the stream, as of the last ``advance``."""

    @property
    def done(self) -> int:
        """Events that were replayed."""

    @property
    def edition(self) -> int:
        """Grows when steps that were known count no more: events came that belong before them."""

    async def advance(self) -> bool:
        """Look for new events, and replay some that were not. True if there are more."""

    async def steps(self, start: int, stop: int) -> list[StateAfter]:
        """What held after the events from ``start`` (0 is the first one) to ``stop``, as far as they were replayed."""

    async def place(self, event: int) -> int | None:
        """Where an event of this id stands (0 is the first one); None while it is not replayed."""

    def as_of(self, micros: int) -> int:
        """How many events had happened before this time (UTC microseconds)."""

    async def close(self) -> None: ...


class SessionApi(Protocol):
    """What the app may ask. All foreign strings are raw: ``text.py`` makes them showable."""

    def changes(self) -> AsyncIterator[Changed]:
        """The first change at once, then at most one a frame. Ends when the session is closed."""

    async def ledgers(self) -> list[LedgerRow]: ...
    async def streams(self, ledger: int, *, limit: int = 500, offset: int = 0) -> tuple[list[StreamRow], int]:
        """Streams of one ledger, worst first, then latest first; and how many there are in all."""

    async def stream(self, stream: int) -> StreamRow | None:
        """One stream as it is now, None if it is gone."""

    async def findings(
        self, *, ledger: int | None = None, stream: int | None = None, event: int | None = None, limit: int = 500
    ) -> tuple[list[FindingRow], int]:
        """Findings, worst first, and how many there are in all."""

    async def view(self, query: str = "", *, ledger: int | None = None, stream: int | None = None) -> View:
        """A view of events. Raises ``FilterError`` (message for people, ``at``: position) for one it cannot read."""

    async def details(self, event: int) -> Details: ...
    async def summaries(self, events: Sequence[EventRow]) -> dict[int, str]:
        """What events did, in a few words, by id; nothing for those that cannot be read any more."""

    async def replay(self, stream: int) -> Replay | None:
        """The states of a stream; None where streams of its kind have none."""

    async def link(self, event: int, step: int, *, broken: bool = False) -> int | None:
        """The next (``step`` 1) or previous (-1) event of the same chain in sequence order; with ``broken`` the next
        whose trust is broken. None at the end."""

    async def measured(self) -> "list[LedgerFigures]":
        """Figures of all ledgers for metrics, as of now; on a connection of its own, so that nobody waits for it."""

    async def reports(self) -> "list[Report]":
        """The reports that can be made on the ledgers that are there."""

    async def report(self, name: str) -> "ReportAnswer":
        """The report of this name as of now, from the raw records. Raises ``EngineError``."""

    async def event_at(self, ledger: str, ordinal: int) -> int | None:
        """The id of the event of this number in the ledger of this name; None if the index does not hold it."""

    async def complete(self, query: str, cursor: int) -> "Completion":
        """What may be typed before the cursor of a query."""

    async def trace(self, event: int) -> "EventTrace":
        """What caused an event and what it caused, over all ledgers. Raises ``LookupError`` where it is gone."""

    def search(self, event: int) -> AsyncIterator[SearchStep]:
        """Search on for what the hash of an event covers, where the usual search ended; ``aclose()`` cancels."""

    def verify(self, *, ledger: int | None = None, stream: int | None = None) -> AsyncIterator[VerifyProgress]:
        """Verify again from the raw bytes, not from the index; ``aclose()`` cancels."""

    async def close(self) -> None: ...
