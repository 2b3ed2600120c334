"""SWARM's two CSV forms, byte for byte as ``EventLog.to_csv`` and ``to_provenance_csv`` write them.

They are SWARM's own, so that cells that a spreadsheet would take for formulas are left alone unless that is asked for.
Other programs read these files, and may compare them with SWARM's.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec
from msgspec.structs import astuple

from console.formats.export_form import Chosen, ExportForm, ExportOption
from console.formats.export_record import ExportRecord
from console.formats.swarm.record import EVENTS, INTEGERS, V3
from console.text import no_formula

_FULL = tuple(name for name in V3 if name != "payload")
_IDS = ("agent_id", "parent_event_id", "tool_call_id", "artifact_id", "audit_id", "intervention_id")
_NAMES = ("tool_name", "artifact_type", "audit_type", "intervention_type")
_APART = frozenset((*_NAMES, "success", "arguments", "result"))
"""Keys of a payload that its summary leaves out."""
_SUMMARY = 200
_AT_ONCE = 1000
"""Rows of one piece."""
Row = tuple[Any, ...]


def _full(records: Iterable[ExportRecord], chosen: Chosen) -> Iterator[bytes]:
    payload = bool(chosen.get("payload"))
    return _csv((*_FULL, "payload") if payload else _FULL, _full_rows(records, payload), chosen)


def _decoder(payload: bool) -> msgspec.json.Decoder[Any]:
    """Reads the columns of a line whose values are of their types, several times faster than all of it."""
    columns: list[Any] = [(name, int | None if name in INTEGERS else str | None, None) for name in _FULL]
    columns += [("payload", dict[str, Any], {})] if payload else []
    return msgspec.json.Decoder(msgspec.defstruct("Line", columns, gc=False))


def _full_rows(records: Iterable[ExportRecord], payload: bool) -> Iterator[Row]:
    decoder, dumps = _decoder(payload), json.JSONEncoder().encode
    left = iter(records)
    while some := [*islice(left, _AT_ONCE)]:
        for row in _decoded(decoder, some, payload):
            if not _is_python(row[1]):
                row = (row[0], _stamp(row[1]), *row[2:])
            yield (*row[:-1], dumps(row[-1]) if row[-1] else "") if payload else row


def _decoded(decoder: msgspec.json.Decoder[Any], records: Sequence[ExportRecord], payload: bool) -> Iterator[Row]:
    """The columns of some lines: of all at once where each has values of the right types."""
    try:
        lines = decoder.decode_lines(b"\n".join([record.raw for record in records]))
    except (msgspec.DecodeError, RecursionError):
        lines = []
    if len(lines) == len(records):
        yield from map(astuple, lines)
        return
    for record in records:
        try:
            yield astuple(decoder.decode(record.raw))
        except (msgspec.DecodeError, RecursionError):
            yield _careful_row(record.document or {}, payload)


def _careful_row(document: dict[str, Any], payload: bool) -> Row:
    """A line with a value of another type, or one that only the strict decoder reads."""
    row = [_integer(document.get(name)) if name in INTEGERS else document.get(name) or "" for name in _FULL]
    return (*row, document.get("payload")) if payload else tuple(row)


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
    yield _line(tuple(columns), len(columns)).encode()
    while some := [_line(row, len(columns)) for row in islice(rows, _AT_ONCE)]:
        yield "".join(some).encode("utf-8", "backslashreplace")


def _line(row: Row, columns: int) -> str:
    """One row as ``csv.writer`` writes it. Where nothing has to be quoted, as nearly everywhere, joining its cells is
    three times as fast."""
    line = ",".join([cell if cell.__class__ is str else "" if cell is None else str(cell) for cell in row])
    if '"' in line or "\n" in line or "\r" in line or line.count(",") != columns - 1:
        text = io.StringIO(newline="")
        csv.writer(text).writerow(row)
        return text.getvalue()
    return f"{line}\r\n"


def _guarded(row: Row) -> Row:
    """Cells that begin like a formula with an apostrophe before them."""
    return tuple(no_formula(cell) if isinstance(cell, str) else cell for cell in row)


def _is_python(value: Any) -> bool:
    """True for a time with microseconds as Python spells it, as nearly all are."""
    return isinstance(value, str) and len(value) == 26 and value[19] == "." and value[10] == "T"


def _stamp(value: Any) -> Any:
    """A time in Python's own spelling, as SWARM's reader gives it back; what is no time as it stands."""
    if not isinstance(value, str):
        return "" if value is None else value
    try:
        return datetime.fromisoformat(value).isoformat()
    except ValueError:
        return value


def _integer(value: Any) -> Any:
    """An integer as SWARM's reader has it: it takes ``"7"``, 1.0 and true for one."""
    if value is None or type(value) is int:
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
