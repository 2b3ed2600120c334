"""Ledgers whose events are counted without rows: their portions, as the one pass takes them.

A row for each event would cost more than its check where nobody looks at rows. Such a reader counts; its counts come
with the last portion, and rows are made afterwards only for the chains that must be walked again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count

from console.engine.ingest.tail import all_records
from console.engine.ledgers.opening import Opened
from console.engine.verify.reference_findings import ReferenceWords
from console.formats.guarded import event_of
from console.formats.protocol import CountingReader
from console.model.event import NO_TIME, StreamKey
from console.model.finding import Finding
from console.model.record import Record
from console.sources.protocol import Source, SourceError
from console.store.counts import TRUSTS, Count
from console.store.facts import LISTED, ChainLink, RecordPlace, ResolvedReferences
from console.store.portion import Portion
from console.store.protocol import Scratch


def counted(portions: Iterator[Portion], reader: CountingReader) -> Iterator[Portion]:
    """The reader's portions, the last one with all counts. Raises what ``portions`` does, behind that one."""
    irregular: list[StreamKey] = []
    facts = {}
    last: Portion | None = None
    failed: SourceError | None = None
    try:
        for portion in portions:
            if last is not None:
                yield last
            irregular += portion.irregular
            facts.update({StreamKey(each.kind, each.key): each for each in portion.facts})
            last = replace(portion, irregular=(), facts=())
    except SourceError as error:
        failed = error
    if last is not None:
        yield replace(last, irregular=irregular, facts=[*facts.values()], counted=_counts(reader, irregular))
    if failed is not None:
        raise failed


def _counts(reader: CountingReader, irregular: Sequence[StreamKey]) -> dict[StreamKey | None, Count]:
    """By stream; events of chains that must be walked again are unchecked until then."""
    tallies = reader.tallies()
    unchecked = {*irregular}
    counts: dict[StreamKey | None, Count] = {}
    rest = list(tallies.trust)
    for key, (trust, first, last) in tallies.streams.items():
        found = counts[key] = Count([sum(trust), *[0] * (TRUSTS - 1)] if key in unchecked else list(trust))
        for time in (first, last):
            found.span(None if time == NO_TIME else time)
        rest = [have - less for have, less in zip(rest, trust, strict=True)]
    counts[None] = Count(rest)
    return counts


async def note_links(store: Scratch, ledger: int, source: Source, reader: CountingReader, records: int) -> None:
    """Rows for the events of chains that must be walked again, found among the ``records`` by reading them once more.

    The caller holds a transaction.
    """
    wanted = set(await store.irregular_streams(ledger))
    if not wanted:
        return
    for some in _records(source, reader, records):
        links = [
            ChainLink(*link, RecordPlace(record.ordinal, record.offset, record.length))
            for record in some
            if (link := reader.link_key(record.raw)) is not None and link[0] in wanted
        ]
        await store.note_links(ledger, links)


async def repeated_ids(opened: Opened, reader: CountingReader, records: int) -> list[Finding]:
    """Findings of ids that stand twice among the ``records``. What the reader suspects is read once more: two ids may
    have a mark in common."""
    suspects = dict(reader.repeated())
    if not suspects:
        return []
    wanted, context = {*suspects, *suspects.values()}, opened.context()
    first_of: dict[str, int] = {}
    found = ResolvedReferences()
    listed: dict[int, Record] = {}
    for some in _records(opened.source, reader, records):
        for record in some:
            if record.ordinal not in wanted:
                continue
            first = first_of.setdefault(event_of(opened.format, record, context).event_id or "", record.ordinal)
            if first != record.ordinal:
                found.duplicates.add([(record.ordinal, first)])
                if len(listed) < LISTED:
                    listed[record.ordinal] = record

    async def find(ordinal: int) -> RecordPlace | None:
        record = listed.get(ordinal)
        return None if record is None else RecordPlace(ordinal, record.offset, record.length)

    words = ReferenceWords(opened, find, lambda ordinal, offset, length: listed[ordinal].raw)
    return await words.settled(found)


def _records(source: Source, reader: CountingReader, last: int) -> Iterator[list[Record]]:
    """Records up to this ordinal."""
    for batch in all_records(source, reader):
        rows = zip(count(batch.first), batch.offsets, batch.lengths, batch.raws)
        yield [Record(*row) for row in rows if row[0] <= last]
        if batch.next.ordinal > last:
            return
