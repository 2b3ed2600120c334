"""Further streams of events: an event is found in its first stream, and stands in others, too.

Most events of a first stream have the same further ones (a run's deal and trace), so that stretches of it are noted:
all events of ``first`` from row id ``low`` to ``low + span`` are in ``stream`` too.
"""

from itertools import zip_longest

from console.model.batch import EventBatch
from console.store.sqlite.database import Database
from console.store.sqlite.schema import row_id

MEMBERS = (
    "SELECT e.id FROM membership m CROSS JOIN event e ON e.stream = m.first AND e.id BETWEEN m.low AND m.low + m.span"
    " WHERE m.stream"
)
"""To be followed by a test of the stream: ids of the events that have it as a further stream."""
IS_MEMBER = (
    "event.id <= (SELECT m.low + m.span FROM membership m WHERE m.stream = ? AND m.first = event.stream"
    " AND m.low <= event.id ORDER BY m.low DESC LIMIT 1)"
)
"""True if this is a further stream of the event at hand."""
_OPEN = 10_000
"""First streams of one ledger whose stretches may go on."""
Stretches = tuple[tuple[int, ...], tuple[int, ...], int]
"""Ids of the further streams, the row id from which on each of them is one, and the last row id."""
_NONE: Stretches = (), (), 0


class Memberships:
    """Notes further streams as events are written."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._open: dict[int, dict[int, Stretches]] = {}
        """By ledger and first stream, those written last at the end."""

    def forget(self, ledger: int | None = None) -> None:
        """What was noted of this ledger, or of all, may not be there any more."""
        if ledger is None:
            self._open.clear()
        else:
            self._open.pop(ledger, None)

    async def add(self, ledger: int, events: EventBatch, streams: list[int], sets: list[tuple[int, ...]]) -> None:
        """Rows of a ledger; ``streams`` are ids by code, ``sets`` hold codes."""
        known = self._open.setdefault(ledger, {})
        if not events.further and not known:
            return
        ids = {code: tuple(streams[each] for each in sets[code]) for code in {*events.further}}
        going: dict[int, Stretches] = {}
        ended: list[tuple[int, int, int, int]] = []
        for row, (code, code_of_set) in enumerate(
            zip_longest(events.stream, events.further, fillvalue=0), row_id(ledger, events.first)
        ):
            further = ids.get(code_of_set, ())
            before = going.get(code) or known.pop(streams[code], _NONE)
            if before[0] == further:
                going[code] = further, before[1], row
            else:
                ended += [each for each in _rows(streams[code], before) if each[0] not in further]
                since = dict(zip(before[0], before[1], strict=True))
                going[code] = further, tuple(since.get(each, row) for each in further), row
        noted = {streams[code]: stretches for code, stretches in going.items()}
        await self._db.run_many(
            "INSERT INTO membership VALUES (?, ?, ?, ?)"
            " ON CONFLICT (stream, first, low) DO UPDATE SET span = excluded.span",
            [*ended, *(row for first, stretches in noted.items() for row in _rows(first, stretches))],
        )
        known.update(noted)
        for first in [*known][: max(0, len(known) - _OPEN)]:
            del known[first]


def _rows(first: int, stretches: Stretches) -> list[tuple[int, int, int, int]]:
    """Rows of the table."""
    further, since, last = stretches
    return [(stream, first, low, last - low) for stream, low in zip(further, since, strict=True)]
