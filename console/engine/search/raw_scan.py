"""Search in the raw records: a scan from the oldest record on, its hits streamed as they are found."""

from collections.abc import Iterator
from dataclasses import dataclass

from console.engine.search.record_conditions import RecordConditions
from console.formats.reading.cutting import cut
from console.model.record import Cursor, Record
from console.sources.protocol import Source


@dataclass(frozen=True, slots=True)
class Hits:
    """Records that may fit, of those read since the last answer: their ordinals and bits, as ``HitView.add_hits`` takes
    them; and where reading goes on."""

    found: list[tuple[int, int]]
    next: Cursor


def search(source: Source, asked: RecordConditions, start: Cursor, *, damaged: bool = False) -> Iterator[Hits]:
    """Records that may fit. One answer a batch. Raises ``SourceError``.

    ``damaged``: some of its lines are not one record each; to find out which ones takes longer than the search. An
    unfinished tail is searched too, in case it counts as a record; the next search begins with it again.
    """
    cursor = start
    for batch in cut(source.batches(start)) if damaged else source.batches(start):
        cursor = batch.next
        found: list[tuple[int, int]] = []
        if batch.lines is None or asked.may_hit(batch.lines):
            found = [
                (ordinal, bits)
                for ordinal, raw in enumerate(batch.raws, batch.first)
                if (bits := asked.hit(raw)) is not None
            ]
        yield Hits(found, cursor)
    tail: Record | None = source.tail(cursor)
    if tail is not None and (bits := asked.hit(tail.raw)) is not None:
        yield Hits([(tail.ordinal, bits)], cursor)
