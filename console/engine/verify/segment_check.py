"""One segment of a ledger, checked by itself: what a worker does.

Apart from ``segments``, which cuts and joins: a new process imports only this, and starts in half the time.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from console.engine.ingest.portions import read_batch
from console.engine.run.executor import Channel
from console.engine.verify.same_bytes import Fingerprint
from console.formats.protocol import Context, SegmentedFormat
from console.formats.reading.cutting import cut_for
from console.formats.registry import by_name
from console.model.finding import Finding
from console.model.record import Cursor, RecordBatch
from console.sources.protocol import Source
from console.store.capped_findings import CappedFindings

OFTEN = 0.05
"""Seconds between two reports."""


@dataclass(frozen=True, slots=True)
class Segment:
    """The records of a ledger that start at ``begin`` or behind, and before ``end``. With ``stream`` only findings that
    concern it are wanted. ``leaves``: record hashes are wanted, too."""

    source: Source
    format: str
    context: Context
    begin: int
    end: int
    file: Fingerprint
    stream: str | None = None
    leaves: bool = False


def check_segment(channel: Channel, segment: Segment) -> tuple[Any, int, bytes]:
    """The summary of a segment, the offset behind its last record, and the record hashes; sends records and bytes on
    the way."""
    segment.file.ensure(segment.source, channel.worker)
    form = by_name(segment.format)
    assert isinstance(form, SegmentedFormat)
    reader = form.reader(segment.context, columns=False, segment=segment.begin > 0)
    findings: list[Finding] = []
    capped = CappedFindings(stream=segment.stream)
    leaves: list[bytes] = []
    records = 0
    behind = segment.begin
    last = time.monotonic()
    for batch in cut_for(reader, _records_between(segment.source, segment.begin, segment.end)):
        out = read_batch(segment.source.path, reader, batch, hashes=segment.leaves)
        findings += capped.take(out.findings)
        leaves.append(bytes(out.hashes))
        # What is found at the end of a file that is not the newest: nothing is appended there any more.
        findings += [replace(each, standing=False) for each in batch.findings if each.standing]
        records += len(batch)
        behind = batch.next.offset
        if time.monotonic() - last > OFTEN:
            last = time.monotonic()
            channel.send((records, behind - segment.begin))
    return reader.summary([*findings, *capped.rest()]), behind, b"".join(leaves)


def _records_between(source: Source, begin: int, end: int) -> Iterator[RecordBatch]:
    """Batches of the records that start at ``begin`` or behind, and before ``end``."""
    for batch in source.batches(Cursor(1, begin)):
        if batch.end <= end:
            yield batch
            continue
        keep = sum(1 for offset in batch.offsets if offset < end)
        if keep:
            lines = None if batch.lines is None else batch.lines[: end - batch.offsets[0]]
            behind = Cursor(batch.first + keep, end)
            leaves = {index: leaf for index, leaf in batch.leaves.items() if index < keep}
            findings = [each for each in batch.findings if each.record is None or each.record < batch.first + keep]
            yield RecordBatch(
                batch.first,
                batch.offsets[:keep],
                batch.lengths[:keep],
                batch.raws[:keep],
                behind,
                lines,
                leaves,
                findings,
            )
        return
