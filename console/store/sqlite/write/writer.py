"""The one writer of an index. A portion is committed whole or not at all."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

from console.model.event import StreamKey
from console.model.finding import Finding
from console.model.ledger import StreamFacts
from console.model.trust import Severity, Trust
from console.store.counts import Counts, add_counts, count_events, count_streams
from console.store.errors import StoreError
from console.store.facts import Orphans, RecordPlace, ResolvedReferences
from console.store.portion import Portion
from console.store.protocol import StatedBy
from console.store.sqlite import ledgers
from console.store.sqlite.database import Database
from console.store.sqlite.membership import Memberships
from console.store.sqlite.schema import EVENT_INDEXES, state_key
from console.store.sqlite.streams import IS_STREAM, StreamRows, named
from console.store.sqlite.write import references
from console.store.sqlite.write.events import EventRows
from console.store.sqlite.write.findings import FindingLog, mark
from console.store.sqlite.write.ledger_rows import LedgerRows
from console.store.sqlite.write.names import NameIds
from console.store.sqlite.write.rewalk import rewalked


class SqliteWriter(LedgerRows):
    """See ``IndexWriter``. Made by ``console.store.sqlite.store``."""

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        self._findings = FindingLog(db)
        self._streams = StreamRows(db)
        self._names = NameIds(db, self._streams)
        self._memberships = Memberships(db)
        self._events = EventRows(db)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """All or nothing."""
        await self._db.run("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            with suppress(StoreError):  # where there is no room, SQLite has rolled back by itself
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

    async def clear(self, ledger: int) -> None:
        await self.clear_rows(ledger)
        self._findings.forget(ledger)
        self._events.forget(ledger)
        self._memberships.forget(ledger)
        self._names.begin(ledger)

    async def remove(self, ledger: int) -> None:
        await self.clear(ledger)
        await self.remove_row(ledger)

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
        if portion.counted:
            uncoded = [stream for stream in portion.counted if stream is not None]
            ids = await self._streams.ids(ledger, uncoded)
            add_counts(counts, {id: portion.counted[key].copy() for id, key in zip(ids, uncoded, strict=True)})
            for count in portion.counted.values():
                totals.add(count)
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
                events.first if events.names_any else None,
                ledger,
            ),
        )
        await self._carry(ledger, state, portion.standing)
        await self._findings.replace_standing(ledger, portion.at_end, StatedBy.END)
        await self._db.run_many(
            f"UPDATE stream SET irregular = 1 WHERE {IS_STREAM}",
            [named(self._db, ledger, each) for each in portion.irregular],
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

    async def mark(self, ledger: int, findings: Sequence[Finding]) -> None:
        await mark(self._db, ledger, findings)

    async def load(self) -> None:
        """Learn what the index holds already; once, before anything else."""
        await self._findings.load()
        self._db.salt = bytes.fromhex(await self._db.one("SELECT value FROM meta WHERE key = 'salt'") or "")

    @property
    def salt(self) -> bytes:
        return self._db.salt

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
        for name in ("stream", "key", "alias", "parent", "mention"):
            await self._make_index(name)
        await self._db.run("PRAGMA temp_store=MEMORY")

    async def _make_index(self, name: str) -> None:
        """Make an index of events, unless there is one."""
        await self._db.run_long(EVENT_INDEXES[name])

    async def resolve(self, ledger: int) -> ResolvedReferences | None:
        ((first, last),) = await self._db.all("SELECT unresolved, records FROM ledger WHERE id = ?", (ledger,))
        if first is None:
            return None
        await self._make_index("key")
        await self._make_index("alias")
        end = min(last, first + references.ROWS - 1)
        more = end < last
        await self._db.run("UPDATE ledger SET unresolved = ? WHERE id = ?", (end + 1 if more else None, ledger))
        return replace(await references.resolve(self._db, ledger, first, end), more=more)

    async def orphans(self, ledger: int, *, mentions: bool = False) -> Orphans:
        return await references.orphans(self._db, ledger, mentions=mentions)

    async def irregular_streams(self, ledger: int) -> list[StreamKey]:
        return await ledgers.irregular_streams(self._db, ledger)

    async def stream_places(self, ledger: int, stream: StreamKey) -> list[RecordPlace]:
        await self._make_index("stream")
        return await ledgers.stream_places(self._db, ledger, stream)

    async def rewalked(
        self,
        ledger: int,
        stream: StreamKey,
        trust: Iterable[tuple[int, Trust]],
        findings: Sequence[Finding],
        marks: Mapping[int, Severity] = {},
    ) -> None:
        await rewalked(self._db, self._findings, ledger, stream, trust, findings, marks)

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
