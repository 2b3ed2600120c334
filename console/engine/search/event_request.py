"""What can be asked of the listing of events, and what comes: plain types, cheap to import."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from console.engine.session.alarms import Alarm
from console.engine.session.protocol import IndexPlace, ReadSoFar, SessionApi
from console.store.rows import EventRow, LedgerRow


@dataclass(frozen=True, slots=True)
class EventRequest:
    """What is to be listed: of these files and folders the events that fulfil ``where`` (a filter as in the console)
    and all the rest. ``since`` and ``until`` are times as people write them; with ``raw`` each event comes with the
    bytes of its record."""

    paths: Sequence[str]
    index: IndexPlace
    where: str = ""
    stream: str | None = None
    types: Sequence[str] = ()
    since: str | None = None
    until: str | None = None
    raw: bool = False


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who hears what goes on beside the events: ``note`` sentences, ``progress`` what was read so far, ``found``
    once the ledgers that are there; while events are followed ``alarm`` what gets worse, and ``opened`` the session
    that is followed. None for nobody."""

    note: Callable[[str], None]
    progress: Callable[[ReadSoFar], None]
    found: Callable[[Sequence[LedgerRow]], None]
    alarm: Callable[[Alarm], None] | None = None
    opened: Callable[[SessionApi], Awaitable[None]] | None = None


@dataclass(frozen=True, slots=True)
class ListedEvent:
    """One event. ``volume`` is the file that it is in and its number there, where its ledger is in several files.
    ``raw`` is its exact bytes where asked for; ``problem`` says why they are not what was indexed, or are not there, ''
    otherwise."""

    row: EventRow
    ledger: str
    volume: tuple[str, int] | None = None
    raw: bytes = b""
    problem: str = ""
