"""Verifies one ledger from its raw bytes: the one pass, into a scratch store that nobody keeps.

Commands and the screen's verify come here; an index takes the same pass (``console.engine.ingest``).
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import cast

from console.engine.errors import ExecutorError
from console.engine.ingest.portions import portions, record_hashes
from console.engine.ledgers.faults import as_source_error
from console.engine.ledgers.opening import Opened
from console.engine.ledgers.options import Options
from console.engine.ledgers.rotated_source import file_number, files_of, in_file
from console.engine.run.executor import Executor
from console.engine.verify.counted import counted, note_links, repeated_ids
from console.engine.verify.file_unchanged import WatchedFiles
from console.engine.verify.one_pass import OnePass, begin_ledger
from console.engine.verify.results import LedgerReport, VolumeReport, in_order, unread
from console.engine.verify.segments import check_segments
from console.formats.guarded import reader_of
from console.formats.protocol import CountingReader, Reader, SegmentedFormat
from console.model.batch import EventBatch
from console.model.finding import Finding
from console.model.record import Cursor, RecordBatch
from console.model.trust import Trust
from console.sources.protocol import SourceError
from console.sources.sqlite.rows import SqliteTable
from console.store.errors import StoreError
from console.store.opening import open_scratch
from console.store.portion import Portion
from console.store.protocol import Scratch

OFTEN = 0.05
"""Seconds between two calls of the progress."""
_ALL = 1 << 60
"""More rows than there are."""
Progress = Callable[[int, int, int], None]
"""Called with records, bytes and broken events so far."""


async def check_ledger(
    opened: Opened,
    options: Options,
    progress: Progress | None = None,
    executor: Executor | None = None,
    *,
    scratch: Scratch | None = None,
    leaves: bool = False,
) -> LedgerReport:
    """Read, decode and verify everything that is there now. Never raises for what the ledger holds.

    With an ``executor`` the ledger is cut where it can be, and its parts are checked there. ``scratch`` serves one
    verification after the other; without one, this one opens its own. With ``leaves`` the report has the record
    hashes. Raises ``ExecutorError``.
    """
    watched = WatchedFiles(files_of(opened.source))
    try:
        await watched.begin()
        report, read = await _verified(opened, options, progress, executor, scratch, leaves)
        hashed, changed = await watched.end(read)
    finally:
        watched.stop()
    if changed is not None and report.problem != changed.message:
        findings = in_order([*report.findings, changed])
        report = replace(report, findings=findings, problem=changed.message)
    pairs = zip(report.volumes, hashed.files, strict=False)
    volumes = [replace(each, bytes=size, sha256=sha256) for each, (size, sha256) in pairs]
    return replace(report, bytes=hashed.size, sha256=hashed.sha256, volumes=volumes)


async def _verified(
    opened: Opened,
    options: Options,
    progress: Progress | None,
    executor: Executor | None,
    scratch: Scratch | None,
    leaves: bool,
) -> tuple[LedgerReport, int | None]:
    """The report without what is known of files as a whole, and how many bytes of the newest, a file of lines, were
    read."""
    try:
        async with given_or_own(scratch) as store:
            verification = _Verification(opened, options, store, progress, leaves)
            return await verification.run(executor), verification.read
    except StoreError as error:
        return unread(opened, as_source_error(opened.source.path, error).finding), None


class _Verification:
    """One run. Its ledger is the only one in the store."""

    def __init__(
        self, opened: Opened, options: Options, store: Scratch, progress: Progress | None, leaves: bool
    ) -> None:
        self._opened = opened
        self._options = options
        self._store = store
        self._progress = progress
        self._ledger = 0
        self._next = Cursor()
        self._behind = 0
        self._records = self._broken = 0
        self._told = 0.0
        self._whole = False
        self._leaves: list[bytes] | None = [] if leaves else None

    @property
    def read(self) -> int | None:
        """Bytes of the newest file, one of lines, that were read, if that is known."""
        lines = self._opened.source.container == "jsonl"
        return in_file(self._next.offset) + self._behind if lines and self._whole else None

    async def run(self, executor: Executor | None) -> LedgerReport:
        """All of it. The report lacks what is known of the file as a whole."""
        problem = ""
        await self._begin()
        try:
            await self._verify(executor)
            self._whole = True
        except ExecutorError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a reader raises costs its own ledger and no other
            failed = as_source_error(self._opened.source.path, error).finding
            problem = failed.message
            async with self._store.transaction():
                await self._pass.note([failed])
        return await self._report(problem)

    async def _begin(self) -> None:
        """Begin with an empty store."""
        async with self._store.transaction():
            if self._ledger:
                await self._store.remove(self._ledger)
            self._ledger = await begin_ledger(self._store, self._opened)
        stream, source = self._options.stream, self._opened.source
        self._pass = OnePass(
            self._store,
            self._ledger,
            self._opened,
            lambda _, offset, length: source.read(offset, length),
            stream=stream,
            resumable=False,
        )
        self._next, self._behind, self._records, self._broken = Cursor(), 0, 0, 0
        self._in_files = [0] * len(files_of(source))
        if self._leaves is not None:
            self._leaves = []

    async def _verify(self, executor: Executor | None) -> None:
        opened = self._opened
        parts = None
        if executor is not None:
            wanted = self._leaves is not None
            parts = await check_segments(opened, self._options, executor, self._tell, leaves=wanted)
        if parts is not None:
            behind = parts.behind
            self._in_files = parts.in_files
            if self._leaves is not None:
                self._leaves.append(parts.leaves)
            await self._commit(Portion(EventBatch(behind.ordinal, findings=parts.findings), behind))
            await self._take(parts.reader, behind)
            if parts.reader.settled_apart:
                return
            await self._begin()
        try:
            await self._take(self._reader())
        except SourceError as error:
            failed_at = error.finding.record
            if failed_at is not None and failed_at > self._next.ordinal:
                # The reader's state is not that of a whole portion: a new one goes up to the record at which it failed.
                await self._begin()
                await self._take(self._reader(), before=failed_at)
            raise
        if isinstance(opened.source, SqliteTable):
            async with self._store.transaction():
                await self._pass.note(opened.source.read_beside())

    def _reader(self) -> Reader:
        form, context = self._opened.format, self._opened.context(self._options)
        return reader_of(
            lambda: form.reader(context, columns=False) if isinstance(form, SegmentedFormat) else form.reader(context)
        )

    async def _take(self, reader: Reader, start: Cursor | None = None, *, before: int | None = None) -> None:
        """What is there from ``start`` on, through this reader, and what must be walked again."""
        source = self._opened.source
        made: Iterator[Portion] = portions(
            source,
            reader,
            start or Cursor(),
            before=before,
            resumable=False,
            stream=self._options.stream,
            heard=self._heard,
        )
        counting = cast(CountingReader, reader) if isinstance(self._opened.format, SegmentedFormat) else None
        if counting is not None:
            made = counted(made, counting)
        try:
            for portion in made:
                await self._commit(portion)
                await asyncio.sleep(0)  # the scratch store answers at once: others get their turn here
        except SourceError:
            await self._resolve_references()  # what was read before stands
            raise
        await self._resolve_references()
        if counting is not None:
            async with self._store.transaction():
                await note_links(self._store, self._ledger, source, counting, self._next.ordinal - 1)
                await self._pass.note(await repeated_ids(self._opened, counting, self._next.ordinal - 1))
        await self._pass.walk_again(reader, self._store.transaction)

    async def _resolve_references(self) -> None:
        more = True
        while more:
            async with self._store.transaction():
                more = await self._pass.check_references()

    async def _commit(self, portion: Portion) -> None:
        async with self._store.transaction():
            await self._pass.commit(portion)
        self._next, self._behind = portion.next, portion.behind

    def _heard(self, batch: RecordBatch, events: EventBatch) -> None:
        self._records += len(batch)
        self._in_files[file_number(batch.offset)] += len(batch)
        if self._leaves is not None:
            self._leaves.append(record_hashes(batch))
        self._broken += events.trust.count(Trust.BROKEN)
        if time.monotonic() - self._told > OFTEN:
            self._told = time.monotonic()
            self._tell(self._records, batch.end)

    def _tell(self, records: int, read: int) -> None:
        if self._progress is not None:
            self._progress(records, read, self._broken)

    async def _report(self, problem: str) -> LedgerReport:
        reader, ledger = self._store.reader(), self._ledger
        (row,) = await reader.ledgers(ledger)
        streams, _ = await reader.streams(ledger, limit=_ALL)
        findings, _ = await reader.findings(ledger=ledger, limit=_ALL)
        async with self._store.transaction():
            await self._store.remove(ledger)
        # The unfinished last record, where it is one, is the newest file's.
        self._in_files[-1] += max(0, row.records - sum(self._in_files))
        paths = [each.path for each in files_of(self._opened.source)]
        return LedgerReport(
            self._opened,
            row.profile,
            row.records,
            0,
            "",
            row.trust,
            sorted(streams, key=lambda each: each.id),
            in_order([_in_its_file(each.finding) for each in findings]),
            row.pending,
            problem,
            None if isinstance(self._opened.source, SqliteTable) else in_file(self._next.offset),
            [VolumeReport(*each) for each in zip(paths, self._in_files, strict=True)],
            None if self._leaves is None else b"".join(self._leaves),
        )


def _in_its_file(found: Finding) -> Finding:
    """With the offset in the file that holds the record."""
    return found if found.offset is None else replace(found, offset=in_file(found.offset))


@asynccontextmanager
async def given_or_own(scratch: Scratch | None = None) -> AsyncIterator[Scratch]:
    """A scratch store: this one, or one of its own that is gone at the end."""
    if scratch is not None:
        yield scratch
        return
    own = await open_scratch()
    try:
        yield own
    finally:
        await own.close()
