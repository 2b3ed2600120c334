"""The quick way for sound ledger events: msgspec types derived from the models of ``schema``.

What these accept is sound by the models too (a test holds them to it); what they refuse is read again with suspicion
and validated with pydantic, which says exactly what is wrong.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Annotated, Any, NamedTuple, get_origin

import msgspec

from console.formats.smvm.schema import MODELS, Words
from console.formats.strict import MAX_DEPTH, SAFE_INTEGER


class Quick(msgspec.Struct, forbid_unknown_fields=True):
    """A sound ledger event; ``metadata`` and ``provenance`` have the fields of its type's models as attributes."""

    event_id: str
    timestamp: str
    run_id: str
    span_id: str
    service: str
    agent_id: str
    data_hash: str
    metadata: Any
    provenance: Any


class Hint(NamedTuple):
    """A vocabulary of one field of ``part`` (metadata or provenance); ``get`` reads it from an event."""

    part: str
    field: str
    words: Words
    get: Callable[[Any], Any]


class Kind(NamedTuple):
    """What the reader needs to know of one event type. ``keys`` counts the keys that the models fix; ``open`` names
    the fields whose value may hold anything."""

    name: str
    keys: int
    open: tuple[tuple[str, str], ...]
    hints: tuple[Hint, ...]


def _type(annotation: Any, marks: list[Any]) -> Any:
    limits = {name: getattr(mark, name) for mark in marks for name in ("ge", "le") if hasattr(mark, name)}
    if annotation is int:
        return Annotated[int, msgspec.Meta(ge=limits.get("ge", 1 - SAFE_INTEGER), le=SAFE_INTEGER - 1)]
    if annotation is float:
        return Annotated[
            float, msgspec.Meta(ge=limits.get("ge", 1.0 - SAFE_INTEGER), le=limits.get("le", SAFE_INTEGER - 1.0))
        ]
    return annotation


def _part(model: Any) -> type[msgspec.Struct]:
    fields = [(name, _type(info.annotation, info.metadata)) for name, info in model.model_fields.items()]
    return msgspec.defstruct(model.__name__, fields, forbid_unknown_fields=True)


def _kinds() -> dict[type[msgspec.Struct], Kind]:
    kinds: dict[type[msgspec.Struct], Kind] = {}
    for name, model in MODELS.items():
        parts = {part: model.model_fields[part].annotation for part in ("metadata", "provenance")}
        fields = [(part, field, info) for part, of in parts.items() if of for field, info in of.model_fields.items()]
        struct = msgspec.defstruct(
            name,
            [(part, _part(of)) for part, of in parts.items() if of],
            bases=(Quick,),
            tag_field="event_type",
            tag=name,
            forbid_unknown_fields=True,
        )
        kinds[struct] = Kind(
            name,
            len(model.model_fields) + len(fields),
            tuple((part, field) for part, field, info in fields if get_origin(info.annotation) in (list, dict)),
            tuple(
                Hint(part, field, mark, attrgetter(f"{part}.{field}"))
                for part, field, info in fields
                for mark in info.metadata
                if isinstance(mark, Words)
            ),
        )
    return kinds


KINDS = _kinds()
BY_NAME = {kind.name: kind for kind in KINDS.values()}
_union: Any = None
for _struct in KINDS:
    _union = _struct if _union is None else _union | _struct
_decode = msgspec.json.Decoder(_union).decode


def read(raw: bytes) -> tuple[Quick, Kind] | None:
    """The event, if nothing about the record's JSON and schema needs a second look (see ``strict.decode``)."""
    masked = raw.replace(b"\\\\", b"__").replace(b'\\"', b"__") if b"\\" in raw else raw
    if b" :" in masked or b"\n" in raw or b"\t" in raw or b"\r" in raw[:-1]:
        return None
    try:
        event = _decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    kind = KINDS[type(event)]
    keys = kind.keys
    for part, field in kind.open:
        inner = _keys(getattr(getattr(event, part), field), MAX_DEPTH - 3)
        if inner < 0:
            return None
        keys += inner
    return (event, kind) if keys == masked.count(b'":') else None


def _keys(value: Any, depth: int) -> int:
    """How many keys there are at any depth; -1 if a number or the depth needs the careful way."""
    if not depth:
        return -1
    if type(value) is dict:
        total, items = len(value), value.values()
    else:
        total, items = 0, value
    for each in items:
        kind = type(each)
        if kind is str:
            continue
        if kind is dict or kind is list:
            inner = _keys(each, depth - 1)
            if inner < 0:
                return -1
            total += inner
        elif (kind is int or kind is float) and not -SAFE_INTEGER < each < SAFE_INTEGER:
            return -1
    return total
