"""Brings an index up to what its ledgers hold: what is new is read, what changed is said, nothing is read twice."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from console.engine.decode import portions
from console.engine.decoder import Job, decoded_elsewhere
from console.engine.opening import Opened, Options
from console.engine.referring import ReferenceWords
from console.formats.base import Reader
from console.index.portion import Portion
from console.index.references import orphans, resolve
from console.index.schema import BY_REFERENCES, split_id
from console.index.states import Known, irregular_streams, place, reader_state, stream_places
from console.index.writer import IndexWriter
from console.model.record import Cursor, Record
from console.sources.pack import check_manifest

LONG = 16 * 1024 * 1024
"""Bytes still to read beyond which a ledger is decoded in a process of its own."""


@dataclass(slots=True)
class Live:
    """A ledger under the writer's care."""

    opened: Opened
    id: int
    next: Cursor
    reader: Reader | None = None
    """Made when first needed: a ledger that never changes needs none."""
    file: str = ""
    profile: str | None = None


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
        ledger = await self.writer.add_ledger(
            source.path, source.member, source.container, opened.format.name, opened.claim.shape
        )
        self.writer.begin(ledger)
        if source.container == "zip":
            await self.writer.add_findings(ledger, check_manifest(source.path))
        live = self.live[ledger] = Live(opened, ledger, Cursor(), opened.format.reader(opened.context(self.options)))
        return live

    async def resume(self, opened: Opened, known: Known) -> Live:
        """A ledger that the index holds: reading goes on behind its last record."""
        self.writer.begin(known.id)
        await self.writer.describe(known.id, active=1, state="live", note="")
        live = self.live[known.id] = Live(opened, known.id, known.next, file=known.file, profile=known.profile)
        return live

    async def read(self, live: Live) -> AsyncIterator[Step]:
        """Read what is there behind the cursor. One step for each commit; none when nothing is new.

        Raises ``SourceError`` where the ledger cannot be read.
        """
        source = live.opened.source
        total = source.state().size
        if total - live.next.offset > LONG and source.container in ("jsonl", "gzip", "json"):
            steps = self._read_elsewhere(live)
        else:
            steps = self._read_here(live)
        async for portion in steps:
            events = portion.next.ordinal - live.next.ordinal
            if not events and live.file == portion.file:
                continue
            async with self.writer.transaction():
                low, high = await self.writer.write(live.id, portion)
                if any(any(batch.key) or any(batch.parent) for batch in portion.batches):
                    await self._check_references(live, low, high)
            live.next, live.file, live.profile = portion.next, portion.file, portion.profile or live.profile
            yield Step(live.id, events, min(portion.next.offset, total), total)
        await self._walk_again(live)

    async def _read_here(self, live: Live) -> AsyncIterator[Portion]:
        reader = await self.reader(live)
        for portion in portions(live.opened.source, reader, live.next):
            yield portion

    async def _read_elsewhere(self, live: Live) -> AsyncIterator[Portion]:
        state = [item async for item in reader_state(self.writer.db, live.id)]
        job = Job(live.opened.source, live.opened.format.name, live.opened.context(self.options), live.next, state)
        self.writer.begin(live.id)
        live.reader = None
        async for portion in decoded_elsewhere(job):
            yield portion
        self.writer.begin(live.id)

    async def reader(self, live: Live) -> Reader:
        """The ledger's reader, with the state that was last committed."""
        if live.reader is None:
            live.reader = live.opened.format.reader(live.opened.context(self.options))
            live.reader.load_state([item async for item in reader_state(self.writer.db, live.id)])
            self.writer.begin(live.id)
        return live.reader

    async def _check_references(self, live: Live, low: int, high: int) -> None:
        db = self.writer.db
        found = await resolve(db, live.id, low, high)
        speaker = ReferenceWords(live.opened, lambda event: place(db, *split_id(event)))
        await self.writer.add_findings(live.id, await speaker.settled(found))
        await self.writer.replace_standing(live.id, await speaker.orphans(*await orphans(db, live.id)), BY_REFERENCES)

    async def _walk_again(self, live: Live) -> None:
        """Chains whose events did not come in order are walked from their start, in sequence order."""
        db = self.writer.db
        for stream in await irregular_streams(db, live.id):
            reader = await self.reader(live)
            places = await stream_places(db, live.id, stream)
            source = live.opened.source
            records = (
                Record(ordinal, offset, length, source.read(offset, length)) for ordinal, offset, length in places
            )
            walked = reader.rewalk(stream, records)
            async with self.writer.transaction():
                await self.writer.rewalked(live.id, stream, walked.trust.items(), walked.findings)
                await self.writer.carry(live.id, reader.take_state(), list(reader.facts()), reader.standing())
