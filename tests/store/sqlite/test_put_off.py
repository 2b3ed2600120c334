"""Indexes that are made late: answers are the same without them, and whoever needs one makes it."""

from pathlib import Path

from console.model.event import StreamKey
from console.store.filter import Filter, parse
from console.store.sqlite.read.reader import SqliteReader
from console.store.sqlite.store import SqliteStore
from console.store.sqlite.write.writer import SqliteWriter
from tests.support.index_cases import Pen, Row
from tests.support.stores import opened, pens

ROWS = [Row(at, stream=f"s{at % 7}", also=("t",) if at % 5 == 0 else (), sequence=at // 7) for at in range(200)]


async def indexes(writer: SqliteWriter) -> set[str]:
    rows = await writer._db.all("SELECT name FROM sqlite_master WHERE type = 'index' AND name GLOB 'event_*'")
    return {name.removeprefix("event_") for (name,) in rows}


async def answers(reader: SqliteReader, ledger: int) -> list[object]:
    """All that asks for streams."""
    streams, _ = await reader.streams(ledger)
    found: list[object] = [streams]
    for each in streams:
        view = await reader.view(Filter(), stream=each.id)
        rows = await view.rows(0, 500)
        found += [[row.ordinal for row in rows], await view.position(rows[3].id)]
        found.append(await reader.chain_neighbour(rows[3].id, 1))
    chosen = await reader.view(parse("run:s3,t"))
    return [*found, [row.ordinal for row in await chosen.rows(0, 500)]]


async def test_streams_are_found_before_and_after_it_is_settled(tmp_path: Path) -> None:
    writer, reader = await opened(SqliteStore(tmp_path / "index.sqlite"))
    assert isinstance(writer, SqliteWriter)
    assert isinstance(reader, SqliteReader)
    (pen,) = await pens(writer, "one")
    await pen.add(*ROWS[:120])
    view = await reader.view(Filter(), stream=(await reader.streams(pen.ledger))[0][0].id)
    assert await indexes(writer) == {"time", "worst"}
    await pen.add(*ROWS[120:])
    before = await answers(reader, pen.ledger)
    assert await view.refresh() is not None
    await writer.settle()
    assert await indexes(writer) == {"time", "worst", "stream", "key", "parent"}
    assert await answers(reader, pen.ledger) == before
    assert await view.refresh() is None
    await pen.add(Row(300, stream="s1"))
    await writer.settle()
    await reader.close()
    await writer.close()


async def test_whoever_needs_one_makes_it(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "index.sqlite")
    writer, _ = await store.writer()
    (pen,) = await pens(writer, "one")
    await pen.add(*ROWS)
    async with writer.transaction():
        assert await writer.resolve(pen.ledger) is None
    assert await indexes(writer) == {"time", "worst"}
    places = await writer.stream_places(pen.ledger, StreamKey("run", "s1"))
    assert [each.ordinal for each in places] == [at + 1 for at in range(200) if at % 7 == 1]
    await pen.add(Row(id="a"), Row(id="a", parent="b"))
    async with writer.transaction():
        found = await writer.resolve(pen.ledger)
    assert found is not None
    assert found.duplicates.count == 1
    assert await indexes(writer) == {"time", "worst", "stream", "key"}
    await writer.close()


async def test_what_a_dead_writer_left_is_taken_up(tmp_path: Path) -> None:
    """It died after its rows were committed, before references were resolved and streams indexed."""
    store = SqliteStore(tmp_path / "index.sqlite")
    writer, _ = await store.writer()
    (pen,) = await pens(writer, "one")
    await pen.add(Row(id="a", stream="s"), Row(parent="c", stream="s"))
    await writer._db.close()
    writer, _ = await store.writer()
    again = Pen(writer, pen.ledger, pen.next)
    await again.add(Row(id="a", stream="s"))
    async with writer.transaction():
        found = await writer.resolve(pen.ledger)
    assert found is not None
    assert found.duplicates.listed == [(3, 1)]
    assert (await writer.orphans(pen.ledger)).listed == [2]
    await writer.settle()
    assert await indexes(writer) == {"time", "worst", "stream", "key", "parent"}
    await writer.close()
