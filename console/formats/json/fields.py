"""What is asked of a scan: which fields, and which pieces of a record are hashed.

A profile declares these once, apart from any batch; a scan turns them into columns and preimages.
"""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from console.formats.json.scan import Scan


class Fields:
    """Top-level keys that are asked for."""

    __slots__ = ("index", "keys", "names")

    def __init__(self, *names: str) -> None:
        self.names = names
        self.keys = tuple(name.encode("utf-8", "surrogatepass") for name in names)
        self.index: Mapping[str, int] = {name: at for at, name in enumerate(names)}
        if len(self.index) != len(names):
            raise ValueError("a field is asked for twice")


@dataclass(frozen=True, slots=True)
class Raw:
    """A piece of a preimage: a field's bytes as they stand, quotes and all. ``null`` stands for a null; None leaves it
    as it stands. ``of`` is the scan that has the field, where it is another one of the same bytes."""

    field: str
    null: bytes | None = None
    of: "Scan | None" = None


@dataclass(frozen=True, slots=True)
class Text(Raw):
    """A piece of a preimage: a string's text without quotes, or an integer's digits. A string with escapes is none."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A piece of a preimage: the instant of each row of the scan (UTC microseconds), moved by ``shift`` milliseconds,
    as JavaScript writes it: 2026-11-20T09:30:00.123Z. Beyond the years 0 to 9999 it is missing."""

    times: "array[int]"
    shift: int = 0


RECORD = Raw("")
"""A piece of a preimage: the record's exact bytes."""
Piece = bytes | Raw | Stamp | Sequence[bytes]
"""A literal, a field's bytes, an instant, or what the caller has for each of the rows asked for."""
