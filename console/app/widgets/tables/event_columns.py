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
    stream: int = 0
    actor: int = 0
    ledger: int = 0
    record: int = 0

    def __iter__(self) -> Iterator[int]:
        return iter((self.marker, self.trust, self.worst, self.time, self.sequence, self.type, self.summary, self.state, self.stream, self.actor, self.ledger, self.record))  # fmt: skip  # noqa: E501 - one list

    @property
    def total(self) -> int:
        shown = [width for width in self if width]
        return sum(shown) + len(shown) - 1


class _Share(NamedTuple):
    """Cells of a column that shares what the fixed ones leave.

    None is below ``least`` or above ``most``. All are ``good`` before a further one comes in (stream apart), and
    before any gets more.
    """

    name: str
    least: int
    good: int
    most: int


_SHARES = (
    _Share("type", 10, 22, 32),
    _Share("state", 12, 17, 40),
    _Share("ledger", 12, 20, 40),
    _Share("summary", 14, 36, 120),
    _Share("stream", 12, 14, 44),
    _Share("actor", 12, 16, 28),
    _Share("record", 9, 9, 9),
)


ROOM = 11
"""Cells to be shared from which on a type is still readable where the state comes first."""


def fit_columns(
    width: int, *, streams: bool, ledgers: bool, sequences: bool = True, states: bool = False, summaries: bool = False
) -> EventColumns:
    """Columns for a table so many cells wide. ``streams`` and ``ledgers``: rows of several of them are mixed;
    ``sequences``: there are rows that have a number in their stream; ``states``: what holds after each event is shown;
    ``summaries``: what each event did is shown.

    Time, trust, type, state, ledger, summary, sequence and stream come first; then actor, record number, and words
    beside signs.
    """
    trust = TRUST_WIDTH if width >= 64 else 1
    worst = WORST_WIDTH if width >= 140 else 1
    time = 23 if width >= 120 else 18 if width >= 50 else 14
    sequence = (6 if width >= 50 else 5) if sequences else 0
    left = width - (1 + trust + worst + time + 4 + (sequence + 1 if sequence else 0))
    given: dict[str, int] = {}
    asked = {"stream": streams, "ledger": ledgers, "state": states, "summary": summaries}
    wanted = [share for share in _SHARES if asked.get(share.name, True)]
    owed = 0
    for share in wanted:
        gap = 1 if given else 0
        if left - (owed if share.name not in {"type", "state", "ledger", "stream"} else 0) >= share.least + gap:
            given[share.name] = share.least
            left -= share.least + gap
            owed += share.good - share.least
        elif not given:
            break
    if left >= ROOM:  # half a state says nothing, the beginning of a type does
        wanted.sort(key=lambda share: share.name != "state")
    for goal in ("good", "most"):
        for share in wanted:
            if share.name in given:
                more = max(0, min(getattr(share, goal) - given[share.name], left))
                given[share.name] += more
                left -= more
    return EventColumns(trust=trust, worst=worst, time=time, sequence=sequence, **given)


def titles(columns: EventColumns, states: Sequence[str] = ()) -> str:
    """The line of headings; ``states`` are names of what holds after each event."""
    names = ("", "trust", "finding" if columns.worst > 1 else "!", "time, UTC", "seq", "type", "what happened", state_text(states, columns.state), "stream", "actor", "ledger", "record")  # fmt: skip  # noqa: E501 - one list
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


def state_text(values: Sequence[str], width: int) -> str:
    """Values of a state, one below the other in all rows: the first one gets three fifths."""
    if len(values) < 2 or width < 20:
        return fit(" ".join(safe(each, limit=TEXT_LIMIT) for each in values), width)
    first = width * 3 // 5
    rest = " ".join(safe(each, limit=TEXT_LIMIT) for each in values[1:])
    return f"{fit(safe(values[0], limit=TEXT_LIMIT), first)} {fit(rest, width - first - 1)}"


def _stream(row: EventRow, width: int) -> str:
    key = safe(row.stream_key, limit=TEXT_LIMIT)
    if width >= 24 and row.stream_kind:
        kind = safe(row.stream_kind, limit=TEXT_LIMIT)
        return fit(f"{kind} {middle(key, width - len(kind) - 1)}", width)
    return fit(middle(key, width), width)
