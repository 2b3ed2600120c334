"""Business rules that tie fields of one event. Parts come with their fields as attributes, whatever their types."""

from collections.abc import Iterator
from typing import Any, NamedTuple


class Breach(NamedTuple):
    """A rule that does not hold, and the field that says so."""

    code: str
    message: str
    field: str


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _ingested(metadata: Any, provenance: Any) -> Iterator[Breach]:
    filtered, records = getattr(provenance, "records_filtered", None), getattr(metadata, "record_count", None)
    if filtered is not None and records is not None and _number(filtered) and _number(records) and filtered > records:
        message = f"{filtered} records were filtered out of {records}."
        yield Breach("schema.inconsistent", message, "provenance.records_filtered")


def _sanitized(metadata: Any, provenance: Any) -> Iterator[Breach]:
    if getattr(metadata, "pii_fields_detected", None) and getattr(provenance, "fields_redacted", None) == 0:
        message = "Personal data was detected, but nothing was redacted."
        yield Breach("schema.inconsistent", message, "provenance.fields_redacted")


def _flagged(metadata: Any, provenance: Any) -> Iterator[Breach]:
    if getattr(metadata, "escalation_required", None) is True and getattr(metadata, "recommended_actions", None) == []:
        message = "Escalation is required, but no action is recommended."
        yield Breach("schema.inconsistent", message, "metadata.recommended_actions")


def _persisted(metadata: Any, provenance: Any) -> Iterator[Breach]:
    if getattr(provenance, "integrity_check_passed", None) is False:
        message = "What was stored did not pass its integrity check."
        yield Breach("data.integrity-check-failed", message, "provenance.integrity_check_passed")


CHECKS = {"INGESTED": _ingested, "SANITIZED": _sanitized, "FLAGGED": _flagged, "PERSISTED": _persisted}
