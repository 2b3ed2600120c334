"""One ledger verified in segments: cut at line ends, checked apart on an executor, and joined at their borders.

What the segments come to and how they are joined does not depend on where they are checked, or which is done first.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from console.engine.ledgers.opening import Opened
from console.engine.ledgers.options import Options
from console.engine.ledgers.rotated_source import file_number, files_of, place_of
from console.engine.run.executor import Executor, LostError, Work, first, outcome
from console.engine.verify.same_bytes import OtherBytesError, confirm, fingerprint
from console.engine.verify.segment_check import Segment, check_segment
from console.formats.protocol import Context, CountingReader, SegmentedFormat
from console.formats.reading.cutting import cut, cut_for
from console.model.finding import Finding
from console.model.record import Cursor
from console.sources.files import opened as opened_file
from console.sources.files import read_at
from console.sources.findings import shrunk, unreadable
from console.sources.protocol import Source, SourceError

SMALL = 8 * 1024 * 1024
"""Bytes of a ledger below which it is not cut."""
SEGMENT = 32 * 1024 * 1024
"""Bytes of the last segments of a ledger, about: many enough that a border costs little, few enough that all workers
end at about the same time."""
SETTLING = 20
"""Batches that are read to settle the profile before a ledger is cut."""
REPEATS = 2
"""Times that work whose worker died is done again."""
_FULL_LINE_END = re.compile(rb"[^ \t\r\n][ \t\r]*+\n")


@dataclass(frozen=True, slots=True)
class CheckedSegments:
    """A reader that holds what all segments came to, their findings, the cursor behind the last record, how many
    records each of the ledger's files has, and the record hashes if they were asked for."""

    reader: CountingReader
    findings: list[Finding]
    behind: Cursor
    in_files: list[int]
    leaves: bytes


async def check_segments(
    opened: Opened, options: Options, executor: Executor, tell: Callable[[int, int], None], *, leaves: bool = False
) -> CheckedSegments | None:
    """What all segments came to, with ``leaves`` also the record hashes.

    None where it is not to be cut, and where a segment could not be read: reading all of it in one go tells why.
    ``tell`` hears records and bytes. Raises ``SourceError``, also where workers died over it, and ``ExecutorError``.
    """
    form, source = opened.format, opened.source
    profile = cut_under(opened, options, executor)
    if profile is None or not isinstance(form, SegmentedFormat):
        return None
    context = replace(opened.context(options), profile=profile)
    size = source.state().size
    file = fingerprint(source)
    cuts = _cuts(source, size, executor.workers)
    segments = [
        Segment(source, form.name, context, begin, end, file, options.stream, leaves) for begin, end in pairwise(cuts)
    ]
    try:
        whole, behind, records, hashes = await _joined(form, segments, executor, tell)
    except SourceError:
        return None
    except OtherBytesError as error:
        confirm(source, file, error)
        return None
    except LostError as error:
        raise unreadable(source.path, f"{error} Try --executor inline.") from error
    reader = form.reader(context, columns=False)
    reader.adopt(whole)
    findings: list[Finding] = whole.findings
    in_files = [0] * len(files_of(source))
    for segment, number in zip(segments, records, strict=True):
        in_files[file_number(segment.begin)] += number
    return CheckedSegments(reader, findings, Cursor(whole.records + 1, behind), in_files, hashes)


def cut_under(opened: Opened, options: Options, executor: Executor) -> str | None:
    """The profile under which a ledger is cut, None where it is not to be cut: it is small, no file of lines,
    of a format without segments, or its first records settle no profile. Raises ``SourceError``."""
    form, source = opened.format, opened.source
    if executor.workers < 2 or source.container != "jsonl" or not isinstance(form, SegmentedFormat):
        return None
    if source.state().size < SMALL:
        return None
    context = opened.context(options)
    return context.profile or _settled(form, source, context)


async def _joined(
    form: SegmentedFormat, segments: list[Segment], executor: Executor, tell: Callable[[int, int], None]
) -> tuple[Any, int, list[int], bytes]:
    """The summary of all segments, the offset behind the last record, the records of each, and all record hashes.
    Raises what the first failing segment did."""
    source = segments[0].source
    done = [(0, 0)] * len(segments)

    async def one(number: int, segment: Segment) -> tuple[Any, int, bytes]:
        def report(value: tuple[int, int]) -> None:
            done[number] = value
            tell(sum(each[0] for each in done), sum(each[1] for each in done))

        name = f"bytes {segment.begin:,} to {segment.end:,} of {source.path}"
        result, _ = await outcome(executor, Work(name, check_segment, (segment,), REPEATS), report)
        report((result[0].records, result[1] - segment.begin))
        return result  # type: ignore[no-any-return]  # what check_segment returns

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(number, segment)) for number, segment in enumerate(segments)]
            whole, behind, leaves = await tasks[0]
            hashes = [leaves]
            for task in tasks[1:]:
                # Joined as they come: what is joined early is not waited for at the end.
                summary, behind, leaves = await task
                hashes.append(leaves)
                whole = form.join(whole, summary, lambda offset, skip: _line(source, offset, skip))
    except ExceptionGroup as failed:
        raise first(failed) from None
    return whole, behind, [records for records, _ in done], b"".join(hashes)


def _settled(form: SegmentedFormat, source: Source, context: Context) -> str | None:
    reader = form.reader(context, columns=False)
    for number, batch in enumerate(cut_for(reader, source.batches())):
        reader.read(batch)
        if reader.profile is not None or number >= SETTLING:
            break
    return reader.profile


def _cuts(source: Source, size: int, workers: int) -> list[int]:
    """Offsets where segments begin, and the end of the last. Each file begins one; a packed file is one."""
    least = min(SEGMENT, size // workers)
    cuts: list[int] = []
    end = 0
    for number, file in enumerate(files_of(source)):
        end = file.state().size
        within = _within(file.path, end, workers, least) if file.container == "jsonl" else [0]
        cuts += [place_of(number, offset) for offset in within]
    return [*cuts, place_of(number, end)]


def _within(path: str, size: int, workers: int, least: int) -> list[int]:
    """Offsets behind lines of one file that are not blank, so that no run of blank ones is cut; 0 first.

    Segments are large at first and become smaller, a share of what is left: few borders, and all workers end together.
    """
    cuts = [0]
    at = 0
    with opened_file(path) as descriptor:
        while size - at > least:
            at += max(least, (size - at) * 2 // (3 * workers))
            block = read_at(path, descriptor, at, 1 << 20)
            found = _FULL_LINE_END.search(block)
            if found is not None and at + found.end() < size:
                at += found.end()
                cuts.append(at)
    return cuts


def _line(source: Source, offset: int, skip: int) -> tuple[int, bytes]:
    for batch in cut(source.batches(Cursor(1, offset))):
        if skip < len(batch):
            return batch.offsets[skip], batch.raws[skip]
        skip -= len(batch)
    raise shrunk(source.path, offset, 1)
