"""What a writer of the index and the engine tell each other: where records are, what is known, what refers to what."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from console.model.event import StreamKey
from console.model.record import Cursor

LISTED = 200
"""References of one kind that are listed in one look; the rest are counted."""


class Volume(NamedTuple):
    """One file of a ledger: the ordinal of its first record, its path, and the table or member in it."""

    first: int
    path: str
    member: str | None


def volume_of(volumes: Sequence[tuple[int, str]], record: int | None) -> tuple[str, int] | None:
    """The file that holds a record of a ledger, and the record's number there; None where the ledger is one file.
    ``volumes`` are its files, oldest first: the ordinal of the first record, and the path."""
    if record is None or len(volumes) < 2:
        return None
    first, path = next(each for each in [*reversed(volumes[1:]), (0, volumes[0][1])] if each[0] <= record)
    return path, record - max(first, 1) + 1


class RecordPlace(NamedTuple):
    """Where a record is in its file."""

    ordinal: int
    offset: int
    length: int


class ChainLink(NamedTuple):
    """An event of a chain and its place, to be sorted."""

    stream: StreamKey
    sequence: int
    place: RecordPlace


@dataclass(frozen=True, slots=True)
class KnownLedger:
    """A ledger as it was last committed. ``file`` is the state of its file as text; ``stated``: a finding about its
    file stands; ``memory`` is what the memory says of it, as it was described."""

    id: int
    path: str
    member: str | None
    format: str
    shape: str
    profile: str | None
    state: str
    next: Cursor
    file: str
    stated: bool = False
    memory: str = ""


@dataclass(slots=True)
class ListedPairs:
    """Pairs of ordinals, (record, the other one): the first ``LISTED`` of them, and how many there are."""

    listed: list[tuple[int, int]] = field(default_factory=list)
    count: int = 0

    def add(self, pairs: Sequence[tuple[int, int]]) -> None:
        """Take more pairs."""
        self.listed += pairs[: max(0, LISTED - len(self.listed))]
        self.count += len(pairs)


@dataclass(frozen=True, slots=True)
class ReferenceLinks:
    """What records brought to those that they name."""

    ambiguous: ListedPairs = field(default_factory=ListedPairs)
    """The other number is how many records carried the parent's id when it came."""
    late: ListedPairs = field(default_factory=ListedPairs)
    """(child, parent) where the parent's record comes after the child's."""
    later: ListedPairs = field(default_factory=ListedPairs)
    """(child, parent) where the parent's record comes first, and names a later time."""
    cycles: ListedPairs = field(default_factory=ListedPairs)
    """The other one is a parent that is the record's descendant."""


@dataclass(frozen=True, slots=True)
class ResolvedReferences(ReferenceLinks):
    """What records brought to ids and parents; ``mentions`` is the same of what they name beside their parents."""

    duplicates: ListedPairs = field(default_factory=ListedPairs)
    """The other one is the first record with the same id."""
    second_duplicates: ListedPairs = field(default_factory=ListedPairs)
    """The same of second ids."""
    mentions: ReferenceLinks = field(default_factory=ReferenceLinks)
    more: bool = False
    """Further records are still to be looked at."""


@dataclass(frozen=True, slots=True)
class Orphans:
    """Ordinals of the first ``LISTED`` records whose parent is nowhere, and how many there are."""

    listed: list[int]
    count: int
