"""A Maysano record in the words of the envelope, its shape by its keys, and the changes that it makes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from console.formats.json import strict
from console.formats.json.times import from_epoch_ms, parse
from console.formats.json.validation import whole
from console.formats.maysano.capture import name_and_data
from console.formats.protocol import key64
from console.formats.reading.list_order import NEWEST_FIRST, OLDEST_FIRST
from console.model.event import Event, Instant, StreamKey
from console.model.record import Record
from console.model.trust import Trust
from console.sources.text.sse import parse_block

STRUCTURAL, ACTIVITY, OBJECTIVE = "structural events", "product activities", "objective history"
SHAPES = (STRUCTURAL, ACTIVITY, OBJECTIVE)
"""Shapes; each is a sequence of its own, also where several stand in one file."""
SSE = "sse"
"""The shape of a capture."""
LONGEST = 200
"""Characters of an id, name or value beyond which it is cut, with a key of the whole."""
FIELDS = 64
"""Changed fields of one event that are followed."""
BATCH = ("batch", "auto-setup")
"""The stream of a capture: it holds one operation."""
_PAIRS = (("old", "new"), ("oldValue", "newValue"), ("from", "to"), ("before", "after"))
_CHANGING = frozenset({"oldStatus", "newStatus", "changes", *(each for pair in _PAIRS for each in pair)})
"""Keys without which an event makes no change."""
_ACTOR = ("name", "email", "username", "id")
_TIMES = ("timestamp", "createdAt", "created_at", "time")


class Change(NamedTuple):
    """One field's change. ``has_old`` and ``has_new`` part null from absence; values are text, None for null."""

    field: str
    has_old: bool
    old: str | None
    has_new: bool
    new: str | None


class ThingStep(NamedTuple):
    """What a record does to the thing that it belongs to. ``extra`` is the object of metadata or details, or the
    document of an objective's change."""

    kind: str
    type: str
    shape: str
    name: str | None
    extra: Mapping[str, Any]


@dataclass(slots=True)
class MaysanoEnvelope:
    """What one record holds. ``streams`` are pairs of kind and key, the one whose rules apply first."""

    shape: str
    type: str
    category: str
    streams: list[tuple[str, str]]
    event_id: str | None
    actor: str | None
    name: str | None
    extra: Mapping[str, Any] = field(default_factory=dict)
    """The object of metadata or details, the document of an objective's change, or the data of a capture's event."""
    problems: tuple[strict.Problem, ...] = ()
    """What is wrong inside metadata, details or data."""

    @property
    def step(self) -> ThingStep:
        """What it does to the thing of its first stream."""
        return ThingStep(self.streams[0][0] if self.streams else "", self.type, self.shape, self.name, self.extra)


def shape_of(document: Mapping[str, Any]) -> str | None:
    """The shape that a record's keys show, None if none."""
    if "entityType" in document and ("entityId" in document or "eventType" in document):
        return STRUCTURAL
    if "activityType" in document and ("productId" in document or "createdAt" in document):
        return ACTIVITY
    if "objectiveId" in document and ("action" in document or "field" in document):
        return OBJECTIVE
    if "productId" in document and "createdAt" in document and ("performedBy" in document or "details" in document):
        return ACTIVITY
    if "entityId" in document and "eventType" in document and "createdAt" in document:
        return STRUCTURAL
    return None


def default_shape(shape: str) -> str | None:
    """The shape of records that do not show their own, by a claim's words."""
    return next((each for each in SHAPES if shape.startswith(each)), None)


def newest_first(words: str, shape: str) -> bool:
    """True if records of this shape stand newest first, by a claim's words on the ledger."""
    return NEWEST_FIRST in words and f"{shape} {OLDEST_FIRST}" not in words


def instant_of(document: Mapping[str, Any]) -> Instant | None:
    """``createdAt``: ISO text, or milliseconds since 1970."""
    value = document.get("createdAt")
    return from_epoch_ms(value) if type(value) is int else parse(value)


def text(value: Any) -> str | None:
    """An id as text: strings that are not empty and integers; None for all else."""
    if type(value) is str:
        return cut(value) or None
    if type(value) is int and -(10**30) < value < 10**30:
        return str(value)
    return None


def cut(value: str) -> str:
    """Long texts end in a key of the whole, so that two that differ stay different."""
    if len(value) <= LONGEST:
        return value
    return f"{value[: LONGEST - 20]}…{key64(value) & (1 << 64) - 1:016x}"


def actor_of(value: Any) -> str | None:
    """Who: a text or number, or an object that names a person."""
    if isinstance(value, dict):
        return next((who for who in (text(value.get(key)) for key in _ACTOR) if who), None)
    return text(value)


