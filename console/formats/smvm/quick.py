"""The quick way for sound ledger events: msgspec types derived from the models of ``schema``.

What these accept is sound by the models too (a test holds them to it); what they refuse is read again with suspicion
and validated with pydantic, which says exactly what is wrong.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Annotated, Any, NamedTuple

import msgspec

from console.formats.json.strict import SAFE_INTEGER
from console.formats.reading.lines import Decoder, Open, OpenObject
from console.formats.smvm.schema import MODELS, Items, Table, Words

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
    """What the reader needs to know of one event type."""

    name: str
    hints: tuple[Hint, ...]


_OPEN = {Items: list[Open], Table: OpenObject}


def _type(annotation: Any, marks: list[Any]) -> Any:
    limits = {name: getattr(mark, name) for mark in marks for name in ("ge", "le") if hasattr(mark, name)}
    if annotation is int:
        return Annotated[int, msgspec.Meta(ge=limits.get("ge", 1 - SAFE_INTEGER), le=SAFE_INTEGER - 1)]
    if annotation is float:
        return Annotated[
            float, msgspec.Meta(ge=limits.get("ge", 1.0 - SAFE_INTEGER), le=limits.get("le", SAFE_INTEGER - 1.0))
        ]
    return _OPEN.get(annotation, annotation)


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


def decoder() -> Decoder:
    """For events of all types."""
    union: Any = None
    for struct in KINDS:
        union = struct if union is None else union | struct
    return Decoder(union)
