"""Names that a ledger's readers intern, as ids of the index."""

import json
from collections.abc import Sequence

from console.model.batch import EventBatch
from console.store.spelling import spelled_out
from console.store.sqlite.database import Database
from console.store.sqlite.streams import StreamRows

Lists = tuple[list[int], list[int], list[int], list[tuple[int, ...]]]
"""Ids of types, actors and streams by a reader's codes, and the sets of further streams, which hold codes."""


class NameIds:
    """Follows the name lists of each ledger's reader."""

    def __init__(self, db: Database, streams: StreamRows) -> None:
        self._db = db
        self._streams = streams
        self._lists: dict[int, Lists] = {}

    def begin(self, ledger: int) -> None:
        """A new reader will decode this ledger: its name lists start empty."""
        self._lists[ledger] = ([0], [0], [0], [()])

    def of(self, ledger: int) -> Lists:
        """Ids by the codes of the ledger's present reader."""
        return self._lists[ledger]

    async def take(self, ledger: int, events: EventBatch) -> None:
        """Ids for the names that these events bring."""
        types, actors, streams, sets = self._lists[ledger]
        types.extend(await self._intern("type", events.new_types))
        actors.extend(await self._intern("actor", events.new_actors))
        streams.extend(await self._streams.ids(ledger, events.new_streams))
        sets.extend(events.new_further)

    async def _intern(self, table: str, texts: Sequence[str]) -> list[int]:
        if not texts:
            return []
        texts = [spelled_out(text) for text in texts]
        await self._db.run_many(f"INSERT OR IGNORE INTO {table} (text) VALUES (?)", [(text,) for text in texts])
        rows = await self._db.all(
            f"SELECT text, id FROM {table} WHERE text IN (SELECT value FROM json_each(?))", (json.dumps(texts),)
        )
        ids = dict(rows)
        for text in {*texts} - ids.keys():
            # JSON in SQLite ends a text at a NUL; a parameter does not.
            ids[text] = await self._db.one(f"SELECT id FROM {table} WHERE text = ?", (text,))
        return [ids[text] for text in texts]
