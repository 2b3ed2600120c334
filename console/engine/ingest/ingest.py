"""Brings an index up to what its ledgers hold: what is new is read, what changed is said, nothing is read twice."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from console.engine.errors import ExecutorError
from console.engine.ingest.decoding_process import Unread, decoded_elsewhere
from console.engine.ingest.portions import file_text, portions
from console.engine.ledgers.opening import Opened
from console.engine.ledgers.options import Options
from console.engine.ledgers.volumes import Shelf
from console.engine.verify.reference_findings import ReferenceWords
from console.formats.protocol import Reader, RewalkingReader
from console.model.finding import Finding
from console.model.record import Cursor, Record
from console.sources.base import Source, SourceError
from console.sources.pack import check_manifest
from console.store.portion import Portion
from console.store.protocol import IndexWriter, StatedBy
from console.store.rows import KnownLedger

LONG = 16 * 1024 * 1024
"""Bytes still to read beyond which a ledger is decoded in a process of its own."""


@dataclass(slots=True)
class Live:
    """A ledger under the writer's care. ``moved`` is the file that holds its newest records while its own path has
    nothing new yet (rotation)."""

    opened: Opened
    path: str
    member: str | None
    id: int
    next: Cursor
    reader: Reader | None = None
    """Made when first needed: a ledger that never changes needs none."""
    file: str = ""
    proved: str = ""
    """The state of a database in which all rows that were read were found unchanged."""
    not_before: float = 0.0
    """When they may be compared again; monotonic seconds."""
    beside: str = ""
    """What lay beside it when it was last read from its beginning."""
    profile: str | None = None
    state: str = "live"
    said: bool = False
    """Whether a finding about its file stands."""
    moved: Source | None = None
    followed: bool = False
    """Whether it appeared while its folder was followed."""
    overtaken: float | None = None
    """When a new file was first seen at its path while ``moved`` was still read; monotonic seconds."""
    before: tuple[str, int] | None = None
    """The file it was rotated into last, and the bytes of it that were read."""
    hole: float | None = None
    """When zeros were first seen in what was appended; monotonic seconds."""
    failed: str = ""
    """The state of the file over which its reader failed: as it is, it would fail again."""

    @property
    def source(self) -> Source:
        """Where reading goes on."""
        return self.moved or self.opened.source


@dataclass(frozen=True, slots=True)
class Step:
    """What one commit brought."""

    ledger: int
    events: int
    done: int
    total: int


class Ingest:
    """Reads ledgers into one index. The caller holds the writer's lock."""

    def __init__(self, writer: IndexWriter, options: Options) -> None:
        self.writer = writer
        self.options = options
        self.live: dict[int, Live] = {}

    async def add(self, opened: Opened) -> Live:
        """A ledger that the index does not hold yet."""
        source = opened.source
        async with self.writer.transaction():
            ledger = await self.writer.add_ledger(
                source.path, source.member, source.container, opened.format.name, opened.claim.shape
            )
            if opened.beside:
                await self.writer.note_beside(ledger, opened.beside)
            if source.container == "zip":
                await self.writer.add_findings(ledger, check_manifest(source.path))
        self.writer.begin(ledger)
        live = self.live[ledger] = Live(opened, source.path, source.member, ledger, Cursor(), beside=opened.beside)
        return live

    async def resume(self, opened: Opened, known: KnownLedger) -> Live:
        """A ledger that the index holds: reading goes on behind its last record."""
        self.writer.begin(known.id)
        live = Live(opened, known.path, known.member, known.id, known.next, file=known.file, profile=known.profile)
        live.proved = known.file
        live.state, live.said, live.beside = known.state, known.stated, await self.writer.beside(known.id)
        self.live[known.id] = live
        return live

    async def read(self, live: Live, *, ended: bool = False) -> AsyncIterator[Step]:
        """Read what is there behind the cursor. One step for each commit; none when nothing is new.

        ``ended``: nothing will be appended any more, so that an unfinished tail is a record. Raises ``SourceError``
        where the ledger cannot be read; what was committed before stands.
        """
        source = live.source
        total = source.state().size
        if live.next.ordinal == 1:
            live.proved = file_text(source)
        if live.file and live.file == file_text(source) and source.container != "sqlite" and not ended:
            await self._walk_again(live)
            return
        elsewhere = False
        try:
            if not ended and total - live.next.offset > LONG and source.container in ("jsonl", "gzip", "json"):
                try:
                    async for step in self._take(live, self._read_elsewhere(live), total):
                        yield step
                    elsewhere = True
                except ExecutorError:
                    # There is no other process, or it was ended: this one goes on from what was committed.
                    live.reader = None
            if not elsewhere:
                async for step in self._take(live, self._read_here(live, ended), total):
                    yield step
        except SourceError as error:
            live.reader = None
            async for step in self._take(live, self._read_before(live, error.finding), total):
                yield step
            raise
        except BaseException:
            # The reader may have gone beyond what was committed.
            live.reader = None
            raise
        await self._walk_again(live)

    async def _take(self, live: Live, portions: AsyncIterator[Portion], total: int) -> AsyncIterator[Step]:
        """Commit portion after portion."""
        async for portion in portions:
            events = portion.next.ordinal - live.next.ordinal
            if not events and live.file == portion.file:
                continue
            # A later start compares all rows again, unless they were found unchanged in this state of the database.
            unproved = live.source.container == "sqlite" and portion.file != live.proved
            async with self.writer.transaction():
                await self.writer.append(live.id, replace(portion, file="") if unproved else portion)
                if any(portion.events.key) or any(portion.events.parent):
                    await self._check_references(live, portion.events.first, portion.next.ordinal - 1)
            live.next, live.file, live.profile = portion.next, portion.file, portion.profile or live.profile
            yield Step(live.id, events, min(portion.next.offset, total), total)

    async def _read_here(self, live: Live, ended: bool) -> AsyncIterator[Portion]:
        reader = await self.reader(live)
        for portion in portions(live.source, reader, live.next, ended=ended):
            yield portion

    async def _read_before(self, live: Live, failed: Finding) -> AsyncIterator[Portion]:
        """What was read, but not committed, before the record at which a reader failed."""
        if failed.record is not None and failed.record > live.next.ordinal:
            reader = await self.reader(live)
            for portion in portions(live.source, reader, live.next, before=failed.record):
                yield portion

    async def _read_elsewhere(self, live: Live) -> AsyncIterator[Portion]:
        state = await self.writer.reader_state(live.id)
        unread = Unread(live.source, live.opened.format.name, live.opened.context(self.options), live.next, state)
        self.writer.begin(live.id)
        live.reader = None
        async for portion in decoded_elsewhere(unread):
            yield portion
        self.writer.begin(live.id)

    async def reader(self, live: Live) -> Reader:
        """The ledger's reader, with the state that was last committed."""
        if live.reader is None:
            live.reader = live.opened.format.reader(live.opened.context(self.options))
            live.reader.load_state(await self.writer.reader_state(live.id))
            self.writer.begin(live.id)
        return live.reader

    async def shelf(self, live: Live) -> Shelf:
        """The ledger's records, wherever they are."""
        return Shelf(await self.writer.volumes(live.id))

    async def _check_references(self, live: Live, first: int, last: int) -> None:
        found = await self.writer.resolve(live.id, first, last)
        shelf = await self.shelf(live)
        speaker = ReferenceWords(live.opened, lambda ordinal: self.writer.place(live.id, ordinal), shelf.read)
        settled = await speaker.settled(found)
        await self.writer.add_findings(live.id, settled)
        without = await speaker.orphans(await self.writer.orphans(live.id))
        await self.writer.replace_standing(live.id, without, StatedBy.REFERENCES)
        await self.writer.mark(live.id, [*settled, *without])

    async def _walk_again(self, live: Live) -> None:
        """Chains whose events did not come in order are walked from their start, in sequence order."""
        for stream in await self.writer.irregular_streams(live.id):
            reader = await self.reader(live)
            if not isinstance(reader, RewalkingReader):
                return
            places = await self.writer.stream_places(live.id, stream)
            shelf = await self.shelf(live)
            records = (Record(*place, shelf.read(*place)) for place in places)
            walked = reader.rewalk(stream, records)
            async with self.writer.transaction():
                await self.writer.rewalked(live.id, stream, walked.trust.items(), walked.findings)
                await self.writer.carry(live.id, reader.take_state(), list(reader.facts()), reader.standing())
