"""Records of Maysano, and readers fed with them."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from console.formats.json.times import parse
from console.formats.maysano import FORMAT
from console.formats.protocol import Context, Reader
from console.model.batch import EventBatch
from console.model.finding import Finding
from console.model.record import Cursor, RecordBatch

AT = parse("2026-01-20T00:00:00Z")
assert AT is not None
NOW = AT.micros


def raw(row: Mapping[str, Any]) -> bytes:
    return json.dumps(row, separators=(",", ":")).encode()


def block(name: str, data: Any = None) -> bytes:
    """One block of a capture."""
    text = "{}" if data is None else data if isinstance(data, str) else json.dumps(data)
    return f"event: {name}\ndata: {text}\n\n".encode()


def batch_of(raws: list[bytes], first: int = 1) -> RecordBatch:
    offsets = [1000 * number for number in range(first, first + len(raws))]
    return RecordBatch(first, offsets, [len(each) for each in raws], raws, Cursor(first + len(raws), 0))


def reader_of(shape: str) -> Reader:
    return FORMAT.reader(Context(shape, NOW))


def read(raws: Iterable[bytes], shape: str = "mixed") -> tuple[EventBatch, list[Finding], Reader]:
    """One batch through a new reader: its columns, all findings (standing ones last), and the reader."""
    reader = reader_of(shape)
    out = reader.read(batch_of(list(raws)))
    return out, [*out.findings, *reader.standing()], reader


def states(reader: Reader) -> dict[str, dict[str, str]]:
    return {f"{each.kind} {each.key}": dict(each.state) for each in reader.facts()}


def structural(kind: str, second: int = 0, **more: Any) -> dict[str, Any]:
    at = f"2026-01-12T15:00:{second:02d}Z"
    row = {"entityType": "kpi", "entityId": "k1", "entityName": "Freshness", "eventType": kind, "metadata": {}}
    return {**row, "createdAt": at, **more}


def activity(kind: str, second: int = 0, **more: Any) -> dict[str, Any]:
    row = {"productId": "p1", "productName": "Orders", "activityType": kind, "description": "d", "details": {}}
    return {**row, "performedBy": "ana", "createdAt": f"2026-01-12T15:00:{second:02d}Z", **more}


def history(action: str, second: int = 0, field: str | None = None, **more: Any) -> dict[str, Any]:
    row = {"objectiveId": "o1", "action": action, "field": field, "summary": "s", "performedBy": "li"}
    return {**row, "createdAt": f"2026-01-12T15:00:{second:02d}Z", **more}
