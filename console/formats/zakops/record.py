"""A ZakOps record in the words of the envelope, and its shape by its keys."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from console.formats.json import strict
from console.formats.protocol import key64
from console.formats.zakops.event_types import AUDIT as AUDIT_TYPES
from console.formats.zakops.event_types import REGISTRY
from console.model.event import Event, Instant, StreamKey
from console.model.record import Record
from console.model.trust import Trust

AUDIT, AGENT, DEAL, DEAL_FILE, OUTBOX, INBOX, ACTION = (
    "audit",
    "agent",
    "deal",
    "deal-file",
    "outbox",
    "inbox",
    "action",
)

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
_OF_OUTBOX = frozenset(("aggregate_type", "aggregate_id", "is_dead", "published_at", "max_attempts", "delivered_at"))
"""Columns that no other table has."""
_OF_AGENT = frozenset(("run_id", "trace_id", "causation_id", "thread_id"))
"""Columns that tell agent_events from deal_events."""
_OF_REAL = frozenset(
    {
        *("event_id", "thread_id", "event_data", "tool_call_id", "sequence_number", "source", "event_source"),
        *("actor", "actor_id", "actor_type", "idempotency_key", "details", "data"),
    }
)
"""Columns that only the real agent_events have: a row without any is held to the required schema."""
_FOREIGN = frozenset(
    {
        *("dealId", "sequenceNumber", "initiator_id", "counterparty_id", "interaction_id", "provenance_id", "epoch"),
        *("span_id", "data_hash", "step_name", "entity_type", "level", "service", "agent_id"),
        *("entityType", "productId", "objectiveId"),
    }
)
"""Keys of other systems' events: rows that have one of them are not ours."""
_OF_REAL_OUTBOX = frozenset(
    ("status", "event_data", "max_attempts", "last_attempt_at", "next_attempt_at", "delivered_at", "error_message")
)
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_OWN_ID = re.compile(r"[A-Z]{2,10}-[A-Za-z0-9-]{1,60}")
_OF_ANY_AGENT = frozenset(("run_id", "trace_id", "correlation_id", "causation_id", "event_type", "created_at"))
_COLUMNS = (
    (AUDIT, frozenset(("audit_id", "action_id", "timestamp", "event", "actor", "details"))),
    (AGENT, _OF_ANY_AGENT | {"id", "schema_version", "payload", "deal_id", "action_id"}),
    (AGENT, _OF_ANY_AGENT | {"id", "event_id", "thread_id", "event_data", "tool_call_id", "sequence_number"}),
    (
        AGENT,
        frozenset(("id", "correlation_id", "event_type", "event_data", "schema_version", "source", "run_id"))
        | {"thread_id", "created_at"},
    ),
    (
        DEAL,
        frozenset(("id", "deal_id", "event_type", "source", "actor", "details", "created_at", "idempotency_key"))
        | {"sequence_number", "actor_id", "actor_type", "previous_state", "new_state"},
    ),
    (
        DEAL,
        frozenset(("id", "deal_id", "event_type", "source", "actor", "details", "created_at", "idempotency_key"))
        | {"sequence_number", "actor_id", "actor_type"},
    ),
    (
        OUTBOX,
        frozenset(("id", "aggregate_type", "aggregate_id", "event_type", "schema_version", "payload", "trace_id"))
        | {"correlation_id", "created_at", "published_at", "attempts", "last_error", "is_dead"},
    ),
    (
        OUTBOX,
        frozenset(("id", "correlation_id", "aggregate_type", "aggregate_id", "event_type", "schema_version"))
        | {"event_data", "trace_id", "status", "attempts", "max_attempts", "last_attempt_at", "next_attempt_at"}
        | {"delivered_at", "error_message", "created_at"},
    ),
    (DEAL_FILE, frozenset(("event_id", "event_type", "timestamp", "actor", "data"))),
)
"""Tables by all their columns: a row that lacks one of them is still one of theirs."""
LONGEST = 200
"""Characters of an id or type beyond which it is cut, with a key of the whole."""
PAYLOADS = ("payload", "event_data", "details", "data")
"""Where events hold their payload; the first that is there."""
_MAX_SEQUENCE = 2**63 - 1


