"""Verifies one ledger from its raw bytes, without an index. Screen and commands use this one verifier."""

import asyncio
import threading
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from console.engine.errors import ExecutorError
from console.engine.ingest.portions import partial_tail, read_batch
from console.engine.ledgers.faults import as_source_error
from console.engine.ledgers.opening import Opened
from console.engine.ledgers.options import Options
from console.engine.run.executor import Executor
from console.engine.verify.capped_findings import CappedFindings
from console.engine.verify.file_unchanged import BLOCK, changed, whole
from console.engine.verify.reference_findings import ReferenceWords
from console.engine.verify.results import LedgerReport, StreamReport
from console.engine.verify.segments import check_segments
from console.formats.guarded import reader_of
from console.formats.protocol import CountingReader, Reader, RewalkingReader, SegmentedFormat, takes_tail
from console.model.batch import EventBatch
from console.model.event import NO_TIME, StreamKey
from console.model.finding import Finding
from console.model.ledger import StreamFacts
from console.model.record import Cursor, Record, RecordBatch
from console.model.trust import Trust
from console.sources.compressed.zip import check_manifest
from console.sources.protocol import FileState, Source, SourceError
from console.sources.sqlite.rows import SqliteTable
from console.store.counts import Count, Counts, add_counts, count_streams
from console.store.facts import ChainLink, RecordPlace, ResolvedReferences
from console.store.opening import open_scratch
from console.store.portion import Portion
from console.store.protocol import Scratch

OFTEN = 0.05
"""Seconds between two calls of the progress."""


@dataclass(slots=True)
class _Run:
    """What is gathered on the way."""

    opened: Opened
    reader: Reader
    names: list[StreamKey] = field(default_factory=list)
    sets: list[tuple[int, ...]] = field(default_factory=lambda: [()])
    """Of further streams; see ``EventBatch.further``."""
    first: Counts = field(default_factory=dict)
    further: Counts = field(default_factory=dict)
    facts: dict[StreamKey, StreamFacts] = field(default_factory=dict)
    findings: CappedFindings = field(default_factory=CappedFindings)
    records: int = 0


Progress = Callable[[int, int, int], None]
"""Called with records, bytes and broken events so far."""


async def check_ledger(
    opened: Opened, options: Options, progress: Progress | None = None, executor: Executor | None = None
) -> LedgerReport:
    """Read, decode and verify everything that is there now. Never raises for what the ledger holds.

    With an ``executor`` the ledger is cut where it can be, and its parts are checked there. Raises ``ExecutorError``.
    """
    over = threading.Event()
    try:
        return await _check(opened, options, progress, executor, over)
    finally:
        over.set()  # where it was interrupted, nobody waits for the hash of a large file


async def _check(
    opened: Opened, options: Options, progress: Progress | None, executor: Executor | None, over: threading.Event
) -> LedgerReport:
    source, form = opened.source, opened.format
    context = opened.context(options)
    try:
        before: FileState | None = source.state()
    except SourceError:
        before = None  # reading it says why
    digest = asyncio.create_task(asyncio.to_thread(whole, source.path, over=over))
    # Hashing comes first, so that what changes behind it shows when it is hashed again. It is far faster than checking.
    await asyncio.wait({digest}, timeout=None if before is not None and before.size <= BLOCK else 0)
    reader: Reader = reader_of(
        lambda: form.reader(context, columns=False) if isinstance(form, SegmentedFormat) else form.reader(context)
    )
    run = _Run(opened, reader, findings=CappedFindings(options.stream))
    pending, problem = 0, ""
    read: int | None = None
    cursor = Cursor()
    scratch = _Scratch()
    try:
        parts = None
        if executor is not None:
            parts = await check_segments(
                opened, options, executor, lambda records, read: progress and progress(records, read, 0)
            )
        if parts is not None:
            run.reader, findings, cursor = parts
            run.findings.add(findings)
        else:
            cursor = await _read(run, scratch, progress)
        reader = run.reader
        tail = source.tail(cursor)
        if tail is not None and not takes_tail(reader, tail.raw):
            pending = tail.length
        if source.container == "jsonl":
            read = cursor.offset + pending
        if source.container == "zip":
            run.findings.add(check_manifest(source.path))
        if isinstance(source, SqliteTable):
            run.findings.add(source.read_beside())
        if isinstance(form, SegmentedFormat):
            _count(run)
        for fact in reader.facts():
            run.facts[StreamKey(fact.kind, fact.key)] = fact
        if isinstance(reader, RewalkingReader) and (late := reader.irregular()):
            await _walk_again(run, reader, late, await scratch.store())
        if parts is not None and not parts[0].settled_apart:
            digest.cancel()
            return await check_ledger(opened, options, progress)
        run.findings.add(reader.standing())
        if scratch.opened is not None and run.records:
            await _refer(run, scratch)
    except ExecutorError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a reader raises costs its own ledger and no other
        said = as_source_error(source.path, error).finding
        run.findings.add([said])
        problem = said.message
        if isinstance(form, SegmentedFormat) and not run.first:
            _count(run)
    finally:
        await scratch.close()
    if pending:
        run.findings.add([partial_tail(cursor, pending)])
    size, sha256 = await digest
    if before is not None and (meanwhile := await asyncio.to_thread(_changed, source, before, (size, sha256), read)):
        run.findings.add([meanwhile])
        problem = meanwhile.message
    return LedgerReport(
        opened,
        reader.profile,
        run.records,
        size,
        sha256,
        _totals(run),
        _streams(run),
        run.findings.all(),
        pending,
        problem,
    )


