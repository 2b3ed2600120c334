"""Business rules that tie fields of one event. Its parts come with their fields as attributes, whatever their types."""

from collections.abc import Callable, Iterator
from typing import Any

from console.formats.reading.findings import Remark


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _ingested(metadata: Any, provenance: Any) -> Iterator[Remark]:
    filtered, records = getattr(provenance, "records_filtered", None), getattr(metadata, "record_count", None)
    if filtered is not None and records is not None and _number(filtered) and _number(records) and filtered > records:
        message = f"{filtered} records were filtered out of {records}."
        yield Remark("schema.inconsistent", message, "provenance.records_filtered")


def _sanitized(metadata: Any, provenance: Any) -> Iterator[Remark]:
    if getattr(metadata, "pii_fields_detected", None) and getattr(provenance, "fields_redacted", None) == 0:
        message = "Personal data was detected, but nothing was redacted."
        yield Remark("schema.inconsistent", message, "provenance.fields_redacted")


def _flagged(metadata: Any, provenance: Any) -> Iterator[Remark]:
    if getattr(metadata, "escalation_required", None) is True and getattr(metadata, "recommended_actions", None) == []:
        message = "Escalation is required, but no action is recommended."
        yield Remark("schema.inconsistent", message, "metadata.recommended_actions")


def _synthesized(metadata: Any, provenance: Any) -> Iterator[Remark]:
    if getattr(provenance, "validation_passed", None) is False:
        message = "SYNTHESIZED stands for data that was validated, but validation_passed is false."
        yield Remark("schema.inconsistent", message, "provenance.validation_passed")


def _decided(metadata: Any, provenance: Any) -> Iterator[Remark]:
    action, options = getattr(metadata, "recommended_action", None), getattr(metadata, "decision_options", None)
    if isinstance(action, str) and isinstance(options, list) and action not in options and not _named(action, options):
        message = "recommended_action is not one of decision_options."
        yield Remark("schema.inconsistent", message, "metadata.recommended_action", actual=action[:200])


def _named(action: str, options: list[Any]) -> bool:
    """True if an option that is an object names the action by one of its values."""
    return any(action in option.values() for option in options if isinstance(option, dict))


def _persisted(metadata: Any, provenance: Any) -> Iterator[Remark]:
    if getattr(provenance, "replication_status", None) == "failed":
        message = "PERSISTED stands for what was stored successfully, but its replication failed."
        yield Remark("schema.inconsistent", message, "provenance.replication_status")
    if getattr(provenance, "integrity_check_passed", None) is False:
        message = "What was stored did not pass its integrity check."
        yield Remark("data.integrity-check-failed", message, "provenance.integrity_check_passed")


CHECKS = {
    "INGESTED": _ingested,
    "SANITIZED": _sanitized,
    "SYNTHESIZED": _synthesized,
    "FLAGGED": _flagged,
    "DECIDED": _decided,
    "PERSISTED": _persisted,
}
SUSPECTS: dict[str, Callable[[Any, Any], object]] = {
    "INGESTED": lambda metadata, provenance: provenance.records_filtered > metadata.record_count,
    "SANITIZED": lambda metadata, provenance: provenance.fields_redacted == 0 and metadata.pii_fields_detected,
    "SYNTHESIZED": lambda _, provenance: not provenance.validation_passed,
    "FLAGGED": lambda metadata, _: metadata.escalation_required and not metadata.recommended_actions,
    "DECIDED": lambda metadata, _: metadata.recommended_action not in metadata.decision_options,
    "PERSISTED": lambda _, provenance: (
        not provenance.integrity_check_passed or provenance.replication_status == "failed"
    ),
}
"""True for parts of the right types that may break a rule: in bulk, only these are looked at by ``CHECKS``."""
