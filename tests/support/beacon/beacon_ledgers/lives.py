"""Lamps as an auditor asks for them: how each stands, and what each entry made of it."""

from collections.abc import Mapping
from typing import Any

from console.formats.report import Report, ReportColumn, ReportRow, ReportTable
from console.model.event import Event
from console.model.trust import Severity

from .record import text
from .rules import EVENTS, LOW


class LampFold:
    """See ``ReportFold``."""

    def __init__(self) -> None:
        self._lamps: dict[tuple[str, str], dict[str, Any]] = {}

    def begin(self, ledger: str, shape: str, companions: Mapping[str, bytes]) -> None:
        self._lamps = {each: lamp for each, lamp in self._lamps.items() if each[0] != ledger}

    def take(self, ledger: str, event: Event) -> None:
        key = text(event.document, "lamp")
        lamp = self._lamps.setdefault((ledger, key), {"lamp": key, "lit": None, "entries": 0, "days": 0, "oil": None})
        lamp["entries"] += 1
        lamp["days"] += event.type == "lit"
        lamp["lit"] = event.type != "out" if event.type in EVENTS else lamp["lit"]
        lamp["last"] = event.instant.micros if event.instant else None
        note = event.document.get("note")
        lamp["oil"] = note.get("oil") if isinstance(note, dict) else None
        lamp["ordinal"] = event.ordinal

    def table(self, now: int) -> ReportTable:
        rows = [self._row(ledger, lamp, now) for (ledger, _), lamp in self._lamps.items()]
        notes = () if all(row.values["lit"] for row in rows) else ("Some lamps are out.",)
        return ReportTable(rows, {"lamps": len(rows)}, notes)

    def _row(self, ledger: str, lamp: dict[str, Any], now: int) -> ReportRow:
        last, oil = lamp["last"], lamp["oil"]
        values = {
            **{name: lamp[name] for name in ("lamp", "lit", "entries", "last", "oil")},
            "silent": None if last is None else now - last,
            "nights": (lamp["days"], 10),
        }
        low = isinstance(oil, int) and oil < LOW
        worst = Severity.WARNING if low else Severity.NOTE if not lamp["lit"] else Severity.NONE
        return ReportRow(values, worst, ledger, lamp["ordinal"], (f"{oil} l of oil are left",) if low else ())


LAMPS = Report(
    "lamps",
    "Lamps",
    "Lamps, and whether each is lit.",
    (
        ReportColumn("lamp", "lamp"),
        ReportColumn("lit", "lit", "flag"),
        ReportColumn("entries", "entries", "number"),
        ReportColumn("last", "last entry", "time"),
        ReportColumn("silent", "silent for", "age"),
        ReportColumn("oil", "oil", "number"),
        ReportColumn("nights", "nights", "progress"),
    ),
    LampFold,
)


class LampReplayer:
    """See ``Replayer``."""

    def __init__(self) -> None:
        self._state = {"state": "", "keeper": ""}

    def order(self, event: Event) -> Any:
        return (0 if event.sequence is None else event.sequence, event.ordinal)

    def take(self, event: Event) -> str:
        lit = self._state["state"] in ("lit", "trimmed")
        if event.type not in EVENTS:
            return "it is no event of a lamp"
        if event.type != "lit" and not lit:
            return "the lamp is out"
        self._state = {"state": event.type, "keeper": event.actor or ""}
        return ""

    def state(self) -> Mapping[str, str]:
        return {**self._state, "flagged": "dark" if self._state["state"] == "out" else ""}
