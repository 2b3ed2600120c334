"""Brings an index up to what its ledgers hold: what is new is read, portion after portion, and nothing is read twice.

Reading one ledger is a stream of portions. They are decoded wherever it disturbs least: in place where few bytes were
appended, in a thread where it may take longer, in a process of its own where it is much. Each portion is committed by
itself, so that ledgers can take turns, and whoever is killed goes on from the last commit.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace

from console.engine.errors import ExecutorError
from console.engine.ingest.decoding_process import Unread, decoded_elsewhere
from console.engine.ingest.portions import file_text, portions
from console.engine.ingest.turns import Turns
from console.engine.ledgers.continuity import size_of
from console.engine.ledgers.opening import Opened
from console.engine.ledgers.options import Options
from console.engine.ledgers.rotated_source import VolumeReader
from console.engine.verify.one_pass import OnePass, begin_ledger
from console.formats.protocol import Reader
from console.model.record import Cursor
from console.sources.protocol import Source, SourceError
from console.store.facts import KnownLedger
from console.store.portion import Portion
from console.store.protocol import IndexWriter

LONG = 16 * 1024 * 1024
"""Bytes still to read beyond which a ledger is decoded in a process of its own."""
_ELSEWHERE = ("jsonl", "gzip", "json")
"""Containers that another process reads at no further cost; a database would have to be copied once more."""
SHORT = 256 * 1024
"""Bytes of lines up to which they are decoded in place."""


@dataclass(slots=True)
class Reading:
    """How far one ledger was read. Only this module writes it.

    ``reader`` is made when first needed: a ledger that never changes needs none. ``file`` is the state of the file in
    which all of it was read, '' while there is more.
    """

    ledger: int
    next: Cursor = field(default_factory=Cursor)
    file: str = ""
    profile: str | None = None
    reader: Reader | None = None
    unresolved: bool = True
    """References of its records may not be resolved yet."""
    pending: int = 0
    """Bytes behind the last record that may become one."""

    @property
    def records(self) -> int:
        """Records that were read."""
        return self.next.ordinal - 1

    def begin_next_file(self) -> None:
        """The ledger goes on at the beginning of another file."""
        self.next, self.file = Cursor(self.next.ordinal, 0), ""

    def forget_file(self) -> None:
        """The file is gone: whatever comes back is looked at."""
        self.file = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What one commit brought. ``done`` and ``total`` are bytes; ``more`` is true while there is more to read."""

    ledger: int
    events: int
    done: int
    total: int
    more: bool = False


