"""Ids, and what names them, over a whole ledger, resolved from the index's key columns as records arrive.

Some thousands of records are taken at a time and judged one after the other in their order; what earlier records carry
of the ids that they name is looked up for all of them at once. So it costs one look into an index for each id, and the
memory of one piece, however long the ledger is.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from console.model.event import NO_TIME
from console.store.facts import LISTED, ListedPairs, Orphans, ReferenceLinks, ResolvedReferences
from console.store.sqlite.database import Database
from console.store.sqlite.schema import NO_TIME_BIT, row_id

ROWS = 25_000
"""Records that are looked at at once, at most."""
PARENT, MENTION = 0, 1
"""How a record names another one: ``orphan.kind``."""


Row = tuple[int, int, int, int, int, int | None]
"""A new record: its row id, first and second id, its parent, its mention (0: none), and its time, if it has one."""
Carriers = dict[int, list[Any]]
"""By an id, of the records that carry it: the first one, how many they are, and the time of the first."""


@dataclass(slots=True)
class _Pairs:
    """Pairs of row ids, as ``ReferenceLinks`` has them by ordinal."""

    ambiguous: list[tuple[int, int]] = field(default_factory=list)
    late: list[tuple[int, int]] = field(default_factory=list)
    later: list[tuple[int, int]] = field(default_factory=list)
    cycles: list[tuple[int, int]] = field(default_factory=list)


async def resolve(db: Database, ledger: int, first_new: int, last: int) -> ResolvedReferences:
    """See ``IndexWriter.resolve``: rows of ordinals ``first_new`` to ``last``; keeps the table of orphans."""
    base, low, high = row_id(ledger, 0), row_id(ledger, first_new - 1), row_id(ledger, last)
    rows = await _new(db, low, high)
    firsts, seconds = await _carriers(db, base, low, high)
    waiting = await _waiting(db, rows, base, low)
    before = {(child, how) for children in waiting.values() for child, how in children}
    found = ResolvedReferences()
    links = _Pairs(), _Pairs()
    same: tuple[list[tuple[int, int]], list[tuple[int, int]]] = [], []
    for row in rows:
        id, key, alias, parent, mention, time = row
        if key and firsts.setdefault(key, own := [id, 1, time]) is not own:
            _twice(firsts[key], id, same[0])
        if alias and seconds.setdefault(alias, own := [id, 1, time]) is not own:
            _twice(seconds[alias], id, same[1])
        if parent and not _link(row, parent, firsts, seconds, links[PARENT]):
            waiting.setdefault(parent, []).append((id, PARENT))
        if mention and not _link(row, mention, firsts, seconds, links[MENTION]):
            waiting.setdefault(mention, []).append((id, MENTION))
        if waiting:
            for child, how in [*waiting.pop(key, ()), *waiting.pop(alias, ())]:
                links[how].late.append((child, id))
    still = {(child, how): target for target, children in waiting.items() for child, how in children}
    await db.run_many("DELETE FROM orphan WHERE event = ? AND kind = ?", before - still.keys())
    await db.run_many(
        "INSERT INTO orphan VALUES (?, ?, ?)", [(*each, still[each]) for each in still if each not in before]
    )
    for pairs in links:
        closed = await _closed(db, base, pairs.late[:LISTED])
        pairs.cycles += closed
        pairs.late = [pair for pair in pairs.late if pair not in {*closed}]
    for into, some in ((found.duplicates, same[0]), (found.second_duplicates, same[1])):
        _put(into, some, base)
    _put_links(found, links[PARENT], base)
    _put_links(found.mentions, links[MENTION], base)
    return found


def _twice(known: list[Any], row: int, into: list[tuple[int, int]]) -> None:
    """One more record carries an id."""
    into.append((row, known[0]))
    known[1] += 1


def _link(row: Row, target: int, firsts: Carriers, seconds: Carriers, into: _Pairs) -> bool:
    """What is found of a record and the one that it names, among those so far; False if that is not there."""
    id, own, alias, _, _, time = row
    carrier = firsts.get(target)
    if carrier is None:
        carrier, own = seconds.get(target), alias
        if carrier is None:
            return False
    first, count, known = carrier
    if count > 1:
        into.ambiguous.append((id, count))
    if target == own:
        into.cycles.append((id, id))
    elif known is not None and time is not None and known > time:
        into.later.append((id, first))
    return True


def _put_links(into: ReferenceLinks, pairs: _Pairs, base: int) -> None:
    for name in ("late", "later", "cycles"):
        _put(getattr(into, name), getattr(pairs, name), base)
    into.ambiguous.add([(event - base, count) for event, count in pairs.ambiguous])


def _put(into: ListedPairs, pairs: Sequence[tuple[int, int]], base: int) -> None:
    into.add([(event - base, other - base) for event, other in pairs])


_TIME = f"iif(p.mark & {NO_TIME_BIT} OR p.time = {NO_TIME}, NULL, p.time)"


async def _new(db: Database, low: int, high: int) -> list[Row]:
    """The records that carry or name ids, in their order."""
    return await db.all(
        f"SELECT p.id, p.key, coalesce(a.key, 0) AS second, p.parent, coalesce(m.key, 0) AS mentioned, {_TIME}"
        " FROM event p LEFT JOIN alias a ON a.id = p.id LEFT JOIN mention m ON m.id = p.id"
        " WHERE p.id > ? AND p.id <= ? AND (p.key != 0 OR p.parent != 0 OR second != 0 OR mentioned != 0)",
        (low, high),
    )


_NEW = "WHERE id > :low AND id <= :high"
_NAMED = f"SELECT parent FROM event {_NEW} AND parent != 0 UNION SELECT key FROM mention {_NEW}"
_FOUND = f"SELECT n.key, min(p.id), count(*), {_TIME} FROM"
_FIRSTS = f"""
{_FOUND} (SELECT key FROM event {_NEW} AND key != 0 UNION {_NAMED}) n
CROSS JOIN event p ON p.key >> 40 = n.key >> 40 AND p.key = n.key AND p.key != 0
WHERE p.id BETWEEN :base AND :low GROUP BY n.key
"""
_SECONDS = f"""
{_FOUND} (SELECT key FROM alias {_NEW} UNION {_NAMED}) n
CROSS JOIN alias a ON a.key >> 40 = n.key >> 40 AND a.key = n.key JOIN event p ON p.id = a.id
WHERE a.id BETWEEN :base AND :low GROUP BY n.key
"""
"""Who of the earlier records carries ids that new records carry or name; each id is looked for once."""


async def _carriers(db: Database, base: int, low: int, high: int) -> tuple[Carriers, Carriers]:
    """By first and by second ids, the earlier carriers of what new records carry or name."""
    if low == base:
        return {}, {}
    scope = {"base": base, "low": low, "high": high}
    found = [await db.all(sql, scope) for sql in (_FIRSTS, _SECONDS)]
    firsts, seconds = ({name: [first, count, time] for name, first, count, time in rows} for rows in found)
    return firsts, seconds


async def _waiting(db: Database, rows: Sequence[Row], base: int, low: int) -> dict[int, list[tuple[int, int]]]:
    """Earlier records that name ids which nobody carried, and that come with the new records."""
    scope = (base, low)
    if not await db.all("SELECT 1 FROM orphan WHERE event BETWEEN ? AND ? LIMIT 1", scope):
        return {}
    found: dict[int, list[tuple[int, int]]] = {}
    names = json.dumps([*{name for row in rows for name in row[1:3]} - {0}])
    sql = "SELECT o.parent, o.event, o.kind FROM json_each(?) k CROSS JOIN orphan o ON o.parent = k.value"
    for target, child, how in await db.all(f"{sql} WHERE o.event BETWEEN ? AND ? ORDER BY 2", (names, *scope)):
        found.setdefault(target, []).append((child, how))
    return found


async def orphans(db: Database, ledger: int, *, mentions: bool) -> Orphans:
    """See ``IndexWriter.orphans``."""
    base = row_id(ledger, 0)
    where = "FROM orphan WHERE event BETWEEN ? AND ? AND kind = ?"
    scope = (base, row_id(ledger + 1, 0) - 1, MENTION if mentions else PARENT)
    listed = [event - base for (event,) in await db.all(f"SELECT event {where} LIMIT ?", (*scope, LISTED))]
    return Orphans(listed, len(listed) if len(listed) < LISTED else await db.one(f"SELECT count(*) {where}", scope))


_FIRST = "JOIN event p ON p.key >> 40 = up.key >> 40 AND p.key = up.key AND p.key != 0 AND p.id BETWEEN ?2 AND ?1"
_SECOND = "JOIN alias p ON p.key >> 40 = up.key >> 40 AND p.key = up.key AND p.id BETWEEN ?2 AND ?1"
_CLOSED = f"""
WITH RECURSIVE up (key) AS (
    SELECT parent FROM event WHERE id = ?1 AND parent != 0
    UNION SELECT key FROM mention WHERE id = ?1
    UNION SELECT p.parent FROM up {_FIRST} WHERE p.parent != 0
    UNION SELECT m.key FROM up {_FIRST} JOIN mention m ON m.id = p.id
    UNION SELECT e.parent FROM up {_SECOND} JOIN event e ON e.id = p.id WHERE e.parent != 0
    UNION SELECT m.key FROM up {_SECOND} JOIN mention m ON m.id = p.id
    LIMIT 10000)
SELECT c.value FROM json_each(?3) c JOIN event e ON e.id = c.value LEFT JOIN alias a ON a.id = e.id
WHERE (e.key != 0 AND e.key IN (SELECT key FROM up)) OR a.key IN (SELECT key FROM up)
"""
"""Ids are followed, not records: however many records carry an id, they are looked at once."""


async def _closed(db: Database, base: int, late: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those of these (child, parent) whose parent's ancestors, among the records up to it, lead back to the child."""
    children: dict[int, set[int]] = {}
    for child, parent in late:
        children.setdefault(parent, set()).add(child)
    closed: set[tuple[int, int]] = set()
    for parent, waiting in children.items():
        rows = await db.all(_CLOSED, (parent, base, json.dumps([*waiting])))
        closed.update((child, parent) for (child,) in rows)
    return [pair for pair in late if pair in closed]
