"""Ids and parents over a whole ledger, resolved from the index's key columns as records arrive."""

from dataclasses import dataclass

import aiosqlite

from console.index.schema import row_id

LISTED = 200
"""Places of one kind that are listed in one look; the rest are counted."""


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
    known = "SELECT {what} FROM event p WHERE p.key = {of} AND p.key != 0 AND p.id BETWEEN :base AND {to}"
    scope = {"base": base, "low": low, "high": high}

    async def pairs(sql: str) -> list[tuple[int, int]]:
        async with db.execute(sql, scope) as rows:
            return [(row[0], row[1]) async for row in rows]

    late = await pairs(
        "SELECT o.event, min(p.id) FROM orphan o JOIN event p ON p.key = o.parent AND p.key != 0"
        " WHERE o.event BETWEEN :base AND :low AND p.id > :low AND p.id <= :high GROUP BY o.event"
    )
    await db.execute(
        "DELETE FROM orphan WHERE event BETWEEN :base AND :low AND EXISTS"
        " (SELECT 1 FROM event p WHERE p.key = orphan.parent AND p.key != 0 AND p.id > :low AND p.id <= :high)",
        scope,
    )
    new = "FROM event e WHERE e.id > :low AND e.id <= :high"
    first = known.format(what="min(p.id)", of="e.key", to="e.id - 1")
    duplicates = await pairs(
        f"SELECT id, other FROM (SELECT e.id, ({first}) AS other {new} AND e.key != 0) WHERE other IS NOT NULL"
    )
    parent = known.format(what="min(p.id)", of="e.parent", to=":high")
    await db.execute(
        f"INSERT OR IGNORE INTO orphan SELECT id, parent FROM (SELECT e.id, e.parent, ({parent}) AS other {new}"
        " AND e.parent != 0) WHERE other IS NULL",
        scope,
    )
    await db.execute(
        "DELETE FROM orphan WHERE event BETWEEN :base AND :high AND EXISTS"
        " (SELECT 1 FROM alias a WHERE a.key = orphan.parent AND a.event BETWEEN :base AND :high)",
        scope,
    )
    late += await pairs(
        f"SELECT id, other FROM (SELECT e.id, ({parent}) AS other {new} AND e.parent != 0) WHERE other > id"
    )
    two = known.format(what="count(*)", of="e.parent", to="e.id")
    ambiguous = await pairs(
        f"SELECT id, other FROM (SELECT e.id, ({two}) AS other {new} AND e.parent != 0) WHERE other > 1"
    )
    itself = await pairs(f"SELECT e.id, e.id {new} AND e.parent != 0 AND e.parent = e.key")
    cycles = itself + [pair for pair in late[:LISTED] if await _reaches(db, base, *pair)]
    closed = set(cycles)
    return Resolution(duplicates, ambiguous, [pair for pair in late if pair not in closed], cycles)


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
        " JOIN event p ON p.key = e.parent AND p.key != 0 AND p.id BETWEEN ?2 AND ?1 WHERE e.parent != 0 LIMIT 10000)"
        " SELECT 1 FROM up WHERE id = ?3 LIMIT 1",
        (parent, base, child),
    ) as rows:
        return await rows.fetchone() is not None
