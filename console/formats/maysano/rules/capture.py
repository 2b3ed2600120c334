"""One block of a batch auto-setup capture: its name and its data, wherever they stand."""

from collections.abc import Mapping
from typing import Any

from console.formats.json import strict
from console.formats.json.validation import shown
from console.formats.reading.findings import Remark
from console.model.trust import Severity
from console.sources.text.sse import SseEvent

PHASES = {
    "recommend_phase_start": 0,
    "recommend_start": 1,
    "recommend_complete": 1,
    "recommend_error": 1,
    "recommend_phase_done": 2,
    "create_phase_start": 3,
    "create_progress": 4,
    "create_error": 4,
    "create_phase_done": 5,
    "run_start": 6,
    "run_complete": 7,
    "done": 8,
    "error": 8,
}
"""The documented events in the documented order; those of one number may interleave."""
_TABLES = ("totalTables", "total_tables", "tableCount", "table_count", "tables")
_CHECKS = ("totalChecks", "total_checks", "checkCount", "check_count", "checks")
_ANY = ("total", "count", "totalCount", "total_count")
_TOTALS = {"recommend": (*_TABLES, *_ANY), "create": (*_CHECKS, *_ANY)}
_ITEMS = (
    *("table", "tableName", "table_name", "tableId", "table_id"),
    *("check", "checkName", "check_name", "checkId", "check_id", "name", "id"),
)
_INSIDE = ("data", "payload")
_MOST = 2**31


def name_and_data(block: SseEvent) -> tuple[str, Mapping[str, Any] | None, tuple[strict.Problem, ...]]:
    """The event's name (of ``event:``, or inside the data), its data where that is an object, and what is wrong in it.

    Data that does not begin like JSON is text, which is nothing wrong.
    """
    name = block.event
    data: Mapping[str, Any] | None = None
    problems: tuple[strict.Problem, ...] = ()
    if block.data is not None and block.data.lstrip()[:1] == "{":
        decoded = strict.decode(block.data.encode("utf-8", "surrogatepass"))
        data, problems = decoded.document, decoded.problems
    if name not in PHASES and data is not None:
        inner = data.get("event", data.get("type"))
        if type(inner) is str and inner and (name == "message" or inner in PHASES):
            name = inner
    if data is not None:
        for key in _INSIDE:
            inner = data.get(key)
            if type(inner) is dict:
                data = {**inner, **data}
    return name, data, problems


def total_of(data: Mapping[str, Any], kind: str) -> int | None:
    """How many items a phase announces, under any of the obvious keys."""
    for key in _TOTALS[kind]:
        value = data.get(key)
        if type(value) is list or type(value) is dict:
            return len(value)
        if type(value) is str and value.isascii() and value.isdigit() and len(value) < 10:
            return int(value)
        if type(value) is int and 0 <= value < _MOST:
            return value
    return None


def odd_total(data: Mapping[str, Any], kind: str) -> Remark | None:
    """What is wrong with the total that a phase announces."""
    if total_of(data, kind) is not None:
        return None
    key, value = next(((key, data[key]) for key in _TOTALS[kind] if key in data), ("", None))
    if not key:
        message = f"The {kind} phase announces no total: how many must end is not known."
        return Remark("schema.missing-field", message, "data", severity=Severity.NOTE)
    code = "schema.out-of-range" if type(value) is int else "schema.wrong-type"
    return Remark(code, f"data.{key} should be a count, but is {shown(value)}.", f"data.{key}", actual=shown(value))


def items_of(data: Mapping[str, Any]) -> list[str]:
    """The names of the table or check that an event speaks of: the name by which it is shown, then others.

    Names of a table stand before those of a check, which it may be of.
    """
    found: list[str] = []
    for key in _ITEMS:
        value = data.get(key)
        values = (value.get("name"), value.get("id")) if isinstance(value, dict) else (value,)
        for each in values:
            if type(each) is str and each:
                found.append(each[:200])
            elif type(each) is int and abs(each) < 2**63:
                found.append(str(each))
        if found and key == _ITEMS[4]:
            break
    return found
