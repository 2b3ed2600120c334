"""What the memory costs: at a first look, which makes and keeps a hash of each record, and at an unchanged ledger.

Work is compared, user and system time of one and the same round, because other processes disturb it less than seconds.
"""

import os
import shutil
import tempfile
import time
from pathlib import Path
from statistics import median
from unittest.mock import patch

from console.engine.ledgers.opening import Opened, open_ledgers
from console.engine.ledgers.options import Options
from console.engine.memory.consult import Seen, Witness
from console.witness.memory import MemoryFolder
from console.witness.place import MemoryPlace
from tests.benchmarks.generate import ledger
from tests.benchmarks.measure import console, run, table

GOAL = "≤ 12 %"
LOOK_GOAL = "≤ 300 ms at 1 GB"


def memory(events: int, rounds: int) -> None:
    """verify, with the memory and without"""
    path = ledger("kernel-doc", events)
    state = Path(tempfile.mkdtemp())
    try:
        with patch.dict(os.environ, {"XDG_STATE_HOME": str(state)}):
            _show(path, events, rounds, state)
    finally:
        shutil.rmtree(state)


def _show(path: Path, events: int, rounds: int, state: Path) -> None:
    verify = console("verify", str(path), "--format", "json", "--jobs", "1")
    found: dict[str, list[tuple[float, float, float]]] = {"without": [], "first look": [], "second look": []}
    for _ in range(rounds):
        shutil.rmtree(state)
        state.mkdir(mode=0o700)
        without = run([*verify, "--no-memory"])
        for name, done in (("without", without), ("first look", run(verify)), ("second look", run(verify))):
            found[name].append((done.work, done.work / without.work - 1, done.megabytes))
    rows = []
    for name, runs in found.items():
        work, more, megabytes = (median(each) for each in zip(*runs, strict=True))
        last = ["", ""] if name == "without" else [f"{more:+.0%}", GOAL]
        rows.append([name, f"{work:.2f}", f"{megabytes:.0f}", *last])
    table(f"verify, kernel-doc/1, {events:,} events", ["", "work in s", "peak MB", "to without", "goal"], rows)
    taken = f"{1000 * median(_second_look(path, events, state) for _ in range(rounds)):.0f} ms"
    size = f"{path.stat().st_size / 1e6:,.0f} MB"
    table("what a second look at an unchanged file takes", ["", "size", "time", "goal"], [["", size, taken, LOOK_GOAL]])


def _second_look(path: Path, events: int, state: Path) -> float:
    """Seconds until the memory has answered and kept the look."""
    with MemoryFolder(MemoryPlace(str(state / "audit-console/witness"), "benchmark")) as folder:
        (opened,) = (each for each in open_ledgers([str(path)]) if isinstance(each, Opened))
        start = time.perf_counter()
        witness = Witness(folder)
        if witness.needs_leaves(opened):
            raise SystemExit("the ledger is not known as it is: nothing was measured")
        witness.compare(opened, Options(now=0), Seen(events, None, complete=True))
        return time.perf_counter() - start