@dataclass(slots=True)
class ZakopsEnvelope:
    """What one record holds. ``streams`` are pairs of kind and key, the one whose rules apply first. ``payload`` is the
    object of ``payload_field``, None where it cannot be read. ``version`` is whatever stands for the schema version."""

    shape: str
    type: str
    category: str
    streams: list[tuple[str, str]]
    event_id: str | None
    time: Any
    actor: str | None = None
    parent: str | None = None
    trace: str | None = None
    correlation: str | None = None
    deal: str | None = None
    sequence: int | None = None
    payload_field: str = ""
    payload: Mapping[str, Any] | None = None
    payload_problems: tuple[strict.Problem, ...] = ()
    version: Any = None


def shape_of(document: Mapping[str, Any]) -> str | None:
    """The shape that a record's keys show, None if none. One key of a table may be missing."""
    found = _shape_of(document)
    if found is not None or not _FOREIGN.isdisjoint(document):
        return found
    keys = document.keys()
    return next((shape for shape, columns in _COLUMNS if keys <= columns and len(columns - keys) == 1), None)


def _shape_of(document: Mapping[str, Any]) -> str | None:
    """By the keys that a shape cannot be without."""
    if "audit_id" in document and "action_id" in document and "event" in document:
        return AUDIT
    if "event_type" in document:
        if not _FOREIGN.isdisjoint(document):
            return None
        if not _OF_OUTBOX.isdisjoint(document):
            return OUTBOX
        if "created_at" in document:
            if "run_id" in document or len(_OF_AGENT & document.keys()) > 1:
                return AGENT
            if "deal_id" in document:
                return DEAL
            return (
                AGENT if "correlation_id" in document and ("payload" in document or "event_data" in document) else None
            )
        if "processed_at" in document and ("event_id" in document or len(document) == 2):
            return INBOX
        if "event_id" in document and "timestamp" in document and "data" in document and "actor" in document:
            return DEAL_FILE
        return None
    if "audit_trail" in document and "action_id" in document:
        return ACTION
    if "processed_at" in document and "event_id" in document:
        return INBOX
    return None


def is_required(shape: str, document: Mapping[str, Any]) -> bool:
    """True for a row of the schema that is required of agent_events, outbox or inbox, whose columns are prescribed;
    False for the real tables' rows, which have others."""
    if shape == AGENT:
        return _OF_REAL.isdisjoint(document)
    if shape == OUTBOX:
        return _OF_REAL_OUTBOX.isdisjoint(document)
    return shape == INBOX and "consumer_id" not in document and "consumer" not in document


def is_uuid(value: str) -> bool:
    """True for a UUID as PostgreSQL writes it, in upper or lower case."""
    return _UUID.fullmatch(value) is not None


def is_own_id(value: str) -> bool:
    """True for an id as the real system makes them for deals, actions and threads: ``DEAL-2026-006``."""
    return _OWN_ID.fullmatch(value) is not None


def is_cut(deal: str, correlation: str) -> bool:
    """True if the deal's id is its correlation id, cut to the 20 characters of the real column."""
    return len(deal) == 20 and correlation.startswith(deal)


def default_shape(shape: str) -> str | None:
    """The shape of records that do not show their own, by a claim's words."""
    return next((name for name, title in TITLES.items() if shape.startswith(title)), None)


def deal_of(shape: str) -> str | None:
    """The deal of a per-deal file, by a claim's words."""
    title = TITLES[DEAL_FILE] + " "
    return shape.removeprefix(title).split(",")[0] or None if shape.startswith(title) else None


def text(value: Any) -> str | None:
    """An id as text: strings that are not empty and integers; None for all else."""
    if type(value) is str:
        if len(value) <= LONGEST:
            return value or None
        return f"{value[: LONGEST - 20]}…{key64(value) & (1 << 64) - 1:016x}"
    if type(value) is int and -(10**30) < value < 10**30:
        return str(value)
    return None


def read_payload(value: Any) -> tuple[Mapping[str, Any] | None, tuple[strict.Problem, ...]]:
    """The object of a payload column, which may hold it as JSON text. NULL is an empty object."""
    if type(value) is dict:
        return value, ()
    if value is None or value == "{}":
        return {}, ()
    if type(value) is str:
        found = strict.decode(value.encode("utf-8", "surrogatepass"))
        return found.document, found.problems
    kind = {list: "an array", bool: "a boolean"}.get(type(value), "a number")
    return None, (strict.Problem("schema.wrong-type", f"is {kind}, not an object"),)


