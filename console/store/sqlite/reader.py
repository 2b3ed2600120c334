"""Read-only access to an index that another process may be writing."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import aiosqlite
import msgspec

from console.model.finding import Finding
from console.model.trust import Confidence, Severity, Trust
from console.store.rows import EventRow, FindingRow, LedgerRow, StreamRow
from console.store.sqlite.query import Query
from console.store.sqlite.schema import FLAGGED, NO_TIME_BIT, SCHEMA_VERSION, WORST_SHIFT, split_id
from console.store.sqlite.states import leaf_of

_EVENT_COLUMNS = (
    "event.id, event.offset, event.length, event.time, event.type, event.actor, event.stream, event.sequence,"
    " event.mark"
)
_FINDING_COLUMNS = (
    "f.id, f.ledger, l.path, l.member, f.event, f.code, f.severity, f.message, f.confidence, f.stream, f.event_id,"
    " f.sequence, f.record, f.offset, f.length, f.field, f.expected, f.actual, f.count, f.standing"
)


class IndexReader:
    """Queries for screens and commands. Every query is short; none holds a read transaction open."""

    def __init__(self, db: aiosqlite.Connection) -> None:
        self.db = db
        self._texts: dict[str, dict[int, str]] = {"type": {0: ""}, "actor": {0: ""}}
        self._streams: dict[int, tuple[str, str]] = {0: ("", "")}

    async def ledgers(self, ledger: int | None = None) -> list[LedgerRow]:
        """The ledgers opened now, those that were flagged first, then by name; or the one of this id."""
        counts: dict[int, list[int]] = {}
        for number, severity, count in await self.all("SELECT ledger, severity, sum(count) FROM finding GROUP BY 1, 2"):
            counts.setdefault(number, [0] * 5)[severity] = count
        rows = await self.all(
            "SELECT id, path, member, container, format, shape, profile, ledger.state, note, records, bytes,"
            " first_time, last_time, trust, pending, coalesce(level, 0) FROM ledger LEFT JOIN"
            f" (SELECT ledger, max({FLAGGED}) AS level FROM stream WHERE {FLAGGED} > 0 GROUP BY ledger) f"
            " ON f.ledger = ledger.id WHERE "
            + ("active ORDER BY coalesce(level, 0) DESC, path, member" if ledger is None else "id = ?"),
            () if ledger is None else (ledger,),
        )
        return [_ledger_row(row, counts.get(row[0], [0] * 5)) for row in rows]

    async def streams(
        self, ledger: int | None = None, *, limit: int = 500, offset: int = 0
    ) -> tuple[list[StreamRow], int]:
        """Streams, flagged ones first, then worst first, then latest first; and how many there are in all."""
        scope = (
            "s.ledger = ?1" if ledger is not None else "?1 IS NULL AND s.ledger IN (SELECT id FROM ledger WHERE active)"
        )
        total = await self.one(f"SELECT count(*) FROM stream s WHERE {scope}", (ledger,))
        found = await self.all(
            "WITH worst AS (SELECT ledger, stream, max(severity) AS level FROM finding WHERE stream IS NOT NULL"
            " GROUP BY 1, 2) SELECT s.id, s.ledger, s.kind, s.key, s.events, s.first_time, s.last_time, s.t0, s.t1,"
            " s.t2, s.t3, s.t4, s.t5, s.t6, s.state, s.chained, s.intact FROM stream s LEFT JOIN worst w"
            f" ON w.ledger = s.ledger AND w.stream = s.key WHERE {scope}"
            f" ORDER BY {FLAGGED} DESC, coalesce(w.level, 0) DESC, s.t6 DESC, s.further, s.last_time DESC, s.id"
            " LIMIT ?2 OFFSET ?3",
            (ledger, limit, offset),
        )
        counts = await self._finding_counts({(row[1], row[3]) for row in found})
        return [self._stream_row(row, counts) for row in found], total

    async def stream(self, stream: int) -> StreamRow | None:
        """One stream."""
        for row in await self.all(
            "SELECT id, ledger, kind, key, events, first_time, last_time, t0, t1, t2, t3, t4, t5, t6, state, chained,"
            " intact FROM stream WHERE id = ?",
            (stream,),
        ):
            return self._stream_row(row, await self._finding_counts({(row[1], row[3])}))
        return None

    @staticmethod
    def _stream_row(row: Any, counts: dict[tuple[int, str], list[int]]) -> StreamRow:
        values: list[Any] = [
            *row[:7],
            tuple(row[7:14]),
            tuple(counts.get((row[1], row[3]), [0] * 5)),
            json.loads(row[14]),
            row[15],
            None if row[16] is None else bool(row[16]),
        ]
        return StreamRow(*values)

    async def _finding_counts(self, keys: Iterable[tuple[int, str]]) -> dict[tuple[int, str], list[int]]:
        counts: dict[tuple[int, str], list[int]] = {}
        wanted = sorted(keys)
        for start in range(0, len(wanted), 5000):
            some = wanted[start : start + 5000]
            marks = ", ".join(["(?, ?)"] * len(some))
            for ledger, stream, severity, count in await self.all(
                f"SELECT ledger, stream, severity, sum(count) FROM finding WHERE (ledger, stream) IN (VALUES {marks})"
                " GROUP BY 1, 2, 3",
                [each for pair in some for each in pair],
            ):
                counts.setdefault((ledger, stream), [0] * 5)[severity] = count
        return counts

    async def findings(
        self,
        *,
        ledger: int | None = None,
        stream: int | None = None,
        event: int | None = None,
        limit: int = 500,
    ) -> tuple[list[FindingRow], int]:
        """Findings, worst first, then by place; and how many rows there are in all."""
        tests, parameters = ["l.active"], []
        if ledger is not None:
            tests.append("f.ledger = ?")
            parameters.append(ledger)
        if stream is not None:
            tests.append("(f.ledger, f.stream) = (SELECT ledger, key FROM stream WHERE id = ?)")
            parameters.append(stream)
        if event is not None:
            tests.append("f.event = ?")
            parameters.append(event)
        where = f"FROM finding f JOIN ledger l ON l.id = f.ledger WHERE {' AND '.join(tests)}"
        total = await self.one(f"SELECT count(*) {where}", parameters)
        rows = await self.all(
            f"SELECT {_FINDING_COLUMNS} {where} ORDER BY f.severity DESC, f.ledger, f.code, f.event LIMIT ?",
            (*parameters, limit),
        )
        return [_finding_row(row) for row in rows], total

    async def events(self, ids: Sequence[int]) -> list[EventRow]:
        """Events by id, in that order; ids that are not there are left out."""
        rows = await self.page("FROM event WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(ids),))
        found = {row.id: row for row in rows}
        return [found[each] for each in ids if each in found]

    async def between(self, query: Query, low: int, high: int, limit: int) -> list[EventRow]:
        """Events of ids ``low`` to ``high`` that fulfil a query's conditions (its texts are not looked for), by id."""
        return await self.page(
            f"FROM event WHERE event.id BETWEEN ? AND ? AND {query.where} ORDER BY event.id LIMIT ?",
            (low, high, *query.parameters, limit),
        )

    async def page(self, chosen: str, parameters: Sequence[object]) -> list[EventRow]:
        """Events that ``chosen`` (from FROM on) chooses, in its order, with their names looked up.

        All come as one row: between two rows the thread that reads has to win the interpreter back from the screen,
        and behind a busy screen a page of 256 rows came a quarter of a second late.
        """
        found = await self.one(
            f"SELECT json_group_array(json_array({_EVENT_COLUMNS})) FROM (SELECT {_EVENT_COLUMNS} {chosen}) event",
            parameters,
        )
        return await self._event_rows(msgspec.json.decode(found))

    async def _event_rows(self, rows: Sequence[Sequence[int]]) -> list[EventRow]:
        await self._learn("type", {row[4] for row in rows})
        await self._learn("actor", {row[5] for row in rows})
        await self._learn_streams({row[6] for row in rows})
        types, actors, streams = self._texts["type"], self._texts["actor"], self._streams
        result = []
        for number, offset, length, time, type, actor, stream, sequence, mark in rows:
            ledger, ordinal = split_id(number)
            kind, key = streams.get(stream, ("", ""))
            result.append(
                EventRow(
                    number,
                    ledger,
                    ordinal,
                    offset,
                    length,
                    None if mark & NO_TIME_BIT else time,
                    types.get(type, ""),
                    actors.get(actor, ""),
                    stream,
                    kind,
                    key,
                    None if sequence < 0 else sequence,
                    Trust(mark & 7),
                    Severity(mark >> WORST_SHIFT & 7),
                )
            )
        return result

    async def _learn(self, table: str, ids: set[int]) -> None:
        known = self._texts[table]
        missing = sorted(ids - known.keys())
        if missing:
            known.update(
                await self.all(
                    f"SELECT id, text FROM {table} WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(missing),)
                )
            )

    async def _learn_streams(self, ids: set[int]) -> None:
        missing = sorted(ids - self._streams.keys())
        if len(self._streams) > 100_000:
            self._streams = {0: ("", "")}
            missing = sorted(ids)
        if missing:
            for number, kind, key in await self.all(
                "SELECT id, kind, key FROM stream WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(missing),)
            ):
                self._streams[number] = (kind, key)

    async def leaf(self, event: int) -> bytes | None:
        """The record hash that was taken when the event was ingested."""
        return await leaf_of(self.db, *split_id(event))

    async def volume(self, event: int) -> tuple[str, str | None] | None:
        """Path and member where the record of an event is now."""
        ledger, ordinal = split_id(event)
        for path, member in await self.all(
            "SELECT path, member FROM volume WHERE ledger = ? AND first <= ? ORDER BY first DESC LIMIT 1",
            (ledger, ordinal),
        ):
            return path, member
        return None

    async def volumes(self, ledger: int) -> list[tuple[int, str, str | None]]:
        """The ledger's volumes, oldest first: the ordinal at which each begins, its path and member."""
        return await self.all("SELECT first, path, member FROM volume WHERE ledger = ? ORDER BY first", (ledger,))

    async def sizes(self, ledger: int | None = None) -> dict[int, tuple[int, int]]:
        """Records and edition of the ledgers opened now, or of one. The edition grows when earlier rows changed."""
        where = "active" if ledger is None else "id = ?"
        rows = await self.all(
            f"SELECT id, records, edition FROM ledger WHERE {where}", () if ledger is None else (ledger,)
        )
        return {number: (records, edition) for number, records, edition in rows}

    async def is_further(self, stream: int) -> bool:
        """Whether the stream is not the first one of some of its events."""
        return bool(await self.one("SELECT further FROM stream WHERE id = ?", (stream,)))

    async def share(self, stream: int) -> float:
        """Which part of its ledger's events a stream has."""
        sql = "SELECT 1.0 * events / max(records, 1) FROM stream JOIN ledger ON ledger.id = ledger WHERE stream.id = ?"
        return float(await self.one(sql, (stream,)) or 0)

    async def chain_neighbour(self, event: int, step: int, *, broken: bool = False) -> int | None:
        """The next (1) or previous (-1) event of the same stream by (sequence, record); see ``SessionApi.link``."""
        (stream, sequence) = next(
            iter(await self.all("SELECT stream, sequence FROM event WHERE id = ?", (event,))), (0, 0)
        )
        if not stream:
            return None
        sign, order = (">", "ASC") if step > 0 else ("<", "DESC")
        only = "AND mark & 7 = 6" if broken else ""
        found: int | None = await self.one(
            f"SELECT id FROM event WHERE stream = ? AND (sequence, id) {sign} (?, ?) {only}"
            f" ORDER BY sequence {order}, id {order} LIMIT 1",
            (stream, sequence, event),
        )
        return found

    async def version(self) -> int:
        """A number that changes when another connection has committed."""
        return int(await self.one("PRAGMA data_version"))

    async def all(self, sql: str, parameters: Iterable[object] = ()) -> list[Any]:
        """All rows of a query, in one way to the connection's thread and back."""
        return list(await self.db.execute_fetchall(sql, parameters))

    async def one(self, sql: str, parameters: Iterable[object] = ()) -> Any:
        """The first value of a query's first row, None where there is no row."""
        return next((row[0] for row in await self.db.execute_fetchall(sql, parameters)), None)

    async def close(self) -> None:
        await self.db.close()


