"""The detail tabs of a Maysano event."""

import json
from typing import Any

from console.formats.maysano.record import read_record, shape_of
from console.formats.maysano.rules.capture import items_of, total_of
from console.formats.maysano.rules.changes import changes, verb
from console.model.event import Event, Field, Panel

MOST = 200
"""Lines of one panel; the rest is counted."""
_METADATA = ("metadata", "details", "field", "oldValue", "newValue", "summary", "description")
_WHAT = ("eventType", "activityType", "action")


def panels(event: Event, *, sse: bool) -> list[Panel]:
    """Envelope, Metadata, Provenance. An unreadable event has none."""
    if not event.type:
        return []
    return _of_block(event) if sse else _of_change(event)


def _of_change(event: Event) -> list[Panel]:
    document = event.document
    shape = shape_of(document)
    envelope = [Field("type", event.type, f"as {event.category}")]
    if event.event_id is None:
        envelope.append(Field("position", str(event.ordinal), "the event has no id: its place is its name"))
    envelope += [
        Field(name, in_words(value), _zone(event) if name == "createdAt" else "")
        for name, value in document.items()
        if name not in _METADATA and name not in _WHAT and name != "performedBy"
    ]
    metadata: list[Field] = []
    for name in _METADATA:
        if name in document:
            value = document[name]
            if isinstance(value, dict):
                metadata += [Field(f"{name}.{key}", in_words(each)) for key, each in value.items()]
            else:
                metadata.append(Field(name, in_words(value)))
    if shape is not None:
        step = read_record(document, shape).step
        for name, has_old, old, has_new, new in changes(step.extra, verb(step.type, step.kind)):
            before = "?" if not has_old else "null" if old is None else old
            after = "?" if not has_new else "null" if new is None else new
            metadata.append(Field(name, f"{before} → {after}", "the change"))
    who = event.actor or "nobody is named"
    note = "" if event.actor or "performedBy" in document else "this shape has no field for it"
    provenance = [Field("who", who, note), Field("what", event.category)]
    when = "" if event.instant is None else event.instant.text
    provenance.append(Field("when", when or in_words(document.get("createdAt")), _zone(event)))
    provenance += [Field(stream.kind, stream.key) for stream in event.streams]
    return [
        Panel("Envelope", _most(envelope)),
        Panel("Metadata", _most(metadata)),
        Panel("Provenance", _most(provenance)),
    ]


def _of_block(event: Event) -> list[Panel]:
    document = event.document
    data = document.get("data")
    envelope = [Field("type", event.type)]
    envelope += [Field(name, in_words(value)) for name, value in document.items() if name != "data"]
    metadata: list[Field] = []
    if isinstance(data, dict):
        metadata += [Field(f"data.{name}", in_words(value)) for name, value in data.items()]
        items = items_of(data)
        kind, starts, _ = event.type.partition("_phase_start")
        total = total_of(data, kind) if starts and kind in ("recommend", "create") else None
        if items:
            metadata.append(Field("item", items[0], "read as the table or check"))
        if total is not None:
            metadata.append(Field("total", str(total), "read as the announced total"))
    else:
        note = "no data: a browser would not dispatch this block" if data is None else ""
        metadata.append(Field("data", in_words(data), note))
    when = (
        Field("when", event.instant.text, _zone(event))
        if event.instant
        else Field("when", "", "its data tells no time")
    )
    provenance = [Field("who", "the server", "a capture names nobody"), Field("what", event.type), when]
    return [
        Panel("Envelope", _most(envelope)),
        Panel("Metadata", _most(metadata)),
        Panel("Provenance", _most(provenance)),
    ]


def in_words(value: Any) -> str:
    """A value as one line of text: strings as they are, all else as JSON."""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False)
    except (ValueError, RecursionError):  # an integer of too many digits, or too deep
        return "a value that cannot be written"


def _zone(event: Event) -> str:
    return "no zone: read as UTC" if event.instant is not None and not event.instant.zone else ""


def _most(fields: list[Field]) -> tuple[Field, ...]:
    if len(fields) <= MOST:
        return tuple(fields)
    return (*fields[:MOST], Field("…", f"showing {MOST} of {len(fields):,}"))
