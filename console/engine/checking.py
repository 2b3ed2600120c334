"""Verifies one ledger from its raw bytes, without an index. Screen and commands use this one verifier."""

import asyncio
import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import aiosqlite

from console.engine.decode import partial_tail, read_batch
from console.engine.opening import Opened, Options
from console.engine.referring import ReferenceWords
from console.formats.base import Reader
from console.index.references import orphans, resolve
from console.index.schema import row_id
from console.index.tally import Count, Counts, merge, tally
from console.model.batch import EventBatch
from console.model.event import StreamKey
from console.model.finding import Finding
from console.model.ledger import StreamFacts
from console.model.record import Cursor, Record, RecordBatch
from console.model.trust import Trust
from console.sources.base import Source, SourceError
from console.sources.files import opened as opened_file
from console.sources.pack import check_manifest

DETAIL = 1000
"""Findings of one code that are listed one by one; the rest are counted."""
_SCRATCH = """
CREATE TABLE event (id INTEGER PRIMARY KEY, key INTEGER, parent INTEGER, offset INTEGER, length INTEGER);
CREATE INDEX event_key ON event (key) WHERE key != 0;
CREATE TABLE orphan (event INTEGER PRIMARY KEY, parent INTEGER);
CREATE INDEX orphan_parent ON orphan (parent);
CREATE TABLE link (kind TEXT, key TEXT, sequence INTEGER, ordinal INTEGER, offset INTEGER, length INTEGER);
"""


class Capped:
    """Findings with exact counts and a bounded number of details for each code."""

    def __init__(self) -> None:
        self._listed: list[Finding] = []
        self._seen: Counter[str] = Counter()
        self._more: Counter[str] = Counter()
        self._sample: dict[str, Finding] = {}

    def add(self, findings: Sequence[Finding]) -> None:
        """Take more findings."""
        for each in findings:
            self._seen[each.code] += 1
            if self._seen[each.code] <= DETAIL:
                self._listed.append(each)
            else:
                self._more[each.code] += each.count
                self._sample.setdefault(each.code, each)

    def drop(self, stream: str, family: str) -> None:
        """Take back the listed findings of one stream and family."""
        self._listed = [each for each in self._listed if each.stream != stream or each.family != family]

    def all(self) -> list[Finding]:
        """Details, then one finding for the rest of each code."""
        rest = [
            Finding(
                code=code,
                severity=self._sample[code].severity,
                message=f"Further findings of this kind: only the first {DETAIL:,} are listed one by one.",
                confidence=self._sample[code].confidence,
                count=count,
            )
            for code, count in self._more.items()
        ]
        return [*self._listed, *rest]


@dataclass(frozen=True, slots=True)
class CheckedStream:
    """One stream of a checked ledger."""

    key: StreamKey
    count: Count
    facts: StreamFacts | None


@dataclass(frozen=True, slots=True)
class Checked:
    """What came out for one ledger. ``problem`` is set where it could not be read to its end."""

    opened: Opened
    profile: str | None
    records: int
    bytes: int
    sha256: str
    trust: Sequence[int]
    streams: Sequence[CheckedStream]
    findings: Sequence[Finding]
    pending: int = 0
    problem: str = ""


@dataclass(slots=True)
class _Run:
    """What is gathered on the way."""

    opened: Opened
    reader: Reader
    names: list[StreamKey] = field(default_factory=list)
    first: Counts = field(default_factory=dict)
    further: Counts = field(default_factory=dict)
    facts: dict[StreamKey, StreamFacts] = field(default_factory=dict)
    findings: Capped = field(default_factory=Capped)
    records: int = 0


Progress = Callable[[int, int, int], None]
"""Called with records, bytes and broken events so far."""


