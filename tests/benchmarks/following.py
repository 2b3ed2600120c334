"""What following costs while nothing happens, and what an append waits for beside a hostile ledger."""

import asyncio
import os
import statistics
import tempfile
import time
from pathlib import Path

from tests.benchmarks.measure import table
from tests.support.engine_cases import Console, Deal, append, console

_IDLE = 15.0
"""Seconds of watching an idle worker."""


def idle(events: int, rounds: int) -> None:
    """An idle console's worker, and an append to its row in the index."""
    del events, rounds
    with tempfile.TemporaryDirectory() as folder:
        share, waits = asyncio.run(_idle(Path(folder)))
    table("an idle worker", ("", "% of a core"), [("worker", f"{100 * share:.2f}")])
    table("append to its row in the index", ("", "p50 ms", "p90 ms", "max ms"), [("alone", *_spread(waits))])


def fair(events: int, rounds: int) -> None:
    """An append to its row, while 4 MiB of blank lines are read beside it."""
    del events, rounds
    with tempfile.TemporaryDirectory() as folder:
        waits = asyncio.run(_beside_blank_lines(Path(folder)))
    table(
        "append to its row in the index (goal: max ≤ 2,000 ms)",
        ("", "p50 ms", "p90 ms", "max ms"),
        [("", *_spread(waits))],
    )


async def _idle(folder: Path) -> tuple[float, list[float]]:
    deal, ledger = Deal(), folder / "deals.jsonl"
    ledger.write_bytes(deal.lines(1000))
    async with console(ledger, index=folder / "index.sqlite") as one:
        assert one.session.worker is not None
        await asyncio.sleep(2)
        before, began = _processor(one.session.worker), time.monotonic()
        await asyncio.sleep(_IDLE)
        share = (_processor(one.session.worker) - before) / (time.monotonic() - began)
        return share, await _waits(one, ledger, deal)


async def _beside_blank_lines(folder: Path) -> list[float]:
    deal, ledger = Deal(), folder / "good.jsonl"
    ledger.write_bytes(deal.lines(3))
    async with console(folder, index=folder.parent / f"{folder.name}.sqlite") as one:
        (folder / "bad.jsonl").write_bytes(Deal("x").lines(1) + b"\n" * (4 << 20))
        try:
            return await _waits(one, ledger, deal)
        finally:
            for suffix in ("", "-wal", "-shm", ".lock"):
                (folder.parent / f"{folder.name}.sqlite{suffix}").unlink(missing_ok=True)


async def _waits(one: Console, ledger: Path, deal: Deal) -> list[float]:
    waits = []
    for _ in range(40):
        await asyncio.sleep(0.1)
        append(ledger, deal.lines(1))
        began = time.perf_counter()
        await one.records(ledger, deal.sequence)
        waits.append(time.perf_counter() - began)
    return waits


def _processor(process: int) -> float:
    """Seconds of the processor that a process used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _spread(waits: list[float]) -> tuple[str, str, str]:
    ordered = sorted(waits)
    found = statistics.median(ordered), ordered[int(len(ordered) * 0.9)], ordered[-1]
    return f"{1000 * found[0]:.1f}", f"{1000 * found[1]:.1f}", f"{1000 * found[2]:.1f}"