async def open_reader(path: Path) -> IndexReader | None:
    """A reader of the index at ``path``; None while there is no index of this version yet."""
    if not path.exists():
        return None
    db = await aiosqlite.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        await db.execute("PRAGMA temp_store=MEMORY")
        await db.execute("PRAGMA cache_size=-8192")
        version = await IndexReader(db).one("SELECT value FROM meta WHERE key = 'schema_version'")
    except aiosqlite.DatabaseError:
        version = None
    if version != str(SCHEMA_VERSION):
        await db.close()
        return None
    return IndexReader(db)


def _ledger_row(row: Any, counts: list[int]) -> LedgerRow:
    values: list[Any] = [*row[:13], tuple(json.loads(row[13])), tuple(counts), *row[14:]]
    return LedgerRow(*values)


def _finding_row(row: Any) -> FindingRow:
    number, ledger, path, member, event, code, severity, message, confidence, *place = row
    stream, event_id, sequence, record, offset, length, field, expected, actual, count, standing = place
    return FindingRow(
        number,
        ledger,
        path if member is None else f"{path}#{member}",
        Finding(
            code=code,
            severity=Severity(severity),
            message=message,
            confidence=Confidence(confidence),
            stream=stream,
            event_id=event_id,
            sequence=sequence,
            record=record,
            offset=offset,
            length=length,
            field=field,
            expected=expected,
            actual=actual,
            count=count,
            standing=bool(standing),
        ),
        event,
    )
