"""Rows of streams: found by their key, counted, and with what is known and kept of them."""

import json
from collections.abc import Iterable, Mapping, Sequence

from console.formats.protocol import key64
from console.model.event import StreamKey
from console.model.ledger import StreamFacts
from console.store.counts import Count, Counts
from console.store.spelling import spelled_out
from console.store.sqlite.database import Database

IS_STREAM = "stream.ledger = ? AND stream.hash = ? AND stream.kind = ? AND stream.key = ?"
"""The condition to which ``named`` gives the parameters."""
Name = tuple[int, int, str, str]


def named(db: Database, ledger: int, stream: StreamKey) -> Name:
    """A stream's ledger, the part of its key's hash by which it is found, its kind and its key as they are stored.

    The hash is made with the index's salt: otherwise keys could be written that are all found in one place.
    """
    key = spelled_out(stream.key)
    return ledger, key64(f"{stream.kind}\0{key}", db.salt) >> 40, stream.kind, key


class StreamRows:
    """Writes the table of streams. A new stream's row is written with its first counts."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._new: dict[Name, int] = {}
        self._names: dict[StreamKey, Name] = {}
        """Of the portion at hand."""

    def rolled_back(self) -> None:
        """New rows did not come to be."""
        self._new.clear()
        self._names.clear()

    async def ids(self, ledger: int, streams: Sequence[StreamKey]) -> list[int]:
        """Ids of these streams; those that are new get their rows by ``add``."""
        names = self._named(ledger, streams)
        if not names:
            return []
        rows = await self._db.all(
            "SELECT ledger, hash, kind, key, id FROM stream WHERE ledger = ?"
            " AND hash IN (SELECT value FROM json_each(?))",
            (ledger, json.dumps([each[1] for each in names])),
        )
        known = {**{(row[0], row[1], row[2], row[3]): row[4] for row in rows}, **self._new}
        last = max([*self._new.values(), await self._db.one(_LAST) or 0])
        for name in names:
            if name not in known:
                last += 1
                known[name] = self._new[name] = last
        return [known[name] for name in names]

    async def add(
        self,
        ledger: int,
        counts: Counts,
        further: Iterable[int],
        facts: Iterable[StreamFacts],
        carried: Mapping[StreamKey, bytes],
    ) -> None:
        """What a portion brought: counts by id, ids of streams that are further ones of some event, and the rest as
        ``tell`` takes it."""
        new, self._new = self._new, {}
        given, kept = self._by_name(ledger, facts, carried)
        more = {*further}
        rows = []
        for name, stream in new.items():
            count = counts.pop(stream, None) or Count()
            times = count.events, count.first, count.last, *count.trust
            rows.append((stream, *name, stream in more, *times, *_known(given.pop(name, None)), kept.pop(name, None)))
        await self._db.run_many(
            "INSERT INTO stream (id, ledger, hash, kind, key, further, events, first_time, last_time,"
            f" t0, t1, t2, t3, t4, t5, t6, state, chained, intact, carried) VALUES ({', '.join('?' * 20)})",
            rows,
        )
        await self._db.run_many(
            "UPDATE stream SET events = events + ?, first_time = min(coalesce(first_time, ?), coalesce(?, first_time)),"
            " last_time = max(coalesce(last_time, ?), coalesce(?, last_time)), t0 = t0 + ?, t1 = t1 + ?, t2 = t2 + ?,"
            " t3 = t3 + ?, t4 = t4 + ?, t5 = t5 + ?, t6 = t6 + ? WHERE id = ?",
            [
                (count.events, count.first, count.first, count.last, count.last, *count.trust, stream)
                for stream, count in counts.items()
                if stream
            ],
        )
        await self._db.run_many(
            "UPDATE stream SET further = 1 WHERE id = ?", [(stream,) for stream in more.difference(new.values())]
        )
        await self._tell(given, kept)

    async def tell(self, ledger: int, facts: Iterable[StreamFacts], carried: Mapping[StreamKey, bytes]) -> None:
        """What is known of streams now, and what their reader keeps of them."""
        await self._tell(*self._by_name(ledger, facts, carried))

    def _by_name(
        self, ledger: int, facts: Iterable[StreamFacts], carried: Mapping[StreamKey, bytes]
    ) -> tuple[dict[Name, StreamFacts], dict[Name, bytes]]:
        given = [*facts]
        names = self._named(ledger, [StreamKey(each.kind, each.key) for each in given])
        kept = dict(zip(self._named(ledger, [*carried]), carried.values(), strict=True))
        self._names.clear()
        return dict(zip(names, given, strict=True)), kept

    def _named(self, ledger: int, streams: Sequence[StreamKey]) -> list[Name]:
        known = self._names
        known.update({stream: named(self._db, ledger, stream) for stream in streams if stream not in known})
        return [known[stream] for stream in streams]

    async def _tell(self, facts: Mapping[Name, StreamFacts], carried: Mapping[Name, bytes]) -> None:
        await self._db.run_many(
            f"UPDATE stream SET state = ?, chained = ?, intact = ?, carried = coalesce(?, carried) WHERE {IS_STREAM}",
            [(*_known(each), carried.get(name), *name) for name, each in facts.items()],
        )
        await self._db.run_many(
            f"UPDATE stream SET carried = ? WHERE {IS_STREAM}",
            [(value, *name) for name, value in carried.items() if name not in facts],
        )


_LAST = "SELECT seq FROM sqlite_sequence WHERE name = 'stream'"


def _known(facts: StreamFacts | None) -> tuple[str, int, bool | None]:
    """Columns of what is known of a stream."""
    if facts is None:
        return "{}", 0, None
    return json.dumps(dict(facts.state)), facts.chained, facts.chain_intact
