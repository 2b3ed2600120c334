"""Ledgers to write to, indexes to compare, and a console that is waited for."""

import asyncio
import hashlib
import json
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from console.engine.follow.follower import Follower
from console.engine.ingest.ingest import Ingest, Step
from console.engine.ledgers.opening import Opened, open_ledgers
from console.engine.ledgers.options import Options
from console.engine.session.client import Session, open_session
from console.engine.session.protocol import IndexPlace
from console.store.opening import store_at
from console.store.protocol import IndexReader
from console.store.rows import EventRow, LedgerRow
from console.witness.place import MemoryPlace

NOW = Options(now=1_795_200_000_000_000)
PATIENCE = 60.0
"""Seconds until a condition that never holds fails a test."""


def id_of(name: str, sequence: int = 0) -> str:
    """The id of the deal with this name, or of one of its events."""
    return str(uuid5(NAMESPACE_OID, f"{name}-{sequence}"))


class Deal:
    """Writes events of one deal as the kernel's documents describe them: each with the hash of the one before."""

    def __init__(self, name: str = "deal-1") -> None:
        self.name = name
        self.key = id_of(name)
        self.sequence = 0
        self.head: str | None = None

    def event(self, **payload: Any) -> bytes:
        """The next event, one line without its LF."""
        self.sequence += 1
        stored = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
        text = f"{self.key}{self.sequence}MaterialAdded{stored}{self.head or 'null'}"
        digest = hashlib.sha256(text.encode()).hexdigest()
        previous = "null" if self.head is None else f'"{self.head}"'
        line = (
            f'{{"id":"{id_of(self.name, self.sequence)}","dealId":"{self.key}","type":"MaterialAdded",'
            f'"payload":{stored},'
            f'"actorId":"anna","authorityContext":{{"role":"GP","rulesVersion":"2025-01","overrideReason":null}},'
            f'"evidenceRefs":[],"sequenceNumber":{self.sequence},"previousEventHash":{previous},'
            f'"eventHash":"{digest}","createdAt":"2025-01-01T{self.sequence // 3600:02d}:'
            f'{self.sequence // 60 % 60:02d}:{self.sequence % 60:02d}.000Z"}}'
        )
        self.head = digest
        return line.encode()

    def lines(self, count: int) -> bytes:
        """The next events as lines."""
        return b"".join(self.event(number=number) + b"\n" for number in range(count))


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


async def indexed(index: Path, *paths: Path, options: Options = NOW) -> int:
    """Bring an index up to date as a starting console does; the events read."""
    async with following(index, *paths, options=options, follow=False) as (_, steps):
        return sum(step.events for step in steps)


@asynccontextmanager
async def following(
    index: Path, *paths: Path, options: Options = NOW, follow: bool = True, memory: MemoryPlace | None = None
) -> AsyncIterator[tuple[Follower, list[Step]]]:
    """A follower that has read everything, in this process, and the steps that it reports: nobody wakes it but the
    test."""
    writer, _ = await store_at(index).writer()
    steps: list[Step] = []
    ingest = Ingest(writer, options)
    follower = Follower(ingest, map(str, paths), str(index), follow=follow, report=steps.append, memory=memory)
    try:
        await follower.start()
        yield follower, steps
    finally:
        await follower.close()
        await writer.close()


@asynccontextmanager
async def reading(index: Path) -> AsyncIterator[IndexReader]:
    reader = await store_at(index).reader()
    assert reader is not None
    try:
        yield reader
    finally:
        await reader.close()


def opened(*paths: Path) -> list[Opened]:
    """Every ledger under these paths."""
    return [each for each in open_ledgers(map(str, paths)) if isinstance(each, Opened)]


