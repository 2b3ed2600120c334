"""One ledger verified in several processes: cut at line ends, its parts checked apart and joined at their borders.

The map over parts and the merge of summaries do not depend on where the parts are checked: only ``_elsewhere`` does.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from multiprocessing.connection import Connection
from typing import Any

from console.engine.ingest.portions import read_batch
from console.engine.ledgers.opening import Opened
from console.engine.ledgers.options import Options
from console.engine.run.processes import start
from console.formats.protocol import Context, CountingReader, SegmentedFormat
from console.formats.registry import by_name
from console.model.finding import Finding
from console.model.record import Cursor, RecordBatch
from console.sources.base import Source, SourceError
from console.sources.files import opened as opened_file
from console.sources.files import read_at
from console.sources.said import shrunk, unreadable

SMALL = 8 * 1024 * 1024
"""Bytes of a ledger below which it is not cut."""
SETTLING = 20
"""Batches that are read to settle the profile before a ledger is cut."""
_DIED = "The process that verified bytes {:,} to {:,} ended before it was done. Try --jobs 1."


@dataclass(frozen=True, slots=True)
class _Part:
    source: Source
    format: str
    context: Context
    begin: int
    end: int
    first: bool


async def check_parts(
    opened: Opened, options: Options, jobs: int, tell: Callable[[int, int], None]
) -> tuple[CountingReader, list[Finding], Cursor] | None:
    """A reader that holds what all parts came to, their findings, and the cursor behind the last record.

    None where the ledger is not one to be cut (small, of one long line, of a format without segments, its profile not
    settled by its first records). ``tell`` hears records and bytes. Raises ``SourceError``, also where a process died.
    """
    form, source = opened.format, opened.source
    size = source.state().size
    if jobs < 2 or size < SMALL or source.container != "jsonl" or not isinstance(form, SegmentedFormat):
        return None
    context = opened.context(options)
    profile = context.profile or _settled(form, source, context)
    if profile is None:
        return None
    context = replace(context, profile=profile)
    cuts = _cuts(source.path, size, jobs)
    parts = [_Part(source, form.name, context, begin, end, begin == 0) for begin, end in pairwise(cuts) if begin < end]
    done = [(0, 0)] * len(parts)
    results: list[tuple[Any, int]] = [(None, 0)] * len(parts)

    async def one(number: int, part: _Part) -> None:
        async for message in _elsewhere(part):
            if message[0] == "done":
                results[number] = message[1:]
            else:
                done[number] = message[1:]
                tell(sum(each[0] for each in done), sum(each[1] for each in done))

    try:
        async with asyncio.TaskGroup() as group:
            for number, part in enumerate(parts):
                group.create_task(one(number, part))
    except ExceptionGroup as failed:
        of_source, others = failed.split(SourceError)
        if of_source is None or others is not None:
            raise
        raise of_source.exceptions[0] from failed
    whole = results[0][0]
    for summary, _ in results[1:]:
        whole = form.join(whole, summary, lambda offset, skip: _line(source, offset, skip))
    reader = form.reader(context, columns=False)
    reader.adopt(whole)
    findings: list[Finding] = whole.findings
    return reader, findings, Cursor(whole.records + 1, results[-1][1])


def _settled(form: SegmentedFormat, source: Source, context: Context) -> str | None:
    reader = form.reader(context, columns=False)
    for number, batch in enumerate(source.batches()):
        reader.read(batch)
        if reader.profile is not None or number >= SETTLING:
            break
    return reader.profile


def _cuts(path: str, size: int, jobs: int) -> list[int]:
    """Offsets behind line ends, near equal shares of the file; 0 first, its size last."""
    cuts = {0, size}
    with opened_file(path) as descriptor:
        for share in range(1, jobs):
            at = size * share // jobs
            block = read_at(path, descriptor, at, 1 << 20)
            end = block.find(b"\n")
            if end >= 0:
                cuts.add(at + end + 1)
    return sorted(cuts)


def _line(source: Source, offset: int, skip: int) -> tuple[int, bytes]:
    for batch in source.batches(Cursor(1, offset)):
        if skip < len(batch):
            return batch.offsets[skip], batch.raws[skip]
        skip -= len(batch)
    raise shrunk(source.path, offset, 1)


async def _elsewhere(part: _Part) -> AsyncIterator[tuple[Any, ...]]:
    try:
        child = start(_run, part)
    except OSError as error:
        raise unreadable(part.source.path, f"No process can be started: {error.strerror}. Try --jobs 1.") from error
    loop = asyncio.get_running_loop()
    try:
        while True:
            try:
                message = await loop.run_in_executor(None, child.connection.recv)
            except (EOFError, OSError) as error:
                raise unreadable(part.source.path, _DIED.format(part.begin, part.end)) from error
            if message[0] == "error":
                raise SourceError(*message[1:])
            yield message
            if message[0] == "done":
                return
    finally:
        # Shielded: a task that is cancelled twice leaves no process behind.
        await asyncio.shield(loop.run_in_executor(None, child.kill))


def _run(connection: Connection, part: _Part) -> None:
    form = by_name(part.format)
    assert isinstance(form, SegmentedFormat)
    reader = form.reader(part.context, columns=False, segment=not part.first)
    findings: list[Finding] = []
    records = 0
    behind = part.begin
    try:
        for number, batch in enumerate(_until(part.source, part.begin, part.end)):
            findings += read_batch(part.source.path, reader, batch, hashes=False).findings
            records += len(batch)
            behind = batch.next.offset
            if number % 64 == 63:
                connection.send(("progress", records, behind - part.begin))
    except SourceError as error:
        # How many records stand before this part is not known here.
        place = error.finding if part.first else replace(error.finding, record=None)
        connection.send(("error", error.path, place))
        return
    connection.send(("done", reader.summary(findings), behind))


def _until(source: Source, begin: int, end: int) -> Sequence[RecordBatch] | Any:
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
