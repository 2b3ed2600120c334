"""Columns of decoded events: what travels from the decoder to the index.

A million objects a ledger would cost more than their decoding: events travel as arrays, names as codes.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

from console.model.event import NO_TIME, StreamKey
from console.model.finding import Finding


def _ints() -> "array[int]":
    return array("q")


@dataclass(slots=True)
class EventBatch:
    """One row per record, in the record's order; row ``i`` has ordinal ``first + i``.

    ``type``, ``actor`` and ``stream`` hold codes: 0 is none, others are positions (from 1) in the reader's name lists;
    ``new_types``, ``new_actors`` and ``new_streams`` are the names this batch adds to those lists, in order.
    ``key`` and ``parent`` are 64-bit keys of the event's id and of its parent's (0: none; see ``key64``).
    ``sequence`` is -1 where there is none, ``time`` is ``NO_TIME`` where there is none.
    ``further`` are codes of the streams of a row beyond its first: of sets of stream codes; ``new_further`` are those
    that this batch adds to the reader's list. ``alias`` is the key of a second id under which others may name the row,
    ``mention`` that of an id that it names beside its parent's. These three may end where no later row has any.
    ``hashes`` are the record hashes, 32 bytes a row, filled by the ingest, not by a format.
    """

    first: int
    offset: "array[int]" = field(default_factory=_ints)
    length: "array[int]" = field(default_factory=_ints)
    time: "array[int]" = field(default_factory=_ints)
    sequence: "array[int]" = field(default_factory=_ints)
    type: "array[int]" = field(default_factory=_ints)
    actor: "array[int]" = field(default_factory=_ints)
    stream: "array[int]" = field(default_factory=_ints)
    key: "array[int]" = field(default_factory=_ints)
    parent: "array[int]" = field(default_factory=_ints)
    trust: bytearray = field(default_factory=bytearray)
    worst: bytearray = field(default_factory=bytearray)
    further: "array[int]" = field(default_factory=_ints)
    alias: "array[int]" = field(default_factory=_ints)
    mention: "array[int]" = field(default_factory=_ints)
    new_types: list[str] = field(default_factory=list)
    new_actors: list[str] = field(default_factory=list)
    new_streams: list[StreamKey] = field(default_factory=list)
    new_further: list[tuple[int, ...]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    hashes: bytes | bytearray = b""

    def __len__(self) -> int:
        return len(self.offset)

    @property
    def names_any(self) -> bool:
        """True if a row has an id, or names one."""
        return any(self.key) or any(self.parent) or any(self.alias) or any(self.mention)

    def add(  # noqa: PLR0913 - one a column
        self,
        offset: int,
        length: int,
        *,
        time: int = NO_TIME,
        sequence: int = -1,
        type: int = 0,
        actor: int = 0,
        stream: int = 0,
        further: int = 0,
        key: int = 0,
        alias: int = 0,
        mention: int = 0,
        parent: int = 0,
        trust: int = 0,
        worst: int = 0,
    ) -> None:
        """Append one row."""
        if further:
            self.extend_late(self.further, (further,))
        if alias:
            self.extend_late(self.alias, (alias,))
        if mention:
            self.extend_late(self.mention, (mention,))
        self.offset.append(offset)
        self.length.append(length)
        self.time.append(time)
        self.sequence.append(sequence)
        self.type.append(type)
        self.actor.append(actor)
        self.stream.append(stream)
        self.key.append(key)
        self.parent.append(parent)
        self.trust.append(trust)
        self.worst.append(worst)

    def extend(self, more: "EventBatch") -> None:
        """Take in the rows that follow, from the same reader."""
        self.extend_late(self.further, more.further)
        self.extend_late(self.alias, more.alias)
        self.extend_late(self.mention, more.mention)
        for name in _COLUMNS:
            getattr(self, name).extend(getattr(more, name))
        self.new_types += more.new_types
        self.new_actors += more.new_actors
        self.new_streams += more.new_streams
        self.new_further += more.new_further
        self.findings += more.findings
        self.hashes = bytearray(self.hashes) if isinstance(self.hashes, bytes) else self.hashes
        self.hashes += more.hashes

    def extend_late(self, column: "array[int]", values: Sequence[int]) -> None:
        """Add to ``further``, ``alias`` or ``mention`` the values of the rows that come next: ahead of the other
        columns."""
        if values:
            column.extend([0] * (len(self) - len(column)))
            column.extend(values)


_COLUMNS = ("offset", "length", "time", "sequence", "type", "actor", "stream", "key", "parent", "trust", "worst")


class Names:
    """Interns names to codes from 1 on; ``fresh`` collects those that are new since it was last taken."""

    def __init__(self) -> None:
        self.codes: dict[object, int] = {}
        self.fresh: list[object] = []

    def code(self, name: object) -> int:
        found = self.codes.get(name)
        if found is None:
            found = self.codes[name] = len(self.codes) + 1
            self.fresh.append(name)
        return found
