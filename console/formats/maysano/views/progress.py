"""A set-up followed item by item: what the rules count, and beside it the state of every table and what went wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from console.formats.maysano.record import cut
from console.formats.maysano.rules.capture import items_of
from console.formats.maysano.rules.operation import Operation, step
from console.formats.reading.findings import Remark
from console.model.event import NO_TIME

MOST = 10_000
"""Tables that are followed by name, and errors that are kept."""
_STATES = {"recommend_start": "under way", "recommend_complete": "ready", "recommend_error": "failed"}
_WHY = ("message", "error", "reason", "detail")


@dataclass(slots=True)
class TableItem:
    """One table. ``why`` is what its error says; times are UTC microseconds, ``NO_TIME`` where none is named."""

    state: str
    why: str = ""
    begun: int = NO_TIME
    ended: int = NO_TIME
    created: int = 0
    failed: int = 0

    @property
    def words(self) -> str:
        """Its state in one line."""
        parts = [self.state if not self.why else f"{self.state}: {self.why}"]
        if NO_TIME not in (self.begun, self.ended):
            parts.append(f"after {(self.ended - self.begun) / 1_000_000:g} s")
        if self.created or self.failed:
            parts.append(f"checks: {self.created} created" + (f", {self.failed} failed" if self.failed else ""))
        return "; ".join(parts)


@dataclass(slots=True)
class SetupProgress:
    """One set-up. ``items`` are tables by name; ``errors`` are messages with the records that hold them."""

    operation: Operation = field(default_factory=Operation)
    items: dict[str, TableItem] = field(default_factory=dict)
    errors: list[tuple[int, str]] = field(default_factory=list)

    def take(self, name: str, data: Mapping[str, Any], time: int, record: int) -> list[Remark]:
        """One event of the stream, with what the rules have against it."""
        over = bool(self.operation.ended)
        remarks = step(self.operation, name, data)
        self.operation.record = record
        if time != NO_TIME:
            self.operation.first = time if self.operation.first is None else self.operation.first
            self.operation.last = time
        if not over:
            self._item(name, data, time)
            if name.endswith("error") and len(self.errors) < MOST:
                self.errors.append((record, self._error(name, data)))
        return remarks

    def _item(self, name: str, data: Mapping[str, Any], time: int) -> None:
        names = items_of(data)
        known = next((each for each in names if each in self.items), None)
        state = _STATES.get(name)
        if state is not None and names:
            key = known or names[0]
            if key not in self.items and len(self.items) >= MOST:
                return
            item = self.items.setdefault(key, TableItem(state))
            item.state = state
            if name == "recommend_start":
                item.begun = time
            else:
                item.ended = time
                item.why = why(data)
        elif known is not None and name in ("create_progress", "create_error"):
            self.items[known].created += name == "create_progress"
            self.items[known].failed += name == "create_error"

    def _error(self, name: str, data: Mapping[str, Any]) -> str:
        what = " ".join(items_of(data)[:1])
        return ": ".join(each for each in (what or name, why(data)) if each)


def why(data: Mapping[str, Any]) -> str:
    """What an error says of itself, under any of the obvious keys."""
    for key in _WHY:
        value = data.get(key)
        if isinstance(value, dict):
            value = value.get("message")
        if type(value) is str and value:
            return cut(value)
    return ""
