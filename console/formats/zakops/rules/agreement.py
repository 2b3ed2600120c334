"""What one row says twice, and must say alike. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from console.formats.json.times import parse
from console.formats.json.validation import shown
from console.formats.reading.findings import Remark
from console.formats.zakops.event_types import REGISTRY
from console.formats.zakops.record import AUDIT, DEAL_FILE, OUTBOX, ZakopsEnvelope, is_cut, text

_ENDED = {"completed": "COMPLETED", "failed": "FAILED"}


def disagreements(row: ZakopsEnvelope, document: Mapping[str, Any]) -> Iterator[Remark]:
    """Where a row contradicts itself."""
    get, inner = document.get, row.payload or {}
    if row.shape == AUDIT:
        status, wanted = inner.get("status"), _ENDED.get(row.type)
        if wanted and type(status) is str and status != wanted:
            yield _contradiction("details.status", f"The event is {row.type!r}, its status is", wanted, status)
        return
    outer, field = text(get("correlation_id")), row.payload_field
    within = text(inner.get("correlation_id"))
    if outer and within and outer != within:
        message = "The payload names another correlation_id than the event."
        yield Remark("correlation.mismatch", message, f"{field}.correlation_id", outer, within)
    version, original = inner.get("schema_version"), inner.get("original_type")
    if type(version) is int and type(get("schema_version")) is int and version != get("schema_version"):
        message = "The payload's schema_version is"
        yield _contradiction(f"{field}.schema_version", message, str(get("schema_version")), str(version))
    if type(original) is str and (entry := REGISTRY.get(original)) and entry.category != row.category:
        yield _contradiction(f"{field}.original_type", "The type is", row.type, original)
    if row.shape == OUTBOX:
        yield from _outbox(row, document)
    elif row.shape == DEAL_FILE and (named := text(inner.get("deal_id"))) and row.deal and named != row.deal:
        message = "The event names another deal than its file."
        yield Remark("correlation.mismatch", message, f"{field}.deal_id", row.deal, named)


def _outbox(row: ZakopsEnvelope, document: Mapping[str, Any]) -> Iterator[Remark]:
    """What an outbox row says of its own delivery, and of its deal."""
    get = document.get
    published = get("published_at") or get("delivered_at")
    field = "published_at" if get("published_at") else "delivered_at"
    if published and get("is_dead") in (True, 1):
        yield _contradiction("is_dead", f"The message is dead, and yet {field} is", "null", shown(published))
    status = get("status")
    if status in ("pending", "processing", "dead") and published:
        yield _contradiction("status", f"{field} is set, and yet status is", "delivered", status)
    elif status == "delivered" and not published and "delivered_at" in document:
        yield _contradiction("delivered_at", "The status is 'delivered', and yet delivered_at is", "a time", "null")
    created, gone = parse(get("created_at")), parse(published)
    if created and gone and gone.micros < created.micros:
        yield Remark("order.time-regression", f"{field} is before created_at.", field, None, shown(published))
    subject, correlation = text(get("aggregate_id")), row.correlation
    about_deal = get("aggregate_type") == "deal" and subject and correlation
    if about_deal and subject and correlation and subject != correlation and not is_cut(subject, correlation):
        message = "correlation_id is not the deal that the message is about."
        yield Remark("correlation.mismatch", message, "correlation_id", subject, correlation)


def _contradiction(field: str, message: str, expected: str, actual: str) -> Remark:
    return Remark("schema.inconsistent", f"{message} {shown(actual)}.", field, expected, shown(actual))
