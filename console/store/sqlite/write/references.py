"""Ids and parents over a whole ledger, resolved from the index's key columns as records arrive."""

from array import array
from contextlib import aclosing
from typing import Any

from console.store.facts import LISTED, Orphans, ResolvedReferences
from console.store.sqlite.database import Database
from console.store.sqlite.schema import row_id

_ROWS = 25_000
"""Rows that are looked at at once."""
_FEW = 8
"""Keys that are looked for one by one in packed ones."""


async def resolve(db: Database, ledger: int, first: int, last: int) -> ResolvedReferences:
    """See ``IndexWriter.resolve``: rows of ordinals ``first`` to ``last``; keeps the table of orphans."""
    found = ResolvedReferences()
    for start in range(first, last + 1, _ROWS):
        await _resolve_some(db, ledger, start, min(start + _ROWS - 1, last), found)
    return found


async def _resolve_some(db: Database, ledger: int, first_new: int, last: int, found: ResolvedReferences) -> None:
    base, low, high = row_id(ledger, 0), row_id(ledger, first_new - 1), row_id(ledger, last)
    scope = {"base": base, "low": low, "high": high}

    async def rows(sql: str) -> list[Any]:
        return await db.all(sql, scope)

    arrived = await rows(
        f"SELECT o.event, min(p.id) FROM orphan o JOIN event p ON {_carries('o.parent')}"
        " WHERE o.event BETWEEN :base AND :low AND p.id > :low AND p.id <= :high GROUP BY o.event"
    )
    await db.run_many("DELETE FROM orphan WHERE event = ?", [(event,) for event, _ in arrived])
    new = "FROM event e WHERE e.id > :low AND e.id <= :high"
    earlier = f"SELECT min(p.id) FROM event p WHERE {_carries('e.key')} AND p.id BETWEEN :base AND e.id - 1"
    duplicates = await rows(
        f"SELECT id, other FROM (SELECT e.id, ({earlier}) AS other {new} AND e.key != 0) WHERE other IS NOT NULL"
    )
    # All but the usual: one record that carries the parent's id, and it came before.
    unusual = await rows(
        "SELECT e.id, e.parent, count(p.id), min(p.id), sum(p.id <= e.id), e.key = e.parent"
        f" FROM event e LEFT JOIN event p ON {_carries('e.parent')} AND p.id BETWEEN :base AND :high"
        " WHERE e.id > :low AND e.id <= :high"
        " AND e.parent != 0 GROUP BY e.id HAVING count(p.id) != 1 OR min(p.id) >= e.id"
    )
    lost = {event: parent for event, parent, carriers, *_ in unusual if not carriers}
    await db.run_many("INSERT OR IGNORE INTO orphan VALUES (?, ?)", lost.items())
    await _find_aliases(db, base, low, high, {*lost.values()})
    late = arrived + [(event, other) for event, _, carriers, other, *_ in unusual if carriers and other > event]
    itself = [(event, event) for event, *_, own in unusual if own]
    cycles = itself + [pair for pair in late[:LISTED] if await _reaches(db, base, *pair)]
    closed = set(cycles)
    for into, pairs in (
        (found.duplicates, duplicates),
        (found.late, [pair for pair in late if pair not in closed]),
        (found.cycles, cycles),
    ):
        into.add([(event - base, other - base) for event, other in pairs])
    found.ambiguous.add([(event - base, before) for event, _, _, _, before, _ in unusual if before and before > 1])


def _carries(key: str) -> str:
    """Condition for a record ``p`` whose id has this key, in the words of the index ``event_key``."""
    return f"p.key >> 40 = {key} >> 40 AND p.key = {key} AND p.key != 0"


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


async def _reaches(db: Database, base: int, child: int, parent: int) -> bool:
    """True if the ancestors of ``parent`` among the records up to it lead back to ``child``."""
    rows = await db.all(
        "WITH RECURSIVE up (id) AS (SELECT ?1 UNION SELECT p.id FROM up JOIN event e ON e.id = up.id"
        f" JOIN event p ON {_carries('e.parent')} AND p.id BETWEEN ?2 AND ?1 WHERE e.parent != 0 LIMIT 10000)"
        " SELECT 1 FROM up WHERE id = ?3 LIMIT 1",
        (parent, base, child),
    )
    return bool(rows)
