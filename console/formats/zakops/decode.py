"""A ZakOps record as a row in the words of the envelope."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from console.formats.json import strict
from console.formats.protocol import key64
from console.formats.zakops.registry import AUDIT as AUDIT_TYPES
from console.formats.zakops.registry import REGISTRY
from console.formats.zakops.shapes import ACTION, AUDIT, DEAL_FILE, INBOX, OUTBOX, TIMES
from console.model.event import Event, Instant, StreamKey
from console.model.record import Record
from console.model.trust import Trust

_decode = msgspec.json.Decoder().decode
LONGEST = 200
"""Characters of an id or type beyond which it is cut and told apart by a key."""
_PAYLOADS = ("payload", "event_data", "details", "data")
_MAX_SEQUENCE = 2**63 - 1


@dataclass(slots=True)
class Row:
    """What one record says. ``streams`` are pairs of kind and key, the one whose rules apply first. ``payload`` is the
    object of ``payload_field``, None where it cannot be read. ``version`` is whatever stands for the schema version.
    ``record``, ``offset`` and ``length`` are the place, for findings."""

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
    record: int = 0
    offset: int = 0
    length: int = 0


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
        quick = _flat(value)
        if quick is not None:
            return quick, ()
        found = strict.decode(value.encode("utf-8", "surrogatepass"))
        return found.document, found.problems
    kind = {list: "an array", bool: "a boolean"}.get(type(value), "a number")
    return None, (strict.Problem("schema.wrong-type", f"is {kind}, not an object"),)


def _flat(value: str) -> dict[str, Any] | None:
    """The object of a JSON text of strings, nulls and small numbers alone, where its keys are as many as its colons
    (so that none stands twice); None for all else, which takes the careful way."""
    if "\\" in value or "\n" in value or " :" in value:
        return None
    try:
        document = _decode(value)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None
    if type(document) is not dict or value.count('":') != len(document):
        return None
    for each in document.values():
        kind = type(each)
        if kind is not str and each is not None and not (kind is int and -(2**31) < each < 2**31):
            return None
    return document


def read_row(document: Mapping[str, Any], shape: str, deal_of_file: str | None = None) -> Row:
    """The row of a decoded record of a known shape. Never raises, whatever the fields hold."""
    get = document.get
    if shape == AUDIT:
        name = text(get("event")) or "?"
        action = text(get("action_id"))
        payload, problems = read_payload(get("details"))
        return Row(
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


def _action(document: Mapping[str, Any]) -> Row:
    get = document.get
    action, deal = text(get("action_id")), text(get("deal_id"))
    streams = [("action", action)] if action else []
    if deal:
        streams.append(("deal", deal))
    time = get("updated_at")
    return Row(
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


def _event(document: Mapping[str, Any], shape: str, deal_of_file: str | None) -> Row:
    get = document.get
    name = text(get("event_type")) or ("processed" if shape == INBOX else "?")
    entry = REGISTRY.get(name)
    field = ""
    payload: Mapping[str, Any] | None = {}
    problems: tuple[strict.Problem, ...] = ()
    for each in _PAYLOADS:
        if each in document:
            field = each
            payload, problems = read_payload(document[each])
            break
    inner: Mapping[str, Any] = payload or {}
    run, action = text(get("run_id")), text(get("action_id"))
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
    return Row(
        shape,
        name,
        name if entry is None else entry.category,
        streams,
        text(get("event_id") or inner.get("event_id") or get("id")),
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


def event_of(record: Record, row: Row, moment: Instant | None, document: Mapping[str, Any]) -> Event:
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
