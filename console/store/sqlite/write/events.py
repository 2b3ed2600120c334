"""Rows of events, with their record hashes, second ids, and what they name beside their parents.

Of all that is written these are nearly everything, so that a batch goes from its columns into SQLite with no step of
Python for each row: columns become one list by slices, and one statement inserts many rows of it.
"""

from collections.abc import Iterable, Iterator, Sequence

from console.model.batch import EventBatch
from console.model.event import NO_TIME
from console.store.sqlite.database import Database
from console.store.sqlite.schema import NO_TIME_BIT, WORST_SHIFT, row_id
from console.store.sqlite.write.names import Lists

_COLUMNS = 11
_AT_ONCE = 80
"""Rows of one statement: more gain nothing."""
_LEAVES = 1016
"""Records of one row of ``leaf``, at most: so many fill pages of 8,192 bytes."""


class EventRows:
    """Appends rows to ``event``, ``leaf``, ``alias`` and ``mention``."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._last_time: dict[int, int] = {}
        """By ledger: the time of its last row."""

    def forget(self, ledger: int | None = None) -> None:
        """The last row of this ledger, or of all, may not be there any more."""
        if ledger is None:
            self._last_time.clear()
        else:
            self._last_time.pop(ledger, None)

    async def add(self, ledger: int, events: EventBatch, names: Lists) -> None:
        """Rows of a ledger; ``names`` are ids by code."""
        first = row_id(ledger, events.first)
        if ledger not in self._last_time:
            before = await self._db.one("SELECT time FROM event WHERE id = ?", (first - 1,))
            self._last_time[ledger] = before or 0
        values = self._values(ledger, events, names)
        whole = len(events) // _AT_ONCE * _AT_ONCE * _COLUMNS
        await self._db.run_many(_insert(_AT_ONCE), _slices(values, 0, whole, _AT_ONCE * _COLUMNS))
        await self._db.run_many(_insert(1), _slices(values, whole, len(values), _COLUMNS))
        if events.hashes:
            await self._db.run_many(
                "INSERT INTO leaf VALUES (?, ?)",
                [(first + at, events.hashes[32 * at : 32 * (at + _LEAVES)]) for at in range(0, len(events), _LEAVES)],
            )
        await self.add_names(first, events)

    async def add_names(self, first: int, events: EventBatch) -> None:
        """What few systems have: second ids, and mentions. ``first`` is the row id of the first of the events."""
        for table, keys in (("alias", events.alias), ("mention", events.mention)):
            values = [each for pair in enumerate(keys, first) if pair[1] for each in pair]
            whole = len(values) // (2 * _AT_ONCE) * 2 * _AT_ONCE
            many = f"INSERT INTO {table} VALUES {', '.join(['(?, ?)'] * _AT_ONCE)}"
            await self._db.run_many(many, _slices(values, 0, whole, 2 * _AT_ONCE))
            await self._db.run_many(f"INSERT INTO {table} VALUES (?, ?)", _slices(values, whole, len(values), 2))

    def _values(self, ledger: int, batch: EventBatch, names: Lists) -> list[int]:
        """The values of all rows, one after the other."""
        types, actors, streams, _ = names
        times, marks = self._times_and_marks(ledger, batch)
        first = row_id(ledger, batch.first)
        columns: tuple[Iterable[int], ...] = (
            range(first, first + len(batch)),
            batch.offset,
            batch.length,
            times,
            map(types.__getitem__, batch.type),
            map(actors.__getitem__, batch.actor),
            map(streams.__getitem__, batch.stream),
            batch.sequence,
            batch.key,
            batch.parent,
            marks,
        )
        values = [0] * (len(batch) * _COLUMNS)
        for at, column in enumerate(columns):
            values[at::_COLUMNS] = column
        return values

    def _times_and_marks(self, ledger: int, batch: EventBatch) -> tuple[Sequence[int], Sequence[int]]:
        """Columns ``time`` and ``mark``. A row without a time borrows that of the row before it, beside which it
        stays when rows are ordered by time."""
        # Both are small: one number of all bytes shifts and joins them at once.
        trust, worst = (int.from_bytes(each, "little") for each in (batch.trust, batch.worst))
        marks = (trust | worst << WORST_SHIFT).to_bytes(len(batch), "little")
        if NO_TIME not in batch.time:
            if batch.time:
                self._last_time[ledger] = batch.time[-1]
            return batch.time, marks
        last = self._last_time[ledger]
        filled, noted = [], [*marks]
        for row, time in enumerate(batch.time):
            if time == NO_TIME:
                noted[row] |= NO_TIME_BIT
            else:
                last = time
            filled.append(last)
        self._last_time[ledger] = last
        return filled, noted


def _insert(rows: int) -> str:
    one = f"({', '.join('?' * _COLUMNS)})"
    return f"INSERT INTO event VALUES {', '.join([one] * rows)}"


def _slices(values: list[int], start: int, end: int, size: int) -> Iterator[list[int]]:
    return (values[at : at + size] for at in range(start, end, size))
