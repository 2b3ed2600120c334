"""Reading a container to its end, with every promise of the protocol checked on the way."""

from collections.abc import Callable
from dataclasses import dataclass, field

from console.model.finding import Finding
from console.model.record import Cursor
from console.sources.protocol import MAX_RECORD, Source


@dataclass
class Reading:
    """All records of one source, flat."""

    offsets: list[int] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    raws: list[bytes] = field(default_factory=list)
    leaves: dict[int, bytes] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    cursors: list[Cursor] = field(default_factory=list)
    next: Cursor = field(default_factory=Cursor)

    @property
    def codes(self) -> list[str]:
        return [one.code for one in self.findings]


def read_all(source: Source, start: Cursor | None = None) -> Reading:
    """Reads to the end and checks what the protocol promises of each batch on the way."""
    cursor = start or Cursor()
    got = Reading(next=cursor)
    for batch in source.batches(cursor):
        assert batch.first == cursor.ordinal
        assert batch.next.ordinal == batch.first + len(batch)
        assert len(batch.offsets) == len(batch.lengths) == len(batch.raws)
        for index, raw in enumerate(batch.raws):
            skipped = index in batch.leaves or batch.lengths[index] > MAX_RECORD
            assert batch.lengths[index] == len(raw) or (not raw and skipped)
        if batch.lines is not None:
            assert batch.lines == b"\n".join(batch.raws) + b"\n"
        got.leaves.update({len(got.raws) + index: leaf for index, leaf in batch.leaves.items()})
        got.offsets += batch.offsets
        got.lengths += batch.lengths
        got.raws += batch.raws
        got.findings += batch.findings
        cursor = batch.next
        got.cursors.append(cursor)
    got.next = cursor
    return got


Read = Callable[..., Reading]
"""What the fixtures ``read`` and ``keeps_its_word`` are: a source, and where to begin."""
