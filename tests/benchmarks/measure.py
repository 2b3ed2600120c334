"""Running commands side by side: time, peak memory and what they answered; medians, and a table."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from tests.support.places import ROOT


@dataclass(frozen=True)
class Run:
    """One run: seconds, the largest resident set of the command's processes in MB, and the JSON that it printed.
    ``work`` is the seconds that its processes computed, in user and system mode together."""

    seconds: float
    megabytes: float
    answer: Any
    code: int
    work: float


@dataclass(frozen=True)
class Contender:
    """A command that is measured. ``check`` says what is wrong with its answer, or ''. ``before`` runs ahead of each
    run and is not timed."""

    name: str
    command: Sequence[str]
    check: Callable[[Run], str] = lambda run: ""
    before: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Result:
    """Medians over a contender's runs, and the last answer."""

    name: str
    seconds: float
    megabytes: float
    answer: Any
    work: float


class WrongError(Exception):
    """A command that did not do what is measured."""


def console(*arguments: str) -> list[str]:
    """The product's own command."""
    return [sys.executable, "-m", "console", *arguments]


def run(command: Sequence[str]) -> Run:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as narration:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=narration, stdin=subprocess.DEVNULL, cwd=ROOT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = code = os.waitstatus_to_exitcode(status)
        out.seek(0)
        narration.seek(0)
        text = out.read()
        try:
            answer = json.loads(text)
        except ValueError as error:
            said = narration.read().decode(errors="replace").strip().splitlines()
            raise WrongError(f"exit code {code}: {said[-1] if said else text[:200]!r}") from error
    megabytes = usage.ru_maxrss / (1 << 10 if sys.platform != "darwin" else 1 << 20)
    return Run(seconds, megabytes, answer, code, usage.ru_utime + usage.ru_stime)


def side_by_side(contenders: Sequence[Contender], rounds: int) -> list[Result]:
    """Every contender once a round, so that what else the machine does falls on all alike. One that fails, or answers
    wrongly, is said and left out."""
    runs: dict[str, list[Run]] = {contender.name: [] for contender in contenders}
    failed: set[str] = set()
    for _ in range(rounds):
        for contender in contenders:
            if contender.name in failed:
                continue
            contender.before()
            try:
                done = run(contender.command)
                wrong = contender.check(done)
                if wrong:
                    raise WrongError(wrong)
            except (WrongError, OSError) as error:
                print(f"  {contender.name}: not measured: {error}", file=sys.stderr)
                failed.add(contender.name)
                continue
            runs[contender.name].append(done)
    return [
        Result(
            name,
            median(r.seconds for r in done),
            median(r.megabytes for r in done),
            done[-1].answer,
            median(r.work for r in done),
        )
        for name, done in runs.items()
        if name not in failed
    ]


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints a table: the first column to the left, numbers to the right."""
    print(f"\n{title}")
    widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]
    for row in [heads, *rows]:
        cells = [
            text.ljust(w) if i == 0 else text.rjust(w) for i, (text, w) in enumerate(zip(row, widths, strict=True))
        ]
        print("  " + "  ".join(cells).rstrip())


def rate(events: int, seconds: float) -> str:
    return f"{events / seconds:,.0f}"


def ratio(ours: float, theirs: float) -> str:
    return f"{ours / theirs:.2f} ×"
