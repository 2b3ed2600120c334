"""The one verification pass: portions are committed, references resolved, chains out of order walked again.

It goes into any store. The index that is kept and the scratch store of ``verify`` take it the same way, so that both
come to the same verdicts, and no rule about portions, references or chains stands twice.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

from console.engine.ledgers.opening import Opened
from console.engine.verify.reference_findings import ReferenceWords
from console.formats.protocol import Reader, Rewalk, RewalkingReader
from console.model.event import StreamKey
from console.model.finding import Finding
from console.model.record import Record
from console.sources.compressed.zip import check_manifest
from console.store.capped_findings import concerns
from console.store.portion import Portion
from console.store.protocol import IndexWriter, StatedBy

SECONDS = 0.5
"""Chains that were walked again are committed together after this time."""
ReadRecord = Callable[[int, int, int], bytes]
"""The bytes of a record by ordinal, offset and length. Raises ``SourceError``."""
Transaction = Callable[[], AbstractAsyncContextManager[None]]


async def begin_ledger(store: IndexWriter, opened: Opened) -> int:
    """A ledger that the store does not hold yet, with what is to be found about its container. Its id.

    The caller holds a transaction.
    """
    source = opened.source
    ledger = await store.add_ledger(
        source.path, source.member, source.container, opened.format.name, opened.claim.shape
    )
    if source.container == "zip":
        await store.add_findings(ledger, check_manifest(source.path))
    await store.add_findings(ledger, opened.remarks)
    store.begin(ledger)
    return ledger


class OnePass:
    """One ledger on its way into a store.

    ``read`` re-reads its records. With ``stream`` only findings that concern it are kept. Without
    ``resumable`` nobody goes on from the reader's state later: it is not kept.
    """

    def __init__(
        self,
        store: IndexWriter,
        ledger: int,
        opened: Opened,
        read: ReadRecord,
        *,
        stream: str | None = None,
        resumable: bool = True,
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._read = read
        self._words = ReferenceWords(opened, lambda ordinal: store.place(ledger, ordinal), read)
        self._stream = stream
        self._resumable = resumable

    async def commit(self, portion: Portion) -> None:
        """Take a portion. The caller holds a transaction."""
        portion.events.findings = self._kept(portion.events.findings)
        standing, at_end = self._kept(portion.standing), self._kept(portion.at_end)
        await self._store.append(self._ledger, replace(portion, standing=standing, at_end=at_end))

    async def note(self, findings: Sequence[Finding]) -> None:
        """Take findings that belong to no portion. The caller holds a transaction."""
        await self._store.add_findings(self._ledger, self._kept(findings))

    async def check_references(self) -> bool:
        """What some thousands of records bring to ids and parents. True if there are more of them: ask again.

        Of much that is read it is best asked at the end. The caller holds a transaction.
        """
        store, ledger = self._store, self._ledger
        found = await store.resolve(ledger)
        if found is None:
            return False
        settled = self._kept(await self._words.settled(found))
        await store.add_findings(ledger, settled)
        lost = await store.orphans(ledger), await store.orphans(ledger, mentions=True)
        orphans = self._kept(await self._words.orphans(*lost))
        await store.replace_standing(ledger, orphans, StatedBy.REFERENCES)
        await store.mark(ledger, [*settled, *orphans])
        return found.more

    async def walk_again(self, reader: Reader, transaction: Transaction) -> None:
        """Walk the chains whose events did not come in order from their start, in sequence order."""
        if not isinstance(reader, RewalkingReader):
            return
        walked: dict[StreamKey, Rewalk] = {}
        began = time.monotonic()
        for stream in await self._store.irregular_streams(self._ledger):
            places = await self._store.stream_places(self._ledger, stream)
            records = (Record(*place, self._read(*place)) for place in places)
            walked[stream] = await asyncio.to_thread(reader.rewalk, stream, records)
            if time.monotonic() - began > SECONDS:
                await self._rewalked(reader, walked, transaction)
                walked, began = {}, time.monotonic()
        if walked:
            await self._rewalked(reader, walked, transaction)

    async def _rewalked(self, reader: Reader, walked: dict[StreamKey, Rewalk], transaction: Transaction) -> None:
        state = reader.take_state() if self._resumable else {}
        async with transaction():
            for stream, each in walked.items():
                found = self._kept(each.findings)
                await self._store.rewalked(self._ledger, stream, each.trust.items(), found, each.marks)
            await self._store.carry(self._ledger, state, list(reader.facts()), self._kept(reader.standing()))

    def _kept(self, findings: Iterable[Finding]) -> list[Finding]:
        return [each for each in findings if concerns(each, self._stream)]
