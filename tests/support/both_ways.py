"""The same records read many at once, and one by one the careful way: what either gives, in comparable form."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any
from unittest.mock import patch

from console.formats.protocol import Reader
from console.formats.reading.reader import LedgerReader
from console.model.batch import EventBatch
from console.model.record import Cursor, RecordBatch


def one_by_one(batch: RecordBatch, *_: Any) -> Iterator[tuple[int, None]]:
    """In the place of ``stretches``: every record needs the careful way."""
    return ((row, None) for row in range(len(batch)))


def one_at_a_time(reader: Reader) -> Reader:
    """A reader on the base that takes no record in bulk."""
    assert isinstance(reader, LedgerReader)
    reader.bulk = False
    return reader


def batch_of(raws: Sequence[bytes], first: int = 1, offset: int = 0) -> RecordBatch:
    """Records as lines, or as elements of an array where one of them holds an LF."""
    lines = b"".join(raw + b"\n" for raw in raws)
    if not any(b"\n" in raw for raw in raws):
        return RecordBatch.of_lines(first, offset, lines)
    offsets = [offset + sum(len(raw) + 1 for raw in raws[:row]) for row in range(len(raws))]
    return RecordBatch(first, offsets, [*map(len, raws)], [*raws], Cursor(first + len(raws), offset + len(lines)))


def told(make: Callable[[], Reader], raws: Sequence[bytes], cuts: Sequence[int] = ()) -> dict[str, Any]:
    """All that a reader says of these records, read in the batches that the cuts make; at each cut a new reader goes
    on from the carried state."""
    rows: list[tuple[Any, ...]] = []
    findings: list[Any] = []
    facts: dict[tuple[str, str], Any] = {}
    state: dict[Any, bytes] = {}
    reader, offset = make(), 0
    bounds = [0, *sorted(cuts), len(raws)]
    for low, high in pairwise(bounds):
        batch = batch_of(raws[low:high], low + 1, offset)
        out = reader.read(batch)
        rows += _rows(out)
        findings += out.findings
        facts |= {(each.kind, each.key): each for each in reader.facts()}
        state |= reader.take_state()
        offset = batch.next.offset
        standing = sorted(map(repr, reader.standing()))
        reader = make()
        reader.load_state(state.items())
        assert sorted(map(repr, reader.standing())) == standing
    return {"rows": rows, "findings": findings, "facts": facts, "standing": standing}


def told_carefully(module: Any, make: Callable[[], Reader], raws: Sequence[bytes]) -> dict[str, Any]:
    """``told`` with every record read the careful way; ``module`` is the reader's."""
    if isinstance(make(), LedgerReader):
        return told(lambda: one_at_a_time(make()), raws)
    with patch.object(module, "stretches", one_by_one):
        return told(make, raws)


def _rows(out: EventBatch) -> list[tuple[Any, ...]]:
    names: dict[str, list[Any]] = {
        "type": ["", *out.new_types],
        "actor": ["", *out.new_actors],
        "stream": [None, *out.new_streams],
    }
    columns = [out.offset, out.length, out.time, out.sequence, out.key, out.parent, out.trust, out.worst]
    columns += [[names[name][code] for code in getattr(out, name)] for name in names]
    sets = [(), *out.new_further]
    further: list[list[Any]] = [[] for _ in range(len(out))]
    for row, code in enumerate(out.further):
        further[row] = [names["stream"][each] for each in sets[code]]
    alias = [*out.alias, *[0] * (len(out) - len(out.alias))]
    return [*zip(*columns, further, alias, strict=True)]
