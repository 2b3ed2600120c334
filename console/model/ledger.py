"""What is known of a ledger, a stream and a chain beside their events: what a format declares, and what it projects."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

OTHERS = "all other fields"
"""In a list of fields: those that it does not name."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The envelope's fields that a profile's hash covers, and those it does not. Together they are all that an event
    can have: keys that no schema knows are ``OTHERS``. ``metadata (of DECIDED)`` is a field of some events."""

    covered: tuple[str, ...] = ()
    uncovered: tuple[str, ...] = ()

    def word(self, field: str) -> str:
        """``covered``, ``not covered``, or ``covered in part`` for a field of an event."""

        def named(fields: tuple[str, ...]) -> bool:
            return any(each.partition(" (")[0] == field or each.startswith(f"{field}.") for each in fields)

        yes, no = named(self.covered), named(self.uncovered)
        return "covered in part" if yes and no else "covered" if yes else "not covered"


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
