"""Events as a table for spreadsheets and databases: the common envelope, one event a row.

Systems that have a table of their own declare it under the same name; this one is for all others. Values are exact:
what a terminal must not get is for ``events --format csv`` to show.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from console.engine.api import time_text
from console.formats.export_form import Chosen, ExportForm, ExportOption
from console.formats.export_record import ExportRecord
from console.text import no_formula

COLUMNS = (
    *("ledger", "record", "time", "type", "stream_kind", "stream", "sequence", "actor", "event_id", "parent"),
    *("correlation", "hash", "previous_hash"),
)
_AT_ONCE = 512
"""Rows of one piece."""


def _table(records: Iterable[ExportRecord], chosen: Chosen) -> Iterator[bytes]:
    payload, safe = bool(chosen.get("payload")), bool(chosen.get("spreadsheet-safe"))
    rows = (_row(record, payload) for record in records)
    guarded = ([no_formula(cell) if type(cell) is str else cell for cell in row] for row in rows) if safe else rows
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow((*COLUMNS, "payload") if payload else COLUMNS)
    while piece := text.getvalue():
        yield piece.encode("utf-8", "backslashreplace")
        text.seek(0)
        text.truncate()
        writer.writerows(islice(guarded, _AT_ONCE))


def _row(record: ExportRecord, payload: bool) -> list[Any]:
    event = record.event
    stream = event.streams[0] if event.streams else ("", "")
    row: list[Any] = [
        record.ledger,
        event.ordinal,
        "" if event.instant is None else time_text(event.instant.micros),
        event.type,
        *stream,
        event.sequence,
        event.actor,
        event.event_id,
        event.parent,
        event.correlation,
        event.hash,
        event.previous_hash,
    ]
    return [*row, json.dumps(record.document, default=str)] if payload else row


TABLE = ExportForm(
    "csv",
    "Events as CSV, one a row: their place, time, type, stream, actor and ids.",
    _table,
    (
        ExportOption("payload", "With the whole event as JSON in the last column."),
        ExportOption("spreadsheet-safe", "Put ' before cells that a spreadsheet would take for a formula."),
    ),
)
