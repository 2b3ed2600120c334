"""First ingest into an index: decode, verify, record hashes, findings, rows."""

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.generate import KINDS, ledger
from tests.benchmarks.measure import Contender, Run, console, rate, ratio, side_by_side, table

HERE = Path(__file__).parent
GOALS = {
    "kernel-doc": 250_000,
    "kernel-audit": 50_000,
    "swarm": 80_000,
    "smvm": 80_000,
    "zakops": 80_000,
    "maysano": 80_000,
}


def kernel_doc(events: int, rounds: int) -> None:
    """first ingest, kernel-doc/1, and the size of its index"""
    _ingest(["kernel-doc"], events, rounds)


def systems(events: int, rounds: int) -> None:
    """first ingest of the other systems and of kernel-audit/1, with their schema checks"""
    _ingest([kind for kind in KINDS if kind != "kernel-doc"], max(events // 5, 1), rounds)


def _ingest(kinds: list[str], events: int, rounds: int) -> None:
    folder = Path(tempfile.mkdtemp(prefix="audit-console-benchmark-"))
    sizes: dict[str, int] = {}
    contenders = []
    for kind in kinds:
        path, index = str(ledger(kind, events)), folder / kind / "index"

        def check(run: Run, kind: str = kind, index: Path = index) -> str:
            sizes[kind] = sum(file.stat().st_size for file in index.parent.iterdir())
            return _all_there(run, events)

        command = console("ledgers", path, "--index", str(index), "--format", "json")
        contenders.append(Contender(kind, command, check, _emptied(index.parent)))
        parse = [sys.executable, str(HERE / "reference_plain.py"), "parse", path]
        contenders.append(Contender(f"{kind}: plain Python, parse only", parse))
    try:
        results = {each.name: each for each in side_by_side(contenders, rounds)}
    finally:
        shutil.rmtree(folder)
    rows = []
    for kind in kinds:
        ours, plain = results.get(kind), results.get(f"{kind}: plain Python, parse only")
        if ours and plain:
            row = [kind, f"{ours.seconds:.2f}", rate(events, ours.seconds), f"{sizes[kind] / events:.0f}"]
            rows.append([*row, f"{ours.megabytes:.0f}", ratio(plain.seconds, ours.seconds), f"≥ {GOALS[kind]:,}"])
    heads = ["", "seconds", "events/s", "index B/event", "peak MB", "to plain Python, parse only", "goal events/s"]
    table(f"first ingest, {events:,} events each (index goal: ≤ 160 B/event)", heads, rows)


def _emptied(folder: Path) -> Callable[[], None]:
    def empty() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)

    return empty


def _all_there(run: Run, events: int) -> str:
    """Healthy ledgers: every record is there, and nothing of severity error or critical."""
    counted = sum(ledger["events"] for ledger in run.answer)
    worst = {ledger["worst"] for ledger in run.answer}
    if run.code or counted != events or worst & {"error", "critical"}:
        return f"exit code {run.code}, {counted} events, worst findings {sorted(worst)}"
    return ""
