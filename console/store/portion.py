"""What one commit of the index takes: decoded batches of one ledger and the reader's state behind them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from console.model.batch import EventBatch
from console.model.event import StreamKey
from console.model.finding import Finding
from console.model.ledger import StreamFacts
from console.model.record import Cursor
from console.store.counts import Count


@dataclass(frozen=True, slots=True)
class Portion:
    """Consecutive events of one ledger with all that must be committed with them.

    ``next`` is where reading goes on, ``behind`` how many bytes that are no record yet stand there, ``pending`` the
    same where they may become one, ``bytes`` the size of the file and those before it. ``file`` is its state as text,
    a hint for the next start, '' while there is more to read. ``irregular`` streams must be walked again. ``state`` and
    ``facts`` are what changed; ``standing`` replaces the reader's standing findings of the ledger, ``at_end`` those
    about its end. ``counted`` are events that have no rows here, by stream (None: those of no stream).
    """

    events: EventBatch
    next: Cursor
    profile: str | None = None
    state: Mapping[Any, bytes] = field(default_factory=dict)
    facts: Sequence[StreamFacts] = ()
    standing: Sequence[Finding] = ()
    at_end: Sequence[Finding] = ()
    pending: int = 0
    behind: int = 0
    bytes: int = 0
    file: str = ""
    irregular: Sequence[StreamKey] = ()
    counted: Mapping[StreamKey | None, Count] = field(default_factory=dict)
