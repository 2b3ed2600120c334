"""The console's side of a session: starts the worker, reads the index, re-reads records."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from os.path import abspath
from typing import Any

from console.engine.custody.log import record
from console.engine.custody.place import CustodyPlace
from console.engine.errors import EngineError, ExecutorError
from console.engine.export.figures import LedgerFigures, figures_of
from console.engine.ledgers.options import Options
from console.engine.replay.reports import ReportAnswer
from console.engine.replay.stream_replay import StreamReplay
from console.engine.run.choice import process
from console.engine.run.executor import Begun, Failed, Reported, Work
from console.engine.search.complete import complete
from console.engine.search.open_view import open_view
from console.engine.session.index_place import KeptIndex, elsewhere, keep
from console.engine.session.protocol import MEMORY, Changed, Details, IndexPlace, Progress, Replay, VerifyProgress, View
from console.engine.session.records import Records
from console.engine.session.screen_report import report_elsewhere
from console.engine.session.screen_search import search_elsewhere
from console.engine.session.screen_verification import verify_elsewhere
from console.engine.session.shared_replays import SharedReplays, replay_of
from console.engine.session.worker import Assignment, run
from console.engine.trace.tree import EventTrace
from console.engine.trace.walk import Tracer
from console.engine.verify.verdict import Evidence, in_words, judge
from console.formats.registry import reports
from console.formats.report import Report
from console.model.proof import SearchStep
from console.store.filter import parse
from console.store.filter.completion import Completion
from console.store.opening import store_at
from console.store.protocol import IndexReader
from console.store.rows import EventRow, FindingRow, LedgerRow, StreamRow
from console.witness.place import MemoryPlace

NICE = 5
"""Of the worker."""
PATIENCE = 5.0
"""Seconds in which the worker may finish what it writes when the console closes."""
RESTARTS = 5
"""Times that a dead worker is started again before the console only reads."""
_REPLACED = "The index was made again: what is shown comes from the new one."
LOOK = 0.15
"""Seconds between looks at an index that another console writes."""


class Session:
    """See ``SessionApi``. Made by ``open_session``."""

    def __init__(
        self,
        kept: KeptIndex,
        paths: Sequence[str],
        options: Options,
        *,
        may_move: bool = False,
        memory: MemoryPlace | None = None,
        custody: CustodyPlace | None = None,
    ) -> None:
        """``may_move``: the index is made in a temporary folder where it cannot be written at its place."""
        self._memory = memory
        self._custody = custody
        self._unrecorded = ""
        self._recording: set[asyncio.Task[None]] = set()
        self._replays = SharedReplays()
        self.index = kept.index
        self._may_move = may_move
        self.paths = paths
        self.options = options
        self.progress = Progress("starting")
        self._kept = kept
        self._reader: IndexReader | None = None
        self._store = store_at(kept.index)
        self._identity: object = None
        """Of the index that the reader has open."""
        self._left: list[IndexReader] = []
        """Readers of indexes that were made again since; some question may still be under way."""
        self._replaced = False
        self._records: Records | None = None
        self._ready = asyncio.Event()
        self._news = asyncio.Event()
        self._closing = False
        self.worker: int | None = None
        """The worker's process, None while there is none."""
        self._working: asyncio.Task[None] | None = None
        self._deaths = 0
        self._look: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the worker."""
        self._working = asyncio.create_task(self._work())

    async def _work(self) -> None:
        """Listen to the worker, and start it again where it died, a few times."""
        while self._deaths <= RESTARTS:
            assignment = Assignment(str(self.index), tuple(self.paths), self.options, memory=self._memory)
            work = Work("the index", run, (assignment,), patience=PATIENCE)
            words = ""
            try:
                async with process(NICE) as executor, aclosing(executor.submit(work)) as messages:
                    async for message in messages:
                        if isinstance(message, Begun):
                            self.worker = message.process
                        elif isinstance(message, Reported):
                            self._hear(message.value)
                        elif isinstance(message, Failed):
                            words = f"{str(message.error) or type(message.error).__name__}."
            except ExecutorError as error:
                words = str(error)
            self.worker = None
            if self.progress.phase == "no place":
                if not self._move(self.progress.note):
                    return
                continue
            self._died(words)
            await asyncio.sleep(0.1 * self._deaths)

    def _move(self, why: str) -> bool:
        """The index cannot be written where it is: go on in a temporary folder, if that is allowed and not full too."""
        try:
            if self._kept.folder is not None:
                raise OSError("there is no other place")
            if not self._may_move:
                raise OSError(f"name another place, or --index {MEMORY}")
            kept = elsewhere(self.index, why)
        except OSError as error:
            words = f"The index at {self.index} cannot be written ({why}): {error}."
            self.progress = Progress("stopped", note=words)
            self._ready.set()
            self._news.set()
            return False
        self._kept, self.index = kept, kept.index
        self._store = store_at(kept.index)
        self.progress = Progress("starting")
        self._news.set()
        return True

    def _hear(self, progress: Progress) -> None:
        self.progress = progress
        self._ready.set()
        if progress.phase == "reader only" and self._look is None:
            self._look = asyncio.create_task(self._look_for_changes())
        elif progress.phase != "reader only" and self._look is not None:
            self._look.cancel()
            self._look = None
        self._news.set()

    def _died(self, why: str) -> None:
        self._deaths += 1
        why = why or (self.progress.note if self.progress.phase == "failed" else "")
        if self._deaths > RESTARTS:
            note = f"{why} The worker died again and again: this console only shows what is indexed."
            self.progress = Progress("stopped", note=note.strip())
        else:
            note = f"{why} The worker died and was started again from its last commit."
            self.progress = Progress("restarting", note=note.strip())
        self._news.set()

    async def _look_for_changes(self) -> None:
        version = -1
        while not self._closing:
            now = await (await self.reader()).version()
            if now != version:
                version = now
                self._news.set()
            await asyncio.sleep(LOOK)

    async def reader(self) -> IndexReader:
        """The index, as soon as there is one; the new one where it was made again."""
        while self._reader is None or (self._store.identity() or self._identity) != self._identity:
            identity = self._store.identity()
            found = await self._store.reader()
            if found is not None and identity == self._store.identity():
                self._take(found, identity)
            elif found is not None:
                await found.close()  # it was made again in this moment
            elif self._reader is not None:
                break  # it is just being made: the one that is open serves until then
            elif self.progress.phase == "stopped":
                raise OSError(self.progress.note)
            else:
                self._ready.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._ready.wait(), 0.2)
        return self._reader

    def _take(self, reader: IndexReader, identity: object) -> None:
        if self._reader is not None:
            self._left.append(self._reader)
            self._records = None
            self._replays.forget()
            self._replaced = True
            self._news.set()
        self._reader, self._identity = reader, identity

    async def changes(self) -> AsyncIterator[Changed]:
        """The first change at once, then at most one a frame. Ends when the session is closed."""
        while not self._closing:
            await self._news.wait()
            self._news.clear()
            if self._closing:
                return
            began = time.monotonic()
            replaced, self._replaced = self._replaced, False
            note = _REPLACED if replaced else self.progress.note or self._unrecorded or self._kept.note
            yield Changed(replace(self.progress, note=note), replaced)
            await asyncio.sleep(max(0.0, 1 / 60 - (time.monotonic() - began)))

    async def ledgers(self) -> list[LedgerRow]:
        return await (await self.reader()).ledgers()

    async def streams(self, ledger: int, *, limit: int = 500, offset: int = 0) -> tuple[list[StreamRow], int]:
        return await (await self.reader()).streams(ledger, limit=limit, offset=offset)

    async def measured(self) -> list[LedgerFigures]:
        return await figures_of(self._store)

    async def stream(self, stream: int) -> StreamRow | None:
        return await (await self.reader()).stream(stream)

    async def findings(
        self, *, ledger: int | None = None, stream: int | None = None, event: int | None = None, limit: int = 500
    ) -> tuple[list[FindingRow], int]:
        reader = await self.reader()
        return await reader.findings(ledger=ledger, stream=stream, event=event, limit=limit)

    async def view(self, query: str = "", *, ledger: int | None = None, stream: int | None = None) -> View:
        parsed = parse(query)
        reader = await self._another_reader()
        if query:  # the rows need not wait for that
            recording = asyncio.create_task(self._record("search", ledger, stream, "done", {"where": query}))
            self._recording.add(recording)
            recording.add_done_callback(self._recording.discard)
        return await open_view(reader, parsed, ledger, stream, self._news.set)

    async def _another_reader(self) -> IndexReader:
        await self.reader()
        reader = await self._store.reader()
        assert reader is not None
        return reader

    async def details(self, event: int) -> Details:
        records, row, ledger = await self._event(event)
        return await records.details(row, ledger)

    async def summaries(self, events: Sequence[EventRow]) -> dict[int, str]:
        reader = await self.reader()
        self._records = self._records or Records(reader)
        return await self._records.summaries(events, {each.id: each for each in await reader.ledgers()})

    async def replay(self, stream: int) -> Replay | None:
        return await self._replays.get(stream, lambda: self._new_replay(stream))

    async def _new_replay(self, stream: int) -> StreamReplay | None:
        return await replay_of(await self._another_reader(), stream)

    async def complete(self, query: str, cursor: int) -> Completion:
        return await complete(await self.reader(), query, cursor)

    async def trace(self, event: int) -> EventTrace:
        reader = await self.reader()
        self._records = self._records or Records(reader)
        return await Tracer(reader, self._records).of_event(event)

    async def reports(self) -> list[Report]:
        formats = {each.format for each in await self.ledgers()}
        return [report for form, report in reports().values() if form.name in formats]

    async def report(self, name: str) -> ReportAnswer:
        paths = [abspath(path) for path in self.paths]  # noqa: PTH100 - as the index names its ledgers
        return await report_elsewhere(paths, name)

    async def event_at(self, ledger: str, ordinal: int) -> int | None:
        reader = await self.reader()
        row = next((each for each in await reader.ledgers() if each.name == ledger), None)
        found = [] if row is None else await reader.between(parse(""), row.id, ordinal, ordinal, 1)
        return found[0].id if found else None

    async def search(self, event: int) -> AsyncIterator[SearchStep]:
        records, row, ledger = await self._event(event)
        raw, context = await records.raw(row), await records.context(ledger)
        if raw.problem:
            raise LookupError(raw.problem)
        before = await records.before(row)
        async with aclosing(search_elsewhere(ledger.format, raw.record, before, context)) as steps:
            async for step in steps:
                yield step

    async def _event(self, event: int) -> tuple[Records, EventRow, LedgerRow]:
        reader = await self.reader()
        self._records = self._records or Records(reader)
        rows = await reader.events([event])
        if not rows:
            raise LookupError("The event is not in the index any more.")
        (ledger,) = await reader.ledgers(rows[0].ledger)
        return self._records, rows[0], ledger

    async def link(self, event: int, step: int, *, broken: bool = False) -> int | None:
        return await (await self.reader()).chain_neighbour(event, step, broken=broken)

    async def verify(self, *, ledger: int | None = None, stream: int | None = None) -> AsyncIterator[VerifyProgress]:
        reader = await self.reader()
        self._records = self._records or Records(reader)
        row = None if stream is None else await reader.stream(stream)
        number = ledger if row is None else row.ledger
        chosen = await reader.ledgers(number) if number is not None else await reader.ledgers()
        opened = [(each.records, *await self._records.opened(each)) for each in chosen if each.format]
        unread = [words for _, _, gone in opened for words in gone]
        there = [(records, found) for records, found, _ in opened if found is not None]
        if unread and not there:
            evidence = Evidence(unread=tuple(unread))
            yield VerifyProgress(0, 0, 0, 0.0, None, True, in_words(judge(evidence), evidence), judge(evidence))
            return
        stream_key = None if row is None else (row.kind, row.key)
        async for progress in verify_elsewhere(there, self.options, stream_key, unread, self._memory):
            if progress.finished:
                result = "ended" if progress.judged is None else progress.judged.verdict.word
                await self._record("verify", ledger, stream, result, {})
            yield progress

    async def _record(
        self, action: str, ledger: int | None, stream: int | None, result: str, details: dict[str, Any]
    ) -> None:
        """Record an act on the screen in the chain of custody; where that fails, the screens say so."""
        if self._custody is None:
            return
        reader = await self.reader()
        of = None if stream is None else await reader.stream(stream)
        number = ledger if of is None else of.ledger
        names = [row.path for row in await reader.ledgers(number) if row.format] if number is not None else self.paths
        about = {} if of is None else {"stream": f"{of.kind}:{of.key}"}
        try:
            await asyncio.to_thread(record, self._custody, action, names, result, {"screen": True, **about, **details})
        except EngineError as error:
            self._unrecorded = str(error)
            self._news.set()

    async def close(self) -> None:
        """End the worker and everything that is open. A second call does nothing."""
        self._closing = True
        self._news.set()
        await asyncio.gather(*self._recording, return_exceptions=True)
        if self._look is not None:
            self._look.cancel()
        if self._working is not None:
            self._working.cancel()
            await asyncio.gather(self._working, return_exceptions=True)
        reader, self._reader = self._reader, None
        for each in (*self._left, *([reader] if reader is not None else [])):
            await each.close()
        self._left.clear()
        if self._kept.folder is not None:
            self._kept.folder.remove()


async def open_session(paths: Sequence[str], index: IndexPlace, options: Options | None = None) -> Session:
    """A session on these files and folders. Raises ``OSError`` where the index cannot be kept at its place."""
    kept = keep(index, paths)
    may_move = not index.named and kept.folder is None
    session = Session(kept, paths, options or Options(), may_move=may_move, memory=index.memory, custody=index.custody)
    session.start()
    return session
