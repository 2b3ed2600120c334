"""SWARM's two CSV forms, byte for byte as ``EventLog.to_csv`` and ``to_provenance_csv`` write them.

They are SWARM's own, so that cells that a spreadsheet would take for formulas are left alone unless that is asked for.
Other programs read these files, and may compare them with SWARM's.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from console.formats.export_form import Chosen, ExportForm, ExportOption
from console.formats.export_record import ExportRecord
from console.formats.swarm.record import EVENTS, INTEGERS, V3

_FULL = tuple(name for name in V3 if name != "payload")
_IDS = ("agent_id", "parent_event_id", "tool_call_id", "artifact_id", "audit_id", "intervention_id")
_NAMES = ("tool_name", "artifact_type", "audit_type", "intervention_type")
_APART = frozenset((*_NAMES, "success", "arguments", "result"))
"""Keys of a payload that its summary leaves out."""
_SUMMARY = 200
_AT_ONCE = 1000
"""Rows of one piece."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
Row = Sequence[Any]


def _full(records: Iterable[ExportRecord], chosen: Chosen) -> Iterator[bytes]:
    columns = (*_FULL, "payload") if chosen.get("payload") else _FULL
    return _csv(columns, _full_rows(records, bool(chosen.get("payload"))), chosen)


def _full_rows(records: Iterable[ExportRecord], payload: bool) -> Iterator[Row]:
    whole, numbers = itemgetter(*_FULL), tuple(at for at, name in enumerate(_FULL) if name in INTEGERS)
    dumps = json.JSONEncoder().encode
    for record in records:
        document = record.document or {}
        try:
            values = whole(document)
        except KeyError:  # an older shape
            values = tuple(map(document.get, _FULL))
        row = [value or "" for value in values]
        row[1] = _stamp(values[1])
        for at in numbers:
            if values[at] is not None:
                row[at] = _integer(values[at])
        if payload:
            row.append(dumps(document["payload"]) if document.get("payload") else "")
        yield row


def _provenance(records: Iterable[ExportRecord], chosen: Chosen) -> Iterator[bytes]:
    columns = ("provenance_id", "event_type", "timestamp", *_IDS, *_NAMES, "success", "payload_summary")
    return _csv(columns, _provenance_rows(records), chosen)


def _provenance_rows(records: Iterable[ExportRecord]) -> Iterator[Row]:
    dumps = json.JSONEncoder(default=str).encode
    for record in records:
        document = record.document or {}
        if not document.get("provenance_id"):
            continue
        payload = document.get("payload")
        payload = payload if isinstance(payload, dict) else {}
        success = payload.get("success", "")
        yield (
            document["provenance_id"],
            document.get("event_type") or "",
            _stamp(document.get("timestamp")),
            *[document.get(name) or "" for name in _IDS],
            *[payload.get(name, "") for name in _NAMES],
            "" if success == "" else str(success),
            dumps({key: value for key, value in payload.items() if key not in _APART})[:_SUMMARY],
        )


def _csv(columns: Sequence[str], rows: Iterator[Row], chosen: Chosen) -> Iterator[bytes]:
    rows = map(_guarded, rows) if chosen.get("spreadsheet-safe") else rows
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    for number, row in enumerate(rows, 1):
        writer.writerow(row)
        if not number % _AT_ONCE:
            yield _taken(text)
    yield _taken(text)


def _taken(text: io.StringIO) -> bytes:
    found = text.getvalue()
    text.seek(0)
    text.truncate()
    return found.encode("utf-8", "backslashreplace")


def _guarded(row: Row) -> Row:
    """Cells that begin like a formula with an apostrophe before them."""
    return [f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell for cell in row]


def _stamp(value: Any) -> Any:
    """A time in Python's own spelling, as SWARM's reader gives it back; what is no time as it stands."""
    if not isinstance(value, str):
        return "" if value is None else value
    if len(value) == 26 and value[19] == "." and value[10] == "T":
        return value
    try:
        return datetime.fromisoformat(value).isoformat()
    except ValueError:
        return value


def _integer(value: Any) -> Any:
    """An integer as SWARM's reader has it: it takes ``"7"``, 1.0 and true for one."""
    if type(value) is int:
        return value
    try:
        return int(value) if int(value) == float(value) else value
    except (TypeError, ValueError, OverflowError):
        return value


_SAFE = ExportOption("spreadsheet-safe", "Put ' before cells that a spreadsheet would take for a formula.")
EXPORTS = (
    ExportForm(
        "csv",
        "The event log as CSV, one event a row, byte for byte as SWARM writes it.",
        _full,
        (ExportOption("payload", "With the payload as JSON in the last column."), _SAFE),
        (EVENTS,),
    ),
    ExportForm(
        "provenance-csv",
        "Events with a provenance id as CSV, byte for byte as SWARM writes it.",
        _provenance,
        (_SAFE,),
        (EVENTS,),
    ),
)
