"""Values of a report's columns: as text that people read, and as JSON that programs do."""

from typing import Any

from console.formats.json.times import iso
from console.formats.report import ReportColumn
from console.model.words import span

BAR = 10
"""Cells of a progress bar."""
FLAGS = {True: "✓", False: "✗", None: "?"}
"""What holds, what does not, and what the ledger cannot show."""


def cell(column: ReportColumn, value: Any, room: int | None = None) -> str:
    """A value as one line of text; '' for None where the value does not apply. Texts are foreign. Times and bars are
    shorter where there is only ``room`` for so many characters."""
    match column.holds, value:
        case "flag", True | False | None:
            return FLAGS[value]
        case "trouble", bool():
            return "yes" if value else "no"
        case _, None:
            return ""
        case "time", int():
            return _time(value, room)
        case "age", int() | float():
            return span(int(value))
        case "number", int() | float():
            return f"{value:,}"
        case "progress", (done, total):
            return _progress(done, total, room)
    return str(value)


def _time(micros: int, room: int | None) -> str:
    """``2026-03-05 06:00:00 UTC``, or without the zone, or ``03-05 06:00``."""
    text = iso(micros, digits=0).replace("T", " ").replace("Z", " UTC")
    if room is None or room >= len(text):
        return text
    bare = text.removesuffix(" UTC")
    return bare if room >= len(bare) else bare[-14:-3]


def _progress(done: Any, total: Any, room: int | None) -> str:
    """``█████░░░░░ 12 of 24``; without a bar where the total is not known."""
    words = f"{_number(done)} of {_number(total)}"
    cells = BAR if room is None else max(0, min(BAR, room - len(words) - 1))
    if not cells or not isinstance(done, int | float) or not isinstance(total, int | float) or total <= 0:
        return words
    full = max(0, min(cells, int(cells * done / total)))
    return f"{'█' * full}{'░' * (cells - full)} {words}"


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
