"""Every store that must pass the contract."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from hypothesis import strategies as st

from console.model.event import NO_TIME
from console.model.trust import Severity, Trust
from console.store.opening import open_scratch, store_at
from console.store.protocol import IndexReader, IndexStore, IndexWriter, Scratch
from tests.support.index_cases import Pen, Row
from tests.support.memory_store import MemoryScratch, MemoryStore

PATHS = ("/ledgers/one.jsonl", "/ledgers/two.jsonl", "/three")
"""Of the ledgers in ``index``."""
STORES: dict[str, Callable[[Path], IndexStore]] = {
    "sqlite": lambda folder: store_at(folder / "index.sqlite"),
    "memory": lambda _: MemoryStore(),
}
"""By name: an index that is not there yet, kept in a folder if it is kept in files."""


async def scratch(name: str) -> Scratch:
    """The same store's writer of an index that nobody keeps."""
    return await open_scratch() if name == "sqlite" else MemoryScratch()


async def pens(writer: IndexWriter, *paths: str) -> list[Pen]:
    """New ledgers of these paths to write to."""
    async with writer.transaction():
        ledgers = [await writer.add_ledger(each, None, "jsonl", "kernel", "api") for each in paths]
    return [Pen(writer, each) for each in ledgers]


async def opened(store: IndexStore) -> tuple[IndexWriter, IndexReader]:
    """A writer and a reader."""
    writer, note = await store.writer()
    reader = await store.reader()
    assert not note
    assert reader is not None
    return writer, reader


@dataclass
class Opened:
    """An index with three ledgers."""

    writer: IndexWriter
    reader: IndexReader
    pens: list[Pen]

    @property
    def pen(self) -> Pen:
        return self.pens[0]


@asynccontextmanager
async def index(name: str, folder: Path) -> AsyncIterator[Opened]:
    writer, reader = await opened(STORES[name](folder))
    try:
        yield Opened(writer, reader, await pens(writer, *PATHS))
    finally:
        await reader.close()
        await writer.close()


NAMES = st.sampled_from(["", "A", "AB", "b[", "x?"])
ROWS = st.builds(
    Row,
    time=st.one_of(st.just(NO_TIME), st.integers(-5, 20)),
    type=NAMES,
    actor=NAMES,
    stream=st.sampled_from(["", "s", "t"]),
    sequence=st.integers(-1, 4),
    trust=st.sampled_from([int(each) for each in Trust if each is not Trust.PENDING]),
    worst=st.sampled_from(list(map(int, Severity))),
    also=st.sampled_from([(), (), ("t",), ("u", "s")]),
).filter(lambda row: row.stream not in row.also)
"""Rows of any kind."""


def streams_of(row: Row) -> tuple[str, ...]:
    """Keys of all streams that the row is in."""
    return (*([row.stream] if row.stream else []), *row.also)
