"""What is known of a ledger, a stream and a chain beside their events: what a format declares, and what it projects."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Coverage:
    """The envelope's fields that a profile's hash covers, and those it does not."""

    covered: tuple[str, ...] = ()
    uncovered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """A named, versioned recipe of what a hash covers. ``recipe`` is one sentence for people."""

    name: str
    recipe: str
    coverage: Coverage
    values: str = "hashes"
    """What is computed again, in the plural: hashes, ids."""
    caveat: str = ""
    """Why it proves nothing of an event that they fit, as a clause; '' where it does prove something."""
    links: bool = True
    """False where a hash does not cover the one of the event before: each event is protected by itself, if at all."""


class StreamFacts(NamedTuple):
    """What a format knows of one stream beside its counts. ``state`` is the projection, such as
    ``{"state": "Approved", "stress_mode": "SM-0"}``."""

    kind: str
    key: str
    state: Mapping[str, str] = {}
    chained: int = 0
    """Events that take part in the chain."""
    chain_intact: bool | None = None
    """None where the stream has no chain."""
