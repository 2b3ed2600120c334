"""Ids and parents over a whole ledger, resolved from the index's key columns as records arrive."""

import json
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

from console.store.facts import LISTED, Orphans, ResolvedReferences
from console.store.sqlite.database import Database
from console.store.sqlite.schema import row_id

ROWS = 25_000
"""Records that are looked at at once, at most."""
_FEW = 8
"""Keys that are looked for one by one in packed ones."""


async def resolve(db: Database, ledger: int, first_new: int, last: int) -> ResolvedReferences:
    """See ``IndexWriter.resolve``: rows of ordinals ``first_new`` to ``last``; keeps the table of orphans."""
    base, low, high = row_id(ledger, 0), row_id(ledger, first_new - 1), row_id(ledger, last)
    scope = {"base": base, "low": low, "high": high}

    async def rows(sql: str) -> list[Any]:
        return await db.all(sql, scope)

    arrived = await _arrived(db, base, low, high)
    await db.run_many("DELETE FROM orphan WHERE event = ?", [(event,) for event, _ in arrived])
    new = "FROM event e WHERE e.id > :low AND e.id <= :high"
    earlier = f"SELECT min(p.id) FROM event p WHERE {_carries('e.key')} AND p.id BETWEEN :base AND e.id - 1"
    duplicates = await rows(
        f"SELECT id, other FROM (SELECT e.id, ({earlier}) AS other {new} AND e.key != 0) WHERE other IS NOT NULL"
    )
    # All but the usual: one record that carries the parent's id, and it came before. Of many carriers only two are
    # looked for here, so that a hostile ledger with one id twenty thousand times costs no more than another.
    carrier = f"SELECT p.id FROM event p WHERE {_carries('e.parent')} AND p.id BETWEEN :base AND :high ORDER BY p.id"
    unusual = await rows(
        f"SELECT id, parent, first, second, own FROM (SELECT e.id, e.parent, ({carrier} LIMIT 1) AS first,"
        f" ({carrier} LIMIT 1 OFFSET 1) AS second, e.key = e.parent AS own {new} AND e.parent != 0)"
        " WHERE first IS NULL OR first >= id OR second IS NOT NULL"
    )
    several = await _carriers(db, base, high, {parent for _, parent, _, second, _ in unusual if second})
    before = [(event, bisect_right(several[parent], event)) for event, parent, *_ in unusual if parent in several]
    lost = {event: parent for event, parent, first, *_ in unusual if not first}
    await db.run_many("INSERT OR IGNORE INTO orphan VALUES (?, ?)", lost.items())
    await _find_aliases(db, base, low, high, {*lost.values()})
    late = arrived + [(event, first) for event, _, first, *_ in unusual if first and first > event]
    itself = [(event, event) for event, *_, own in unusual if own]
    cycles = itself + await _closed(db, base, late[:LISTED])
    closed = set(cycles)
    found = ResolvedReferences()
    for into, pairs in (
        (found.duplicates, duplicates),
        (found.late, [pair for pair in late if pair not in closed]),
        (found.cycles, cycles),
    ):
        into.add([(event - base, other - base) for event, other in pairs])
    found.ambiguous.add([(event - base, count) for event, count in before if count > 1])
    return found


def _carries(key: str) -> str:
    """Condition for a record ``p`` whose id has this key, in the words of the index ``event_key``."""
    return f"p.key >> 40 = {key} >> 40 AND p.key = {key} AND p.key != 0"


async def _arrived(db: Database, base: int, low: int, high: int) -> list[tuple[int, int]]:
    """Earlier orphans, and the first of the new records that carries the id of their parent."""
    if not await db.all("SELECT 1 FROM orphan WHERE event BETWEEN ? AND ? LIMIT 1", (base, low)):
        return []
    return await db.all(
        "WITH came AS MATERIALIZED (SELECT key, min(id) AS id FROM event WHERE id > ?2 AND id <= ?3 AND key != 0"
        " GROUP BY key) SELECT o.event, came.id FROM came JOIN orphan o ON o.parent = came.key"
        " WHERE o.event BETWEEN ?1 AND ?2",
        (base, low, high),
    )


async def _carriers(db: Database, base: int, high: int, keys: set[int]) -> dict[int, list[int]]:
    """All records that carry these ids, in their order."""
    found: dict[int, list[int]] = {key: [] for key in keys}
    if keys:
        sql = f"SELECT p.key, p.id FROM json_each(?) k JOIN event p ON {_carries('k.value')} AND p.id BETWEEN ? AND ?"
        for key, event in await db.all(f"{sql} ORDER BY p.id", (json.dumps([*keys]), base, high)):
            found[key].append(event)
    return found


async def _find_aliases(db: Database, base: int, low: int, high: int, lost: set[int]) -> None:
    """Take back orphans whose parent is a second id: the new ones (``lost`` are their parents' keys) among all second
    ids, the earlier ones among the new."""
    orphan = "FROM orphan WHERE event BETWEEN ? AND ?"
    if not await db.all(f"SELECT 1 {orphan} LIMIT 1", (base, high)):
        return
    found: set[int] = set()
    seek = [array("q", (key,)).tobytes() for key in lost] if len(lost) <= _FEW else []
    sql = "SELECT id, keys FROM alias WHERE id BETWEEN ? AND ? ORDER BY id DESC"
    async with aclosing(db.each(sql, (base, high))) as rows:
        async for first, packed in rows:
            if first <= low and lost <= found:
                break
            if first > low or not seek or any(each in packed for each in seek):
                keys = array("q")
                keys.frombytes(packed)
                found.update(keys if first > low else lost.intersection(keys))
    await db.run_many(f"DELETE {orphan} AND parent = ?", [(base, high, key) for key in found])


async def orphans(db: Database, ledger: int) -> Orphans:
    """See ``IndexWriter.orphans``."""
    base = row_id(ledger, 0)
    where = "FROM orphan WHERE event BETWEEN ? AND ?"
    scope = (base, row_id(ledger + 1, 0) - 1)
    listed = [event - base for (event,) in await db.all(f"SELECT event {where} LIMIT ?", (*scope, LISTED))]
    return Orphans(listed, len(listed) if len(listed) < LISTED else await db.one(f"SELECT count(*) {where}", scope))


async def _closed(db: Database, base: int, late: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those of these (child, parent) whose parent's ancestors, among the records up to it, lead back to the child."""
    children: dict[int, set[int]] = {}
    for child, parent in late:
        children.setdefault(parent, set()).add(child)
    closed: set[tuple[int, int]] = set()
    for parent, waiting in children.items():
        # Ids are followed, not records: however many records carry an id, they are looked at once.
        rows = await db.all(
            "WITH RECURSIVE up (key) AS (SELECT parent FROM event WHERE id = ?1 AND parent != 0 UNION"
            f" SELECT p.parent FROM up JOIN event p ON {_carries('up.key')} AND p.id BETWEEN ?2 AND ?1"
            " WHERE p.parent != 0 LIMIT 10000)"
            " SELECT c.value FROM json_each(?3) c JOIN event e ON e.id = c.value WHERE e.key != 0"
            " AND e.key IN (SELECT key FROM up)",
            (parent, base, json.dumps([*waiting])),
        )
        closed.update((child, parent) for (child,) in rows)
    return [pair for pair in late if pair in closed]
