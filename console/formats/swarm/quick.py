"""The quick way for sound lines: one msgspec type per shape, derived from the model of a line.

What these accept is sound by the model too (a test holds them to it); what they refuse is read again with suspicion and
validated with pydantic, which says exactly what is wrong.
"""

from typing import Annotated, Any

import msgspec
from msgspec.structs import asdict

from console.formats.counting import countable, keys
from console.formats.strict import SAFE_INTEGER
from console.formats.swarm.schema import Line
from console.formats.swarm.vocabulary import V1, V2, V3

_Integer = Annotated[int, msgspec.Meta(gt=-SAFE_INTEGER, lt=SAFE_INTEGER)]


def _type(annotation: Any) -> Any:
    return _Integer | None if annotation == int | None else annotation


def _shape(name: str, fields: tuple[str, ...]) -> type[msgspec.Struct]:
    types = [(field, _type(Line.model_fields[field].annotation)) for field in fields]
    return msgspec.defstruct(name, types, forbid_unknown_fields=True)


class Lines:
    """Reads lines of the three shapes; the shape of the last line is tried first."""

    def __init__(self) -> None:
        shapes = (("V3", V3), ("V2", V2), ("V1", V1))
        self._decoders = [(msgspec.json.Decoder(_shape(name, fields)).decode, len(fields)) for name, fields in shapes]

    def read(self, raw: bytes, is_plain: bool) -> dict[str, Any] | None:
        """The line's document, if nothing about its JSON and schema needs a second look."""
        masked = raw if is_plain else countable(raw)
        if masked is None:
            return None
        for index, (decode, size) in enumerate(self._decoders):
            try:
                document = asdict(decode(raw))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                continue
            if index:
                self._decoders.insert(0, self._decoders.pop(index))
            inner = keys(document["payload"])
            return document if inner >= 0 and inner + size == masked.count(b'":') else None
        return None
