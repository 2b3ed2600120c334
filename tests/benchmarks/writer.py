"""The writer of the index alone: portions that were decoded before, so that no decoder shares its time."""

import asyncio
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

from console.engine.ingest.portions import portions
from console.engine.ledgers.opening import Opened, open_ledgers
from console.engine.ledgers.options import Options
from console.model.record import Cursor
from console.store.opening import store_at
from console.store.portion import Portion
from tests.benchmarks.generate import KINDS, ledger
from tests.benchmarks.measure import table


class Spent(NamedTuple):
    """Seconds of the processor for each step, and bytes of the index."""

    append: float
    resolve: float
    settle: float
    size: int


def writer(events: int, rounds: int) -> None:
    """what the writer costs, for every system"""
    rows = []
    for kind in KINDS:
        portions_of = decoded(kind, events if kind == "kernel-doc" else max(events // 5, 1))
        count = sum(len(each.events) for each in portions_of)
        runs = [asyncio.run(written(portions_of)) for _ in range(rounds)]
        steps = [median(run[at] for run in runs) / count for at in range(3)]
        micros = [f"{1e6 * each:.2f}" for each in (*steps, sum(steps))]
        rows.append([kind, f"{count:,}", *micros, f"{runs[-1].size / count:.0f}"])
    heads = ["", "events", "append", "references", "settle", "all", "index B/event"]
    table("the index's writer alone, µs of the processor an event", heads, rows)


def decoded(kind: str, events: int) -> list[Portion]:
    """A ledger of a benchmark, decoded."""
    (opened,) = [each for each in open_ledgers([str(ledger(kind, events))]) if isinstance(each, Opened)]
    reader = opened.format.reader(opened.context(Options()))
    return [*portions(opened.source, reader, Cursor())]


async def written(parts: list[Portion]) -> Spent:
    """Write them into a new index."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.sqlite"
        writer, _ = await store_at(path).writer()
        async with writer.transaction():
            number = await writer.add_ledger("ledger", None, "jsonl", "kernel", "")
        writer.begin(number)
        began = time.process_time()
        for portion in parts:
            async with writer.transaction():
                await writer.append(number, portion)
        appended = time.process_time()
        more = True
        while more:
            async with writer.transaction():
                found = await writer.resolve(number)
            more = found is not None and found.more
        resolved = time.process_time()
        await writer.settle()
        settled = time.process_time()
        await writer.close()
        return Spent(appended - began, resolved - appended, settled - resolved, path.stat().st_size)
