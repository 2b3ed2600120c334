"""Ids and parents over a whole ledger, resolved from the index's key columns as records arrive."""

from array import array
from dataclasses import dataclass
from typing import Any

import aiosqlite

from console.store.sqlite.schema import row_id

LISTED = 200
"""Places of one kind that are listed in one look; the rest are counted."""
_FEW = 8
"""Keys that are looked for one by one in packed ones."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """What new rows brought. Pairs are row ids: (event, the other one). Counts may exceed what is listed."""

    duplicates: list[tuple[int, int]]
    ambiguous: list[tuple[int, int]]
    late: list[tuple[int, int]]
    """(child, parent) where the parent's record comes after the child's."""
    cycles: list[tuple[int, int]]
    """(event, a parent that is its descendant)."""


async def resolve(db: aiosqlite.Connection, ledger: int, low: int, high: int) -> Resolution:
    """Resolve rows above ``low`` and up to ``high`` of one ledger; keeps the table of orphans.

    What is said of a record rests on it and the records before it, so that it does not matter how they are cut into
    batches: a parent is the first record that carries the id, it is ambiguous if several did when the child came, and
    a cycle is said of the child whose parent closed it. A second id (alias) only keeps its namer from being an orphan.
    """
    base = row_id(ledger, 0)
    scope = {"base": base, "low": low, "high": high}

    async def rows(sql: str) -> list[Any]:
        return list(await db.execute_fetchall(sql, scope))

    arrived = await rows(
        f"SELECT o.event, min(p.id) FROM orphan o JOIN event p ON {_carries('o.parent')}"
        " WHERE o.event BETWEEN :base AND :low AND p.id > :low AND p.id <= :high GROUP BY o.event"
    )
    await db.executemany("DELETE FROM orphan WHERE event = ?", [(event,) for event, _ in arrived])
    new = "FROM event e WHERE e.id > :low AND e.id <= :high"
    first = f"SELECT min(p.id) FROM event p WHERE {_carries('e.key')} AND p.id BETWEEN :base AND e.id - 1"
    duplicates = await rows(
        f"SELECT id, other FROM (SELECT e.id, ({first}) AS other {new} AND e.key != 0) WHERE other IS NOT NULL"
    )
    # All but the usual: one record that carries the parent's id, and it came before.
    unusual = await rows(
        "SELECT e.id, e.parent, count(p.id), min(p.id), sum(p.id <= e.id), e.key = e.parent"
        f" FROM event e LEFT JOIN event p ON {_carries('e.parent')} AND p.id BETWEEN :base AND :high"
        " WHERE e.id > :low AND e.id <= :high"
        " AND e.parent != 0 GROUP BY e.id HAVING count(p.id) != 1 OR min(p.id) >= e.id"
    )
    lost = {event: parent for event, parent, carriers, *_ in unusual if not carriers}
    await db.executemany("INSERT OR IGNORE INTO orphan VALUES (?, ?)", lost.items())
    await _find_aliases(db, base, low, high, {*lost.values()})
    late = arrived + [(event, other) for event, _, carriers, other, *_ in unusual if carriers and other > event]
    ambiguous = [(event, before) for event, _, _, _, before, _ in unusual if before and before > 1]
    itself = [(event, event) for event, *_, own in unusual if own]
    cycles = itself + [pair for pair in late[:LISTED] if await _reaches(db, base, *pair)]
    closed = set(cycles)
    return Resolution(duplicates, ambiguous, [pair for pair in late if pair not in closed], cycles)


def _carries(key: str) -> str:
    """Condition for a record ``p`` whose id has this key, in the words of the index ``event_key``."""
    return f"p.key >> 40 = {key} >> 40 AND p.key = {key} AND p.key != 0"


async def _find_aliases(db: aiosqlite.Connection, base: int, low: int, high: int, lost: set[int]) -> None:
    """Take back orphans whose parent is a second id: the new ones (``lost`` are their parents' keys) among all second
    ids, the earlier ones among the new."""
    orphan = "FROM orphan WHERE event BETWEEN ? AND ?"
    if not list(await db.execute_fetchall(f"SELECT 1 {orphan} LIMIT 1", (base, high))):
        return
    found: set[int] = set()
    seek = [array("q", (key,)).tobytes() for key in lost] if len(lost) <= _FEW else []
    async with db.execute("SELECT id, keys FROM alias WHERE id BETWEEN ? AND ? ORDER BY id DESC", (base, high)) as rows:
        async for first, packed in rows:
            if first <= low and lost <= found:
                break
            if first > low or not seek or any(each in packed for each in seek):
                keys = array("q")
                keys.frombytes(packed)
                found.update(keys if first > low else lost.intersection(keys))
    await db.executemany(f"DELETE {orphan} AND parent = ?", [(base, high, key) for key in found])


async def orphans(db: aiosqlite.Connection, ledger: int) -> tuple[list[int], int]:
    """Events whose parent is nowhere in their ledger as of now (the first ones), and how many there are."""
    scope = (row_id(ledger, 0), row_id(ledger + 1, 0) - 1)
    async with db.execute("SELECT event FROM orphan WHERE event BETWEEN ? AND ? LIMIT ?", (*scope, LISTED)) as rows:
        listed = [row[0] async for row in rows]
    if len(listed) < LISTED:
        return listed, len(listed)
    async with db.execute("SELECT count(*) FROM orphan WHERE event BETWEEN ? AND ?", scope) as rows:
        row = await rows.fetchone()
    return listed, row[0] if row else 0


async def _reaches(db: aiosqlite.Connection, base: int, child: int, parent: int) -> bool:
    """Whether the ancestors of ``parent`` among the records up to it lead back to ``child``."""
    async with db.execute(
        "WITH RECURSIVE up (id) AS (SELECT ?1 UNION SELECT p.id FROM up JOIN event e ON e.id = up.id"
        f" JOIN event p ON {_carries('e.parent')} AND p.id BETWEEN ?2 AND ?1 WHERE e.parent != 0 LIMIT 10000)"
        " SELECT 1 FROM up WHERE id = ?3 LIMIT 1",
        (parent, base, child),
    ) as rows:
        return await rows.fetchone() is not None
