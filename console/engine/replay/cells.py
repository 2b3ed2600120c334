"""Values of a report's columns: as text that people read, and as JSON that programs do."""

from typing import Any

from console.formats.json.times import iso
from console.formats.report import ReportColumn
from console.model.words import span

BAR = 10
"""Cells of a progress bar."""
FLAGS = {True: "✓", False: "✗", None: "?"}
"""What holds, what does not, and what the ledger cannot show."""


def cell(column: ReportColumn, value: Any) -> str:
    """A value as one line of text; '' for None where the value does not apply. Texts are foreign."""
    match column.holds, value:
        case "flag", True | False | None:
            return FLAGS[value]
        case _, None:
            return ""
        case "time", int():
            return iso(value, digits=0).replace("T", " ").replace("Z", " UTC")
        case "age", int() | float():
            return span(int(value))
        case "number", int() | float():
            return f"{value:,}"
        case "progress", (done, total):
            return progress(done, total)
    return str(value)


def progress(done: Any, total: Any) -> str:
    """``█████░░░░░ 12 of 24``; without a bar where the total is not known."""
    if not isinstance(done, int | float) or not isinstance(total, int | float) or total <= 0:
        return f"{_number(done)} of {_number(total)}"
    full = max(0, min(BAR, int(BAR * done / total)))
    return f"{'█' * full}{'░' * (BAR - full)} {_number(done)} of {_number(total)}"


def exact(column: ReportColumn, value: Any) -> Any:
    """A value for JSON: times as ISO 8601 in UTC, ages in seconds."""
    match column.holds, value:
        case "time", int():
            return iso(value)
        case "age", int() | float():
            return value / 1_000_000
        case "progress", (done, total):
            return {"done": done, "total": total}
    return value


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int | float) else "?"
