"""Events by the ids that they carry or name as their parent's, in all ledgers that are opened, and names by their
beginnings.

Ids are kept as keys of 64 bits, made with a salt that nobody knows who writes a ledger: an equal key is an equal id.
"""

import json
from collections.abc import Iterable, Sequence

from console.formats.protocol import keys64
from console.formats.registry import stream_kinds
from console.model.event import StreamKey
from console.store.filter.tree import Pattern
from console.store.protocol import CARRIERS, NameKind
from console.store.spelling import spelled_out
from console.store.sqlite.database import Database
from console.store.sqlite.read.conditions import any_of
from console.store.sqlite.streams import named as named_stream

_ACTIVE = "SELECT id FROM ledger WHERE active"


async def named(db: Database, ids: Sequence[str]) -> dict[str, list[int]]:
    """See ``IndexReader.named``."""
    keys = await _keys(db, ids)
    found = await _events(db, "event", "key", keys, CARRIERS)
    left = {id: key for id, key in keys.items() if id not in found}
    return found | await _events(db, "alias", "key", left, CARRIERS)


async def children(db: Database, ids: Sequence[str], limit: int) -> dict[str, list[int]]:
    """See ``IndexReader.children``."""
    keys = await _keys(db, ids)
    found = await _events(db, "event", "parent", keys, limit)
    named = await _events(db, "mention", "key", keys, limit)
    both = {id: sorted({*found.get(id, ()), *named.get(id, ())}) for id in ids if id in found or id in named}
    return {id: events[:limit] for id, events in both.items()}


async def streams_called(db: Database, keys: Iterable[str]) -> list[int]:
    """Ids of the streams that have one of these keys."""
    await _salt(db)
    wanted = [spelled_out(each) for each in keys]
    hashes = [named_stream(db, 0, StreamKey(kind, key))[1] for kind in stream_kinds() for key in wanted]
    rows = await db.all(
        f"SELECT id FROM stream WHERE ledger IN ({_ACTIVE}) AND hash IN (SELECT value FROM json_each(?))"
        " AND key IN (SELECT value FROM json_each(?)) ORDER BY id",
        (json.dumps(hashes), json.dumps(wanted)),
    )
    return [stream for (stream,) in rows]


async def names(db: Database, kind: NameKind, beginning: str, limit: int) -> list[str]:
    """See ``IndexReader.names``."""
    pattern = Pattern(beginning.replace("*", "?") + "*", True)
    if kind in ("type", "actor"):
        test, parameters = any_of("text", [pattern])
        sql = f"SELECT text FROM {kind} WHERE {test} ORDER BY text LIMIT ?"
    else:
        test, parameters = any_of("key", [pattern])
        if kind != "stream":
            test, parameters = f"kind = ? AND {test}", (kind, *parameters)
        sql = f"SELECT DISTINCT key FROM stream WHERE {test} AND ledger IN ({_ACTIVE}) ORDER BY key LIMIT ?"
    rows = await db.all(sql, (*parameters, limit))
    return [text for (text,) in rows]


async def _salt(db: Database) -> None:
    """Learn what the keys of this index are made with."""
    if not db.salt:
        db.salt = bytes.fromhex(await db.one("SELECT value FROM meta WHERE key = 'salt'") or "")


async def _keys(db: Database, ids: Sequence[str]) -> dict[str, int]:
    await _salt(db)
    return dict(zip(ids, keys64(ids, db.salt), strict=True))


async def _events(db: Database, table: str, column: str, keys: dict[str, int], limit: int) -> dict[str, list[int]]:
    """Events that have one of these keys in a column, the first so many of each, by id. The prefix is what the index of
    the column holds."""
    of = {key: id for id, key in keys.items() if key}
    carriers = (
        f"SELECT p.id FROM {table} p WHERE p.{column} >> 40 = k.value >> 40 AND p.{column} = k.value"
        f" AND p.{column} != 0 AND p.id >> 32 IN ({_ACTIVE}) ORDER BY p.id LIMIT ?"
    )
    rows = await db.all(
        f"SELECT k.value, e.id FROM json_each(?) k JOIN event e ON e.id IN ({carriers})", (json.dumps([*of]), limit)
    )
    found: dict[str, list[int]] = {}
    for key, event in sorted(rows, key=lambda row: row[1]):
        found.setdefault(of[key], []).append(event)
    return found
