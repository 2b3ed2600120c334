"""Findings grouped by their code."""

from dataclasses import replace

from console.engine.search.findings_by_code import by_code
from console.model.finding import Finding
from console.model.trust import Severity
from console.store.rows import FindingRow


def row(number: int, code: str, severity: Severity, count: int = 1) -> FindingRow:
    return FindingRow(number, 1, "a/events.jsonl", Finding(code, severity, "", sequence=number, count=count), None)


def test_codes_are_ordered_by_severity_then_by_number() -> None:
    rows = [
        row(1, "a.x", Severity.NOTE, count=9),
        row(2, "b.x", Severity.ERROR),
        row(3, "c.x", Severity.ERROR, count=4),
        replace(row(4, "a.x", Severity.NOTE)),
    ]
    found = [(group.code, group.found, len(group.rows)) for group in by_code(rows)]
    assert found == [("c.x", 4, 1), ("b.x", 1, 1), ("a.x", 10, 2)]
