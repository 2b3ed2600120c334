"""Verifying chains: the console with one process and with two, against what anyone would write."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.generate import DEALS, ledger
from tests.benchmarks.measure import Contender, Result, Run, console, rate, ratio, side_by_side, table

HERE = Path(__file__).parent
DOC_GOALS = {"console": "≥ 2.5 × Node, < 100 MB", "console --jobs 2": "≥ 1.8 × one process"}
AUDIT_GOALS = {"console": "≥ 50,000 events/s"}


def kernel_doc(events: int, rounds: int) -> None:
    """verify, kernel-doc/1"""
    path = str(ledger("kernel-doc", events))
    deals = min(DEALS, events)

    def plain(run: Run) -> str:
        answer = run.answer
        right = answer["valid"] and answer["events"] == events and answer["deals"] <= deals
        return "" if right else f"answered {answer}"

    contenders = [
        Contender("console", console("verify", path, "--format", "json", "--jobs", "1"), _intact(events, "verified")),
        Contender(
            "console --jobs 2", console("verify", path, "--format", "json", "--jobs", "2"), _intact(events, "verified")
        ),
        Contender("plain Python", [sys.executable, str(HERE / "reference_plain.py"), "chains", path], plain),
    ]
    if node := shutil.which("node"):
        contenders.append(Contender("plain Node", [node, str(HERE / "reference_plain.js"), path], plain))
    _show(
        f"verify, kernel-doc/1, {events:,} events, {deals} deals", events, side_by_side(contenders, rounds), DOC_GOALS
    )


def kernel_audit(events: int, rounds: int) -> None:
    """verify, kernel-audit/1 with recovery of times and key orders"""
    events = max(events // 5, 1)
    path = str(ledger("kernel-audit", events))
    contenders = [
        Contender("console", console("verify", path, "--format", "json", "--jobs", "1"), _intact(events, "")),
        Contender("plain Python, parse only", [sys.executable, str(HERE / "reference_plain.py"), "parse", path]),
    ]
    _show(f"verify, kernel-audit/1, {events:,} events", events, side_by_side(contenders, rounds), AUDIT_GOALS)


def _intact(events: int, trust: str) -> Callable[[Run], str]:
    """All events have this trust (or, for '', are verified or recovered), and the command is content."""

    def check(run: Run) -> str:
        totals = run.answer["totals"]
        trusted = totals["trust"]
        sure = trusted[trust] if trust else trusted["verified"] + trusted["recovered"]
        if run.code or totals["events"] != events or sure != events:
            return f"exit code {run.code}, {totals}"
        return ""

    return check


def _show(title: str, events: int, results: list[Result], goals: dict[str, str]) -> None:
    references = [each for each in results if each.name.startswith("plain")]
    heads = ["", "seconds", "events/s", "peak MB", *(f"to {each.name}" for each in references), "goal"]
    rows = [
        [each.name, f"{each.seconds:.2f}", rate(events, each.seconds), f"{each.megabytes:.0f}"]
        + [ratio(reference.seconds, each.seconds) for reference in references]
        + [goals.get(each.name, "")]
        for each in results
    ]
    table(title, heads, rows)
    times = {each.name: each.seconds for each in results}
    if "console --jobs 2" in times and "console" in times:
        print(f"  two processes to one: {ratio(times['console'], times['console --jobs 2'])}")
