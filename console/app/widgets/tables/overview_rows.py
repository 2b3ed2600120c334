"""Rows of the overview: ledgers, and under each some of its streams. Order and folding, apart from their drawing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from console.engine.api import LedgerRow, StreamRow
from console.model.trust import Severity

PREVIEW = 5
"""Streams under a ledger that is not unfolded."""
FEW_LEDGERS = 12
"""Up to so many ledgers each shows a preview of its streams."""
UNFOLDED = 500
"""Streams under an unfolded ledger."""
ORDERS = ("worst", "name", "last event")
_UNREAD = {"unreadable", "not recognised"}


@dataclass(frozen=True, slots=True)
class OverviewRow:
    """A ledger (``open``: with streams under it), one of its streams, or a line on streams that are not shown."""

    ledger: LedgerRow
    stream: StreamRow | None = None
    hidden: int = 0
    shown: int = 0
    last: bool = False
    open: bool = False

    @property
    def key(self) -> tuple[int, int, bool]:
        """The same row after the next look has the same key."""
        return (self.ledger.id, self.stream.id if self.stream else 0, self.hidden > 0)


def rows_of(
    ledgers: Sequence[LedgerRow], streams: Mapping[int, tuple[list[StreamRow], int]], order: str
) -> list[OverviewRow]:
    """All rows, ledgers in this order: ``worst`` first, by ``name``, or by the ``last event``; but what was flagged
    stands on top."""
    rows: list[OverviewRow] = []
    for ledger in sorted(ledgers, key=lambda row: (-row.flagged, *_place(row, order))):
        shown, total = streams.get(ledger.id, ([], 0))
        rows.append(OverviewRow(ledger, open=bool(shown)))
        hidden = total - len(shown)
        for at, stream in enumerate(shown):
            rows.append(OverviewRow(ledger, stream, last=not hidden and at == len(shown) - 1))
        if shown and hidden > 0:
            rows.append(OverviewRow(ledger, hidden=hidden, shown=len(shown), last=True))
    return rows


def _place(ledger: LedgerRow, order: str) -> tuple[object, ...]:
    unread = ledger.state in _UNREAD
    if order == "name":
        return (ledger.name, ledger.id)
    if order == "last event":
        return (unread, -(ledger.last_time or 0), ledger.name)
    worst = Severity.NONE if ledger.state == "not recognised" else ledger.worst
    return (unread, -worst, -ledger.findings[worst] if worst else 0, ledger.name)


def unread(ledger: LedgerRow) -> bool:
    """True if there is nothing to open: not recognised, or unreadable."""
    return ledger.state in _UNREAD


def added(rows: Sequence[Sequence[int]], size: int) -> tuple[int, ...]:
    """Counts added up place by place."""
    return tuple(sum(row[at] for row in rows if at < len(row)) for at in range(size))


def common_root(paths: Sequence[str]) -> str:
    """The directories that all paths share, with a slash at the end; '' if they share none."""
    if not paths:
        return ""
    first, last = min(paths), max(paths)
    same = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    return first[: first.rfind("/", 0, same) + 1]
