"""The columns of the event table: what is shown at which width."""

from collections.abc import Iterator
from dataclasses import dataclass

from console.app.cells import fit, middle
from console.app.words import day_and_time
from console.index.rows import EventRow
from console.model.trust import Severity, Trust
from console.text import safe

TEXT_LIMIT = 200
"""Characters of a foreign value that are looked at; a column is narrower."""
TRUST_WIDTH = 2 + max(len(trust.word) for trust in Trust)
WORST_WIDTH = 2 + max(len(severity.word) for severity in Severity)


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths in cells; 0 leaves a column out. One blank stands between columns."""

    marker: int = 1
    trust: int = TRUST_WIDTH
    worst: int = 1
    time: int = 18
    sequence: int = 6
    type: int = 22
    stream: int = 0
    actor: int = 0
    ledger: int = 0
    record: int = 0

    def __iter__(self) -> Iterator[int]:
        return iter((self.marker, self.trust, self.worst, self.time, self.sequence, self.type, self.stream, self.actor, self.ledger, self.record))  # fmt: skip  # noqa: E501 - one list

    @property
    def total(self) -> int:
        shown = [width for width in self if width]
        return sum(shown) + len(shown) - 1


def fit_columns(width: int, *, streams: bool, ledgers: bool) -> Columns:
    """Columns for a table so many cells wide. ``streams`` and ``ledgers``: rows of several of them are mixed.

    Time, trust, type, sequence and stream come first; then actor, ledger, record number, and words beside signs.
    """
    trust = TRUST_WIDTH if width >= 64 else 1
    worst = WORST_WIDTH if width >= 116 else 1
    time = 23 if width >= 96 else 18 if width >= 50 else 14
    sequence = 6 if width >= 50 else 5
    left = width - (1 + trust + worst + time + sequence + 5)
    wants = [("type", 12, 32), ("stream", 10 if streams else 0, 44), ("actor", 12, 28), ("ledger", 14 if ledgers else 0, 34), ("record", 9, 9)]  # fmt: skip  # noqa: E501 - one list
    given: dict[str, int] = {}
    for name, least, _ in wants:
        gap = 1 if given else 0
        if least and left >= least + gap and (len(given) < 2 or left >= least + gap + 8):
            given[name] = least
            left -= least + gap
    for share in (0.6, 1.0):
        for name, least, most in wants:
            if name in given:
                more = min(most - given[name], max(0, int(left * share)) if name != "record" else most - least, left)
                given[name] += more
                left -= more
    return Columns(trust=trust, worst=worst, time=time, sequence=sequence, **given)


def titles(columns: Columns) -> str:
    """The line of headings."""
    names = ("", "trust", "finding" if columns.worst > 1 else "!", "time, UTC", "seq", "type", "stream", "actor", "ledger", "record")  # fmt: skip  # noqa: E501 - one list
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


def cells(row: EventRow, columns: Columns, ledger_name: str = "") -> Cells:
    """Showable texts of one event for these columns."""
    trust = f"{row.trust.glyph} {row.trust.word}" if columns.trust > 1 else row.trust.glyph
    worst = f"{row.worst.glyph} {row.worst.word}" if row.worst and columns.worst > 1 else row.worst.glyph
    full = columns.time >= 23
    time = day_and_time(row.time, full=full, digits=3 if columns.time != 14 else 0).rstrip(".")
    return Cells(
        trust=fit(trust, columns.trust),
        worst=fit(worst, columns.worst),
        time=fit(time, columns.time),
        sequence=fit("" if row.sequence is None else str(row.sequence), columns.sequence, right=True),
        type=fit(safe(row.type, limit=TEXT_LIMIT), columns.type),
        stream=_stream(row, columns.stream) if columns.stream else "",
        actor=fit(safe(row.actor, limit=TEXT_LIMIT), columns.actor) if columns.actor else "",
        ledger=fit(middle(ledger_name, columns.ledger), columns.ledger) if columns.ledger else "",
        record=fit(f"{row.ordinal:,}", columns.record, right=True) if columns.record else "",
    )


def _stream(row: EventRow, width: int) -> str:
    key = safe(row.stream_key, limit=TEXT_LIMIT)
    if width >= 24 and row.stream_kind:
        kind = safe(row.stream_kind, limit=TEXT_LIMIT)
        return fit(f"{kind} {middle(key, width - len(kind) - 1)}", width)
    return fit(middle(key, width), width)
