"""One filtered, ordered sequence of events with random access by row number.

A ledger and a stream are shown in the order of their records; everything together is merged by time. Pages are found by
key, not by OFFSET: anchors (every ``STEP`` rows, the row's key) say where to start.
"""

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from console.store.filter.tree import Condition, Filter, Matches, leaves, rebuilt
from console.store.rows import EventRow
from console.store.sqlite.database import Database
from console.store.sqlite.membership import IS_MEMBER, MEMBERS
from console.store.sqlite.read.conditions import Held, Sql, sql
from console.store.sqlite.read.pages import EventPages
from console.store.sqlite.schema import row_id

STEP = 4096
DENSE = 50
"""Where one event in so many belongs to a further stream, events are looked through in their order; where it is fewer,
its events are listed and sorted."""
_BETWEEN = " AND event.id BETWEEN ? AND ?"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a view is of: one stream, one ledger, or all that is opened. ``hits`` names a temporary table of event ids
    that raw search has found, '' where there is none."""

    ledger: int | None = None
    stream: int | None = None
    hits: str = ""


class SqliteView:
    """See ``EventView``. One connection serves many views."""

    def __init__(self, db: Database, pages: EventPages, filter: Filter, scope: Scope) -> None:
        self.count = 0
        self._db = db
        self._pages = pages
        self._by_time = scope.ledger is None and scope.stream is None
        self._key = "event.time, event.id" if self._by_time else "event.id"
        if scope.hits:
            filter = filter.undecided
            bits = {leaf: Held(scope.hits, bit) for bit, leaf in enumerate(filter.of_record)}
            held: dict[object, Condition] = cast(dict[object, Condition], bits)  # a leaf that only ``sql`` knows
            self._filter = sql(rebuilt(filter.condition, lambda leaf: held.get(leaf, leaf)))
        else:
            self._filter = sql(filter.condition)
        self._further = False
        """True if the scope's stream is a further stream of some events."""
        self._where, self._parameters = self._listed = _source(self._filter, scope, further=False)
        """``listed`` is the same in the form that is best for all rows, not for some in their order."""
        self._descending = self._key.replace(",", " DESC,") + " DESC"
        self._whole = filter.everything and not scope.hits and scope.stream is None
        self._anchors: list[tuple[int, ...]] = []
        """Keys of rows 0, STEP, 2 STEP …"""
        self._last: tuple[int, ...] | None = None
        self._seen: dict[int, tuple[int, int]] = {}
        """Records and edition by ledger."""
        self._follows_findings = _asks_for_code(filter)
        self._version = -1
        self._scope = scope
        self._hits = 0

    async def refresh(self) -> int | None:
        """Look again after a change. The first row number whose content may differ; None if nothing changed."""
        version = await self._db.one("PRAGMA data_version") if self._follows_findings else -1
        records = await self._records()
        hits = await self._hit_count()
        became_further = await self._became_further()
        whole = (
            hits != self._hits
            or version != self._version
            or self._last is None
            or became_further
            or {ledger: edition for ledger, (_, edition) in records.items()}
            != {ledger: edition for ledger, (_, edition) in self._seen.items()}
        )
        grown = {ledger: count for ledger, (count, _) in records.items() if count > self._seen.get(ledger, (0,))[0]}
        before = self._seen
        self._seen, self._hits, self._version = records, hits, version
        if whole:
            return await self._count_again() if records != before or self._last is not None or hits else None
        if not grown:
            return None
        added, lowest, highest = await self._added({ledger: before[ledger][0] for ledger in grown})
        if lowest is None or highest is None or self._last is None:
            return None
        first = self.count
        self.count += added
        if lowest < self._last:
            # Rows come in between, as ledgers are merged by time: what is before the first of them stays.
            first = self.count - await self._counted(f" AND ({self._key}) >= ({_marks(lowest)})", lowest)
            del self._anchors[bisect.bisect_left(self._anchors, lowest) :]
            self._anchors = self._anchors or [lowest]
        self._last = max(self._last, highest)
        return first

    async def _count_again(self) -> int:
        self._anchors = []
        await self._choose_source()
        self.count = sum(count for count, _ in self._seen.values()) if self._whole else await self._counted()
        self._last = await self._key_first(self._descending)
        first = await self._key_first(self._key)
        if first is not None:
            self._anchors.append(first)
        return 0

    async def _became_further(self) -> bool:
        """True if the stream is one of the further streams of some events, and was none before."""
        stream = self._scope.stream
        if stream is None or self._further or not await self._is_further(stream):
            return False
        self._further = True
        return True

    async def _choose_source(self) -> None:
        stream = self._scope.stream
        self._listed = _source(self._filter, self._scope, further=self._further)
        dense = stream is not None and self._further and await self._share(stream) > 1 / DENSE
        self._where, self._parameters = (
            _source(self._filter, self._scope, further=True, dense=True) if dense else self._listed
        )

    async def _is_further(self, stream: int) -> bool:
        return bool(await self._db.one("SELECT further FROM stream WHERE id = ?", (stream,)))

    async def _share(self, stream: int) -> float:
        """Which part of its ledger's events a stream has."""
        sql = "SELECT 1.0 * events / max(records, 1) FROM stream JOIN ledger ON ledger.id = ledger WHERE stream.id = ?"
        return float(await self._db.one(sql, (stream,)) or 0)

    async def rows(self, start: int, stop: int) -> list[EventRow]:
        """Rows ``start`` to ``stop`` (at most 1,024); fewer at the end."""
        start, stop = max(0, start), min(stop, self.count, max(0, start) + 1024)
        if stop <= start or not self._anchors or self._last is None:
            return []
        anchor = start // STEP
        if anchor >= len(self._anchors) and self.count - stop < 4 * STEP:
            found = await self._pages.page(
                f"FROM event WHERE {self._where} AND ({self._key}) <= ({_marks(self._last)})"
                f" ORDER BY {self._descending} LIMIT ? OFFSET ?",
                (*self._parameters, *self._last, stop - start, self.count - stop),
            )
            return found[::-1]
        await self._step_to(anchor)
        anchor = min(anchor, len(self._anchors) - 1)
        key = self._anchors[anchor]
        return await self._pages.page(
            f"FROM event WHERE {self._where} AND ({self._key}) >= ({_marks(key)})"
            f" ORDER BY {self._key} LIMIT ? OFFSET ?",
            (*self._parameters, *key, stop - start, start - anchor * STEP),
        )

    async def position(self, event: int) -> int | None:
        """The row number of an event id, None if the filter hides it."""
        keys = await self._db.all(
            f"SELECT {self._key} FROM event WHERE {self._where} AND event.id = ?", (*self._parameters, event)
        )
        if not keys or self._last is None or keys[0] > self._last:
            return None
        key: tuple[int, ...] = keys[0]
        while key > self._anchors[-1] and await self._step_to(len(self._anchors)):
            pass
        anchor = max(0, bisect.bisect_right(self._anchors, key) - 1)
        start = self._anchors[anchor]
        before = await self._counted(
            f" AND ({self._key}) >= ({_marks(start)}) AND ({self._key}) < ({_marks(key)})", (*start, *key)
        )
        return anchor * STEP + before

    async def _step_to(self, anchor: int) -> bool:
        """Note keys up to this anchor; False where the rows end before it."""
        while len(self._anchors) <= anchor:
            key = self._anchors[-1]
            found = await self._db.all(
                f"SELECT {self._key} FROM event WHERE {self._where} AND ({self._key}) >= ({_marks(key)})"
                f" ORDER BY {self._key} LIMIT 1 OFFSET {STEP}",
                (*self._parameters, *key),
            )
            if not found:
                return False
            self._anchors += found
        return True

    async def _counted(self, only: str = "", parameters: Sequence[int] = ()) -> int:
        where, given = (self._where, self._parameters) if only else self._listed
        return int(await self._db.one(f"SELECT count(*) FROM event WHERE {where}{only}", (*given, *parameters)))

    async def _key_first(self, order: str) -> tuple[int, ...] | None:
        """The key of the first row in this order."""
        sql = f"SELECT {self._key} FROM event WHERE {self._where} ORDER BY {order} LIMIT 1"
        return next(iter(await self._db.all(sql, self._parameters)), None)

    async def _added(self, grown: dict[int, int]) -> tuple[int, tuple[int, ...] | None, tuple[int, ...] | None]:
        """How many rows of the view came behind these record numbers, and the lowest and highest of their keys."""
        total = 0
        keys: list[tuple[int, ...]] = []
        for ledger, known in grown.items():
            low, high = row_id(ledger, known + 1), row_id(ledger, self._seen[ledger][0])
            if self._whole and not self._by_time:
                count, ends = high - low + 1, [(low,), (high,)]
            elif self._by_time:
                count = high - low + 1 if self._whole else await self._counted(_BETWEEN, (low, high))
                first, last = (
                    f"SELECT * FROM (SELECT {self._key} FROM event WHERE {self._where}{_BETWEEN} ORDER BY {order}"
                    " LIMIT 1)"
                    for order in (self._key, self._descending)
                )
                ends = await self._db.all(f"{first} UNION ALL {last}", (*self._parameters, low, high) * 2)
            else:
                sql = f"SELECT count(*), min(event.id), max(event.id) FROM event WHERE {self._where}{_BETWEEN}"
                ((count, *found),) = await self._db.all(sql, (*self._parameters, low, high))
                ends = [(each,) for each in found if count]
            total += count
            keys += ends
        return total, min(keys, default=None), max(keys, default=None)

    async def _records(self) -> dict[int, tuple[int, int]]:
        scope = self._scope
        if scope.stream is not None:
            parameters: tuple[int, ...] = (scope.stream,)
            where = "id = (SELECT ledger FROM stream WHERE id = ?)"
        elif scope.ledger is not None:
            where, parameters = "id = ?", (scope.ledger,)
        else:
            where, parameters = "active", ()
        rows = await self._db.all(f"SELECT id, records, edition FROM ledger WHERE {where}", parameters)
        return {ledger: (records, edition) for ledger, records, edition in rows}

    async def _hit_count(self) -> int:
        if not self._scope.hits:
            return 0
        return int(await self._db.one(f"SELECT count(*) FROM {self._scope.hits}"))


