"""An index for verifications, in temporary files that SQLite removes; nobody resumes it, nobody views it."""

from collections.abc import Iterable, Sequence

from console.model.batch import EventBatch
from console.store.facts import ChainLink
from console.store.spelling import spelled_out
from console.store.sqlite.database import Database, connect
from console.store.sqlite.membership import Memberships
from console.store.sqlite.read.reader import SqliteReader
from console.store.sqlite.schema import row_id
from console.store.sqlite.store import make_tables
from console.store.sqlite.write.events import EventRows
from console.store.sqlite.write.names import Lists, NameIds
from console.store.sqlite.write.writer import SqliteWriter

_PRAGMAS = ("PRAGMA journal_mode=MEMORY", "PRAGMA synchronous=OFF", "PRAGMA cache_size=-16384")
_EVENT = (
    "INSERT INTO event (id, offset, length, stream, sequence, key, parent, mark, time, type, actor)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)"
)


class SqliteScratch(SqliteWriter):
    """See ``Scratch``."""

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        self._names = _StreamIds(db, self._streams)
        self._events = _NeededRows(db)
        self._memberships = _NoMemberships(db)

    async def add_ledger(self, path: str, member: str | None, container: str, format: str, shape: str) -> int:
        # No index can hold a name that is not UTF-8; here nobody asks for it.
        return await super().add_ledger(spelled_out(path), member, container, format, shape)

    async def note_links(self, ledger: int, links: Iterable[ChainLink]) -> None:
        links = list(links)
        streams = list({link.stream for link in links})
        ids = dict(zip(streams, await self._streams.ids(ledger, streams), strict=True))
        await self._db.run_many(
            _EVENT,
            [
                (row_id(ledger, place.ordinal), place.offset, place.length, ids[stream], sequence, 0, 0, 0, 0)
                for stream, sequence, place in links
            ],
        )

    def reader(self) -> SqliteReader:
        return SqliteReader(self._db)


class _NeededRows(EventRows):
    """Rows of the events that may be asked for again: by id, by parent, or by number in a chain."""

    async def add(self, ledger: int, events: EventBatch, names: Lists) -> None:
        if not events.names_any and max(events.sequence, default=-1) < 0:
            return
        first = row_id(ledger, events.first)
        streams = map(names[2].__getitem__, events.stream)
        ids = events.key, events.parent
        columns = (events.offset, events.length, streams, events.sequence, *ids, events.trust, events.time)
        await self._db.run_many(_EVENT, zip(range(first, first + len(events)), *columns, strict=True))
        await self.add_names(first, events)


class _StreamIds(NameIds):
    """Types and actors are not kept."""

    async def _intern(self, table: str, texts: Sequence[str]) -> list[int]:
        return [0] * len(texts)


class _NoMemberships(Memberships):
    """Which events further streams have matters to views alone; how many is counted."""

    async def add(self, ledger: int, events: EventBatch, streams: list[int], sets: list[tuple[int, ...]]) -> None:
        return


async def open_scratch() -> SqliteScratch:
    """An empty index that is gone when it is closed."""
    db = await connect("", same_thread=True)
    try:
        for pragma in _PRAGMAS:
            await db.run(pragma)
        await make_tables(db, ())
    except BaseException:
        await db.close()
        raise
    return SqliteScratch(db)
