"""Reads a ledger on from a cursor: records decoded, checked, hashed, and cut into portions for the index.

A portion is what one ledger may ask of the worker at a time: it is bounded in rows, in the time its decoding takes, and
in the findings that it lists one by one. A ledger may hold a million bad lines; it keeps nobody waiting for them all.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice

from console.engine.ingest.tail import Ending, ending
from console.engine.ledgers.faults import as_source_error
from console.engine.ledgers.rotated_source import in_file
from console.formats.protocol import Reader, irregular
from console.formats.reading.cutting import cut_for
from console.formats.reading.pieces import BLANK, pieces
from console.model.batch import EventBatch
from console.model.finding import Finding
from console.model.record import Cursor, RecordBatch
from console.model.trust import Severity
from console.sources.protocol import MAX_RECORD, Source, SourceError
from console.sources.record_hash import leaf, leaves_of_lines
from console.store.capped_findings import CappedFindings
from console.store.portion import Portion
from console.verify.catalogue import finding

ROWS = 25_000
"""Events of one commit: smaller ones cost more each, larger ones are seen later."""
SECONDS = 0.5
"""A portion is cut after this time too, so that a slow ledger is seen growing."""
Heard = Callable[[RecordBatch, EventBatch], None]


def read_batch(path: str, reader: Reader, batch: RecordBatch, *, hashes: bool = True) -> EventBatch:
    """One batch through a reader, with the container's settled findings and the record hashes (RFC 6962 leaves).

    Raises ``SourceError`` for the ledger at ``path`` where the reader fails.
    """
    try:
        out = reader.read(batch)
    except Exception as error:
        # Whatever a reader raises costs its own ledger and no other.
        raise as_source_error(path, error, batch) from error
    if batch.leaves:
        skipped = {batch.first + index for index in batch.leaves}
        out.findings = [each for each in out.findings if each.record not in skipped or each.code != "record.blank-line"]
        if len(out):  # a counting reader makes no rows
            for index in batch.leaves:
                out.worst[index] = max(out.worst[index], Severity.ERROR)
    if batch.recovered:
        recovered = [_recovered(batch, index) for index in batch.recovered]
        out.findings = [*recovered, *out.findings]
        if len(out):
            for index in batch.recovered:
                out.worst[index] = max(out.worst[index], Severity.WARNING)
    if batch.findings:
        settled = [each for each in batch.findings if not each.standing and each not in out.findings]
        out.findings = [*settled, *out.findings]
    if hashes:
        out.hashes = record_hashes(batch)
    return out


def record_hashes(batch: RecordBatch) -> bytes:
    """The hashes of a batch's records, 32 bytes each."""
    if batch.lines is not None and not batch.leaves:
        return leaves_of_lines(batch.lines)
    of = batch.leaf_of or (lambda index: leaf(batch.raws[index]))
    return b"".join(batch.leaves.get(index) or of(index) for index in range(len(batch)))


def _recovered(batch: RecordBatch, index: int) -> Finding:
    """The warning about a record that stands whole in a damaged line."""
    return _whole_in_damaged(batch.first + index, batch.offsets[index], batch.lengths[index])


def _whole_in_damaged(record: int, offset: int, length: int) -> Finding:
    message = f"Its line is damaged: the record is read from the {length:,} bytes of it that are whole."
    return finding("record.recovered", message, record=record, offset=offset, length=length)


def _taken_before(source: Source, batch: RecordBatch) -> list[Finding]:
    """The warning about the record before, where it was taken without its line end, and more stands on its line."""
    if not batch.raws[0].strip(BLANK):
        return []
    behind = batch.offsets[0]
    begin = max(behind - in_file(behind), behind - MAX_RECORD)
    line = source.read(begin, behind - begin)
    at = line.rfind(b"\n") + 1
    found = [*islice(pieces(line[at:]), 2)]
    if len(found) != 1 or not found[0].whole:
        return []  # several records of one line are known to be damaged, and the rest of a torn one is none
    place = begin + at + found[0].begin
    return [_whole_in_damaged(batch.first - 1, place, found[0].end - found[0].begin)]


def file_text(source: Source) -> str:
    """The state of the file as text, to be compared at the next start."""
    state = source.state()
    return f"{state.device}:{state.inode}:{state.size}:{state.mtime_ns}:{state.ctime_ns}"


def portions(  # noqa: PLR0913 - what is to be read, and who listens
    source: Source,
    reader: Reader,
    start: Cursor,
    *,
    rows: int = ROWS,
    ended: bool = False,
    later: bool = False,
    before: int | None = None,
    resumable: bool = True,
    stream: str | None = None,
    heard: Heard | None = None,
) -> Iterator[Portion]:
    """All that is there from ``start`` on, the last portion with the unfinished tail. At least one portion.

    ``rows`` and ``SECONDS`` bound a portion; it may exceed both by one batch.

    ``ended``: nothing will be appended any more, so that the tail is a record. ``later``: the tail was written just
    now, and is left for another look. ``before``: the ordinal at which to stop. Without ``resumable`` nobody goes on
    from a portion later: it holds no record hashes and no state. With ``stream`` only findings that concern it are
    kept. ``heard`` is called for each batch. Raises ``SourceError`` where the ledger cannot be read any more, or its
    reader fails; what came before stands.
    """
    events = EventBatch(start.ordinal)
    at_end: list[Finding] = []
    """What the container says of its end: it comes again with each look."""
    cursor = start
    began = time.monotonic()
    file = file_text(source)
    size = source.state().size

    listed = CappedFindings(stream=stream)

    def take(batch: RecordBatch) -> None:
        nonlocal cursor
        out = read_batch(source.path, reader, batch, hashes=resumable)
        if batch.torn and batch.first == start.ordinal and len(batch):
            out.findings = [*_taken_before(source, batch), *out.findings]
        if heard is not None:
            heard(batch, out)
        of_end = [each for each in batch.findings if each.standing]
        # What is found at the end of a file that has ended does not go away.
        at_end.extend([] if ended else of_end)
        settled = [replace(each, standing=False) for each in of_end if ended]
        out.findings = listed.take([*settled, *out.findings])
        events.extend(out)
        cursor = batch.next

    def cut(end: Ending | None = None) -> Portion:
        events.findings += listed.rest()
        noted = at_end if end is None or end.note is None else [*at_end, end.note]
        return Portion(
            events=events,
            next=cursor,
            profile=reader.profile,
            state=dict(reader.take_state()) if resumable else {},
            facts=tuple(reader.facts()),
            standing=tuple(reader.standing()),
            at_end=tuple(noted),
            pending=end.rest if end is not None and end.pending else 0,
            behind=0 if end is None else end.rest,
            bytes=size,
            file="" if end is None or (later and end.rest) else file,
            irregular=tuple(irregular(reader)),
        )

    failed: list[SourceError] = []
    for batch in cut_for(reader, _readable(source.batches(start), failed)):
        if before is not None and batch.next.ordinal > before:
            yield cut()
            return
        take(batch)
        if len(events) >= rows or time.monotonic() - began > SECONDS:
            yield cut()
            events, listed, began = EventBatch(cursor.ordinal), CappedFindings(stream=stream), time.monotonic()
    if failed:
        yield cut()
        raise failed[0]
    end = ending(source, cursor, reader, ended=ended, later=later)
    for batch in end.records:
        take(batch)
    yield cut(end)


def _readable(batches: Iterator[RecordBatch], failed: list[SourceError]) -> Iterator[RecordBatch]:
    """Batches up to where the source cannot be read, which is noted."""
    try:
        yield from batches
    except SourceError as error:
        failed.append(error)
