"""The detail tabs of a ZakOps event."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from console.formats.zakops.record import ACTION, AUDIT, TIMES, read_payload, read_record, text
from console.model.event import Event, Field, Panel

MOST = 200
"""Lines of one panel; the rest is counted."""
_PAYLOADS = ("payload", "event_data", "details", "data", "inputs", "outputs", "error", "previous_state", "new_state")
_PROVENANCE = (
    "trace_id",
    "correlation_id",
    "causation_id",
    "source",
    "event_source",
    "actor",
    "actor_id",
    "actor_type",
    "created_by",
    "consumer_id",
    "run_id",
    "thread_id",
    "deal_id",
    "action_id",
    "tool_call_id",
    "idempotency_key",
)


def panels(event: Event, shape: str | None, deal: str | None) -> list[Panel]:
    """Envelope, Metadata, Provenance, and for action documents the Trail. An unreadable event has none."""
    document = event.document
    if not event.type or shape is None:
        return []
    row = read_record(document, shape, deal)
    moment = event.instant
    zone = "" if moment is None else "no zone: read as UTC" if not moment.zone else ""
    envelope = [Field("type", event.type, "" if event.category == event.type else f"as {event.category}")]
    for name, value in document.items():
        if name in ("event", "event_type", "audit_trail", *_PAYLOADS):
            continue
        envelope.append(Field(name, in_words(value), zone if name == TIMES[shape][0] else ""))
    metadata = [
        Field(name, value) for key in _PAYLOADS if key in document for name, value in _lines(key, document[key])
    ]
    provenance = [Field(name, in_words(document[name])) for name in _PROVENANCE if document.get(name) is not None]
    payload = row.payload or {}
    provenance += [
        Field(name, in_words(payload[name]), f"inside {row.payload_field}")
        for name in ("trace_id", "correlation_id", "causation_id", "event_id", "original_type")
        if payload.get(name) is not None
    ]
    if shape == AUDIT:
        provenance.append(Field("migrated as", event.category, "the agent_events type that this row becomes"))
    found = [
        Panel("Envelope", _most(envelope)),
        Panel("Metadata", _most(metadata)),
        Panel("Provenance", _most(provenance)),
    ]
    if shape == ACTION:
        found.append(Panel("Trail", _most(list(_trail(document.get("audit_trail"))))))
    return found


def in_words(value: Any) -> str:
    """A value as one line of text: strings as they are, all else as JSON."""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False)
    except (ValueError, RecursionError):  # an integer of too many digits, or too deep
        return "a value that cannot be written"


def _lines(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """A payload's members, each a line; what is no object is one line, as it stands there."""
    found, problems = read_payload(value)
    if value is None:
        return
    if found is None or problems:
        yield name, in_words(value)
        return
    for key, each in found.items():
        yield f"{name}.{key}", in_words(each)


def _trail(trail: Any) -> Iterator[Field]:
    if not isinstance(trail, list):
        return
    for position, entry in enumerate(trail):
        if not isinstance(entry, Mapping):
            yield Field(f"audit_trail[{position}]", in_words(entry))
            continue
        parts = [text(entry.get("timestamp")) or "?", text(entry.get("event")) or "?"]
        if actor := text(entry.get("actor")):
            parts.append(f"by {actor}")
        if entry.get("details"):
            parts.append(in_words(entry["details"]))
        yield Field(f"audit_trail[{position}]", " ".join(parts))


def _most(fields: list[Field]) -> tuple[Field, ...]:
    if len(fields) <= MOST:
        return tuple(fields)
    return (*fields[:MOST], Field("…", f"showing {MOST} of {len(fields):,}"))
