"""Tells the shapes of ZakOps records apart by their keys, and recognises ledgers that hold them."""

import re
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from console.formats.json import strict
from console.formats.json import times as instant
from console.formats.protocol import Claim, Sample

AUDIT, AGENT, DEAL, DEAL_FILE, OUTBOX, INBOX, ACTION = (
    "audit",
    "agent",
    "deal",
    "deal-file",
    "outbox",
    "inbox",
    "action",
)
NEWEST_FIRST = "newest first"

TITLES = {
    AUDIT: "action_audit_events",
    AGENT: "agent_events",
    DEAL: "deal_events",
    DEAL_FILE: "events of deal",
    OUTBOX: "outbox",
    INBOX: "inbox",
    ACTION: "action documents",
}
TIMES = {
    AUDIT: ("timestamp",),
    AGENT: ("created_at",),
    DEAL: ("created_at",),
    DEAL_FILE: ("timestamp",),
    OUTBOX: ("created_at",),
    INBOX: ("processed_at",),
    ACTION: ("updated_at", "created_at"),
}
"""Where each shape names its time; the first that is there."""

_TABLES = {
    "action_audit_events": AUDIT,
    "agent_events": AGENT,
    "agent_events_archive": AGENT,
    "deal_events": DEAL,
    "outbox": OUTBOX,
    "inbox": INBOX,
}
_SURE = {AUDIT: 95, AGENT: 85, DEAL: 80, DEAL_FILE: 70, OUTBOX: 85, INBOX: 75, ACTION: 95}
_FOREIGN = frozenset(
    {
        *("dealId", "sequenceNumber", "initiator_id", "counterparty_id", "interaction_id", "provenance_id", "epoch"),
        *("span_id", "data_hash", "step_name", "entity_type", "level", "service", "agent_id"),
        *("entityType", "productId", "objectiveId"),
    }
)
"""Keys of other systems' events: rows that have one of them are not ours."""
_DEAL_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


def shape_of(document: Mapping[str, Any]) -> str | None:
    """The shape that a record's keys show, None if none."""
    if "audit_id" in document and "action_id" in document and "event" in document:
        return AUDIT
    if "event_type" in document:
        if not _FOREIGN.isdisjoint(document):
            return None
        if "aggregate_type" in document and "aggregate_id" in document:
            return OUTBOX
        if "created_at" in document:
            if "run_id" in document:
                return AGENT
            if "deal_id" in document:
                return DEAL
            return (
                AGENT if "correlation_id" in document and ("payload" in document or "event_data" in document) else None
            )
        if "processed_at" in document and "event_id" in document:
            return INBOX
        if "event_id" in document and "timestamp" in document and "data" in document and "actor" in document:
            return DEAL_FILE
        return None
    if "audit_trail" in document and "action_id" in document:
        return ACTION
    if "processed_at" in document and "event_id" in document:
        return INBOX
    return None


def default_shape(shape: str) -> str | None:
    """The shape of records that do not show their own, by a claim's words."""
    return next((name for name, title in TITLES.items() if shape.startswith(title)), None)


def deal_of(shape: str) -> str | None:
    """The deal of a per-deal file, by a claim's words."""
    title = TITLES[DEAL_FILE] + " "
    return shape.removeprefix(title).split(",")[0] or None if shape.startswith(title) else None


def sniff(sample: Sample) -> Claim | None:
    """By the table's name and columns, else by the keys of the first records."""
    documents = [each for each in (strict.decode(raw).document for raw in sample.records[:50]) if each is not None]
    if sample.container == "sqlite":
        return _sniff_table(sample.member or "", documents)
    shapes = Counter(shape for shape in map(shape_of, documents) if shape)
    if not shapes or shapes.total() * 2 < len(sample.records[:50]):
        return None
    shape, count = shapes.most_common(1)[0]
    words = TITLES[shape]
    if shape == DEAL_FILE:
        stem = re.split(r"[/\\]", sample.path)[-1].split(".jsonl")[0].split(".json")[0]
        if _DEAL_NAME.fullmatch(stem):
            words += f" {stem}"
    if sample.container == "json" and shape != ACTION and _descends(documents, TIMES[shape][0]):
        words += f", {NEWEST_FIRST}"
    others = "" if count == len(documents) else f" in {count} of {len(documents)} records"
    return Claim(_SURE[shape], words, f"records have the keys of {TITLES[shape]}{others}")


def _sniff_table(table: str, documents: list[dict[str, Any]]) -> Claim | None:
    shape = _TABLES.get(table)
    if shape is None:
        return None
    if not documents:
        sure = 60 if shape in (AUDIT, AGENT) else 30
        return Claim(sure, table, f"an empty table with the name {table}")
    if shape_of(documents[0]) != shape:
        return None
    return Claim(_SURE[shape] + 4, table, f"the table {table} with its columns")


def _descends(documents: list[dict[str, Any]], field: str) -> bool:
    """Whether times go back at least once and never forward."""
    times = [moment.micros for moment in (instant.parse(each.get(field)) for each in documents) if moment]
    steps = list(pairwise(times))
    return any(a > b for a, b in steps) and all(a >= b for a, b in steps)
