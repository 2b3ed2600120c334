"""The one writer of an index. A portion is committed whole or not at all."""

import json
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import chain
from pathlib import Path

import aiosqlite

from console.index.portion import Portion
from console.index.schema import (
    APPLICATION_ID,
    BY_READER,
    NO_TIME_BIT,
    PRAGMAS,
    SCHEMA_VERSION,
    TABLES,
    WORST_MASK,
    WORST_SHIFT,
    row_id,
    state_key,
)
from console.index.tally import Count, Counts, merge, tally
from console.model.batch import EventBatch
from console.model.event import NO_TIME, StreamKey
from console.model.finding import Finding
from console.model.ledger import StreamFacts
from console.model.trust import Trust

DETAIL = 1000
"""Findings of one code and ledger that are kept one by one; the rest are counted."""


class IndexWriter:
    """Writes portions. Use ``open_index``; the caller holds the writer's lock."""

    def __init__(self, db: aiosqlite.Connection) -> None:
        self.db = db
        self._names: dict[int, tuple[list[int], list[int], list[int]]] = {}
        self._last_time: dict[int, int] = {}
        self._further: set[int] = set()
        self._kept: Counter[tuple[int, str]] = Counter()

    async def load(self) -> None:
        """Learn how many findings are kept already."""
        async with self.db.execute(
            "SELECT ledger, code, count(*) FROM finding WHERE standing = 0 AND kept GROUP BY 1, 2"
        ) as rows:
            self._kept.update({(ledger, code): count async for ledger, code, count in rows})

    def begin(self, ledger: int) -> None:
        """A new reader will decode this ledger: its name lists start empty."""
        self._names[ledger] = ([0], [0], [0])

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
        columns = {name: _text(value) if isinstance(value, str) else value for name, value in columns.items()}
        names = ", ".join(f"{name} = ?" for name in columns)
        await self.db.execute(f"UPDATE ledger SET {names} WHERE id = ?", (*columns.values(), ledger))

    async def clear(self, ledger: int) -> None:
        """Forget a ledger's records, but not what was found about its container."""
        low, high = row_id(ledger, 0), row_id(ledger + 1, 0) - 1
        for table, column in (
            ("event", "id"),
            ("leaf", "id"),
            ("membership", "event"),
            ("orphan", "event"),
            ("alias", "event"),
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
        self._kept = Counter({pair: count for pair, count in self._kept.items() if pair[0] != ledger})
        self._last_time.pop(ledger, None)
        self._further.clear()
        self.begin(ledger)

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
            raise
        await self.db.execute("COMMIT")

    async def write(self, ledger: int, portion: Portion) -> tuple[int, int]:
        """Take one portion, within a transaction. The row ids it added: above the first and up to the second."""
        await self._names_of(ledger, portion.batches)
        await self._rows(ledger, portion.batches)
        streams = self._names[ledger][2]
        counts: Counts = {}
        further: Counts = {}
        for into, found in zip((counts, further), tally(portion.batches), strict=True):
            for code, count in found.items():
                merge(into, {streams[code]: count})
        totals = Count()
        for count in counts.values():
            totals.add(count)
        merge(counts, further)
        await self.db.executemany(
            "UPDATE stream SET events = events + ?, first_time = min(coalesce(first_time, ?), ?),"
            " last_time = max(coalesce(last_time, ?), ?), t0 = t0 + ?, t1 = t1 + ?, t2 = t2 + ?, t3 = t3 + ?,"
            " t4 = t4 + ?, t5 = t5 + ?, t6 = t6 + ? WHERE id = ?",
            [
                (count.events, count.first, count.first, count.last, count.last, *count.trust, stream)
                for stream, count in counts.items()
                if stream
            ],
        )
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
        await self.carry(ledger, portion.state, portion.facts, portion.standing)
        await self.db.executemany(
            "UPDATE stream SET irregular = 1 WHERE ledger = ? AND kind = ? AND key = ?",
            [(ledger, each.kind, _text(each.key)) for each in portion.irregular],
        )
        await self.add_findings(ledger, [each for batch in portion.batches for each in batch.findings])
        first = portion.batches[0].first - 1 if portion.batches else portion.next.ordinal - 1
        return row_id(ledger, first), row_id(ledger, portion.next.ordinal - 1)

    async def _names_of(self, ledger: int, batches: Sequence[EventBatch]) -> None:
        """Ids for the names that these batches bring."""
        types, actors, streams = self._names[ledger]
        types.extend(await self._intern("type", [text for batch in batches for text in batch.new_types]))
        actors.extend(await self._intern("actor", [text for batch in batches for text in batch.new_actors]))
        streams.extend(await self._streams(ledger, [key for batch in batches for key in batch.new_streams]))
        further = {streams[code] for batch in batches for _, code in batch.also} - self._further
        if further:
            self._further |= further
            await self.db.executemany("UPDATE stream SET further = 1 WHERE id = ?", [(stream,) for stream in further])

    async def _rows(self, ledger: int, batches: Sequence[EventBatch]) -> None:
        if ledger not in self._last_time:
            first = row_id(ledger, batches[0].first) if batches else 0
            async with self.db.execute("SELECT time FROM event WHERE id = ?", (first - 1,)) as rows:
                row = await rows.fetchone()
                self._last_time[ledger] = row[0] if row else 0
        await self.db.executemany(
            "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            chain.from_iterable(self._columns(ledger, batch) for batch in batches),
        )
        await self.db.executemany(
            "INSERT INTO leaf VALUES (?, ?)",
            [(row_id(ledger, batch.first), batch.hashes) for batch in batches if len(batch)],
        )
        await self.db.executemany(
            "INSERT OR IGNORE INTO alias VALUES (?, ?)",
            [(key, row_id(ledger, batch.first) + row) for batch in batches for row, key in batch.aliases],
        )
        streams = self._names[ledger][2]
        await self.db.executemany(
            "INSERT OR IGNORE INTO membership VALUES (?, ?)",
            [(streams[code], row_id(ledger, batch.first) + row) for batch in batches for row, code in batch.also],
        )

    def _columns(self, ledger: int, batch: EventBatch) -> Iterable[tuple[int, ...]]:
        types, actors, streams = self._names[ledger]
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

    async def _intern(self, table: str, texts: Sequence[str]) -> list[int]:
        if not texts:
            return []
        texts = [text.encode("utf-8", "backslashreplace").decode() for text in texts]
        await self.db.executemany(f"INSERT OR IGNORE INTO {table} (text) VALUES (?)", [(text,) for text in texts])
        async with self.db.execute(
            f"SELECT text, id FROM {table} WHERE text IN (SELECT value FROM json_each(?))", (json.dumps(texts),)
        ) as rows:
            ids = {text: number async for text, number in rows}
        for text in {*texts} - ids.keys():
            # JSON in SQLite ends a text at a NUL; a parameter does not.
            async with self.db.execute(f"SELECT id FROM {table} WHERE text = ?", (text,)) as rows:
                ids.update([(text, row[0]) async for row in rows])
        return [ids[text] for text in texts]

    async def _streams(self, ledger: int, keys: Sequence[StreamKey]) -> list[int]:
        if not keys:
            return []
        pairs = [(key.kind, key.key.encode("utf-8", "backslashreplace").decode()) for key in keys]
        await self.db.executemany(
            "INSERT OR IGNORE INTO stream (ledger, kind, key) VALUES (?, ?, ?)", [(ledger, *pair) for pair in pairs]
        )
        async with self.db.execute(
            "SELECT kind, key, id FROM stream WHERE ledger = ? AND (kind, key) IN"
            " (SELECT value->>0, value->>1 FROM json_each(?))",
            (ledger, json.dumps(pairs)),
        ) as rows:
            ids = {(kind, key): number async for kind, key, number in rows}
        for pair in {*pairs} - ids.keys():
            async with self.db.execute(
                "SELECT id FROM stream WHERE ledger = ? AND kind = ? AND key = ?", (ledger, *pair)
            ) as rows:
                ids.update([(pair, row[0]) async for row in rows])
        return [ids[pair] for pair in pairs]

    async def carry(
        self, ledger: int, state: Mapping[str, bytes], facts: Iterable[StreamFacts], standing: Sequence[Finding]
    ) -> None:
        """What a reader knows now: its state, its streams, and the findings that hold as of now."""
        await self._facts(ledger, facts)
        await self.db.executemany(
            "INSERT OR REPLACE INTO state VALUES (?, ?, ?)",
            [(ledger, state_key(key), value) for key, value in state.items()],
        )
        await self.replace_standing(ledger, standing, BY_READER)

    async def _facts(self, ledger: int, facts: Iterable[StreamFacts]) -> None:
        await self.db.executemany(
            "UPDATE stream SET state = ?, chained = ?, intact = ? WHERE ledger = ? AND kind = ? AND key = ?",
            [
                (json.dumps(dict(each.state)), each.chained, each.chain_intact, ledger, each.kind, _text(each.key))
                for each in facts
            ],
        )

    async def add_findings(self, ledger: int, findings: Sequence[Finding]) -> None:
        """Settled findings. Beyond ``DETAIL`` of one code they are only counted, in a row of their own."""
        detailed: list[Finding] = []
        more: Counter[str] = Counter()
        samples: dict[str, Finding] = {}
        for each in findings:
            if self._kept[ledger, each.code] < DETAIL:
                self._kept[ledger, each.code] += 1
                detailed.append(each)
            else:
                more[each.code] += each.count
                samples.setdefault(each.code, each)
        await self._insert_findings(ledger, detailed)
        for code, count in more.items():
            changed = await self.db.execute(
                "UPDATE finding SET count = count + ? WHERE ledger = ? AND code = ? AND kept = 0", (count, ledger, code)
            )
            if changed.rowcount == 0:
                sample = samples[code]
                await self._insert_findings(
                    ledger,
                    [
                        Finding(
                            code=code,
                            severity=sample.severity,
                            message=f"Further findings of this kind: only the first {DETAIL:,} are listed one by one.",
                            confidence=sample.confidence,
                            count=count,
                        )
                    ],
                    kept=0,
                )

    async def replace_standing(self, ledger: int, findings: Sequence[Finding], stated_by: int) -> None:
        """What holds as of now takes the place of what the same part of the console stated before."""
        await self.db.execute("DELETE FROM finding WHERE ledger = ? AND standing = ?", (ledger, stated_by))
        await self._insert_findings(ledger, findings, stated_by=stated_by)

    async def _insert_findings(
        self, ledger: int, findings: Sequence[Finding], *, kept: int = 1, stated_by: int = 0
    ) -> None:
        await self.db.executemany(
            "INSERT INTO finding (ledger, stream, event, code, severity, confidence, message, event_id, sequence,"
            " record, offset, length, field, expected, actual, count, standing, kept)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    ledger,
                    _text(each.stream),
                    None if each.record is None else row_id(ledger, each.record),
                    each.code,
                    int(each.severity),
                    str(each.confidence),
                    _text(each.message),
                    _text(each.event_id),
                    _integer(each.sequence),
                    each.record,
                    each.offset,
                    each.length,
                    _text(each.field),
                    _text(each.expected),
                    _text(each.actual),
                    each.count,
                    stated_by,
                    kept,
                )
                for each in findings
            ],
        )

    async def rewalked(
        self, ledger: int, stream: StreamKey, trust: Iterable[tuple[int, Trust]], findings: Sequence[Finding]
    ) -> None:
        """New verdicts of one stream's chain replace the earlier ones; the caller holds the transaction."""
        async with self.db.execute(
            "SELECT id FROM stream WHERE ledger = ? AND kind = ? AND key = ?", (ledger, stream.kind, _text(stream.key))
        ) as rows:
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
            (ledger, _text(stream.key)),
        )
        await self.db.execute(f"DELETE FROM finding WHERE id IN ({taken})", (ledger, _text(stream.key)))
        await self.db.executemany(
            "UPDATE event SET mark = (mark & ~7) | ? WHERE id = ?",
            [(int(state), row_id(ledger, ordinal)) for ordinal, state in trust],
        )
        await self.db.executemany(
            f"UPDATE event SET mark = (mark & ~{WORST_MASK}) | ?1 WHERE id = ?2 AND mark & {WORST_MASK} < ?1",
            [(each.severity << WORST_SHIFT, row_id(ledger, each.record)) for each in findings if each.record],
        )
        await self.add_findings(ledger, findings)
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


