"""What a restarted writer needs to know of a ledger, and the readers' carried state."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiosqlite

from console.model.event import StreamKey
from console.model.record import Cursor
from console.store.sqlite.schema import BY_FOLLOWING, read_state_key, row_id, split_id
from console.store.sqlite.streams import IS_STREAM, named


@dataclass(frozen=True, slots=True)
class Known:
    """A ledger as the index last committed it."""

    id: int
    path: str
    member: str | None
    format: str
    shape: str
    profile: str | None
    state: str
    next: Cursor
    file: str
    said: bool = False
    """Whether a finding about its file stands."""


async def known_ledgers(db: aiosqlite.Connection) -> list[Known]:
    """Every ledger in the index."""
    async with db.execute(
        "SELECT id, path, member, format, shape, profile, state, records, next_offset, file, EXISTS"
        " (SELECT 1 FROM finding WHERE finding.ledger = ledger.id AND standing = ?) FROM ledger",
        (BY_FOLLOWING,),
    ) as rows:
        return [
            Known(ledger, path, member, form, shape, profile, state, Cursor(records + 1, offset), file, bool(said))
            async for ledger, path, member, form, shape, profile, state, records, offset, file, said in rows
        ]


async def beside_of(db: aiosqlite.Connection, ledger: int) -> str:
    """What lay beside a ledger when it was last read from its beginning, as ``IndexWriter.note_beside`` was told."""
    async with db.execute("SELECT value FROM meta WHERE key = ?", (f"beside:{ledger}",)) as rows:
        row = await rows.fetchone()
    return row[0] if row else ""


async def volumes(db: aiosqlite.Connection, ledger: int) -> list[tuple[int, str, str | None]]:
    """The ledger's volumes, oldest first: the ordinal at which each begins, its path and member."""
    async with db.execute("SELECT first, path, member FROM volume WHERE ledger = ? ORDER BY first", (ledger,)) as rows:
        return [(row[0], row[1], row[2]) async for row in rows]


async def leaves(db: aiosqlite.Connection, ledger: int, first: int) -> AsyncIterator[bytes]:
    """The record hashes of a ledger from ordinal ``first`` on."""
    start = row_id(ledger, first)
    async with db.execute(
        "SELECT id, hashes FROM leaf WHERE id >= coalesce((SELECT max(id) FROM leaf WHERE id BETWEEN ? AND ?), ?)"
        " AND id < ? ORDER BY id",
        (row_id(ledger, 0), start, start, row_id(ledger + 1, 0)),
    ) as rows:
        async for number, hashes in rows:
            for at in range(max(0, start - number) * 32, len(hashes), 32):
                yield hashes[at : at + 32]


async def place(db: aiosqlite.Connection, ledger: int, ordinal: int) -> tuple[int, int] | None:
    """Offset and length of a record, None if it is not there."""
    async with db.execute("SELECT offset, length FROM event WHERE id = ?", (row_id(ledger, ordinal),)) as rows:
        row = await rows.fetchone()
    return None if row is None else (row[0], row[1])


async def reader_state(db: aiosqlite.Connection, ledger: int) -> AsyncIterator[tuple[str | StreamKey, bytes]]:
    """What a reader's ``take_state`` gave, by its keys."""
    async with db.execute("SELECT key, value FROM state WHERE ledger = ?", (ledger,)) as rows:
        async for key, value in rows:
            yield read_state_key(key), value
    async with db.execute(
        "SELECT kind, key, carried FROM stream WHERE ledger = ? AND carried IS NOT NULL", (ledger,)
    ) as rows:
        async for kind, key, value in rows:
            yield StreamKey(kind, key), value


async def leaf_of(db: aiosqlite.Connection, ledger: int, ordinal: int) -> bytes | None:
    """The hash of a record, as it was ingested."""
    event = row_id(ledger, ordinal)
    async with db.execute(
        "SELECT id, hashes FROM leaf WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1", (row_id(ledger, 0), event)
    ) as rows:
        row = await rows.fetchone()
    if row is None:
        return None
    start = (event - row[0]) * 32
    return row[1][start : start + 32] or None


async def irregular_streams(db: aiosqlite.Connection, ledger: int) -> list[StreamKey]:
    """Streams that must be walked again."""
    async with db.execute("SELECT kind, key FROM stream WHERE ledger = ? AND irregular", (ledger,)) as rows:
        return [StreamKey(kind, key) async for kind, key in rows]


async def stream_places(db: aiosqlite.Connection, ledger: int, stream: StreamKey) -> list[tuple[int, int, int]]:
    """Ordinal, offset and length of a stream's events by (sequence, ordinal)."""
    async with db.execute(
        "SELECT event.id, event.offset, event.length FROM event JOIN stream ON stream.id = event.stream"
        f" WHERE {IS_STREAM} ORDER BY sequence, event.id",
        named(ledger, stream),
    ) as rows:
        return [(split_id(number)[1], offset, length) async for number, offset, length in rows]
