"""The one writer of an index. A portion is committed whole or not at all."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiosqlite

from console.model.batch import EventBatch
from console.model.event import NO_TIME, StreamKey
from console.model.finding import Finding
from console.model.ledger import StreamFacts
from console.model.trust import Trust
from console.store.counts import Counts, merge, tally, total
from console.store.portion import Portion
from console.store.sqlite.findings import FindingLog, stored
from console.store.sqlite.membership import Memberships
from console.store.sqlite.names import NameIds
from console.store.sqlite.schema import (
    BY_READER,
    NO_TIME_BIT,
    WORST_MASK,
    WORST_SHIFT,
    row_id,
    state_key,
)
from console.store.sqlite.streams import IS_STREAM, StreamRows, named

_LEAVES = 1016
"""Records of one row of ``leaf`` and ``alias``, at most: so many fill pages of 8,192 bytes."""


class IndexWriter:
    """Writes portions. Use ``console.store.sqlite.opening``; the caller holds the writer's lock."""

    def __init__(self, db: aiosqlite.Connection) -> None:
        self.db = db
        self.findings = FindingLog(db)
        self._streams = StreamRows(db)
        self.names = NameIds(db, self._streams)
        self._memberships = Memberships(db)
        self._last_time: dict[int, int] = {}

    async def add_ledger(self, path: str, member: str | None, container: str, format: str, shape: str) -> int:
        """A ledger that was not known. Its id."""
        cursor = await self.db.execute(
            "INSERT INTO ledger (path, member, container, format, shape) VALUES (?, ?, ?, ?, ?)",
            (path, member, container, format, shape),
        )
        ledger = cursor.lastrowid
        assert ledger is not None
        await self.db.execute("INSERT INTO volume VALUES (?, 1, ?, ?)", (ledger, path, member))
        return ledger

    async def describe(self, ledger: int, **columns: str | int | None) -> None:
        """Set columns of a ledger's row, such as ``state``, ``note`` or ``active``."""
        columns = {name: stored(value) if isinstance(value, str) else value for name, value in columns.items()}
        names = ", ".join(f"{name} = ?" for name in columns)
        await self.db.execute(f"UPDATE ledger SET {names} WHERE id = ?", (*columns.values(), ledger))

    async def note_beside(self, ledger: int, beside: str) -> None:
        """Remember what lies beside a ledger: a text that changes with it."""
        await self.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (f"beside:{ledger}", beside))

    async def clear(self, ledger: int) -> None:
        """Forget a ledger's records, but not what was found about its container."""
        low, high = row_id(ledger, 0), row_id(ledger + 1, 0) - 1
        for table, column in (
            ("event", "id"),
            ("leaf", "id"),
            ("membership", "low"),
            ("orphan", "event"),
            ("alias", "id"),
        ):
            await self.db.execute(f"DELETE FROM {table} WHERE {column} BETWEEN ? AND ?", (low, high))
        for table in ("stream", "state", "volume"):
            await self.db.execute(f"DELETE FROM {table} WHERE ledger = ?", (ledger,))
        await self.db.execute("DELETE FROM finding WHERE ledger = ? AND code NOT GLOB 'container.*'", (ledger,))
        await self.db.execute(
            "UPDATE ledger SET edition = edition + 1, records = 0, next_offset = 0, pending = 0, bytes = 0, file = '',"
            " profile = NULL, first_time = NULL, last_time = NULL, trust = '[0,0,0,0,0,0,0]' WHERE id = ?",
            (ledger,),
        )
        await self.db.execute("INSERT INTO volume SELECT id, 1, path, member FROM ledger WHERE id = ?", (ledger,))
        self.findings.forget(ledger)
        self._last_time.pop(ledger, None)
        self._memberships.forget(ledger)
        self.names.begin(ledger)

    async def remove(self, ledger: int) -> None:
        """Forget a ledger altogether."""
        await self.clear(ledger)
        for table, column in (("finding", "ledger"), ("volume", "ledger"), ("ledger", "id")):
            await self.db.execute(f"DELETE FROM {table} WHERE {column} = ?", (ledger,))

    async def forget_skipped(self, path: str | None = None) -> None:
        """Drop the rows of paths that were no ledgers, or of this one; they are looked at anew at each start."""
        which = "format = '' AND path = coalesce(?, path)"
        for table in ("finding", "volume"):
            await self.db.execute(f"DELETE FROM {table} WHERE ledger IN (SELECT id FROM ledger WHERE {which})", (path,))
        await self.db.execute(f"DELETE FROM ledger WHERE {which}", (path,))

    async def move(self, ledger: int, path: str, member: str | None, *, first: int) -> None:
        """The records of the volume that holds ``first`` are at another path now (rotation)."""
        await self.db.execute(
            "UPDATE volume SET path = ?, member = ? WHERE ledger = ? AND first ="
            " (SELECT max(first) FROM volume WHERE ledger = ? AND first <= ?)",
            (path, member, ledger, ledger, first),
        )

    async def add_volume(self, ledger: int, first: int, path: str, member: str | None) -> None:
        """Records from ordinal ``first`` on are at this path."""
        await self.db.execute("INSERT OR REPLACE INTO volume VALUES (?, ?, ?, ?)", (ledger, first, path, member))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """All or nothing."""
        await self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            await self.db.execute("ROLLBACK")
            await self._forget_uncommitted()
            raise
        await self.db.execute("COMMIT")

    async def _forget_uncommitted(self) -> None:
        """What is remembered of a transaction that did not come to be; its ledger needs a new reader."""
        self._streams.rolled_back()
        self._last_time.clear()
        self._memberships.forget()
        await self.findings.load()

    async def write(self, ledger: int, portion: Portion) -> tuple[int, int]:
        """Take one portion, within a transaction. The row ids it added: above the first and up to the second."""
        events = portion.events
        await self.names.take(ledger, events)
        await self._rows(ledger, events)
        _, _, streams, sets = self.names.of(ledger)
        await self._memberships.add(ledger, events, streams, sets)
        totals, counts = total(events), Counts()
        for found in tally(events, sets):
            merge(counts, {streams[code]: count for code, count in found.items()})
        ids_of_further = {streams[code] for each in events.new_further for code in each}
        state, carried = _parted(portion.state)
        await self._streams.add(ledger, counts, ids_of_further, portion.facts, carried)
        await self.db.execute(
            "UPDATE ledger SET records = ?, next_offset = ?, pending = ?, bytes = ?, file = ?,"
            " profile = coalesce(?, profile), first_time = min(coalesce(first_time, ?), coalesce(?, first_time)),"
            " last_time = max(coalesce(last_time, ?), coalesce(?, last_time)), trust ="
            " json_array(trust->>0 + ?, trust->>1 + ?, trust->>2 + ?, trust->>3 + ?, trust->>4 + ?, trust->>5 + ?,"
            " trust->>6 + ?) WHERE id = ?",
            (
                portion.next.ordinal - 1,
                portion.next.offset,
                portion.pending,
                portion.bytes,
                portion.file,
                portion.profile,
                totals.first,
                totals.first,
                totals.last,
                totals.last,
                *totals.trust,
                ledger,
            ),
        )
        await self._carry(ledger, state, portion.standing)
        await self.db.executemany(
            f"UPDATE stream SET irregular = 1 WHERE {IS_STREAM}", [named(ledger, each) for each in portion.irregular]
        )
        await self.findings.add(ledger, events.findings)
        return row_id(ledger, events.first - 1), row_id(ledger, portion.next.ordinal - 1)

    async def _rows(self, ledger: int, events: EventBatch) -> None:
        first = row_id(ledger, events.first)
        if ledger not in self._last_time:
            async with self.db.execute("SELECT time FROM event WHERE id = ?", (first - 1,)) as rows:
                row = await rows.fetchone()
                self._last_time[ledger] = row[0] if row else 0
        await self.db.executemany(
            "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            self._columns(ledger, events),
        )
        await self.db.executemany(
            "INSERT INTO leaf VALUES (?, ?)",
            [(first + at, events.hashes[32 * at : 32 * (at + _LEAVES)]) for at in range(0, len(events), _LEAVES)],
        )
        await self.db.executemany(
            "INSERT INTO alias VALUES (?, ?)",
            [(first + at, events.alias[at : at + _LEAVES].tobytes()) for at in range(0, len(events.alias), _LEAVES)],
        )

    def _columns(self, ledger: int, batch: EventBatch) -> Iterable[tuple[int, ...]]:
        types, actors, streams, _ = self.names.of(ledger)
        marks = [trust | worst << WORST_SHIFT for trust, worst in zip(batch.trust, batch.worst, strict=True)]
        times: Sequence[int] = batch.time
        if NO_TIME in batch.time:
            times, marks = self._borrow_times(ledger, batch.time, marks)
        if times:
            self._last_time[ledger] = times[-1]
        first = row_id(ledger, batch.first)
        return zip(
            range(first, first + len(batch)),
            batch.offset,
            batch.length,
            times,
            [types[code] for code in batch.type],
            [actors[code] for code in batch.actor],
            [streams[code] for code in batch.stream],
            batch.sequence,
            batch.key,
            batch.parent,
            marks,
            strict=True,
        )

    def _borrow_times(self, ledger: int, times: Sequence[int], marks: list[int]) -> tuple[list[int], list[int]]:
        """A row without a time stays beside the row before it when rows are ordered by time."""
        last = self._last_time.get(ledger, 0)
        filled = []
        for row, time in enumerate(times):
            if time == NO_TIME:
                marks[row] |= NO_TIME_BIT
            else:
                last = time
            filled.append(last)
        return filled, marks

    async def carry(
        self, ledger: int, state: Mapping[Any, bytes], facts: Iterable[StreamFacts], standing: Sequence[Finding]
    ) -> None:
        """What a reader knows now: its state, its streams, and the findings that hold as of now."""
        by_name, carried = _parted(state)
        await self._streams.tell(ledger, facts, carried)
        await self._carry(ledger, by_name, standing)

    async def _carry(self, ledger: int, state: Mapping[str, bytes], standing: Sequence[Finding]) -> None:
        await self.db.executemany(
            "INSERT OR REPLACE INTO state VALUES (?, ?, ?)",
            [(ledger, state_key(key), value) for key, value in state.items()],
        )
        await self.findings.replace_standing(ledger, standing, BY_READER)

    async def rewalked(
        self, ledger: int, stream: StreamKey, trust: Iterable[tuple[int, Trust]], findings: Sequence[Finding]
    ) -> None:
        """New verdicts of one stream's chain replace the earlier ones; the caller holds the transaction."""
        async with self.db.execute(f"SELECT id FROM stream WHERE {IS_STREAM}", named(ledger, stream)) as rows:
            row = await rows.fetchone()
        assert row is not None
        number = row[0]
        before = await self._trust_of(number)
        # Where the worst finding of an event is one that is taken back, the worst of those that stay takes its place.
        taken = "SELECT id FROM finding WHERE ledger = ?1 AND stream = ?2 AND code GLOB 'chain.*'"
        await self.db.execute(
            f"UPDATE event SET mark = (mark & ~{WORST_MASK}) | (coalesce((SELECT max(severity) FROM finding"
            f" WHERE finding.event = event.id AND finding.id NOT IN ({taken})), 0) << {WORST_SHIFT})"
            f" WHERE id IN (SELECT event FROM finding WHERE id IN ({taken}) AND event IS NOT NULL"
            f" AND severity << {WORST_SHIFT} = event.mark & {WORST_MASK})",
            (ledger, stored(stream.key)),
        )
        await self.db.execute(f"DELETE FROM finding WHERE id IN ({taken})", (ledger, stored(stream.key)))
        await self.db.executemany(
            "UPDATE event SET mark = (mark & ~7) | ? WHERE id = ?",
            [(int(state), row_id(ledger, ordinal)) for ordinal, state in trust],
        )
        await self.mark(ledger, findings)
        await self.findings.add(ledger, findings)
        after = await self._trust_of(number)
        change = [now - then for now, then in zip(after, before, strict=True)]
        await self.db.execute(
            "UPDATE stream SET irregular = 0, t0 = t0 + ?, t1 = t1 + ?, t2 = t2 + ?, t3 = t3 + ?, t4 = t4 + ?,"
            " t5 = t5 + ?, t6 = t6 + ? WHERE id = ?",
            (*change, number),
        )
        await self.db.execute(
            "UPDATE ledger SET edition = edition + 1, trust = json_array(trust->>0 + ?, trust->>1 + ?, trust->>2 + ?,"
            " trust->>3 + ?, trust->>4 + ?, trust->>5 + ?, trust->>6 + ?) WHERE id = ?",
            (*change, ledger),
        )

    async def mark(self, ledger: int, findings: Sequence[Finding]) -> None:
        """Let the rows of these findings show how bad they are."""
        await self.db.executemany(
            f"UPDATE event SET mark = (mark & ~{WORST_MASK}) | ?1 WHERE id = ?2 AND mark & {WORST_MASK} < ?1",
            [(each.severity << WORST_SHIFT, row_id(ledger, each.record)) for each in findings if each.record],
        )

    async def _trust_of(self, stream: int) -> list[int]:
        """Events by trust of those whose first stream this is."""
        counts = [0] * 7
        async with self.db.execute(
            "SELECT mark & 7, count(*) FROM event WHERE stream = ? GROUP BY 1", (stream,)
        ) as rows:
            async for state, count in rows:
                counts[state] = count
        return counts

    async def close(self) -> None:
        """Checkpoint and close."""
        try:
            await self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            await self.db.close()


def _parted(state: Mapping[Any, bytes]) -> tuple[dict[str, bytes], dict[StreamKey, bytes]]:
    """A reader's state by names of its choice, and that of its streams."""
    carried = {key: value for key, value in state.items() if isinstance(key, StreamKey)}
    return {key: value for key, value in state.items() if not isinstance(key, StreamKey)}, carried
