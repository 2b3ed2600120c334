"""The detail tabs of an SMVM event: Envelope, Metadata, Provenance."""

import json
from collections.abc import Mapping
from typing import Any

from console.formats.json.times import iso, parse
from console.formats.protocol import Context
from console.formats.smvm import record as ids
from console.formats.smvm.hashes import companions
from console.formats.smvm.hashes.integrity import HashState, check
from console.formats.smvm.record import ENCRYPTED, KEYS, LEDGER, shape_of
from console.formats.smvm.rules.retention import due, due_text, is_due, overdue
from console.formats.smvm.rules.retention import tier as tier_of
from console.model.event import Event, Field, Panel

_STATES = {
    HashState.VERIFIED: "verified",
    HashState.MISMATCH: "does not match",
    HashState.UNVERIFIABLE: "payload not at hand, not checked",
    HashState.MALFORMED: "not a SHA-256",
}


def panels(event: Event, context: Context) -> list[Panel]:
    """Envelope first; the other tabs where the shape has them."""
    document = event.document
    if event.type == ENCRYPTED and not document:
        return [Panel("Envelope", (Field("event", "a JWE in compact form", "encrypted, not verified"),))]
    shape = shape_of(document)
    parts = [name for name in ("metadata", "provenance", "context") if isinstance(document.get(name), dict)]
    names = [name for name in KEYS[shape] if name in document and name not in parts]
    names += [name for name in document if name not in names and name not in parts]
    envelope = tuple(Field(name, show(document[name]), _note(name, document, shape, context)) for name in names)
    envelope += _retention(event, context.now)
    missing = tuple(Field(name, "", "missing") for name in KEYS[shape] if name not in document)
    return [
        Panel("Envelope", envelope + missing),
        *(
            Panel(
                name.capitalize(), tuple(Field(key, show(value), _time(value)) for key, value in document[name].items())
            )
            for name in parts
        ),
    ]


def _retention(event: Event, now: int) -> tuple[Field, ...]:
    """Tier and due date of an event, which are no fields of it."""
    if event.instant is None or not (tier := tier_of(event.type, event.instant.micros, now)):
        return ()
    due_at = due(event.type, event.instant.micros)
    note = "overdue" if overdue(due_at, now) else "due" if is_due(due_at, now) else ""
    return (
        Field("retention tier", tier, "by type and age"),
        Field("deleted on", due_text(event.type, event.instant.micros), note),
    )


def show(value: object) -> str:
    """A value as one line: texts as they are, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _note(name: str, document: Mapping[str, Any], shape: str, context: Context) -> str:
    if name == "timestamp":
        return _time(document[name])
    if name == "data_hash":
        verdict = check(document, companions.payload_names(context.companions))
        word = _STATES[verdict.state]
        return f"{word} ({verdict.rule})" if verdict.rule else word
    if shape == LEDGER and name == "run_id" and isinstance(document[name], str):
        return "" if ids.RUN_ID.fullmatch(document[name]) else "not of the documented form"
    return ""


def _time(value: object) -> str:
    instant = parse(value)
    if instant is None:
        return ""
    if not instant.zone:
        return "no zone, read as UTC"
    return "" if instant.zone in "Zz" else iso(instant.micros)