def _changed(source: Source, before: FileState, hashed: tuple[int, str], read: int | None) -> Finding | None:
    try:
        return changed(source, before, hashed, read)
    except SourceError as error:
        return error.finding


async def _read(run: _Run, scratch: "_Scratch", progress: Progress | None) -> Cursor:
    """Everything, in one process. The cursor behind the last record."""
    cursor = Cursor()
    told = time.monotonic()
    for batch in _batches(run.opened.source, run.reader):
        out = read_batch(run.opened.source.path, run.reader, batch, hashes=False)
        cursor = batch.next
        run.records += len(batch)
        run.findings.add(out.findings)
        run.findings.add([each for each in batch.findings if each.standing])
        if len(out):
            run.names.extend(out.new_streams)
            run.sets.extend(out.new_further)
            first, further = count_streams(out, run.sets)
            add_counts(run.first, first)
            add_counts(run.further, further)
            if any(out.key) or any(out.parent):
                await _note_keys(scratch, out, cursor)
        if progress is not None and time.monotonic() - told > OFTEN:
            told = time.monotonic()
            progress(run.records, cursor.offset, sum(count.trust[Trust.BROKEN] for count in run.first.values()))
            await asyncio.sleep(0)
    return cursor


def _count(run: _Run) -> None:
    """Take the counts of a reader that made no rows."""
    tallies = cast(CountingReader, run.reader).tallies()
    run.records = tallies.records
    rest = list(tallies.trust)
    for code, (key, (trust, first, last)) in enumerate(tallies.streams.items(), 1):
        run.names.append(key)
        count = run.first[code] = Count(list(trust))
        count.span(None if first == NO_TIME else first)
        count.span(None if last == NO_TIME else last)
        rest = [have - less for have, less in zip(rest, trust, strict=True)]
    run.first[0] = Count(rest)


def _batches(source: Source, reader: Reader) -> Iterator[RecordBatch]:
    """All complete records, and a tail that its reader takes for complete."""
    cursor = Cursor()
    for batch in source.batches():
        yield batch
        cursor = batch.next
    tail = source.tail(cursor)
    if tail is not None and takes_tail(reader, tail.raw):
        after = Cursor(tail.ordinal + 1, tail.offset + tail.length)
        yield RecordBatch(tail.ordinal, [tail.offset], [tail.length], [tail.raw], after)


class _Scratch:
    """A scratch store for what does not fit in bounded memory; opened when first needed. It holds one ledger."""

    def __init__(self) -> None:
        self.opened: Scratch | None = None
        self.ledger = 0

    async def store(self) -> Scratch:
        if self.opened is None:
            self.opened = await open_scratch()
            async with self.opened.transaction():
                self.ledger = await self.opened.add_ledger("", None, "", "", "")
            self.opened.begin(self.ledger)
        return self.opened

    async def close(self) -> None:
        if self.opened is not None:
            await self.opened.close()


async def _note_keys(scratch: _Scratch, out: EventBatch, next: Cursor) -> None:
    """Ids and parents alone: the rest is counted here."""
    none, unmarked = array("q", bytes(8 * len(out))), bytearray(len(out))
    columns: dict[str, Any] = dict.fromkeys(("time", "sequence", "type", "actor", "stream"), none)
    keys = {name: getattr(out, name) for name in ("offset", "length", "key", "parent", "alias")}
    store = await scratch.store()
    async with store.transaction():
        batch = EventBatch(out.first, **columns, **keys, trust=unmarked, worst=unmarked)
        await store.append(scratch.ledger, Portion(batch, next))


async def _refer(run: _Run, scratch: _Scratch) -> None:
    store = await scratch.store()
    words = ReferenceWords(run.opened, lambda ordinal: store.place(scratch.ledger, ordinal))
    found = ResolvedReferences()
    async with store.transaction():
        while (some := await store.resolve(scratch.ledger)) is not None:
            found.add(some)
            if not some.more:
                break
    run.findings.add(await words.settled(found))
    run.findings.add(await words.orphans(await store.orphans(scratch.ledger)))


async def _walk_again(run: _Run, reader: RewalkingReader, irregular: Sequence[StreamKey], store: Scratch) -> None:
    """Chains whose events did not come in order: sorted in the scratch store, walked from their start."""
    wanted = set(irregular)
    source = run.opened.source
    for batch in _batches(source, run.reader):
        links = []
        for index, raw in enumerate(batch.raws):
            link = reader.link_key(raw)
            if link is not None and link[0] in wanted:
                place = RecordPlace(batch.first + index, batch.offsets[index], batch.lengths[index])
                links.append(ChainLink(*link, place))
        async with store.transaction():
            await store.note_links(links)
    codes = {key: code for code, key in enumerate(run.names, 1)}
    for key in irregular:
        places = await store.links(key)
        records = (Record(*place, source.read(place.offset, place.length)) for place in places)
        walked = reader.rewalk(key, records)
        run.findings.drop(key.key, "chain")
        run.findings.add(walked.findings)
        count = run.first.setdefault(codes[key], Count())
        count.trust = [0] * 7
        for trust in walked.trust.values():
            count.trust[trust] += 1
    for fact in run.reader.facts():
        run.facts[StreamKey(fact.kind, fact.key)] = fact


def _totals(run: _Run) -> list[int]:
    totals = Count()
    for count in run.first.values():
        totals.add(count)
    return totals.trust


def _streams(run: _Run) -> list[StreamReport]:
    counts: dict[int, Count] = {}
    for more in (run.first, run.further):
        for code, count in more.items():
            counts.setdefault(code, Count()).add(count)
    return [StreamReport(key, counts.get(code, Count()), run.facts.get(key)) for code, key in enumerate(run.names, 1)]
