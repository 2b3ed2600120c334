"""The same records read many at once, and one by one the careful way: what either gives, in comparable form."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from console.formats.protocol import Reader, RewalkingReader, irregular
from console.formats.reading.reader import LedgerReader
from console.model.batch import EventBatch
from console.model.event import StreamKey
from console.model.finding import Finding
from console.model.ledger import StreamFacts
from console.model.record import Cursor, Record, RecordBatch


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


def outcome(make: Callable[[], Reader], raws: Sequence[bytes], cuts: Sequence[int] = ()) -> dict[str, Any]:
    """All that comes of these records, read in the batches that the cuts make; at each cut a new reader goes on from
    the carried state. Chains that are to be walked again are, at the end."""
    rows: list[list[Any]] = []
    findings: list[Finding] = []
    facts: dict[tuple[str, str], StreamFacts] = {}
    state: dict[Any, bytes] = {}
    late: list[StreamKey] = []
    reader, offset = make(), 0
    bounds = [0, *sorted(cuts), len(raws)]
    for low, high in pairwise(bounds):
        batch = batch_of(raws[low:high], low + 1, offset)
        out = reader.read(batch)
        rows += _rows(out)
        findings += out.findings
        facts |= {(each.kind, each.key): each for each in reader.facts()}
        late += irregular(reader)
        state |= reader.take_state()
        offset = batch.next.offset
        standing = sorted(map(repr, reader.standing()))
        reader = make()
        reader.load_state(state.items())
        assert sorted(map(repr, reader.standing())) == standing
    if isinstance(reader, RewalkingReader):
        for stream in dict.fromkeys(late):
            findings = _walked_again(reader, stream, raws, rows, findings)
        facts |= {(each.kind, each.key): each for each in reader.facts()}
    found = sorted(findings, key=lambda each: (each.record or 0, repr(each)))
    return {"rows": rows, "findings": found, "facts": facts, "standing": sorted(reader.standing(), key=repr)}


def _walked_again(
    reader: RewalkingReader, stream: StreamKey, raws: Sequence[bytes], rows: list[list[Any]], findings: list[Finding]
) -> list[Finding]:
    """Rows of the stream get their new trust; the findings that stay, and the new ones."""
    links = [(link, row) for row, link in enumerate(map(reader.link_key, raws)) if link and link[0] == stream]
    records = [Record(row + 1, rows[row][_OFFSET], rows[row][_LENGTH], raws[row]) for _, row in sorted(links)]
    walked = reader.rewalk(stream, records)
    for ordinal, trust in walked.trust.items():
        rows[ordinal - 1][TRUST] = trust
    for ordinal, worst in walked.marks.items():
        rows[ordinal - 1][_WORST] = worst
    for each in walked.findings if walked.marks else ():
        if each.record:
            rows[each.record - 1][_WORST] = max(rows[each.record - 1][_WORST], each.severity)
    stay = [each for each in findings if each.stream != stream.key or each.family != "chain"]
    return [*stay, *walked.findings]


_OFFSET, _LENGTH, TRUST, _WORST = 0, 1, 6, 7
"""Columns of an outcome's rows."""


def _rows(out: EventBatch) -> list[list[Any]]:
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
    return [list(row) for row in zip(*columns, further, alias, strict=True)]
