"""A ledger read once more, from its beginning: before anyone is accused, and to know where what changed is.

It takes the same way as the first reading, so that records are cut in the same places.
"""

from array import array
from dataclasses import dataclass, field

from console.engine.ingest.portions import portions
from console.engine.ledgers.opening import Opened
from console.engine.ledgers.options import Options
from console.formats.guarded import event_of
from console.model.event import Event
from console.model.record import Cursor, Record
from console.model.trust import Trust
from console.sources.protocol import SourceError


@dataclass(slots=True)
class SecondReading:
    """All records of a ledger: their hashes, where each one is, and how many there are by trust."""

    opened: Opened
    leaves: bytes = b""
    offsets: "array[int]" = field(default_factory=lambda: array("q"))
    lengths: "array[int]" = field(default_factory=lambda: array("q"))
    trust: list[int] = field(default_factory=lambda: [0] * len(Trust))

    @property
    def chain_holds(self) -> bool:
        """True if there are hashes, and all of them hold."""
        reproduced = self.trust[Trust.VERIFIED] + self.trust[Trust.RECOVERED]
        return reproduced > 0 and not self.trust[Trust.BROKEN] and not self.trust[Trust.LINKED]

    def raw(self, ordinal: int) -> bytes | None:
        """A record's bytes, by its ordinal from 1; None where they cannot be read."""
        if not 0 < ordinal <= len(self.offsets):
            return None
        try:
            return self.opened.source.read(self.offsets[ordinal - 1], self.lengths[ordinal - 1])
        except SourceError:
            return None

    def event(self, ordinal: int, raw: bytes) -> Event:
        """The record decoded."""
        place = self.offsets[ordinal - 1], self.lengths[ordinal - 1]
        return event_of(self.opened.format, Record(ordinal, *place, raw), self.opened.context())


def read_again(opened: Opened, options: Options) -> SecondReading:
    """Read a ledger again. Raises ``SourceError``."""
    found = SecondReading(opened)
    reader = opened.format.reader(opened.context(options))
    leaves = []
    for portion in portions(opened.source, reader, Cursor()):
        leaves.append(bytes(portion.events.hashes))
        found.offsets.extend(portion.events.offset)
        found.lengths.extend(portion.events.length)
        for state in Trust:
            found.trust[state] += portion.events.trust.count(state)
    found.trust[Trust.PENDING] = 0  # blank lines are no events
    found.leaves = b"".join(leaves)
    return found
