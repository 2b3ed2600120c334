"""``operations``: phases, tables, errors, elapsed time and outcome of each set-up."""

from typing import Any

from console.formats.maysano import FORMAT
from console.formats.protocol import Context
from console.formats.report import ReportTable
from console.model.record import Record
from console.model.trust import Severity
from tests.formats.maysano.test_maysano_every_rule import GOOD
from tests.support.maysano_cases import NOW, block

TIMED = [(name, {**data, "timestamp": 1768230000 + at}) for at, (name, data) in enumerate(GOOD)]


def report(**captures: list[tuple[str, Any]]) -> ReportTable:
    (operations,) = FORMAT.reports
    assert operations.name == "operations"
    fold = operations.fold()
    for ledger, given in captures.items():
        fold.begin(ledger, "sse", {})
        for at, (name, data) in enumerate(given, 1):
            raw = block(name, data)
            fold.take(ledger, FORMAT.decode(Record(at, 0, len(raw), raw), Context("sse", NOW)))
    return fold.table(NOW)


def test_a_set_up_that_is_done() -> None:
    (row,) = report(whole=TIMED).rows
    assert row.values == {
        "operation": "whole",
        "outcome": "done",
        "phase": "run",
        "recommend": (2, 2),
        "create": (2, 2),
        "run": "completed",
        "tables": "1 ready, 1 failed",
        "errors": 2,
        "elapsed": 12_000_000,
        "last": 1_768_230_012_000_000,
    }
    assert (row.worst, row.ordinal) == (Severity.NOTE, 13)
    assert row.details[2:] == ("table a: failed; after 3 s", "table b: ready; after 1 s; checks: 1 created, 1 failed")


def test_outcomes_and_what_is_missing() -> None:
    failed = [*TIMED[:4], ("error", {"message": "out of memory"})]
    table = report(a=TIMED[:9], b=failed, c=[*TIMED[:4], TIMED[12]])
    running, wrong, claimed = table.rows
    assert (running.values["outcome"], running.worst) == ("no end yet", Severity.WARNING)
    assert running.values["create"] == (2, 2) and running.values["run"] is None
    assert (wrong.values["outcome"], wrong.worst) == ("failed", Severity.ERROR)
    assert "record 5: error: out of memory" in wrong.details
    assert (claimed.values["outcome"], claimed.worst) == ("done", Severity.WARNING)
    assert "but recommend: 1 under way (a)" in claimed.details
    assert table.summary == {"operations": 3, "done": 1, "failed": 1, "no end yet": 1}


def test_a_ledger_that_is_read_again_begins_again() -> None:
    (operations,) = FORMAT.reports
    fold = operations.fold()
    for _ in range(2):
        fold.begin("x", "sse", {})
        for at, (name, data) in enumerate(GOOD, 1):
            raw = block(name, data)
            fold.take("x", FORMAT.decode(Record(at, 0, len(raw), raw), Context("sse", NOW)))
    (row,) = fold.table(NOW).rows
    assert row.values["outcome"] == "done" and row.worst is Severity.NOTE
    fold.begin("x", "product activities", {})
    assert fold.table(NOW).rows == [] and "no operation" in fold.table(NOW).notes[0]
