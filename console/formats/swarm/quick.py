"""The types of sound lines: one msgspec type per shape, and one per payload that a factory makes.

They are derived from the models of ``schema``. What they accept is sound by the models too (a test holds them to it);
what they refuse is read again with suspicion and validated with pydantic, which says exactly what is wrong.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from console.formats.lines import Decoder, OpenObject, SafeInteger
from console.formats.swarm import schema
from console.formats.swarm.vocabulary import V1, V2, V3

_TYPES = {int | None: SafeInteger | None, schema.Table: OpenObject}


def _fields(model: Any, names: Iterable[str]) -> list[tuple[str, Any]]:
    types = [(name, model.model_fields[name].annotation) for name in names]
    return [(name, _TYPES.get(kind, kind)) for name, kind in types]


def _shape(name: str, fields: tuple[str, ...]) -> type[msgspec.Struct]:
    """Fields that this shape does not have are None."""
    others = dict.fromkeys(field for field in V3 if field not in fields)
    return msgspec.defstruct(name, _fields(schema.Line, fields), namespace=others, forbid_unknown_fields=True, gc=False)


def decoders() -> list[Decoder]:
    """For the three shapes of a line, the newest first."""
    return [Decoder(_shape(*shape)) for shape in (("V3", V3), ("V2", V2), ("V1", V1))]


def _payloads(model: Any) -> Any:
    fields = [(name, info.annotation) for name, info in model.model_fields.items()]
    return list[msgspec.defstruct(model.__name__, fields, gc=False)]  # type: ignore[misc]  # made at run time


_MADE = {event_type: _payloads(model) for event_type, model in schema.PAYLOADS.items()}


def are_made(event_type: str, payloads: list[dict[str, Any]]) -> bool:
    """Whether all these payloads are as the factory of this type makes them."""
    try:
        msgspec.convert(payloads, _MADE[event_type])
    except msgspec.ValidationError:
        return False
    return True
