"""An index filled by hand: rows as a reader would give them, without a ledger behind them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from console.formats.protocol import key64
from console.model.batch import EventBatch, Names
from console.model.event import NO_TIME, StreamKey
from console.model.finding import Finding
from console.model.record import Cursor
from console.store.filter import parse
from console.store.opening import store_at
from console.store.portion import Portion
from console.store.protocol import EventView, IndexReader, IndexWriter


@dataclass(frozen=True)
class Row:
    """One event to be written. ``id`` and ``parent`` are ids, '' for none."""

    time: int = NO_TIME
    type: str = ""
    actor: str = ""
    stream: str = ""
    sequence: int = -1
    id: str = ""
    alias: str = ""
    mention: str = ""
    parent: str = ""
    trust: int = 0
    worst: int = 0
    also: tuple[str, ...] = ()


class Pen:
    """Writes rows to one ledger as one reader would: names interned, ordinals and offsets going on."""

    def __init__(self, writer: IndexWriter, ledger: int, next: Cursor | None = None) -> None:
        self.writer = writer
        self.ledger = ledger
        self.next = next or Cursor()
        self.types, self.actors, self.streams, self.further = Names(), Names(), Names(), Names()
        writer.begin(ledger)

    def batch(self, rows: Sequence[Row], findings: Sequence[Finding] = ()) -> EventBatch:
        out = EventBatch(self.next.ordinal)
        offset = self.next.offset
        for at, row in enumerate(rows):
            out.add(
                offset + at * 10,
                9,
                time=row.time,
                sequence=row.sequence,
                type=self.types.code(row.type) if row.type else 0,
                actor=self.actors.code(row.actor) if row.actor else 0,
                stream=self._stream(row.stream) if row.stream else 0,
                key=key64(row.id, self.writer.salt) if row.id else 0,
                alias=key64(row.alias, self.writer.salt) if row.alias else 0,
                mention=key64(row.mention, self.writer.salt) if row.mention else 0,
                parent=key64(row.parent, self.writer.salt) if row.parent else 0,
                trust=row.trust,
                worst=row.worst,
                further=self.further.code(tuple(map(self._stream, row.also))) if row.also else 0,
            )
        out.new_types, self.types.fresh = list(map(str, self.types.fresh)), []
        out.new_actors, self.actors.fresh = list(map(str, self.actors.fresh)), []
        out.new_streams = [each for each in self.streams.fresh if isinstance(each, StreamKey)]
        out.new_further = [each for each in self.further.fresh if isinstance(each, tuple)]
        self.streams.fresh, self.further.fresh = [], []
        out.findings = list(findings)
        out.hashes = b"".join(sha256(b"%d" % (self.next.ordinal + at)).digest() for at in range(len(rows)))
        self.next = Cursor(self.next.ordinal + len(rows), offset + 10 * len(rows))
        return out

    def _stream(self, key: str) -> int:
        return self.streams.code(StreamKey("run", key))

    async def write(self, *batches: EventBatch, **more: Any) -> tuple[int, int]:
        """Commit batches as one portion. Its first and last ordinal."""
        events, *rest = batches or (EventBatch(self.next.ordinal),)
        for each in rest:
            events.extend(each)
        async with self.writer.transaction():
            portion = Portion(events, self.next, bytes=self.next.offset)
            await self.writer.append(self.ledger, replace(portion, **more))
        return events.first, self.next.ordinal - 1

    async def add(self, *rows: Row) -> tuple[int, int]:
        """Commit rows as one batch."""
        return await self.write(self.batch(rows))


async def new_index(path: Path, *ledgers: str) -> tuple[IndexWriter, list[Pen]]:
    """An index with empty ledgers of these paths."""
    writer, note = await store_at(path).writer()
    assert not note
    async with writer.transaction():
        numbers = [await writer.add_ledger(each, None, "jsonl", "kernel", "api") for each in ledgers]
    return writer, [Pen(writer, each) for each in numbers]


async def view_of(
    reader: IndexReader, query: str = "", *, ledger: int | None = None, stream: int | None = None
) -> EventView:
    """A view, looked at once."""
    return await reader.view(parse(query), ledger=ledger, stream=stream)
