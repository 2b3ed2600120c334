"""The events' own objects, one a line: what other programs read line by line.

A record that is one line already is given as its exact bytes: nothing that a decoder would change is changed.
"""

import json
from collections.abc import Iterable, Iterator

from console.formats.export_form import Chosen, ExportForm
from console.formats.export_record import ExportRecord

_AT_ONCE = 512
"""Lines of one piece."""


def _lines(records: Iterable[ExportRecord], _: Chosen) -> Iterator[bytes]:
    lines: list[bytes] = []
    for record in records:
        lines.append(_line(record))
        if len(lines) == _AT_ONCE:
            yield b"\n".join(lines) + b"\n"
            lines = []
    if lines:
        yield b"\n".join(lines) + b"\n"


def _line(record: ExportRecord) -> bytes:
    raw = record.raw.strip(b" \t\r\n")
    if raw.startswith(b"{") and raw.endswith(b"}") and b"\n" not in raw:
        return raw
    return json.dumps(record.document, ensure_ascii=True).encode()


LINES = ExportForm("jsonl", "The events as JSON, one a line, each as it is in its ledger.", _lines)
