"""The trace of an event in a large ledger, from an index that is there."""

import asyncio
import random
import statistics
import tempfile
import time
from pathlib import Path

from console.engine.api import IndexPlace
from console.engine.ledgers.options import Options
from console.engine.session.headless import indexed
from console.engine.session.records import Records
from console.engine.trace.walk import Tracer
from tests.benchmarks.generate import ledger
from tests.benchmarks.measure import table

_ASKED = 20


def trace(events: int, rounds: int) -> None:
    """Both ways from events of a SWARM log, each by a new connection; and the index made ready for it."""
    path = ledger("swarm", events)
    with tempfile.TemporaryDirectory() as folder:
        spent = asyncio.run(_traced(path, Path(folder) / "index.sqlite", events, rounds))
    figures = f"{1000 * statistics.median(spent):,.0f}", f"{1000 * max(spent):,.0f}"
    table(f"trace in {events:,} events (goal: 200 ms)", ("", "median ms", "longest ms"), [("both ways", *figures)])


async def _traced(path: Path, index: Path, events: int, rounds: int) -> list[float]:
    spent = []
    place, choose = IndexPlace(str(index)), random.Random(8)
    for _ in range(rounds):
        async with indexed([str(path)], place, Options(), settled=True) as reader:
            (ledger,) = await reader.ledgers()
            for _ in range(_ASKED):
                began = time.perf_counter()
                await Tracer(reader, Records(reader)).of_event((ledger.id << 32) + choose.randrange(1, events))
                spent.append(time.perf_counter() - began)
    return spent
