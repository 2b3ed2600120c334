"""Runs that SMVM flagged high or critical stand on top of every list, whatever else is found elsewhere."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from console.app.widgets.tables.overview_rows import ORDERS, rows_of
from console.store.rows import LedgerRow
from tests.cli.conftest import Result
from tests.support.cli_cases import broken
from tests.support.smvm_cases import RUN, ledger, lines

Call = Callable[..., Result]
HIGH, CRITICAL = "RUN-20250909-183116-aaaaaaaa", "RUN-20250909-183116-bbbbbbbb"


def flagged(run: str, level: str) -> list[dict[str, Any]]:
    """A sound run with one flag; its ids are its own."""
    events = ledger()
    for each in events:
        each["event_id"] = each["event_id"][:-8] + run[-8:]
        each["run_id"], each["span_id"] = run, run + each["span_id"].removeprefix(RUN)
    events[1]["metadata"]["severity_level"] = level
    return events


def written(path: Path, events: list[dict[str, Any]]) -> None:
    path.write_bytes(b"".join(line + b"\n" for line in lines(events)))


def test_flagged_runs_come_first(call: Call) -> None:
    broken(Path("a.jsonl"))
    written(Path("b.jsonl"), flagged(RUN, "medium"))
    written(Path("c.jsonl"), flagged(HIGH, "high"))
    written(Path("d.jsonl"), flagged(CRITICAL, "critical"))
    order = ["d.jsonl", "c.jsonl", "a.jsonl", "b.jsonl"]
    found = json.loads(call("streams", ".", "--format", "json").out)
    assert [each["ledger"] for each in found] == order
    assert [each["state"].get("flagged") for each in found[:2]] == ["critical", "high"]
    found = json.loads(call("ledgers", ".", "--format", "json").out)
    assert [(each["path"], each["flagged"]) for each in found] == [
        ("d.jsonl", "critical"),
        ("c.jsonl", "high"),
        ("a.jsonl", None),
        ("b.jsonl", None),
    ]
    head, first, *_ = call("ledgers", ".").out.splitlines()
    assert head.endswith("flagged") and first.startswith("d.jsonl") and first.endswith("critical")
    report = call("verify", ".").out.splitlines()
    assert [Path(line).name for line in report if not line.startswith(" ") and Path(line).name in order] == order


def test_flagged_runs_come_first_among_the_runs_of_one_ledger(call: Call) -> None:
    bad = flagged(RUN, "low")
    bad[3]["metadata"]["confidence_level"] = 0.5
    written(Path("a.jsonl"), [*bad, *flagged(HIGH, "high"), *flagged(CRITICAL, "critical")])
    found = json.loads(call("streams", ".", "--format", "json").out)
    assert [each["key"] for each in found] == [CRITICAL, HIGH, RUN]
    report = call("verify", ".").out
    runs = [line.split()[1] for line in report.splitlines() if line.startswith("  run ")]
    assert runs == [CRITICAL, HIGH, RUN]


def test_flagged_ledgers_are_on_top_in_every_order_of_the_overview() -> None:
    def row(number: int, critical: int, flagged: int, last: int) -> LedgerRow:
        counts = (0,) * 7, (0, 0, 0, 0, critical), 0, flagged
        return LedgerRow(number, f"{number}", None, "jsonl", "smvm", "", None, "live", "", 4, 9, 1, last, *counts)

    ledgers = [row(1, 9, 0, 99), row(2, 0, 1, 2), row(3, 0, 2, 1)]
    for order in ORDERS:
        assert [each.ledger.id for each in rows_of(ledgers, {}, order)] == [3, 2, 1]
