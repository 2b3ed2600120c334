"""What the index holds of a ledger beside its events: its files, its record hashes, its reader's state."""

from collections.abc import AsyncGenerator

from console.model.event import StreamKey
from console.store.facts import RecordPlace, Volume
from console.store.sqlite.database import Database
from console.store.sqlite.schema import read_state_key, row_id, split_id
from console.store.sqlite.streams import IS_STREAM, named


class LedgerTables:
    """Questions about one ledger that a reader and a writer have in common. See ``RecordsOf``."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def volumes(self, ledger: int) -> list[Volume]:
        rows = await self._db.all("SELECT first, path, member FROM volume WHERE ledger = ? ORDER BY first", (ledger,))
        return [Volume(*row) for row in rows]

    async def place(self, ledger: int, ordinal: int) -> RecordPlace | None:
        for row in await self._db.all("SELECT offset, length FROM event WHERE id = ?", (row_id(ledger, ordinal),)):
            return RecordPlace(ordinal, *row)
        return None

    async def record_hash(self, ledger: int, ordinal: int) -> bytes | None:
        event = row_id(ledger, ordinal)
        for first, hashes in await self._db.all(
            "SELECT id, hashes FROM leaf WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1", (row_id(ledger, 0), event)
        ):
            start = (event - first) * 32
            return hashes[start : start + 32] or None
        return None

    async def record_hashes(self, ledger: int, first: int) -> AsyncGenerator[bytes, None]:
        start = row_id(ledger, first)
        async for number, hashes in self._db.each(
            "SELECT id, hashes FROM leaf WHERE id >= coalesce((SELECT max(id) FROM leaf WHERE id BETWEEN ? AND ?), ?)"
            " AND id < ? ORDER BY id",
            (row_id(ledger, 0), start, start, row_id(ledger + 1, 0)),
        ):
            for at in range(max(0, start - number) * 32, len(hashes), 32):
                yield hashes[at : at + 32]


async def reader_state(db: Database, ledger: int) -> list[tuple[str | StreamKey, bytes]]:
    """What a reader's ``take_state`` gave, by its keys."""
    by_name = await db.all("SELECT key, value FROM state WHERE ledger = ?", (ledger,))
    by_stream = await db.all(
        "SELECT kind, key, carried FROM stream WHERE ledger = ? AND carried IS NOT NULL", (ledger,)
    )
    state: list[tuple[str | StreamKey, bytes]] = [(read_state_key(key), value) for key, value in by_name]
    return [*state, *((StreamKey(kind, key), value) for kind, key, value in by_stream)]


async def irregular_streams(db: Database, ledger: int) -> list[StreamKey]:
    """Streams that must be walked again."""
    rows = await db.all("SELECT kind, key FROM stream WHERE ledger = ? AND irregular", (ledger,))
    return [StreamKey(*row) for row in rows]


async def stream_places(db: Database, ledger: int, stream: StreamKey) -> list[RecordPlace]:
    """Where a stream's records are, by (sequence, ordinal)."""
    rows = await db.all(
        "SELECT event.id, event.offset, event.length FROM event JOIN stream ON stream.id = event.stream"
        f" WHERE {IS_STREAM} ORDER BY sequence, event.id",
        named(db, ledger, stream),
    )
    return [RecordPlace(split_id(number)[1], offset, length) for number, offset, length in rows]
