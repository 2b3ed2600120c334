"""The rules of a lamp's life, and the walk along its chain. Pure."""

from collections.abc import Iterator
from typing import Any

import msgspec

from console.formats.reading.findings import Remark
from console.model.event import NO_TIME
from console.model.trust import Severity
from console.verify.catalogue import CatalogueEntry

OIL_LOW = CatalogueEntry(
    "oil.low",
    Severity.WARNING,
    "A lamp is nearly out of oil",
    "The oil that each note of a lamp log names.",
    "Send the tender; compare with the oil that was delivered.",
)
LOW = 10
EVENTS = frozenset(("lit", "trimmed", "out"))


class Lamp(msgspec.Struct):
    """One lamp: the end of its chain, its life, and its last time."""

    number: int = 0
    hash: str | None = None
    broken: int = 0
    lit: bool = False
    last: int = NO_TIME
    ordinal: int = 0
    """Of its last entry."""

    @property
    def facts(self) -> dict[str, str]:
        return {"state": "lit"} if self.lit else {"state": "out", "flagged": "dark"}

    def follows(self, number: object, previous: str | None) -> bool:
        return number == self.number + 1 and previous == self.hash


def live(lamp: Lamp, event: str, oil: object) -> Iterator[Remark]:
    """One event of a lamp's life: what there is to say of it."""
    if event not in EVENTS:
        yield Remark("schema.unknown-event-type", f"{event!r} is no event of a lamp.", "event", actual=event)
    elif event != "lit" and not lamp.lit:
        yield Remark("lifecycle.illegal-transition", f"{event!r} does not fit a lamp that is out.", "event")
    if event in EVENTS:
        lamp.lit = event != "out"
    if type(oil) is int and oil < LOW:
        yield Remark(OIL_LOW.code, f"The lamp has {oil} l of oil left.", "note.oil", f"at least {LOW}", str(oil))


def link(lamp: Lamp, number: Any, previous: str | None) -> Iterator[Remark]:
    """Whether an entry joins on to the one before it in its chain."""
    if number != lamp.number + 1:
        expected = str(lamp.number + 1)
        yield Remark("chain.sequence-gap", f"Entry {expected} is not here.", "number", expected, str(number))
    if previous != lamp.hash:
        yield Remark("chain.previous-mismatch", "The entry before has another hash.", "previous", lamp.hash, previous)
