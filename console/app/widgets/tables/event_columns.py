"""The columns of the event table: what is shown at which width. Plain functions, so that every width can be tested."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from console.app.drawing.cells import fit, middle
from console.app.words import day_and_time
from console.engine.api import EventRow
from console.model.trust import Severity, Trust
from console.text import safe

TEXT_LIMIT = 200
"""Characters of a foreign value that are looked at; a column is narrower."""
TRUST_WIDTH = 2 + max(len(trust.word) for trust in Trust)
WORST_WIDTH = 2 + max(len(severity.word) for severity in Severity)


@dataclass(frozen=True, slots=True)
class EventColumns:
    """Widths in cells; 0 leaves a column out. One blank stands between columns."""

    marker: int = 1
    trust: int = TRUST_WIDTH
    worst: int = 1
    time: int = 18
    sequence: int = 6
    type: int = 0
    summary: int = 0
    state: int = 0
    second: int = 0
    stream: int = 0
    actor: int = 0
    ledger: int = 0
    record: int = 0

    def __iter__(self) -> Iterator[int]:
        return iter((self.marker, self.trust, self.worst, self.time, self.sequence, self.type, self.summary, self.state, self.second, self.stream, self.actor, self.ledger, self.record))  # fmt: skip  # noqa: E501 - one list

    @property
    def total(self) -> int:
        shown = [width for width in self if width]
        return sum(shown) + len(shown) - 1


class _Step(NamedTuple):
    """Brings a column in with so many cells, or gives it up to so many. ``whole``: all of these or none."""

    name: str
    cells: int
    whole: bool = False


_FIRST = (_Step("type", 10), _Step("state", 12), _Step("ledger", 12), _Step("type", 22))
"""What happened, where, and what held then."""
_TRUST = (_Step("trust", TRUST_WIDTH, whole=True), _Step("ledger", 20))
_SUMMARY = (_Step("summary", 14), _Step("type", 24))
_THEN = (
    _Step("state", 17),
    _Step("summary", 24),
    _Step("stream", 9),
    _Step("time", 18, whole=True),
    _Step("second", 0, whole=True),
    _Step("actor", 12),
    _Step("time", 23, whole=True),
    _Step("stream", 14),
    _Step("summary", 36),
    _Step("worst", WORST_WIDTH, whole=True),
    _Step("record", 9, whole=True),
    _Step("actor", 16),
    _Step("type", 32),
    _Step("state", 24),
    _Step("stream", 44),
    _Step("ledger", 40),
    _Step("actor", 28),
)
SECOND_MOST = 30
"""Cells of the second value of a state at most; a longer one is left to the details."""


def fit_columns(
    width: int,
    *,
    streams: bool,
    ledgers: bool,
    sequences: bool = True,
    states: bool = False,
    summaries: bool = False,
    second: int = 0,
) -> EventColumns:
    """Columns for a table so many cells wide. ``streams`` and ``ledgers``: rows of several of them are mixed;
    ``sequences``: there are rows that have a number in their stream; ``states``: what holds after each event is shown,
    its second value if that has ``second`` cells; ``summaries``: what each event did is shown.

    A column comes in only once all that are before it in the steps have. In one ledger the sign of trust suffices where
    there is no room for its word beside a summary.
    """
    sequence = (6 if width >= 50 else 5) if sequences else 0
    given = {"trust": 1, "worst": 1, "time": 14}
    left = width - (1 + sum(given.values()) + 3 + (sequence + 1 if sequence else 0))
    asked = {
        "stream": streams,
        "ledger": ledgers,
        "state": states,
        "summary": summaries,
        "second": states and 0 < second <= SECOND_MOST,
    }
    steps = (*_FIRST, *_TRUST, *_SUMMARY, *_THEN) if ledgers else (*_FIRST, *_SUMMARY, *_TRUST, *_THEN)
    full = False
    for name, cells, whole in steps:
        if not asked.get(name, True):
            continue
        goal = second if name == "second" else cells
        had = given.get(name, 0)
        if had:
            more = max(0, goal - had)
            more = min(more, left) if not whole else more if more <= left and not full else 0
        else:
            more = goal if not full and goal + 1 <= left else 0
            full = full or not more
            left -= 1 if more else 0
        if more:
            given[name] = had + more
            left -= more
    if left > 0 and "type" in given:
        given[next(name for name in ("summary", "ledger", "type") if name in given)] += left
    return EventColumns(sequence=sequence, **given)


def titles(columns: EventColumns, states: Sequence[str] = ()) -> str:
    """The line of headings; ``states`` are names of what holds after each event."""
    names = ("", "trust" if columns.trust > 1 else "", "finding" if columns.worst > 1 else "!", "time, UTC", "seq", "type", "what happened", *state_titles(states), "stream", "actor", "ledger", "record")  # fmt: skip  # noqa: E501 - one list
    right = {"seq", "record"}
    return " ".join(fit(name, width, right=name in right) for name, width in zip(names, columns, strict=True) if width)


@dataclass(frozen=True, slots=True)
class Cells:
    """One row's texts, each filled to its column's width; '' for a column that is left out."""

    trust: str
    worst: str
    time: str
    sequence: str
    type: str
    stream: str
    actor: str
    ledger: str
    record: str


def cells(row: EventRow, columns: EventColumns, ledger_name: str = "") -> Cells:
    """Showable texts of one event for these columns."""
    trust = f"{row.trust.glyph} {row.trust_word}" if columns.trust > 1 else row.trust.glyph
    worst = f"{row.worst.glyph} {row.worst.word}" if row.worst and columns.worst > 1 else row.worst.glyph
    full = columns.time >= 23
    time = day_and_time(row.time, full=full, digits=3 if columns.time != 14 else 0).rstrip(".")
    return Cells(
        trust=fit(trust, columns.trust),
        worst=fit(worst, columns.worst),
        time=fit(time, columns.time),
        sequence=fit("" if row.sequence is None else str(row.sequence), columns.sequence, right=True)
        if columns.sequence
        else "",
        type=fit(safe(row.type, limit=TEXT_LIMIT), columns.type),
        stream=_stream(row, columns.stream) if columns.stream else "",
        actor=fit(safe(row.actor, limit=TEXT_LIMIT), columns.actor) if columns.actor else "",
        ledger=fit(middle(ledger_name, columns.ledger), columns.ledger) if columns.ledger else "",
        record=fit(f"{row.ordinal:,}", columns.record, right=True) if columns.record else "",
    )


def state_titles(names: Sequence[str]) -> tuple[str, str]:
    """The headings of the two columns of a state."""
    first, second = (safe(each, limit=TEXT_LIMIT) for each in (*names, "", "")[:2])
    return first, second


def state_cells(values: Sequence[str], columns: EventColumns) -> tuple[str, str]:
    """The first two values of a state, each in its column."""
    first, second = (safe(each, limit=TEXT_LIMIT) for each in (*values, "", "")[:2])
    return fit(first, columns.state), fit(second, columns.second)


def _stream(row: EventRow, width: int) -> str:
    key = safe(row.stream_key, limit=TEXT_LIMIT)
    if width >= 24 and row.stream_kind:
        kind = safe(row.stream_kind, limit=TEXT_LIMIT)
        return fit(f"{kind} {middle(key, width - len(kind) - 1)}", width)
    return fit(middle(key, width), width)
