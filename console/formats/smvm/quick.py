"""The quick way for sound ledger events: msgspec types derived from the models of ``schema``.

What these accept is sound by the models too (a test holds them to it); what they refuse is read again with suspicion
and validated with pydantic, which says exactly what is wrong.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Annotated, Any, NamedTuple, get_origin

import msgspec

from console.formats.counting import countable, keys
from console.formats.smvm.schema import MODELS, Words
from console.formats.strict import SAFE_INTEGER

KNOWN = 1000
"""Good values that are remembered of one field."""


class Quick(msgspec.Struct, forbid_unknown_fields=True, gc=False):
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
    """A vocabulary of one field of ``part`` (metadata or provenance); ``get`` reads it from an event, ``known`` holds
    values that were found good, ``path`` and ``text`` are what findings say."""

    get: Callable[[Any], Any]
    known: set[str]
    words: Words
    path: str
    text: str
    part: str
    field: str

    def allow(self, value: object) -> bool:
        """Whether the hint allows a value that is not ``known`` yet; what is no text is the schema's affair."""
        if not isinstance(value, str):
            return True
        allowed = self.words.allow(value)
        if allowed and len(self.known) < KNOWN:
            self.known.add(value)
        return allowed


class Kind(NamedTuple):
    """What the reader needs to know of one event type. ``keys`` counts the keys that the models fix; ``open`` reads
    the fields whose value may hold anything."""

    name: str
    keys: int
    open: tuple[Callable[[Any], Any], ...]
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
    return msgspec.defstruct(model.__name__, fields, forbid_unknown_fields=True, gc=False)


def _hint(part: str, field: str, words: Words) -> Hint:
    path = f"{part}.{field}"
    return Hint(attrgetter(path), set(words.values), words, path, "/".join(sorted(words.values)), part, field)


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
            gc=False,
        )
        kinds[struct] = Kind(
            name,
            len(model.model_fields) + len(fields),
            tuple(
                attrgetter(f"{part}.{field}")
                for part, field, info in fields
                if get_origin(info.annotation) in (list, dict)
            ),
            tuple(
                _hint(part, field, mark)
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


def read(raw: bytes, is_plain: bool = False) -> tuple[Quick, Kind] | None:
    """The event, if nothing about the record's JSON and schema needs a second look."""
    masked = raw if is_plain else countable(raw)
    if masked is None:
        return None
    try:
        event = _decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    kind = KINDS[type(event)]
    total = kind.keys
    for inside in kind.open:
        inner = keys(inside(event))
        if inner < 0:
            return None
        total += inner
    return (event, kind) if total == masked.count(b'":') else None
