"""Messages from workers to screens. Nobody changes a message; only the app's thread acts on them."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.message import Message

from console.engine.api import Alarm, EventRow, LedgerRow, Progress, SessionApi, StreamRow, VerifyProgress, View


@dataclass
class SessionOpened(Message):
    """The session is there: screens may ask it."""

    session: SessionApi


@dataclass
class SessionTrouble(Message):
    """A question to the session failed. ``words`` is already showable; ``what`` says what was being done."""

    what: str
    words: str


@dataclass
class IndexChanged(Message, bubble=False):
    """The index has changed, or the worker's progress: read again what is shown."""

    progress: Progress

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, IndexChanged)


@dataclass
class IndexReplaced(Message):
    """Ids that were given out before stand for nothing any more."""


@dataclass
class VerifyMoved(Message, bubble=False):
    """A check from the raw bytes moved on. ``of`` says what is checked, showable."""

    progress: VerifyProgress
    of: str

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, VerifyMoved) and not message.progress.finished


@dataclass
class AlarmsRaised(Message):
    """Trust got worse since the last look."""

    alarms: Sequence[Alarm]


@dataclass
class AlarmChosen(Message):
    """The operator wants to see the alarm on the strip."""


@dataclass
class LedgersRead(Message):
    """All ledgers, and of each the streams shown and how many there are in all."""

    ledgers: tuple[LedgerRow, ...]
    streams: dict[int, tuple[list[StreamRow], int]]


@dataclass
class TotalsRead(Message):
    """All ledgers, and the stream on screen, counted again."""

    ledgers: tuple[LedgerRow, ...]
    stream: StreamRow | None


@dataclass
class ViewOpened(Message):
    """A view for a query. ``row`` is where the event that was asked for stands, None if it is not in the view."""

    view: View
    query: str
    row: int | None


@dataclass
class ViewRefused(Message):
    """A query that cannot be read: ``words`` for people, ``at`` a position in the query or None."""

    query: str
    words: str
    at: int | None


@dataclass
class ViewChanged(Message):
    """The view looked again: rows from ``first`` on may differ, none if it is None. ``row`` is where the event under
    the cursor now stands, None if it need not move. ``tail`` are the rows from ``start`` to the end, if they were read
    in the same look."""

    view: View
    first: int | None
    row: int | None
    start: int = 0
    tail: Sequence[EventRow] = ()


@dataclass
class Sought(Message):
    """The end of a search along the rows: the row found, or None; ``what`` was looked for."""

    view: View
    row: int | None
    what: str
