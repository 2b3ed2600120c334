"""Read-only access to an index that another process may be writing."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from console.model.finding import Finding
from console.model.trust import Confidence, Severity, Trust
from console.store.filter.tree import Filter
from console.store.protocol import NameKind
from console.store.rows import EventCount, EventRow, FindingRow, LedgerRow, StreamRow, flag_words
from console.store.sqlite.database import Database
from console.store.sqlite.ledgers import LedgerTables
from console.store.sqlite.read import names
from console.store.sqlite.read.conditions import sql
from console.store.sqlite.read.pages import EventPages
from console.store.sqlite.read.view import Scope, SqliteHitView, SqliteView
from console.store.sqlite.schema import FLAG, TRUST_MASK, row_id

_FINDING_COLUMNS = (
    "f.id, f.ledger, l.path, l.member, f.event, f.code, f.severity, f.message, f.confidence, f.stream, f.event_id,"
    " f.sequence, f.record, f.offset, f.length, f.field, f.expected, f.actual, f.count, f.standing"
)


class SqliteReader(LedgerTables):
    """See ``IndexReader``. Every query is short; none holds a read transaction open."""

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        self._pages = EventPages(db)
        self._views = 0

    async def ledgers(self, ledger: int | None = None) -> list[LedgerRow]:
        """The ledgers opened now, those that were flagged first, then by name; or the one of this id."""
        codes: dict[int, dict[str, list[int]]] = {}
        for number, code, severity, count in await self._db.all(
            "SELECT ledger, code, severity, sum(count) FROM finding GROUP BY 1, 2, 3"
        ):
            codes.setdefault(number, {}).setdefault(code, [0] * 5)[severity] = count
        level = await self._flag_level()
        rows = await self._db.all(
            "SELECT id, path, member, container, format, shape, profile, ledger.state, note, records, bytes,"
            " first_time, last_time, trust, pending, coalesce(level, 0), EXISTS"
            " (SELECT 1 FROM stream WHERE stream.ledger = ledger.id AND intact IS NOT NULL), memory"
            " FROM ledger LEFT JOIN"
            f" (SELECT ledger, max({level}) AS level FROM stream WHERE {FLAG} IS NOT NULL GROUP BY ledger) f"
            " ON f.ledger = ledger.id WHERE "
            + ("active ORDER BY coalesce(level, 0) DESC, path, member" if ledger is None else "id = ?"),
            () if ledger is None else (ledger,),
        )
        return [_ledger_row(row, codes.get(row[0], {})) for row in rows]

    async def streams(
        self, ledger: int | None = None, *, limit: int = 500, offset: int = 0
    ) -> tuple[list[StreamRow], int]:
        """Streams, flagged ones first, then worst first, then latest first; and how many there are in all."""
        scope = (
            "s.ledger = ?1" if ledger is not None else "?1 IS NULL AND s.ledger IN (SELECT id FROM ledger WHERE active)"
        )
        level = await self._flag_level()
        total = await self._db.one(f"SELECT count(*) FROM stream s WHERE {scope}", (ledger,))
        found = await self._db.all(
            "WITH worst AS (SELECT ledger, stream, max(severity) AS level FROM finding WHERE stream IS NOT NULL"
            " GROUP BY 1, 2) SELECT s.id, s.ledger, s.kind, s.key, s.events, s.first_time, s.last_time, s.t0, s.t1,"
            " s.t2, s.t3, s.t4, s.t5, s.t6, s.state, s.chained, s.intact FROM stream s LEFT JOIN worst w"
            f" ON w.ledger = s.ledger AND w.stream = s.key WHERE {scope}"
            f" ORDER BY {level} DESC, coalesce(w.level, 0) DESC, s.t6 DESC, s.further, s.last_time DESC, s.id"
            " LIMIT ?2 OFFSET ?3",
            (ledger, limit, offset),
        )
        counts = await self._finding_counts({(row[1], row[3]) for row in found})
        return [self._stream_row(row, counts) for row in found], total

    async def _flag_level(self) -> str:
        """SQL of how high a stream is flagged, as ``flagged`` gives it. Formats are asked only where some stream is."""
        if not await self._db.all(f"SELECT 1 FROM stream WHERE {FLAG} IS NOT NULL LIMIT 1"):
            return "NULL"
        quoted = [word.replace("'", "''") for word in flag_words()]
        cases = "".join(f" WHEN '{word}' THEN {level}" for level, word in enumerate(quoted) if word)
        return f"CASE {FLAG}{cases} ELSE 0 END" if cases else "NULL"

    async def stream(self, stream: int) -> StreamRow | None:
        """One stream."""
        for row in await self._db.all(
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
            for ledger, stream, severity, count in await self._db.all(
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
        total = await self._db.one(f"SELECT count(*) {where}", parameters)
        rows = await self._db.all(
            f"SELECT {_FINDING_COLUMNS} {where} ORDER BY f.severity DESC, f.ledger, f.code, f.event LIMIT ?",
            (*parameters, limit),
        )
        return [_finding_row(row) for row in rows], total

    async def events(self, ids: Sequence[int]) -> list[EventRow]:
        rows = await self._pages.page("FROM event WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(ids),))
        found = {row.id: row for row in rows}
        return [found[each] for each in ids if each in found]

    async def between(self, filter: Filter, ledger: int, first: int, last: int, limit: int) -> list[EventRow]:
        test, parameters = sql(filter.condition)
        return await self._pages.page(
            f"FROM event WHERE event.id BETWEEN ? AND ? AND {test} ORDER BY event.id LIMIT ?",
            (row_id(ledger, first), row_id(ledger, last), *parameters, limit),
        )

    async def event_counts(self, ledger: int) -> list[EventCount]:
        rows = await self._db.all(
            "SELECT coalesce(t.text, ''), coalesce(a.text, ''), c.trust, c.events FROM"
            f" (SELECT type, actor, mark & {TRUST_MASK} AS trust, count(*) AS events FROM event"
            "  WHERE id BETWEEN ? AND ? GROUP BY 1, 2, 3) c"
            " LEFT JOIN type t ON t.id = c.type LEFT JOIN actor a ON a.id = c.actor WHERE c.trust != ?",
            (row_id(ledger, 0), row_id(ledger + 1, 0) - 1, int(Trust.PENDING)),
        )
        return [EventCount(kind, actor, Trust(trust), events) for kind, actor, trust, events in rows]

    async def view(self, filter: Filter, *, ledger: int | None = None, stream: int | None = None) -> SqliteView:
        view = SqliteView(self._db, self._pages, filter, Scope(ledger, stream))
        await view.refresh()
        return view

    async def hit_view(self, filter: Filter, *, ledger: int | None = None, stream: int | None = None) -> SqliteHitView:
        self._views += 1
        view = SqliteHitView(self._db, self._pages, filter, Scope(ledger, stream, f"temp.hit_{self._views}"))
        await view.start()
        return view

    async def named(self, ids: Sequence[str]) -> dict[str, list[int]]:
        return await names.named(self._db, ids)

    async def children(self, ids: Sequence[str], limit: int) -> dict[str, list[int]]:
        return await names.children(self._db, ids, limit)

    async def streams_called(self, keys: Iterable[str]) -> list[StreamRow]:
        found = [await self.stream(each) for each in await names.streams_called(self._db, keys)]
        return [each for each in found if each is not None]

    async def names(self, kind: NameKind, beginning: str, limit: int) -> list[str]:
        return await names.names(self._db, kind, beginning, limit)

    async def sizes(self, ledger: int | None = None) -> dict[int, tuple[int, int]]:
        """Records and edition of the ledgers opened now, or of one. The edition grows when earlier rows changed."""
        where = "active" if ledger is None else "id = ?"
        rows = await self._db.all(
            f"SELECT id, records, edition FROM ledger WHERE {where}", () if ledger is None else (ledger,)
        )
        return {number: (records, edition) for number, records, edition in rows}

    async def chain_neighbour(self, event: int, step: int, *, broken: bool = False) -> int | None:
        """The next (1) or previous (-1) event of the same stream by (sequence, record); see ``SessionApi.link``."""
        (stream, sequence) = next(
            iter(await self._db.all("SELECT stream, sequence FROM event WHERE id = ?", (event,))), (0, 0)
        )
        if not stream:
            return None
        sign, order = (">", "ASC") if step > 0 else ("<", "DESC")
        only = f"AND mark & {TRUST_MASK} = {int(Trust.BROKEN)}" if broken else ""
        found: int | None = await self._db.one(
            f"SELECT id FROM event WHERE stream = ? AND (sequence, id) {sign} (?, ?) {only}"
            f" ORDER BY sequence {order}, id {order} LIMIT 1",
            (stream, sequence, event),
        )
        return found

    async def version(self) -> int:
        """A number that changes when another connection has committed."""
        return int(await self._db.one("PRAGMA data_version"))

    async def close(self) -> None:
        await self._db.close()


def _ledger_row(row: Any, codes: dict[str, list[int]]) -> LedgerRow:
    findings = tuple(sum(column) for column in zip([0] * 5, *codes.values(), strict=True))
    by_code = {code: tuple(counts) for code, counts in codes.items()}
    values: list[Any] = [*row[:13], tuple(json.loads(row[13])), findings, *row[14:-2], bool(row[-2]), by_code, row[-1]]
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
