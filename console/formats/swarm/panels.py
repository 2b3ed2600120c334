"""The detail tabs of a SWARM event: Envelope, Payload, Provenance."""

import json
from typing import Any

from console.formats.json.times import iso, parse
from console.formats.swarm.profiles import check, link_digest, recipe_of
from console.formats.swarm.proof import REPRODUCED
from console.formats.swarm.record import ENTRY, PROVENANCE, V2, text
from console.model.event import Event, Field, Panel

_LINK = ("event_hash", "parent_event_hash", "provenance_id")


def panels(event: Event) -> list[Panel]:
    """Envelope first; keys that a line does not have are left out, null ones are shown."""
    document = event.document
    apart = _LINK if "event_hash" in document else PROVENANCE
    order = ENTRY if "event_hash" in document else V2
    names = [name for name in order if name in document and name not in apart and name != "payload"]
    names += [name for name in document if name not in order and name not in apart]
    envelope = tuple(
        Field(name, show(document[name]), _time(document[name]) if name == "timestamp" else "") for name in names
    )
    payload = document.get("payload")
    found = [Panel("Envelope", envelope)]
    if isinstance(payload, dict):
        found.append(Panel("Payload", tuple(Field(name, show(value)) for name, value in payload.items())))
    elif "payload" in document:
        found.append(Panel("Payload", (Field("payload", show(payload), "not an object"),)))
    provenance = tuple(
        Field(name, show(document[name]), _note(name, dict(document)))
        for name in apart
        if document.get(name) is not None
    )
    return [*found, Panel("Provenance", provenance)] if provenance else found


def show(value: object) -> str:
    """A value as one line: texts as they are, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _note(name: str, document: dict[str, Any]) -> str:
    if "event_hash" in document:
        if name == "event_hash":
            return "recomputed" if link_digest(document) == document[name] else "not the hash of this entry"
        return "first 12 digits of event_hash" if name == "provenance_id" else ""
    if not text(document, "provenance_id"):
        return ""
    recipe = recipe_of(document)
    if recipe is None:
        return "native event: cannot be recomputed" if name == "provenance_id" else ""
    found = check(document, recipe)
    if name == "provenance_id":
        if found.reproduced:
            return REPRODUCED
        return _fits(found.outer == document[name], recipe.field)
    return _fits(found.inner == document[name], recipe.key) if name == recipe.field and found.inner else ""


def _fits(fits: bool, third: str | None) -> str:
    of = f"agent, time and {third}" if third else "agent and time"
    return f"fits {of}" if fits else f"does not fit {of}"


def _time(value: object) -> str:
    instant = parse(value)
    if instant is None:
        return ""
    if not instant.zone:
        return "no zone, read as UTC"
    return "" if instant.zone in "Zz" else iso(instant.micros)
