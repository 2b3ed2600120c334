"""An SMVM record in the words of the envelope: its three shapes, the form of its ids, and encrypted lines."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from console.formats.json import strict
from console.formats.json.times import parse
from console.formats.smvm.hashes.encrypted import is_encrypted, opened
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
STORE_TYPES = frozenset(("entity_stored",))
LEVELS = frozenset(("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))


EVENT_ID = re.compile(r"EVT-([0-9]{8}-[0-9]{6})-[a-f0-9]{12}")
RUN_ID = re.compile(r"RUN-([0-9]{8}-[0-9]{6})-[a-f0-9]{8}")
STAMP = re.compile(r"[0-9]{8}-[0-9]{6}")
RUN_ID_LENGTH = len("RUN-20241201-143052-a1b2c3d4")
SPAN_TAIL = re.compile(r"-[0-9]{4}-[A-Z]{3}")
SPAN_ID = re.compile(RUN_ID.pattern + SPAN_TAIL.pattern)
STORED_ID = re.compile(r"evt_[a-f0-9]{12}")
SHA256 = re.compile(r"[a-f0-9]{64}")
DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.][0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
"""``date-time`` of RFC 3339, which JSON Schema means; its zone may be missing here, which is another finding."""
REAL_RUN_ID = re.compile(r"run_[0-9]{8}_[0-9]{6}|(?:dry_run_|cli-run-|test-run-)[0-9]+|.+-replay-[0-9A-Za-z_:.-]+")
"""Run ids that the real software writes although the specification's pattern does not hold them."""
ENCRYPTED = "encrypted"
"""What such events have for a type: their own cannot be read."""


def shape_of(document: Mapping[str, Any]) -> str:
    """The shape whose own keys the document has most of; the ledger's where none shows."""
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


def second(stamp: str) -> int | None:
    """UTC microseconds of ``YYYYMMDD-HHMMSS``; None for a date or time that does not exist."""
    minute, seconds = _minute(stamp[:13]), int(stamp[13:15])
    return None if minute is None or seconds > 60 else minute + seconds * 1_000_000


@lru_cache(maxsize=4096)
def _minute(stamp: str) -> int | None:
    instant = parse(f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}T{stamp[9:11]}:{stamp[11:13]}")
    return None if instant is None else instant.micros


def plain_of(raw: bytes, key: bytes) -> bytes:
    """A record as its JSON: opened where it is encrypted and the key is at hand."""
    if not key or not is_encrypted(raw):
        return raw
    return opened(raw, key).plain or raw


def decode(record: Record, key: bytes = b"") -> Event:
    """The envelope of one record; an unreadable one has type '', an encrypted one ``ENCRYPTED`` unless it is opened."""
    document = strict.decode(plain_of(record.raw, key)).document
    if document is None:
        kind = ENCRYPTED if is_encrypted(record.raw) else ""
        return Event(record.ordinal, record.offset, record.length, kind)
    shape = shape_of(document)
    kind, run, context = text(document, "event_type"), text(document, "run_id"), document.get("context")
    worst = Severity.NONE
    if shape == STORE:
        entity = text(document, "entity_id")
        streams, event_id, actor = (StreamKey("entity", entity),), text(document, "id"), None
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
