"""What a trace comes to: plain types, cheap to import."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from console.store.rows import EventRow, LedgerRow

DEPTH = 20
"""Steps from the event, where no other number is asked for."""


class BranchEnd(Enum):
    """Why a branch goes on no further."""

    NONE = ""
    CYCLE = "leads back to itself"
    SEEN = "in another branch, too"
    ABSENT = "not found in these ledgers"
    DEPTH = "there is more: beyond the depth"
    MANY = "there is more: too many events"


@dataclass(slots=True)
class TraceNode:
    """One event of a trace, or an id that no event here has (``row`` is None).

    ``how`` is its relation to the event below which it stands: parent, approval … ``ledger`` is its ledger's name.
    ``elsewhere``: it is in another ledger than that event. ``carriers`` is how many events have the id by which it was
    found.
    """

    how: str
    id: str
    row: EventRow | None = None
    ledger: str = ""
    elsewhere: bool = False
    carriers: int = 1
    ending: BranchEnd = BranchEnd.NONE
    below: list["TraceNode"] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Events below it."""
        return sum(1 + each.size for each in self.below)


@dataclass(frozen=True, slots=True)
class SharedThing:
    """What the event has in common with others in one ledger: a deal, a trace, an artifact.

    ``events`` is how many of them there are beside the event itself, ``rows`` the first of them. ``stream`` is the
    stream of the index that holds them; None where they were found by a look at raw records.
    """

    kind: str
    id: str
    ledger: str
    here: bool
    events: int
    rows: tuple[EventRow, ...]
    stream: int | None = None


@dataclass(frozen=True, slots=True)
class TraceRequest:
    """What is asked for: both directions, so many steps."""

    id: str
    up: bool = True
    down: bool = True
    depth: int = DEPTH


@dataclass(frozen=True, slots=True)
class EventTrace:
    """The trace of one event: ``up`` are its causes, ``down`` what it caused. ``notes`` say in sentences what was not
    looked at. Without a row in ``root`` no event here has that id."""

    root: TraceNode
    up: tuple[TraceNode, ...] = ()
    down: tuple[TraceNode, ...] = ()
    shared: tuple[SharedThing, ...] = ()
    also: tuple[TraceNode, ...] = ()
    """Other events that carry the same id."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TracedLedgers:
    """A trace, and the ledgers that it went over."""

    trace: EventTrace
    ledgers: Sequence[LedgerRow]
