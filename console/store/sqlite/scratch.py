"""An index for one verification, in temporary files that SQLite removes; nobody resumes it."""

from collections.abc import Iterable

from console.model.event import StreamKey
from console.store.facts import ChainLink, RecordPlace
from console.store.sqlite.database import connect
from console.store.sqlite.store import make_tables
from console.store.sqlite.write.writer import SqliteWriter

_PRAGMAS = ("PRAGMA journal_mode=MEMORY", "PRAGMA synchronous=OFF", "PRAGMA cache_size=-16384")
_LINKS = "CREATE TABLE link (kind TEXT, key TEXT, sequence INTEGER, ordinal INTEGER, offset INTEGER, length INTEGER)"
_BY_STREAM = "CREATE INDEX IF NOT EXISTS link_stream ON link (kind, key, sequence, ordinal)"


class SqliteScratch(SqliteWriter):
    """See ``Scratch``."""

    async def note_links(self, links: Iterable[ChainLink]) -> None:
        await self._db.run_many(
            "INSERT INTO link VALUES (?, ?, ?, ?, ?, ?)",
            ((*stream, sequence, *place) for stream, sequence, place in links),
        )

    async def links(self, stream: StreamKey) -> list[RecordPlace]:
        await self._db.run(_BY_STREAM)
        sql = "SELECT ordinal, offset, length FROM link WHERE kind = ? AND key = ? ORDER BY sequence, ordinal"
        return [RecordPlace(*row) for row in await self._db.all(sql, stream)]


async def open_scratch() -> SqliteScratch:
    """An empty index that is gone when it is closed."""
    db = await connect("")
    try:
        for pragma in _PRAGMAS:
            await db.run(pragma)
        await make_tables(db, ())
        await db.run(_LINKS)
    except BaseException:
        await db.close()
        raise
    return SqliteScratch(db)
