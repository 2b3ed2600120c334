"""Pages of events: rows of the index with their names looked up."""

import json
from collections.abc import Sequence

import msgspec

from console.model.trust import Severity, Trust
from console.store.rows import EventRow
from console.store.sqlite.database import Database
from console.store.sqlite.schema import NO_TIME_BIT, TRUST_MASK, WORST_SHIFT, split_id

_EVENT_COLUMNS = (
    "event.id, event.offset, event.length, event.time, event.type, event.actor, event.stream, event.sequence,"
    " event.mark"
)
_NAMES = 100_000
"""Names of streams that are remembered."""


class EventPages:
    """Reads pages over one connection, and remembers the names that it has seen."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._texts: dict[str, dict[int, str]] = {"type": {0: ""}, "actor": {0: ""}}
        self._streams: dict[int, tuple[str, str]] = {0: ("", "")}

    async def page(self, chosen: str, parameters: Sequence[object]) -> list[EventRow]:
        """Events that ``chosen`` (from FROM on) chooses, in its order, with their names looked up.

        All come as one row: between two rows the thread that reads has to win the interpreter back from the screen,
        and behind a busy screen a page of 256 rows came a quarter of a second late.
        """
        found = await self._db.one(
            f"SELECT json_group_array(json_array({_EVENT_COLUMNS})) FROM (SELECT {_EVENT_COLUMNS} {chosen}) event",
            parameters,
        )
        return await self._event_rows(msgspec.json.decode(found))

    async def _event_rows(self, rows: Sequence[Sequence[int]]) -> list[EventRow]:
        await self._learn("type", {row[4] for row in rows})
        await self._learn("actor", {row[5] for row in rows})
        await self._learn_streams({row[6] for row in rows})
        types, actors, streams = self._texts["type"], self._texts["actor"], self._streams
        result = []
        for number, offset, length, time, type, actor, stream, sequence, mark in rows:
            ledger, ordinal = split_id(number)
            kind, key = streams.get(stream, ("", ""))
            result.append(
                EventRow(
                    number,
                    ledger,
                    ordinal,
                    offset,
                    length,
                    None if mark & NO_TIME_BIT else time,
                    types.get(type, ""),
                    actors.get(actor, ""),
                    stream,
                    kind,
                    key,
                    None if sequence < 0 else sequence,
                    Trust(mark & TRUST_MASK),
                    Severity(mark >> WORST_SHIFT & 7),
                )
            )
        return result

    async def _learn(self, table: str, ids: set[int]) -> None:
        known = self._texts[table]
        missing = sorted(ids - known.keys())
        if missing:
            known.update(
                await self._db.all(
                    f"SELECT id, text FROM {table} WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(missing),)
                )
            )

    async def _learn_streams(self, ids: set[int]) -> None:
        missing = sorted(ids - self._streams.keys())
        if len(self._streams) > _NAMES:
            self._streams = {0: ("", "")}
            missing = sorted(ids)
        if missing:
            for number, kind, key in await self._db.all(
                "SELECT id, kind, key FROM stream WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(missing),)
            ):
                self._streams[number] = (kind, key)
