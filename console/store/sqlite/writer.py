"""The one writer of an index. A portion is committed whole or not at all."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Unpack

from console.model.event import StreamKey
from console.model.finding import Finding
from console.model.ledger import StreamFacts
from console.model.trust import Trust
from console.store.counts import Counts, add_counts, count_events, count_streams
from console.store.portion import Portion
from console.store.protocol import LedgerChanges, StatedBy
from console.store.rows import KnownLedger, Orphans, Place, References
from console.store.spelling import spelled_out
from console.store.sqlite import ledgers, references
from console.store.sqlite.database import Database
from console.store.sqlite.events import EventRows
from console.store.sqlite.findings import FindingLog
from console.store.sqlite.membership import Memberships
from console.store.sqlite.names import NameIds
from console.store.sqlite.schema import (
    EVENT_INDEXES,
    WORST_MASK,
    WORST_SHIFT,
    row_id,
    state_key,
)
from console.store.sqlite.streams import IS_STREAM, StreamRows, named


class SqliteWriter(ledgers.LedgerTables):
    """See ``IndexWriter``. Made by ``console.store.sqlite.store``."""

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        self._findings = FindingLog(db)
        self._streams = StreamRows(db)
        self._names = NameIds(db, self._streams)
        self._memberships = Memberships(db)
        self._events = EventRows(db)

    async def add_ledger(self, path: str, member: str | None, container: str, format: str, shape: str) -> int:
        """A ledger that was not known. Its id."""
        ledger = await self._db.insert(
            "INSERT INTO ledger (path, member, container, format, shape) VALUES (?, ?, ?, ?, ?)",
            (path, member, container, format, shape),
        )
        await self._db.run("INSERT INTO volume VALUES (?, 1, ?, ?)", (ledger, path, member))
        return ledger

    async def known_ledgers(self) -> list[KnownLedger]:
        return await ledgers.known_ledgers(self._db)

    async def describe(self, ledger: int, **changes: Unpack[LedgerChanges]) -> None:
        columns = {name: spelled_out(value) if isinstance(value, str) else value for name, value in changes.items()}
        names = ", ".join(f"{name} = ?" for name in columns)
        await self._db.run(f"UPDATE ledger SET {names} WHERE id = ?", (*columns.values(), ledger))

    async def beside(self, ledger: int) -> str:
        found: str | None = await self._db.one("SELECT value FROM meta WHERE key = ?", (f"beside:{ledger}",))
        return found or ""

    async def note_beside(self, ledger: int, beside: str) -> None:
        """Remember what lies beside a ledger: a text that changes with it."""
        await self._db.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", (f"beside:{ledger}", beside))

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
            await self._db.run(f"DELETE FROM {table} WHERE {column} BETWEEN ? AND ?", (low, high))
        for table in ("stream", "state", "volume"):
            await self._db.run(f"DELETE FROM {table} WHERE ledger = ?", (ledger,))
        await self._db.run("DELETE FROM finding WHERE ledger = ? AND code NOT GLOB 'container.*'", (ledger,))
        await self._db.run(
            "UPDATE ledger SET edition = edition + 1, records = 0, next_offset = 0, pending = 0, bytes = 0, file = '',"
            " profile = NULL, first_time = NULL, last_time = NULL, unresolved = NULL, trust = '[0,0,0,0,0,0,0]'"
            " WHERE id = ?",
            (ledger,),
        )
        await self._db.run("INSERT INTO volume SELECT id, 1, path, member FROM ledger WHERE id = ?", (ledger,))
        self._findings.forget(ledger)
        self._events.forget(ledger)
        self._memberships.forget(ledger)
        self._names.begin(ledger)

    async def remove(self, ledger: int) -> None:
        """Forget a ledger altogether."""
        await self.clear(ledger)
        for table, column in (("finding", "ledger"), ("volume", "ledger"), ("ledger", "id")):
            await self._db.run(f"DELETE FROM {table} WHERE {column} = ?", (ledger,))

    async def forget_skipped(self, path: str | None = None) -> None:
        """Drop the rows of paths that were no ledgers, or of this one; they are looked at anew at each start."""
        which = "format = '' AND path = coalesce(?, path)"
        for table in ("finding", "volume"):
            await self._db.run(f"DELETE FROM {table} WHERE ledger IN (SELECT id FROM ledger WHERE {which})", (path,))
        await self._db.run(f"DELETE FROM ledger WHERE {which}", (path,))

    async def move_volume(self, ledger: int, ordinal: int, path: str, member: str | None) -> None:
        await self._db.run(
            "UPDATE volume SET path = ?, member = ? WHERE ledger = ? AND first ="
            " (SELECT max(first) FROM volume WHERE ledger = ? AND first <= ?)",
            (path, member, ledger, ledger, ordinal),
        )

    async def begin_volume(self, ledger: int, first: int, path: str, member: str | None) -> None:
        await self._db.run("INSERT OR REPLACE INTO volume VALUES (?, ?, ?, ?)", (ledger, first, path, member))
        await self._db.run("UPDATE ledger SET next_offset = 0, file = '', pending = 0 WHERE id = ?", (ledger,))

    async def past_paths(self) -> list[str]:
        rows = await self._db.all("SELECT path FROM volume WHERE path NOT IN (SELECT path FROM ledger)")
        return [path for (path,) in rows]

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """All or nothing."""
        await self._db.run("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            await self._db.run("ROLLBACK")
            await self._forget_uncommitted()
            raise
        await self._db.run("COMMIT")

    async def _forget_uncommitted(self) -> None:
        """What is remembered of a transaction that did not come to be; its ledger needs a new reader."""
        self._streams.rolled_back()
        self._events.forget()
        self._memberships.forget()
        await self._findings.load()

    def begin(self, ledger: int) -> None:
        self._names.begin(ledger)

    async def append(self, ledger: int, portion: Portion) -> None:
        events = portion.events
        await self._names.take(ledger, events)
        names = self._names.of(ledger)
        await self._events.add(ledger, events, names)
        _, _, streams, sets = names
        await self._memberships.add(ledger, events, streams, sets)
        totals, counts = count_events(events), Counts()
        for found in count_streams(events, sets):
            add_counts(counts, {streams[code]: count for code, count in found.items()})
        ids_of_further = {streams[code] for each in events.new_further for code in each}
        state, carried = _parted(portion.state)
        await self._streams.add(ledger, counts, ids_of_further, portion.facts, carried)
        await self._db.run(
            "UPDATE ledger SET records = ?, next_offset = ?, pending = ?, bytes = ?, file = ?,"
            " profile = coalesce(?, profile), first_time = min(coalesce(first_time, ?), coalesce(?, first_time)),"
            " last_time = max(coalesce(last_time, ?), coalesce(?, last_time)), trust ="
            " json_array(trust->>0 + ?, trust->>1 + ?, trust->>2 + ?, trust->>3 + ?, trust->>4 + ?, trust->>5 + ?,"
            " trust->>6 + ?), unresolved = coalesce(unresolved, ?) WHERE id = ?",
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
                events.first if any(events.key) or any(events.parent) else None,
                ledger,
            ),
        )
        await self._carry(ledger, state, portion.standing)
        await self._db.run_many(
            f"UPDATE stream SET irregular = 1 WHERE {IS_STREAM}", [named(ledger, each) for each in portion.irregular]
        )
        await self._findings.add(ledger, events.findings)

    async def carry(
        self, ledger: int, state: Mapping[Any, bytes], facts: Iterable[StreamFacts], standing: Sequence[Finding]
    ) -> None:
        by_name, carried = _parted(state)
        await self._streams.tell(ledger, facts, carried)
        await self._carry(ledger, by_name, standing)

    async def reader_state(self, ledger: int) -> list[tuple[str | StreamKey, bytes]]:
        return await ledgers.reader_state(self._db, ledger)

    async def _carry(self, ledger: int, state: Mapping[str, bytes], standing: Sequence[Finding]) -> None:
        await self._db.run_many(
            "INSERT OR REPLACE INTO state VALUES (?, ?, ?)",
            [(ledger, state_key(key), value) for key, value in state.items()],
        )
        await self._findings.replace_standing(ledger, standing, StatedBy.READER)

    async def rewalked(
        self, ledger: int, stream: StreamKey, trust: Iterable[tuple[int, Trust]], findings: Sequence[Finding]
    ) -> None:
        number = await self._db.one(f"SELECT id FROM stream WHERE {IS_STREAM}", named(ledger, stream))
        before = await self._trust_of(number)
        # Where the worst finding of an event is one that is taken back, the worst of those that stay takes its place.
        taken = "SELECT id FROM finding WHERE ledger = ?1 AND stream = ?2 AND code GLOB 'chain.*'"
        await self._db.run(
            f"UPDATE event SET mark = (mark & ~{WORST_MASK}) | (coalesce((SELECT max(severity) FROM finding"
            f" WHERE finding.event = event.id AND finding.id NOT IN ({taken})), 0) << {WORST_SHIFT})"
            f" WHERE id IN (SELECT event FROM finding WHERE id IN ({taken}) AND event IS NOT NULL"
            f" AND severity << {WORST_SHIFT} = event.mark & {WORST_MASK})",
            (ledger, spelled_out(stream.key)),
        )
        await self._db.run(f"DELETE FROM finding WHERE id IN ({taken})", (ledger, spelled_out(stream.key)))
        await self._db.run_many(
            "UPDATE event SET mark = (mark & ~7) | ? WHERE id = ?",
            [(int(state), row_id(ledger, ordinal)) for ordinal, state in trust],
        )
        await self.mark(ledger, findings)
        await self._findings.add(ledger, findings)
        after = await self._trust_of(number)
        change = [now - then for now, then in zip(after, before, strict=True)]
        await self._db.run(
            "UPDATE stream SET irregular = 0, t0 = t0 + ?, t1 = t1 + ?, t2 = t2 + ?, t3 = t3 + ?, t4 = t4 + ?,"
            " t5 = t5 + ?, t6 = t6 + ? WHERE id = ?",
            (*change, number),
        )
        await self._db.run(
            "UPDATE ledger SET edition = edition + 1, trust = json_array(trust->>0 + ?, trust->>1 + ?, trust->>2 + ?,"
            " trust->>3 + ?, trust->>4 + ?, trust->>5 + ?, trust->>6 + ?) WHERE id = ?",
            (*change, ledger),
        )

    async def mark(self, ledger: int, findings: Sequence[Finding]) -> None:
        await self._db.run_many(
            f"UPDATE event SET mark = (mark & ~{WORST_MASK}) | ?1 WHERE id = ?2 AND mark & {WORST_MASK} < ?1",
            [(each.severity << WORST_SHIFT, row_id(ledger, each.record)) for each in findings if each.record],
        )

    async def _trust_of(self, stream: int) -> list[int]:
        """Events by trust of those whose first stream this is."""
        counts = [0] * 7
        for state, count in await self._db.all(
            "SELECT mark & 7, count(*) FROM event WHERE stream = ? GROUP BY 1", (stream,)
        ):
            counts[state] = count
        return counts

    async def load(self) -> None:
        """Learn what the index holds already; once, before anything else."""
        await self._findings.load()

    async def add_findings(self, ledger: int, findings: Sequence[Finding]) -> None:
        await self._findings.add(ledger, findings)

    async def replace_standing(self, ledger: int, findings: Sequence[Finding], by: StatedBy) -> None:
        await self._findings.replace_standing(ledger, findings, by)

    async def has_finding(self, ledger: int, code: str, offset: int) -> bool:
        sql = "SELECT 1 FROM finding WHERE ledger = ? AND code = ? AND offset = ?"
        return bool(await self._db.all(sql, (ledger, code, offset)))

    async def settle(self) -> None:
        # Beyond the cache what is sorted goes to temporary files, not to memory.
        await self._db.run("PRAGMA temp_store=FILE")
        await self._make_index("stream")
        await self._db.run("PRAGMA temp_store=MEMORY")

    async def _make_index(self, name: str) -> None:
        """Make an index of events, unless there is one."""
        await self._db.run_long(EVENT_INDEXES[name])

    async def resolve(self, ledger: int) -> References | None:
        ((first, last),) = await self._db.all("SELECT unresolved, records FROM ledger WHERE id = ?", (ledger,))
        if first is None:
            return None
        await self._make_index("key")
        await self._db.run("UPDATE ledger SET unresolved = NULL WHERE id = ?", (ledger,))
        return await references.resolve(self._db, ledger, first, last)

    async def orphans(self, ledger: int) -> Orphans:
        return await references.orphans(self._db, ledger)

    async def irregular_streams(self, ledger: int) -> list[StreamKey]:
        return await ledgers.irregular_streams(self._db, ledger)

    async def stream_places(self, ledger: int, stream: StreamKey) -> list[Place]:
        await self._make_index("stream")
        return await ledgers.stream_places(self._db, ledger, stream)

    async def close(self) -> None:
        """Checkpoint and close."""
        try:
            await self._db.run("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            await self._db.close()


def _parted(state: Mapping[Any, bytes]) -> tuple[dict[str, bytes], dict[StreamKey, bytes]]:
    """A reader's state by names of its choice, and that of its streams."""
    carried = {key: value for key, value in state.items() if isinstance(key, StreamKey)}
    return {key: value for key, value in state.items() if not isinstance(key, StreamKey)}, carried
