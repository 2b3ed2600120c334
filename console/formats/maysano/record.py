"""A Maysano record in the words of the envelope, its shape by its keys, and the changes that it makes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from console.formats.json import strict
from console.formats.json.times import from_epoch_ms, parse
from console.formats.maysano.rules.capture import name_and_data
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
UNNAMED = "?"
"""The type of a record that names none."""
BATCH = ("batch", "auto-setup")
"""The stream of a capture: it holds one operation."""
_ACTOR = ("name", "email", "username", "id")
_SECONDS = 100_000_000_000
"""A number below is one of seconds: as milliseconds it would be before March 1973."""
_LAST_MS = 253_402_300_800_000
_OF_HISTORY = frozenset({"action", "field", "oldValue", "newValue", "summary", "performedBy"})
_OWN = {
    STRUCTURAL: frozenset({"id", "entityType", "entityId", "entityName", "eventType", "metadata", "createdAt"}),
    ACTIVITY: frozenset({"id", "productId", "productName", "activityType", "description", "details", "createdAt"}),
}
"""Keys of a shape that say nothing of a change."""
_TIMES = ("timestamp", "createdAt", "created_at", "time")


class ThingStep(NamedTuple):
    """What a record does to the thing that it belongs to. ``extra`` is the object of metadata or details with further
    keys, or the document of an objective's change."""

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
    kind: str = ""
    """What kind of thing it is of: an entity's own type, product or objective."""

    @property
    def step(self) -> ThingStep:
        """What it does to the thing of its first stream."""
        return ThingStep(self.kind, self.type, self.shape, self.name, self.extra)


def shape_of(document: Mapping[str, Any]) -> str | None:
    """The shape that a record's keys show, None if none."""
    if "entityType" in document and ("entityId" in document or "eventType" in document):
        return STRUCTURAL
    if "activityType" in document and ("productId" in document or "createdAt" in document):
        return ACTIVITY
    if "objectiveId" in document and not _OF_HISTORY.isdisjoint(document):
        return OBJECTIVE
    if "productId" in document and "createdAt" in document and ("performedBy" in document or "details" in document):
        return ACTIVITY
    if "entityId" in document and "eventType" in document and "createdAt" in document:
        return STRUCTURAL
    if "action" in document and "createdAt" in document and ("oldValue" in document or "newValue" in document):
        return OBJECTIVE
    return None


def default_shape(shape: str) -> str | None:
    """The shape of records that do not show their own, by a claim's words."""
    return next((each for each in SHAPES if shape.startswith(each)), None)


def newest_first(words: str, shape: str) -> bool:
    """True if records of this shape stand newest first, by a claim's words on the ledger."""
    return NEWEST_FIRST in words and f"{shape} {OLDEST_FIRST}" not in words


def instant_of(document: Mapping[str, Any]) -> Instant | None:
    """``createdAt``: ISO text, or seconds or milliseconds since 1970."""
    return moment_of(document.get("createdAt"))


def moment_of(value: Any) -> Instant | None:
    """The instant of a text or of a number of seconds or milliseconds since 1970."""
    if type(value) is int or type(value) is float:
        if not -_LAST_MS < value < _LAST_MS:
            return None
        micros = round(value * 1_000_000 if abs(value) < _SECONDS else value * 1000)
        found = from_epoch_ms(micros // 1000)
        return None if found is None else Instant(micros, str(value), "Z")
    return parse(value)


def text(value: Any) -> str | None:
    """An id as text: strings that are not empty and integers; None for all else."""
    if type(value) is str:
        return cut(value) or None
    if type(value) is int and -(10**30) < value < 10**30:
        return str(value)
    return None


def _type(value: Any) -> str:
    """The text of a type."""
    return cut(value) if type(value) is str and value else UNNAMED


def cut(value: str) -> str:
    """Long texts end in a key of the whole, so that two that differ stay different."""
    if len(value) <= LONGEST:
        return value
    return f"{value[: LONGEST - 20]}…{key64(value) & (1 << 64) - 1:016x}"


def actor_of(value: Any) -> str | None:
    """Who: a text or number, or an object that names a person."""
    if isinstance(value, dict):
        return next((who for who in (text(value.get(key)) for key in _ACTOR) if who), None)
    who = text(value)
    return who if who and not who.isspace() else None


def read_record(document: Mapping[str, Any], shape: str) -> MaysanoEnvelope:
    """The envelope of a decoded record of a known shape. Never raises, whatever the fields hold."""
    get = document.get
    extra: Mapping[str, Any]
    problems: tuple[strict.Problem, ...] = ()
    if shape == STRUCTURAL:
        kind, key, name = text(get("entityType")), text(get("entityId")), _type(get("eventType"))
        streams = [("entity", f"{kind or '?'}/{key}")] if key else []
        if key and (kind == "product" or kind == "objective"):
            streams.append((kind, key))
        category, title = f"{kind or '?'}.{name}", get("entityName")
        extra, problems = object_of(get("metadata"))
        extra = _with_others(extra, document, shape)
    elif shape == ACTIVITY:
        kind, key, name = "product", text(get("productId")), _type(get("activityType"))
        streams = [("product", key)] if key else []
        category, title = f"product.{name}", get("productName")
        extra, problems = object_of(get("details"))
        extra = _with_others(extra, document, shape)
    else:
        kind, key, name = "objective", text(get("objectiveId")), _type(get("action"))
        streams = [("objective", key)] if key else []
        category, title = f"objective.{name}", None
        extra = document
        for inner in (get("details"), get("metadata")):
            extra = {**object_of(inner)[0], **extra}
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
        kind or "entity",
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
    moment = next((found for found in (moment_of(extra.get(key)) for key in _TIMES) if found), None)
    row = MaysanoEnvelope(SSE, cut(name), cut(name), [BATCH], block.id, None, None, extra, problems)
    return row, document, moment


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


def _with_others(extra: Mapping[str, Any], document: Mapping[str, Any], shape: str) -> Mapping[str, Any]:
    """Metadata or details, with the values that stand beside them instead of in them."""
    beside = document.keys() - _OWN[shape]
    return {**{key: document[key] for key in document if key in beside}, **extra} if beside else extra


def object_of(value: Any) -> tuple[Mapping[str, Any], tuple[strict.Problem, ...]]:
    """Metadata and details: objects, or JSON text of one. Other text stays text."""
    if type(value) is dict:
        return value, ()
    if type(value) is str and value.lstrip()[:1] == "{":
        found = strict.decode(value.encode("utf-8", "surrogatepass"))
        return found.document or {}, found.problems
    return {}, ()