class Ingest:
    """Reads ledgers into one index. The caller holds the writer's lock."""

    def __init__(self, writer: IndexWriter, options: Options) -> None:
        self.writer = writer
        self.options = replace(options, salt=writer.salt)
        self._turns = Turns()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """The index, for one change that happens as a whole or not at all. Ledgers get it in turn."""
        async with self._turns, self.writer.transaction():
            yield

    async def settle(self) -> None:
        """All that was there has been read, and the writer stays."""
        async with self._turns:
            await self.writer.settle()

    async def add(self, opened: Opened, past: Sequence[Source] = ()) -> Reading:
        """A ledger that the index does not hold yet; ``past`` are the files that come before it, oldest first."""
        async with self.transaction():
            ledger = await begin_ledger(self.writer, opened)
            if past:
                await self.writer.move_volume(ledger, 1, past[0].path, past[0].member)
                await self.writer.describe(ledger, note=where_earlier(past))
            if opened.beside:
                await self.writer.note_beside(ledger, opened.beside)
        return Reading(ledger)

    def resume(self, known: KnownLedger) -> Reading:
        """A ledger that the index holds: reading goes on behind its last record."""
        self.writer.begin(known.id)
        return Reading(known.id, known.next, known.file, known.profile)

    @staticmethod
    def is_long(reading: Reading, source: Source) -> bool:
        """True if so much is unread that a process of its own is worth its start. Raises ``SourceError``."""
        return source.container in _ELSEWHERE and source.state().size - reading.next.offset > LONG

    async def read(
        self, reading: Reading, opened: Opened, *, compared: str = "", ended: bool = False, later: bool = False
    ) -> AsyncGenerator[Step, None]:
        """Read what is there behind the cursor. One step for each commit; none when nothing is new.

        ``compared``: the state of a database in which all rows read so far were found unchanged. ``ended``: nothing
        will be appended any more, so that an unfinished tail is a record. ``later``: the tail is left for another look.
        Raises ``SourceError`` where the ledger cannot be read; what was committed before stands.
        """
        source = opened.source
        total = source.state().size
        if reading.next.ordinal == 1:
            compared = file_text(source)
        if reading.file and reading.file == file_text(source) and source.container != "sqlite" and not ended:
            await self._finish(reading, opened)
            return

        try:
            async with aclosing(self._decoded(reading, opened, ended=ended, later=later)) as decoded:
                async for portion in decoded:
                    events = portion.next.ordinal - reading.next.ordinal
                    if events or portion.events.findings or reading.file != portion.file:
                        await self._commit(reading, opened, portion, compared)
                        yield Step(reading.ledger, events, min(portion.next.offset, total), total, not portion.file)
        except SourceError:
            reading.reader = None
            await self._resolve_references(reading, opened)
            raise
        except BaseException:
            # The reader may have gone beyond what was committed.
            reading.reader = None
            raise
        await self._finish(reading, opened)

    async def _commit(self, reading: Reading, opened: Opened, portion: Portion, compared: str) -> None:
        # A later start compares all rows again, unless they were found unchanged in this state of the database.
        uncompared = opened.source.container == "sqlite" and portion.file != compared
        past = (await self.writer.volumes(reading.ledger))[:-1]
        portion = replace(portion, bytes=portion.bytes + sum(size_of(each.path) for each in past))
        async with self.transaction():
            one_pass = await self._pass(reading, opened)
            await one_pass.commit(replace(portion, file="") if uncompared else portion)
            reading.unresolved = True
            if portion.file:  # it is the last one: references of many records are best resolved together
                await self._check_references(reading, opened)
        reading.next, reading.file, reading.pending = portion.next, portion.file, portion.pending
        reading.profile = portion.profile or reading.profile

    async def _decoded(
        self, reading: Reading, opened: Opened, *, ended: bool, later: bool
    ) -> AsyncGenerator[Portion, None]:
        """Portions from the cursor on, decoded where it disturbs least."""
        source = opened.source
        try:
            if self.is_long(reading, source) and not ended:
                try:
                    async with aclosing(self._decoded_elsewhere(reading, opened, later)) as decoded:
                        async for portion in decoded:
                            yield portion
                    return
                except ExecutorError:
                    # There is no other process, or it was ended: this one goes on from what was committed.
                    reading.reader = None
            reader = await self._reader(reading, opened)
            in_thread = source.container != "jsonl" or source.state().size - reading.next.offset > SHORT
            made = portions(source, reader, reading.next, ended=ended, later=later)
            async for portion in _one_by_one(made, in_thread=in_thread):
                yield portion
        except SourceError as error:
            # What was read, but not committed, before the record at which the reader failed is kept.
            failed_at = error.finding.record
            if failed_at is not None and failed_at > reading.next.ordinal:
                reading.reader = None
                reader = await self._reader(reading, opened)
                before = portions(source, reader, reading.next, before=failed_at)
                async for portion in _one_by_one(before, in_thread=True):
                    yield portion
            raise

    async def _decoded_elsewhere(self, reading: Reading, opened: Opened, later: bool) -> AsyncGenerator[Portion, None]:
        state = await self.writer.reader_state(reading.ledger)
        context = opened.context(self.options)
        unread = Unread(opened.source, opened.format.name, context, reading.next, state, later)
        self.writer.begin(reading.ledger)
        reading.reader = None
        async with aclosing(decoded_elsewhere(unread)) as decoded:
            async for portion in decoded:
                yield portion
        self.writer.begin(reading.ledger)

    async def _reader(self, reading: Reading, opened: Opened) -> Reader:
        """The ledger's reader, with the state that was last committed."""
        if reading.reader is None:
            reading.reader = opened.format.reader(opened.context(self.options))
            reading.reader.load_state(await self.writer.reader_state(reading.ledger))
            self.writer.begin(reading.ledger)
        return reading.reader

    async def _pass(self, reading: Reading, opened: Opened) -> OnePass:
        """The way into the index. Records are read again wherever they are."""
        records = VolumeReader(await self.writer.volumes(reading.ledger))
        return OnePass(self.writer, reading.ledger, opened, records.read)

    async def _finish(self, reading: Reading, opened: Opened) -> None:
        """What is to be done once all is read, or was left by a worker that died before."""
        await self._resolve_references(reading, opened)
        await self._walk_again(reading, opened)

    async def _resolve_references(self, reading: Reading, opened: Opened) -> None:
        """Resolve the references of all records that were read, some thousands in a turn."""
        while reading.unresolved:
            async with self.transaction():
                await self._check_references(reading, opened)

    async def _check_references(self, reading: Reading, opened: Opened) -> None:
        reading.unresolved = await (await self._pass(reading, opened)).check_references()

    async def _walk_again(self, reading: Reading, opened: Opened) -> None:
        """Chains whose events did not come in order are walked from their start, in sequence order."""
        if await self.writer.irregular_streams(reading.ledger):
            reader = await self._reader(reading, opened)
            await (await self._pass(reading, opened)).walk_again(reader, self.transaction)


def where_earlier(past: Sequence[Source]) -> str:
    """A note about the files that come before a ledger's own, oldest first."""
    more = f" and {len(past) - 1} more" if past[1:] else ""
    return f"earlier records are in {past[-1].path.rpartition('/')[2]}{more}"


async def _one_by_one(decoded: Iterator[Portion], *, in_thread: bool) -> AsyncIterator[Portion]:
    """Portions as they are asked for. Decoding in a thread lets other ledgers go on meanwhile."""
    while True:
        portion = await asyncio.to_thread(next, decoded, None) if in_thread else next(decoded, None)
        if portion is None:
            return
        yield portion