def _marks(key: Sequence[int]) -> str:
    return ", ".join("?" * len(key))


class SqliteHitView(SqliteView):
    """See ``HitView``: hits are kept in a temporary table of the reader's connection."""

    async def start(self) -> None:
        """Make the table, and look once."""
        await self._db.run(f"CREATE TABLE {self._scope.hits} (event INTEGER PRIMARY KEY, held INTEGER NOT NULL)")
        await self.refresh()

    async def add_hits(self, ledger: int, hits: Iterable[tuple[int, int]]) -> None:
        rows = [(row_id(ledger, ordinal), held) for ordinal, held in hits]
        await self._db.run_many(f"INSERT OR REPLACE INTO {self._scope.hits} VALUES (?, ?)", rows)

    async def forget_hits(self, ledger: int) -> None:
        ends = row_id(ledger, 0), row_id(ledger + 1, 0) - 1
        await self._db.run(f"DELETE FROM {self._scope.hits} WHERE event BETWEEN ? AND ?", ends)


def _asks_for_code(filter: Filter) -> bool:
    """True if the answer rests on findings, which may be replaced while no event changes."""
    return any(isinstance(each, Matches) and each.name == "code" for each in leaves(filter.condition))


def _source(filter: Sql, scope: Scope, *, further: bool, dense: bool = False) -> Sql:
    """Which events are shown. ``further``: the stream is not the first of all its events."""
    tests: list[str] = []
    parameters: list[object] = []
    if scope.stream is not None and further and dense:
        whole = "SELECT {} << 32 FROM stream WHERE id = ?"
        tests.append(f"event.id BETWEEN ({whole.format('ledger')}) AND ({whole.format('(ledger + 1)')})")
        tests.append(f"(+event.stream = ? OR {IS_MEMBER})")
        parameters += [scope.stream] * 4
    elif scope.stream is not None and further:
        tests.append(f"event.id IN ({MEMBERS} = ? UNION ALL SELECT id FROM event WHERE stream = ?)")
        parameters += [scope.stream, scope.stream]
    elif scope.stream is not None:
        tests.append("event.stream = ?")
        parameters.append(scope.stream)
    elif scope.ledger is not None:
        tests.append("event.id BETWEEN ? AND ?")
        parameters += [row_id(scope.ledger, 0), row_id(scope.ledger + 1, 0) - 1]
    else:
        tests.append("event.id >> 32 IN (SELECT id FROM ledger WHERE active)")
    if scope.hits:
        tests.append(f"event.id IN (SELECT event FROM {scope.hits})")
    return Sql(" AND ".join([*tests, filter.text]), (*parameters, *filter.parameters))