def read_record(document: Mapping[str, Any], shape: str, deal_of_file: str | None = None) -> ZakopsEnvelope:
    """The envelope of a decoded record of a known shape. Never raises, whatever the fields hold."""
    get = document.get
    if shape == AUDIT:
        name = text(get("event")) or "?"
        action = text(get("action_id"))
        payload, problems = read_payload(get("details"))
        return ZakopsEnvelope(
            AUDIT,
            name,
            AUDIT_TYPES.get(name, name),
            [("action", action)] if action else [],
            text(get("audit_id")),
            get("timestamp"),
            text(get("actor")),
            payload_field="details",
            payload=payload,
            payload_problems=problems,
        )
    if shape == ACTION:
        return _action(document)
    return _event(document, shape, deal_of_file)


def _action(document: Mapping[str, Any]) -> ZakopsEnvelope:
    get = document.get
    action, deal = text(get("action_id")), text(get("deal_id"))
    streams = [("action", action)] if action else []
    if deal:
        streams.append(("deal", deal))
    time = get("updated_at")
    return ZakopsEnvelope(
        ACTION,
        "action.document",
        "action.document",
        streams,
        action,
        get("created_at") if time is None else time,
        text(get("created_by")),
        deal=deal,
        payload={},
    )


def _event(document: Mapping[str, Any], shape: str, deal_of_file: str | None) -> ZakopsEnvelope:
    get = document.get
    name = text(get("event_type")) or ("processed" if shape == INBOX else "?")
    entry = REGISTRY.get(name)
    field = ""
    payload: Mapping[str, Any] | None = {}
    problems: tuple[strict.Problem, ...] = ()
    for each in PAYLOADS:
        if each in document:
            field = each
            payload, problems = read_payload(document[each])
            break
    inner: Mapping[str, Any] = payload or {}
    category = name if entry is None else entry.category
    run = text(get("run_id"))
    action = text(get("action_id")) or (action_of(category, inner) if shape in (AGENT, DEAL, DEAL_FILE) else None)
    deal = text(get("deal_id")) or deal_of_file
    if shape == DEAL_FILE and not deal:
        deal = text(inner.get("deal_id"))
    trace = text(get("trace_id") or inner.get("trace_id"))
    correlation = text(get("correlation_id") or inner.get("correlation_id"))
    version = get("schema_version")
    of_deal = correlation or deal
    streams: list[tuple[str, str]] = []
    if shape == OUTBOX:
        kind, key = text(get("aggregate_type")), text(get("aggregate_id"))
        if kind or key:
            streams.append(("aggregate", f"{kind or '?'}/{key or '?'}"))
    elif shape == INBOX:
        consumer = text(get("consumer_id"))
        if consumer:
            streams.append(("consumer", consumer))
    if run:
        streams.append(("run", run))
    if of_deal:
        streams.append(("deal", of_deal))
    if trace:
        streams.append(("trace", trace))
    if action:
        streams.append(("action", action))
    sequence = get("sequence_number")
    required = shape == AGENT and is_required(shape, document)
    return ZakopsEnvelope(
        shape,
        name,
        category,
        streams,
        text(get("id") if required else get("event_id") or inner.get("event_id") or get("id")),
        get(TIMES[shape][0]),
        text(get("actor") or get("actor_id") or get("source") or get("event_source")),
        text(get("causation_id") or inner.get("causation_id")),
        trace,
        correlation,
        deal,
        sequence if type(sequence) is int and 0 <= sequence <= _MAX_SEQUENCE else None,
        field,
        payload,
        problems,
        inner.get("schema_version") if version is None else version,
    )


def action_of(category: str, payload: Mapping[str, Any] | None) -> str | None:
    """The action that an action's event names in its payload, for want of a column."""
    return text((payload or {}).get("action_id")) if category.startswith("action.") else None


def event_of(record: Record, row: ZakopsEnvelope, moment: Instant | None, document: Mapping[str, Any]) -> Event:
    """The envelope of a readable record. Nothing chains these events: they are never more than unchained."""
    return Event(
        record.ordinal,
        record.offset,
        record.length,
        row.type,
        tuple(StreamKey(kind, key) for kind, key in row.streams),
        row.category,
        row.sequence,
        row.event_id,
        moment,
        row.actor,
        row.parent,
        row.correlation,
        trust=Trust.UNCHAINED,
        document=document,
    )
