"""What a ZakOps event says of others: its names, its cause, and what it is about, also in other systems' ledgers."""

from collections.abc import Mapping
from typing import Any

from console.formats.relations import Relations
from console.formats.zakops.record import INBOX, OUTBOX, ZakopsEnvelope, text

_INNER = ("deal_id", "action_id", "artifact_id", "tool_call_id", "job_id", "email_id", "message_id", "thread_id")
_KINDS = {
    "deal_id": "deal",
    "action_id": "action",
    "artifact_id": "artifact",
    "tool_call_id": "tool call",
    "job_id": "job",
    "email_id": "email",
    "message_id": "email",
    "thread_id": "thread",
}


def relations(document: Mapping[str, Any], row: ZakopsEnvelope) -> Relations:
    """Ids by which others mean this event; ``causation_id``, or the event that a message or an inbox row stands for;
    streams, and what its columns and payload name."""
    ids = [row.event_id] if row.event_id else []
    causes = [("causation", row.parent)] if row.parent else []
    inner = row.payload or {}
    if row.shape in (OUTBOX, INBOX):
        # A message carries its event's id: the event is what it comes from.
        event = text(inner.get("event_id") or document.get("event_id")) or row.event_id
        ids = [each for each in ids if each != event]
        if event:
            causes.append(("published" if row.shape == OUTBOX else "processed", event))
    about = list(row.streams)
    for name in _INNER:
        for value in (text(document.get(name)), text(inner.get(name))):
            if value:
                about.append((_KINDS[name], value))
    if row.deal:
        about.append(("deal", row.deal))
    return Relations(tuple(ids), tuple(causes), tuple(dict.fromkeys(about)))
