"""First ingest into an index: decode, verify, record hashes, findings, rows."""

import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.benchmarks.generate import KINDS, ledger
from tests.benchmarks.measure import Contender, Run, console, rate, ratio, side_by_side, table

HERE = Path(__file__).parent
BYTES = 160
"""Bytes of index an event, at most."""


def kernel_doc(events: int, rounds: int) -> None:
    """first ingest, kernel-doc/1, and the size of its index, against lnav, which checks nothing"""
    path = str(ledger("kernel-doc", events))
    with tempfile.TemporaryDirectory() as settings:
        _ingest(["kernel-doc"], events, rounds, _lnav(path, events, Path(settings)), "≥ 1.1 × lnav")


def _lnav(path: str, events: int, settings: Path) -> list[Contender]:
    """lnav where it is installed, with a format by which it takes the lines for log messages."""
    lnav = shutil.which("lnav")
    if lnav is None:
        return []
    form = {
        "title": "deal events",
        "json": True,
        "hide-extra": True,
        "timestamp-field": "createdAt",
        "body-field": "type",
        "line-format": [{"field": "__timestamp__"}, " ", {"field": "type"}],
        "value": {"dealId": {"kind": "string"}, "sequenceNumber": {"kind": "integer"}},
    }
    folder = settings / "formats" / "deals"
    folder.mkdir(parents=True)
    (folder / "deals.json").write_text(json.dumps({"deals_log": form}))
    query = ("-c", ";select count(*) as events from all_logs", "-c", ":write-json-to -")

    def check(run: Run) -> str:
        return "" if run.answer == [{"events": events}] else f"answered {run.answer}"

    return [Contender("lnav", [lnav, "-I", str(settings), "-n", *query, path], check)]


def systems(events: int, rounds: int) -> None:
    """first ingest of the other systems and of kernel-audit/1, with their schema checks, against kernel-doc/1"""
    _ingest(list(KINDS), max(events // 5, 1), rounds, (), "≥ 0.5 × kernel-doc")


def _ingest(kinds: list[str], events: int, rounds: int, peers: Sequence[Contender], goal: str) -> None:
    folder = Path(tempfile.mkdtemp(prefix="audit-console-benchmark-"))
    sizes: dict[str, int] = {}
    contenders = [*peers]
    for kind in kinds:
        path, index = str(ledger(kind, events)), folder / kind / "index"

        def check(run: Run, kind: str = kind, index: Path = index) -> str:
            sizes[kind] = sum(file.stat().st_size for file in index.parent.iterdir())
            return _all_there(run, events)

        command = console("ledgers", path, "--index", str(index), "--format", "json")
        contenders.append(Contender(kind, command, check, _emptied(index.parent)))
    try:
        results = side_by_side(contenders, rounds)
    finally:
        shutil.rmtree(folder)
    first = results[0].seconds if results else 0.0
    heads = ["", "seconds", "events/s", "index B/event", "peak MB", f"to {results[0].name}" if results else "", "goal"]
    rows = []
    for each in results:
        size = f"{sizes[each.name] / events:.0f}" if each.name in sizes else ""
        row = [each.name, f"{each.seconds:.2f}", rate(events, each.seconds), size, f"{each.megabytes:.0f}"]
        rows.append([*row, ratio(first, each.seconds), "" if each is results[0] else goal])
    table(f"first ingest, {events:,} events each (index goal: ≤ {BYTES} B/event)", heads, rows)


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