def dump(index: Path, *, besides: Iterable[str] = ()) -> dict[str, list[Any]]:
    """What an index says, without ids, so that two of them can be compared. Row order is not part of it, and keys,
    which no two indexes share, are numbered as they come."""
    db = sqlite3.connect(f"file:{index}?mode=ro", uri=True)
    name = "(SELECT path || coalesce('#' || member, '') FROM ledger WHERE ledger.id = {})"
    event = name.format("event.id >> 32") + ", event.id & 0xffffffff"
    stream = "(SELECT kind || ':' || key FROM stream WHERE stream.id = {})"
    tables = {
        "ledger": "SELECT path, member, container, format, shape, profile, state, active, records, bytes, next_offset,"
        " pending, first_time, last_time, trust FROM ledger",
        "event": f"SELECT {event}, offset, length, time, (SELECT text FROM type WHERE id = event.type),"
        f" (SELECT text FROM actor WHERE id = event.actor), {stream.format('event.stream')}, sequence, numbered(key),"
        " numbered(parent), mark FROM event",
        "stream": f"SELECT {name.format('stream.ledger')}, kind, key, further, events, first_time, last_time, t0, t1,"
        " t2, t3, t4, t5, t6, state, chained, intact, irregular FROM stream",
        "membership": f"SELECT {event}, {stream.format('membership.stream')} FROM membership JOIN event"
        " ON event.stream = membership.first AND event.id BETWEEN low AND low + span",
        "orphan": f"SELECT {name.format('event >> 32')}, event & 0xffffffff, numbered(parent) FROM orphan",
        "finding": f"SELECT {name.format('finding.ledger')}, stream, event & 0xffffffff, code, severity, confidence,"
        " message, event_id, sequence, record, offset, length, field, expected, actual, count, standing, kept"
        " FROM finding",
        "volume": f"SELECT {name.format('volume.ledger')}, first, path, member FROM volume",
    }
    numbers = {0: 0}
    try:
        for pair in db.execute(f"SELECT key, parent FROM event ORDER BY {event}"):
            for each in pair:
                numbers.setdefault(each, len(numbers))
        db.create_function("numbered", 1, numbers.__getitem__)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = {
            table: sorted(db.execute(sql).fetchall(), key=repr) for table, sql in tables.items() if table not in besides
        }
        found["leaf"] = sorted(
            (ledger, (number & 0xFFFFFFFF) + at // 32, hashes[at : at + 32])
            for ledger, number, hashes in db.execute(f"SELECT {name.format('leaf.id >> 32')}, id, hashes FROM leaf")
            for at in range(0, len(hashes), 32)
        )
    finally:
        db.close()
    return found


def assert_same(one: dict[str, list[Any]], other: dict[str, list[Any]]) -> None:
    """Table by table, so that a failure shows where."""
    for table in one:
        assert one[table] == other[table], table


class Console:
    """A real session whose changes are heard all the time."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.phases: list[str] = []
        self.notes: list[str] = []
        self.new_index = 0
        """Times that the index was made again."""
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._hear())

    async def _hear(self) -> None:
        async for change in self.session.changes():
            self.new_index += change.new_index
            if self.phases[-1:] != [change.progress.phase]:
                self.phases.append(change.progress.phase)
            if change.progress.note and change.progress.note not in self.notes:
                self.notes.append(change.progress.note)
            self._news.set()

    async def until(self, condition: Callable[[], Awaitable[Any]]) -> Any:
        """Wait for a condition to hold; its value. Asked again at each change."""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    self._news.clear()
                    value = await condition()
                    if value:
                        return value
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"never came: {self.phases} {self.notes} {await self.ledgers()}") from None

    async def following(self) -> None:
        """Wait until everything was read."""
        await self.until(lambda: _value(self.phases[-1:] == ["following"]))

    async def ledgers(self) -> list[LedgerRow]:
        return await self.session.ledgers()

    async def ledger(self, path: Path) -> LedgerRow:
        (found,) = [each for each in await self.ledgers() if each.path == str(path)]
        return found

    async def records(self, path: Path, count: int) -> LedgerRow:
        """Wait until a ledger has so many records."""

        async def there() -> LedgerRow | None:
            rows = [each for each in await self.ledgers() if each.path == str(path)]
            return rows[0] if rows and rows[0].records == count and rows[0].format else None

        row = await self.until(there)
        assert isinstance(row, LedgerRow)
        return row

    async def found(self, code: str) -> list[str]:
        """Wait for findings of a code; their messages."""

        async def there() -> list[str]:
            return [each.finding.message for each in (await self.session.findings())[0] if each.finding.code == code]

        messages = await self.until(there)
        assert isinstance(messages, list)
        return messages

    async def codes(self) -> set[str]:
        """Codes of findings about bytes, files and chains; what the deals' events mean is not at issue here."""
        families = ("record", "container", "chain", "identity", "witness")
        return {each.finding.code for each in (await self.session.findings())[0] if each.finding.family in families}

    async def events(self, query: str = "") -> list[EventRow]:
        view = await self.session.view(query)
        try:
            return [row for start in range(0, view.count, 500) for row in await view.rows(start, start + 500)]
        finally:
            await view.close()

    async def close(self) -> None:
        await self.session.close()
        await self._task


async def _value(value: Any) -> Any:
    return value


@asynccontextmanager
async def console(*paths: Path, index: Path, wait: bool = True) -> AsyncIterator[Console]:
    """A console on these paths, by default once it follows them."""
    one = Console(await open_session([str(path) for path in paths], IndexPlace(str(index)), NOW))
    try:
        if wait:
            await one.following()
        yield one
    finally:
        await one.close()


def trust_of(rows: Sequence[EventRow]) -> list[str]:
    return [row.trust.word for row in rows]