async def open_index(path: Path) -> tuple[IndexWriter, str]:
    """Open an index for writing, making or remaking it where needed. Also a note for people, '' if there is none.

    An index of another version, or one that is damaged, is rebuilt: it holds nothing that the ledgers do not.
    Raises ``OSError`` where the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    note = ""
    if path.exists():
        problem = _problem(path)
        if problem:
            note = f"The index is rebuilt: {problem}."
            discard(path)
    try:
        return await _opened(path), note
    except sqlite3.DatabaseError as error:
        if not damaged(error):
            raise
        discard(path)
        return await _opened(path), f"The index is rebuilt: it cannot be read ({error})."


async def _opened(path: Path) -> IndexWriter:
    fresh = not path.exists()
    db = await aiosqlite.connect(path, isolation_level=None)
    try:
        if fresh:
            await db.execute("PRAGMA page_size=8192")
            await db.execute(f"PRAGMA application_id={APPLICATION_ID}")
        for pragma in PRAGMAS:
            await db.execute(pragma)
        if fresh:
            await db.execute("BEGIN IMMEDIATE")
            for statement in TABLES.split(";\n"):
                if statement.strip():
                    await db.execute(statement)
            await db.execute("INSERT INTO meta VALUES ('schema_version', ?)", (str(SCHEMA_VERSION),))
            await db.execute("COMMIT")
        writer = IndexWriter(db)
        await writer.load()
    except BaseException:
        # Its thread would outlive this process's work.
        await db.close()
        raise
    return writer


def discard(path: Path) -> None:
    """Remove an index: the next start builds it anew."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def damaged(error: sqlite3.Error) -> bool:
    """Whether an error says that the index itself is damaged, not that there is no room or no right to write."""
    return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))


def _problem(path: Path) -> str:
    """Why this index cannot be used; '' if it can."""
    try:
        db = sqlite3.connect(path)
        try:
            row = db.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()
            if row is None or row[0] != str(SCHEMA_VERSION):
                return f"it has version {row[0] if row else 'none'}, this console writes {SCHEMA_VERSION}"
            if path.stat().st_size < 64 << 20 and db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                return "it is damaged"
        finally:
            db.close()
    except sqlite3.DatabaseError as error:
        return f"it cannot be read ({error})"
    return ""


def _text(value: str | None) -> str | None:
    return None if value is None else value.encode("utf-8", "backslashreplace").decode()


def _integer(value: int | None) -> int | None:
    return None if value is None or not -(1 << 63) <= value < 1 << 63 else value
