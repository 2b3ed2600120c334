"""What the models refuse of an event, as findings of ours.

A record that is not plain comes here alone, so the models may be as exact, and as slow, as they like.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from console.formats.json.validation import should_be, shown, wanted
from console.formats.smvm.schema.models import (
    MODELS,
    Analyzed,
    Decided,
    Flagged,
    Ingested,
    Normalized,
    Part,
    Persisted,
    Sanitized,
    Simulated,
    StepEvent,
    StoredEvent,
    Synthesized,
    UntypedEvent,
)
from console.model.trust import Severity

SHOWN = 20
"""Schema findings shown of one event; further ones are counted."""


@dataclass(frozen=True, slots=True)
class Breach:
    """One thing that a model refuses. ``field`` is a path such as ``metadata.record_count``."""

    code: str
    message: str
    field: str
    expected: str | None = None
    actual: str | None = None
    severity: Severity | None = None
    """None: the catalogue's."""


_CODES = {
    "missing": "schema.missing-field",
    "extra_forbidden": "schema.unknown-field",
    "greater_than_equal": "schema.out-of-range",
    "less_than_equal": "schema.out-of-range",
    "string_too_short": "schema.missing-field",
    "string_unicode": "",  # half a surrogate pair, which the JSON check has already named
}
_EMPTY = {
    **dict.fromkeys(("event_id", "timestamp", "run_id", "span_id", "id", "stored_at"), "schema.bad-pattern"),
    "service": "schema.not-in-vocabulary",
}
"""What an empty text breaks where the field has a form or a vocabulary. Where it is free, an empty one only warns: the
document asks for a text, and not for a long one."""


@cache
def _ledger_event() -> TypeAdapter[Any]:
    return TypeAdapter(
        Annotated[
            Ingested | Normalized | Sanitized | Synthesized | Simulated | Flagged | Analyzed | Decided | Persisted,
            Field(discriminator="event_type"),
        ]
    )


@cache
def _adapter(model: type[Part]) -> TypeAdapter[Any]:
    return TypeAdapter(model)


def breaches(document: dict[str, Any], shape: str) -> list[Breach]:
    """What the model of this shape (``ledger``, ``step`` or ``memory-store``) and event type refuses."""
    found: list[Breach] = []
    if shape == "step":
        adapter = _adapter(StepEvent)
    elif shape == "memory-store":
        adapter = _adapter(StoredEvent)
    elif document.get("event_type") in MODELS if isinstance(document.get("event_type"), str) else False:
        adapter = _ledger_event()
    else:
        adapter = _adapter(UntypedEvent)
        kind = document.get("event_type")
        if isinstance(kind, str):
            message = f"{kind[:80]!r} is not one of the nine event types."
            found.append(Breach("schema.unknown-event-type", message, "event_type", "|".join(MODELS), kind[:200]))
    try:
        adapter.validate_python(document)
    except ValidationError as error:
        found.extend(_read(error))
    if len(found) > SHOWN:
        more = Breach("schema.unknown-field", f"{len(found) - SHOWN} further schema breaches in this event.", "")
        found = [*found[:SHOWN], more]
    return found


def _read(error: ValidationError) -> Iterator[Breach]:
    for each in error.errors(include_url=False):
        kind, value = each["type"], each["input"]
        path = ".".join(str(step) for step in each["loc"] if step not in MODELS)
        code = _CODES.get(kind, "schema.wrong-type")
        actual: str | None = shown(value)
        severity: Severity | None = None
        if not code:
            continue
        if kind == "missing":
            message, actual = f"{path} is missing.", None
        elif kind == "extra_forbidden":
            message = f"{path} is not a field of this event."
        elif kind == "string_too_short":
            code, message = _EMPTY.get(path, code), f"{path} is empty."
            severity = None if path in _EMPTY else Severity.WARNING
        elif kind == "int_type" and isinstance(value, float) and value.is_integer():
            code, message = "schema.coerced", f"{path} is written {value!r}, where an integer is asked for."
        else:
            message = f"{path} {should_be(each)}."
        expected = None if kind in ("missing", "extra_forbidden") else wanted(each)
        yield Breach(code, message, path, expected, actual, severity)