async def check_ledger(opened: Opened, options: Options, progress: Progress | None = None) -> Checked:
    """Read, decode and verify everything that is there now. Never raises for what the ledger holds."""
    source = opened.source
    reader = opened.format.reader(opened.context(options))
    run = _Run(opened, reader)
    digest = asyncio.create_task(asyncio.to_thread(_sha256, source.path))
    pending, problem = 0, ""
    scratch: aiosqlite.Connection | None = None
    cursor = Cursor()
    try:
        for batch in _batches(source, reader):
            out = read_batch(reader, batch, hashes=False)
            cursor = batch.next
            _take(run, out)
            run.findings.add([each for each in batch.findings if each.standing])
            if any(out.key) or any(out.parent):
                scratch = scratch or await _scratch()
                await _note_keys(scratch, out)
            if progress is not None:
                broken = sum(count.trust[Trust.BROKEN] for count in run.first.values())
                progress(run.records, cursor.offset, broken)
                await asyncio.sleep(0)
        tail = source.tail(cursor)
        if tail is not None and not reader.takes_tail(tail.raw):
            pending = tail.length
        if source.container == "zip":
            run.findings.add(check_manifest(source.path))
        for fact in reader.facts():
            run.facts[StreamKey(fact.kind, fact.key)] = fact
        if irregular := reader.irregular():
            scratch = scratch or await _scratch()
            await _walk_again(run, irregular, scratch)
        run.findings.add(reader.standing())
        if scratch is not None:
            await _refer(run, scratch)
    except SourceError as error:
        run.findings.add([error.finding])
        problem = error.finding.message
    finally:
        if scratch is not None:
            await scratch.close()
    if pending:
        run.findings.add([partial_tail(cursor, pending)])
    size, sha256 = await digest
    return Checked(
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


def _batches(source: Source, reader: Reader) -> Iterator[RecordBatch]:
    """All complete records, and a tail that its reader takes for complete."""
    cursor = Cursor()
    for batch in source.batches():
        cursor = batch.next
        yield batch
    tail = source.tail(cursor)
    if tail is not None and reader.takes_tail(tail.raw):
        after = Cursor(tail.ordinal + 1, tail.offset + tail.length)
        yield RecordBatch(tail.ordinal, [tail.offset], [tail.length], [tail.raw], after)


def _take(run: _Run, out: EventBatch) -> None:
    run.names.extend(out.new_streams)
    first, further = tally([out])
    merge(run.first, first)
    merge(run.further, further)
    run.findings.add(out.findings)
    run.records += len(out)


async def _scratch() -> aiosqlite.Connection:
    """A private database that spills to disk, for what does not fit in bounded memory."""
    db = await aiosqlite.connect("", isolation_level=None)
    for statement in _SCRATCH.split(";\n"):
        if statement.strip():
            await db.execute(statement)
    return db


async def _note_keys(db: aiosqlite.Connection, out: EventBatch) -> None:
    base = row_id(1, out.first)
    await db.execute("BEGIN")
    await db.executemany(
        "INSERT INTO event VALUES (?, ?, ?, ?, ?)",
        zip(range(base, base + len(out)), out.key, out.parent, out.offset, out.length, strict=True),
    )
    await db.execute("COMMIT")


async def _refer(run: _Run, db: aiosqlite.Connection) -> None:
    async def place(event: int) -> tuple[int, int] | None:
        async with db.execute("SELECT offset, length FROM event WHERE id = ?", (event,)) as rows:
            row = await rows.fetchone()
        return None if row is None else (row[0], row[1])

    found = await resolve(db, 1, row_id(1, 0), row_id(1, run.records))
    words = ReferenceWords(run.opened, place)
    run.findings.add(await words.settled(found))
    run.findings.add(await words.orphans(*await orphans(db, 1)))


async def _walk_again(run: _Run, irregular: Sequence[StreamKey], db: aiosqlite.Connection) -> None:
    """Chains whose events did not come in order: sorted in the private database, walked from their start."""
    wanted = set(irregular)
    source = run.opened.source
    for batch in _batches(source, run.reader):
        rows = []
        for index, raw in enumerate(batch.raws):
            link = run.reader.link_key(raw)
            if link is not None and link[0] in wanted:
                key, sequence = link
                rows.append(
                    (key.kind, key.key, sequence, batch.first + index, batch.offsets[index], batch.lengths[index])
                )
        await db.execute("BEGIN")
        await db.executemany("INSERT INTO link VALUES (?, ?, ?, ?, ?, ?)", rows)
        await db.execute("COMMIT")
    codes = {key: code for code, key in enumerate(run.names, 1)}
    for key in irregular:
        async with db.execute(
            "SELECT ordinal, offset, length FROM link WHERE kind = ? AND key = ? ORDER BY sequence, ordinal",
            (key.kind, key.key),
        ) as cursor:
            places = [(row[0], row[1], row[2]) async for row in cursor]
        records = (Record(*place, source.read(place[1], place[2])) for place in places)
        walked = run.reader.rewalk(key, records)
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


def _streams(run: _Run) -> list[CheckedStream]:
    counts: dict[int, Count] = {}
    for more in (run.first, run.further):
        for code, count in more.items():
            counts.setdefault(code, Count()).add(count)
    return [CheckedStream(key, counts.get(code, Count()), run.facts.get(key)) for code, key in enumerate(run.names, 1)]


def _sha256(path: str) -> tuple[int, str]:
    """Size and hash of the file as it is stored."""
    digest = hashlib.sha256()
    size = 0
    try:
        with opened_file(path) as descriptor:
            while block := os.pread(descriptor, 1 << 20, size):
                digest.update(block)
                size += len(block)
    except SourceError:
        return 0, ""
    return size, digest.hexdigest()
