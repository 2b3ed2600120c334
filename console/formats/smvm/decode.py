"""A record's document into the common envelope, for the three shapes that SMVM writes."""

from collections.abc import Mapping
from typing import Any

from console.formats.json import strict
from console.formats.json.times import parse
from console.formats.smvm.encrypted import TYPE, is_encrypted
from console.model.event import Event, StreamKey
from console.model.record import Record
from console.model.trust import Severity

LEDGER = "ledger"
"""The specification's events."""
STEP = "step"
"""A run's steps, as the command line writes them: no ids, no hashes."""
STORE = "memory-store"
"""Entries of the memory service's store."""
KEYS = {
    LEDGER: (
        "event_id",
        "event_type",
        "timestamp",
        "run_id",
        "span_id",
        "service",
        "agent_id",
        "data_hash",
        "metadata",
        "provenance",
    ),
    STEP: ("timestamp", "run_id", "step_name", "event_type", "level", "message", "metadata"),
    STORE: ("id", "timestamp", "event_type", "entity_type", "entity_id", "data_hash", "stored_at"),
}

STEP_TYPES = frozenset(
    (
        *("STEP_START", "STEP_PROGRESS", "STEP_SUCCESS", "STEP_FAILURE", "STEP_RETRY", "RESOURCE_USAGE"),
        *("VALIDATION_ERROR", "CIRCUIT_BREAKER", "PIPELINE_COMPLETE"),
        *("COMMAND_START", "COMMAND_SUCCESS", "COMMAND_FAILURE"),
    )
)
LEVELS = frozenset(("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))


def shape_of(document: Mapping[str, Any]) -> str:
    """The shape whose own keys the document has most of; the ledger's where nothing tells."""
    if "event_id" in document or "span_id" in document:
        return LEDGER
    if "entity_id" in document or "stored_at" in document:
        return STORE
    if "step_name" in document or "level" in document:
        return STEP
    return LEDGER


def text(document: Mapping[str, Any], name: str) -> str:
    """The field if it is a text, '' otherwise."""
    value = document.get(name)
    return value if isinstance(value, str) else ""


def decode(record: Record) -> Event:
    """The envelope of one record; an unreadable one has type '', an encrypted one ``TYPE``."""
    document = strict.decode(record.raw).document
    if document is None:
        kind = TYPE if is_encrypted(record.raw) else ""
        return Event(record.ordinal, record.offset, record.length, kind)
    shape = shape_of(document)
    kind, run, context = text(document, "event_type"), text(document, "run_id"), document.get("context")
    worst = Severity.NONE
    if shape == STORE:
        key = text(document, "entity_id")
        streams, event_id, actor = (StreamKey("entity", key),), text(document, "id"), None
    else:
        streams, event_id, actor = (StreamKey("run", run),), text(document, "event_id"), text(document, "agent_id")
        if shape == STEP:
            actor = text(document, "step_name")
        metadata = document.get("metadata")
        level = metadata.get("severity_level") if isinstance(metadata, dict) else None
        if kind == "FLAGGED" and level in ("high", "critical"):
            worst = Severity.WARNING
    return Event(
        record.ordinal,
        record.offset,
        record.length,
        kind,
        streams if streams[0].key else (),
        category=kind,
        event_id=event_id or None,
        instant=parse(document.get("timestamp")),
        actor=actor or None,
        correlation=text(context, "correlation_id") or None if isinstance(context, dict) else None,
        hash=text(document, "data_hash") or None,
        worst=worst,
        document=document,
    )
