"""One block of a batch auto-setup capture: its name and its data, wherever they stand."""

from collections.abc import Mapping
from typing import Any

from console.formats.json import strict
from console.sources.text.sse import SseEvent

_TOTALS = (
    *("total", "totalTables", "total_tables", "tableCount", "table_count", "tables"),
    *("totalChecks", "total_checks", "checkCount", "check_count", "checks", "count"),
)
_ITEMS = (
    *("table", "tableName", "table_name", "tableId", "table_id"),
    *("check", "checkName", "check_name", "checkId", "check_id", "name", "id"),
)


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
    if name == "message" and data is not None:
        inner = data.get("event", data.get("type"))
        if type(inner) is str and inner:
            name = inner
    return name, data, problems


def total_of(data: Mapping[str, Any]) -> int | None:
    """How many items a phase announces, under any of the obvious keys."""
    for key in _TOTALS:
        value = data.get(key)
        if type(value) is list:
            return len(value)
        if type(value) is str and value.isascii() and value.isdigit() and len(value) < 10:
            return int(value)
        if type(value) is int and 0 <= value < 2**31:
            return value
    return None


def item_of(data: Mapping[str, Any]) -> str | None:
    """The table or check that an event speaks of."""
    for key in _ITEMS:
        value = data.get(key)
        if isinstance(value, dict):
            value = value.get("name", value.get("id"))
        if type(value) is str and value:
            return value[:200]
        if type(value) is int and abs(value) < 2**63:
            return str(value)
    return None
