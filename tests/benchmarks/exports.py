"""Exports, and checks of references: of a log of traced events, each of which has ids and names others."""

import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from tests.benchmarks.generate import ledger
from tests.benchmarks.measure import console, rate, ratio, table
from tests.benchmarks.writer import decoded, written
from tests.support.places import ROOT

REFERENCE = Path(__file__).parent / "reference_csv.py"
GRAPH = 300_000


def as_csv(events: int, rounds: int) -> None:
    """export csv, against json.loads and csv.DictWriter"""
    events = max(events // 5, 1)
    path = str(ledger("swarm", events))
    with tempfile.TemporaryDirectory() as folder:
        ours, plain = Path(folder) / "ours.csv", Path(folder) / "plain.csv"
        commands = {
            "console": console("export", "csv", path, "-o", str(ours), "--force"),
            "plain Python": [sys.executable, str(REFERENCE), path, str(plain)],
        }
        runs: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(rounds):
            for name, command in commands.items():
                began = time.perf_counter()
                subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
                runs[name].append(time.perf_counter() - began)
        same = ours.read_bytes() == plain.read_bytes()
    seconds = {name: median(each) for name, each in runs.items()}
    rows = [
        [name, f"{each:.2f}", rate(events, each), ratio(seconds["plain Python"], each)]
        for name, each in seconds.items()
    ]
    what = "the same bytes" if same else "OTHER BYTES"
    table(f"export csv, {events:,} events, {what}", ["", "s", "events/s", "goal ≥ 1.00 ×"], rows)


def graph(events: int, rounds: int) -> None:
    """ids, parents, cycles and what audits refer to, after ingest"""
    events = min(events, GRAPH)
    parts = decoded("swarm", events)
    seconds = median(asyncio.run(written(parts)).resolve for _ in range(rounds))
    heads = ["", "events", "s of the processor"]
    table("checks of references, goal for 300,000: < 3 s", heads, [["swarm", f"{events:,}", f"{seconds:.2f}"]])
