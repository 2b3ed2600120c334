"""The chain of one deal walked again, from its first event to its last, and its life made again with it.

Events that come out of order, or before the profile was settled, are not judged as they come: all of them are, here,
once they are there.
"""

from array import array
from collections.abc import Iterable
from typing import TYPE_CHECKING

from console.formats.kernel.chain.deals import LEVELS, End
from console.formats.kernel.chain.standing import note_oddities
from console.formats.kernel.chain.walk import severity_of, walk_again
from console.formats.kernel.record import entry_at
from console.formats.kernel.rules.projection import Projection
from console.formats.kernel.rules.schema import found_in
from console.formats.protocol import Rewalk
from console.model.event import StreamKey
from console.model.finding import Finding
from console.model.record import Record
from console.model.trust import Trust

if TYPE_CHECKING:
    from console.formats.kernel.reader import KernelReader


def walked_again(reader: "KernelReader", stream: StreamKey, records: Iterable[Record]) -> Rewalk:
    """See ``console.formats.protocol.RewalkingReader.rewalk``."""
    deals = reader.deals
    code = deals.code(stream.key)
    deal, counts = deals.at(code), deals.counts
    deal.restart()
    counts.put(code, [0] * LEVELS)
    end, lives = End(latest=deals.ends.get(code).latest), Projection(reader.judge, reader.shape)
    trust: dict[int, Trust] = {}
    findings: list[Finding] = []
    entries = (entry_at(record, reader.shape, reader.pack_deal) for record in records)
    for each, level in walk_again(deal, end.tip, entries, reader.known(), reader.holes, findings):
        trust[each.ordinal] = level
        counts.add(array("q", (code,)), bytes((level,)))
        reader.refer(deal, each)
        own = [one.severity for one in found_in(each, reader.shape, reader.words)]
        lives.add(each, max(note_oddities(deal, each, reader.clock, staged=reader.staged), severity_of(level), *own))
    deals.put(code, end)
    deals.lives.put(code, lives.run(deal, lambda ordinal: reader.is_whole(deal, ordinal)))
    return Rewalk(trust, findings, lives.marks)