def read_record(document: Mapping[str, Any], shape: str) -> MaysanoEnvelope:
    """The envelope of a decoded record of a known shape. Never raises, whatever the fields hold."""
    get = document.get
    extra: Mapping[str, Any]
    problems: tuple[strict.Problem, ...] = ()
    if shape == STRUCTURAL:
        kind, key, name = text(get("entityType")), text(get("entityId")), text(get("eventType")) or "?"
        streams = [("entity", f"{kind or '?'}/{key}")] if key else []
        if key and (kind == "product" or kind == "objective"):
            streams.append((kind, key))
        category, title = f"{kind or '?'}.{name}", get("entityName")
        extra, problems = object_of(get("metadata"))
    elif shape == ACTIVITY:
        key, name = text(get("productId")), text(get("activityType")) or "?"
        streams = [("product", key)] if key else []
        category, title = f"product.{name}", get("productName")
        extra, problems = object_of(get("details"))
    else:
        key, name = text(get("objectiveId")), text(get("action")) or "?"
        streams = [("objective", key)] if key else []
        category, title, extra = f"objective.{name}", None, document
    return MaysanoEnvelope(
        shape,
        name,
        category,
        streams,
        text(get("id")),
        actor_of(get("performedBy")),
        title if type(title) is str else None,
        extra,
        problems,
    )


def read_block(raw: bytes) -> tuple[MaysanoEnvelope, dict[str, Any], Instant | None]:
    """The envelope of one block of a capture, its document, and the time that its data names. Never raises."""
    block = parse_block(raw)
    name, data, problems = name_and_data(block)
    document: dict[str, Any] = {"event": block.event, "data": block.data if data is None else data}
    if block.id is not None:
        document["id"] = block.id
    if block.retry is not None:
        document["retry"] = block.retry
    if block.comments:
        document["comments"] = list(block.comments)
    if block.unknown:
        document["unknown fields"] = list(block.unknown)
    extra: Mapping[str, Any] = data or {}
    moment = next((found for found in (parse(extra.get(key)) for key in _TIMES) if found), None)
    row = MaysanoEnvelope(SSE, cut(name), cut(name), [BATCH], block.id, None, None, extra, problems)
    return row, document, moment


def changes(step: ThingStep) -> list[Change]:
    """The fields that an event changes: an objective's field, or old and new values in metadata and details."""
    return [] if _CHANGING.isdisjoint(step.extra) else list(_changes(step))


def decode(record: Record, shape: str) -> Event:
    """The envelope of one record alone; an unreadable one has type ''. ``shape`` is a claim's words."""
    if shape == SSE:
        row, document, moment = read_block(record.raw)
    else:
        found = strict.decode(record.raw).document
        kind = None if found is None else shape_of(found)
        if found is None or kind is None:
            return Event(record.ordinal, record.offset, record.length, "", document=found or {})
        row, document, moment = read_record(found, kind), found, instant_of(found)
    return Event(
        record.ordinal,
        record.offset,
        record.length,
        row.type,
        tuple(StreamKey(kind, key) for kind, key in row.streams),
        row.category,
        event_id=row.event_id,
        instant=moment,
        actor=row.actor,
        trust=Trust.UNCHAINED,
        document=document,
    )


def object_of(value: Any) -> tuple[Mapping[str, Any], tuple[strict.Problem, ...]]:
    """Metadata and details: objects, or JSON text of one. Other text stays text."""
    if type(value) is dict:
        return value, ()
    if type(value) is str and value.lstrip()[:1] == "{":
        found = strict.decode(value.encode("utf-8", "surrogatepass"))
        return found.document or {}, found.problems
    return {}, ()


def _changes(step: ThingStep) -> Iterator[Change]:
    extra = step.extra
    named = extra.get("field")
    name = named[:LONGEST] if type(named) is str and named else "status" if step.type == "status_changed" else None
    if step.shape == OBJECTIVE:
        if name is not None and ("oldValue" in extra or "newValue" in extra):
            yield _change(name, extra, "oldValue", "newValue")
        return
    if "oldStatus" in extra or "newStatus" in extra:
        yield _change("status", extra, "oldStatus", "newStatus")
    for old, new in _PAIRS:
        if old not in extra and new not in extra:
            continue
        before, after = extra.get(old), extra.get(new)
        if isinstance(before, dict) or isinstance(after, dict):
            sides = {"old": before if isinstance(before, dict) else {}, "new": after if isinstance(after, dict) else {}}
            for key in list({**sides["old"], **sides["new"]})[:FIELDS]:
                pair = {side: values[key] for side, values in sides.items() if key in values}
                yield _change(key[:LONGEST], pair, "old", "new")
        elif name is not None:
            yield _change(name, extra, old, new)
        return
    listed = extra.get("changes")
    if isinstance(listed, dict):
        for key, pair in list(listed.items())[:FIELDS]:
            if isinstance(pair, dict):
                old, new = next((each for each in _PAIRS if each[0] in pair or each[1] in pair), ("old", "new"))
                yield _change(key[:LONGEST], pair, old, new)


def _change(name: str, values: Mapping[str, Any], old: str, new: str) -> Change:
    return Change(name, old in values, value_text(values.get(old)), new in values, value_text(values.get(new)))


def _plain(value: Any) -> Any:
    """The value with whole numbers as integers: 2.0 and 2 are the same one."""
    if type(value) is list:
        return [_plain(each) for each in value]
    return {key: _plain(each) for key, each in value.items()} if type(value) is dict else whole(value)


def value_text(value: Any) -> str | None:
    """A value for comparing and showing: texts as they are, numbers and the like as JSON, None for null."""
    if value is None:
        return None
    if type(value) is str:
        return cut(value)
    try:
        return cut(msgspec.json.encode(_plain(value), order="sorted").decode())
    except (TypeError, ValueError, RecursionError):  # integers beyond 64 bits, lone surrogates
        return cut(repr(value)) if type(value) is not int else f"an integer of {value.bit_length()} bits"
