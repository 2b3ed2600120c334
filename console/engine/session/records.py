"""Raw records of indexed events, checked against the hash that was taken at ingest."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path

from console.engine.ledgers.continuity import Mark, exists, holds, mark
from console.engine.ledgers.opening import Opened
from console.engine.ledgers.options import Options
from console.engine.ledgers.rotated_source import RotatedSource
from console.engine.session.protocol import Details
from console.formats.guarded import event_of, judged_by, named, panels_of, proof_of, summary_of
from console.formats.protocol import Claim, Context, Format
from console.model.event import Event
from console.model.record import Record
from console.model.trust import Trust
from console.sources.companions import companions
from console.sources.discover import open_sources
from console.sources.identity import leaves_of
from console.sources.many_records import read_each
from console.sources.protocol import Skipped, Source, SourceError
from console.store.facts import volume_of
from console.store.filter import parse
from console.store.protocol import IndexReader
from console.store.rows import EventRow, LedgerRow

LARGE = 4 * 1024 * 1024
"""Bytes of a record beyond which it is not read for the screen."""
JUDGED = 1000
"""Events that one is judged by, at most: more take too long to be read while the cursor moves."""
_NEAR = 64
"""Records between two others up to which their hashes are read too."""
_NOT_OPENED = "The ledger cannot be opened any more."


@dataclass(frozen=True, slots=True)
class RecordNow:
    """A record's bytes as they are now. ``problem`` is '' when they are what was ingested."""

    record: Record
    problem: str = ""


class Records:
    """Re-reads records. Sources and companions are opened once and kept by path."""

    def __init__(self, reader: IndexReader) -> None:
        self._reader = reader
        self._sources: dict[tuple[str, str | None], Source | None] = {}
        self._contexts: dict[int, tuple[int, Context]] = {}
        """By ledger, with the edition that they belong to: what lies beside a ledger may come later."""

    async def raw(self, row: EventRow, limit: int = LARGE) -> RecordNow:
        """One record of at most ``limit`` bytes. Never raises: what cannot be read any more has a problem."""
        (found,) = await self.raws([row], limit)
        return found

    async def raws(self, rows: Sequence[EventRow], limit: int = LARGE) -> list[RecordNow]:
        """Many records, each as ``raw`` gives it. Those of one file are read together: a step to another thread, a file
        opened and a question to the index for each would cost more than the records."""
        found: dict[int, RecordNow] = {}
        together: dict[tuple[str, str | None] | None, list[EventRow]] = {}
        volumes = {ledger: await self._reader.volumes(ledger) for ledger in {row.ledger for row in rows}}
        for row in rows:
            if row.length > limit:
                words = f"The record has {row.length:,} bytes: too large to be shown."
                found[row.id] = RecordNow(_without_bytes(row), words)
                continue
            places = [each for each in volumes[row.ledger] if each.first <= row.ordinal]
            together.setdefault(places[-1][1:] if places else None, []).append(row)
        known = await self._hashes(rows)
        for where, mine in together.items():
            source = None if where is None else await asyncio.to_thread(self._source, *where)
            if source is None:
                found |= {row.id: RecordNow(_without_bytes(row), _NOT_OPENED) for row in mine}
                continue
            now = await asyncio.to_thread(_read, source, mine, known)
            found |= dict(zip([row.id for row in mine], now, strict=True))
        return [found[row.id] for row in rows]

    async def _hashes(self, rows: Sequence[EventRow]) -> dict[int, bytes]:
        """The hashes of records as they were when they were read, by row; one question to the index for neighbours."""
        found: dict[int, bytes] = {}
        runs: list[list[EventRow]] = []
        for row in sorted(rows, key=lambda each: each.id):
            last = runs[-1][-1] if runs else None
            if last is not None and last.ledger == row.ledger and row.ordinal - last.ordinal <= _NEAR:
                runs[-1].append(row)
            else:
                runs.append([row])
        for run in runs:
            ids = {row.ordinal: row.id for row in run}
            async with aclosing(self._reader.record_hashes(run[0].ledger, run[0].ordinal)) as hashes:
                ordinal = run[0].ordinal
                async for digest in hashes:
                    if ordinal in ids:
                        found[ids[ordinal]] = digest
                    ordinal += 1
                    if ordinal > run[-1].ordinal:
                        break
        return found

    async def details(self, row: EventRow, ledger: LedgerRow) -> Details:
        """All that is known of one event."""
        form = named(ledger.format)
        raw = await self.raw(row)
        context = await self.context(ledger)
        event = event_of(form, raw.record, context)
        event = replace(event, trust=row.trust, worst=row.worst)
        previous = await self.before(row)
        proof = await asyncio.to_thread(proof_of, form, raw.record, previous, context) if raw.record.raw else None
        findings, _ = await self._reader.findings(event=row.id, limit=100)
        profile = next((each for each in form.profiles if proof and each.name == proof.profile), None)
        return Details(
            row,
            ledger,
            event,
            panels_of(form, event, context, await self._stream_of(row, event, form, context)),
            proof,
            profile,
            findings,
            raw.record.raw,
            not raw.problem,
            raw.problem,
            volume_of([(each.first, each.path) for each in await self._reader.volumes(row.ledger)], row.ordinal),
        )

    async def _stream_of(self, row: EventRow, event: Event, form: Format, context: Context) -> list[Event] | None:
        """What the event is judged by, for ``Format.panels_in``; None where that is nothing, too much, or not there."""
        types = judged_by(form, event, context)
        if not types or not event.streams or not row.stream:
            return None
        if any(set(each) & {'"', "\\"} for each in types):  # of rules of an operator's own: no filter can name it
            return None
        quoted = ",".join(f'"{each}"' for each in sorted(types))
        view = await self._reader.view(parse(f"type:{quoted}"), stream=row.stream)
        if view.count > JUDGED:
            return None
        first = await (await self._reader.view(parse(""), stream=row.stream)).rows(0, 1)
        rows = {each.id: each for each in [*first, *await view.rows(0, JUDGED)]}
        raws = await self.raws([*rows.values()])
        if any(each.problem for each in raws):
            return None
        return await asyncio.to_thread(lambda: [event_of(form, each.record, context) for each in raws])

    async def summaries(self, rows: Sequence[EventRow], ledgers: Mapping[int, LedgerRow]) -> dict[int, str]:
        """What events did, in a few words, by id; of those that can be read."""
        contexts = {each: await self.context(ledgers[each]) for each in {row.ledger for row in rows} & ledgers.keys()}
        readable = [
            (row.id, named(ledgers[row.ledger].format), now.record, contexts[row.ledger])
            for row, now in zip(rows, await self.raws(rows), strict=True)
            if now.record.raw and row.ledger in contexts
        ]
        return await asyncio.to_thread(_summaries, readable)

    async def before(self, row: EventRow) -> Record | None:
        """The record before an event in its chain; None where there is none that its link could be compared with."""
        if row.trust is Trust.UNCHECKED:
            return None
        before = await self._reader.chain_neighbour(row.id, -1)
        rows = [] if before is None else await self._reader.events([before])
        return (await self.raw(rows[0])).record if rows else None

    async def opened(self, ledger: LedgerRow) -> tuple[Opened | None, list[str]]:
        """The ledger over all its files, to be read from its beginning, and what of it is not there, in words."""
        known = await self._reader.volumes(ledger.id)
        there: list[tuple[int, Source]] = []
        gone: list[str] = []
        for at, (first, path, member) in enumerate(known):
            last = known[at + 1][0] - 1 if at + 1 < len(known) else ledger.records
            source = await asyncio.to_thread(self._source, path, member)
            ends: list[Mark | None] = []
            if (path, member) != (ledger.path, ledger.member):  # a file of another name may be another file by now
                ends = [await mark(self._reader, ledger.id, each) for each in (first, last)]
            if source is None or not await asyncio.to_thread(_is_still, source, ends):
                what = f"records {first:,} to {last:,} of {Path(ledger.path).name} were not read again"
                gone.append(f"{what}: {path} is not there, or holds something else")
            else:
                there.append((first, source))
        if not there:
            return None, gone
        whole = there[0][1] if len(known) == 1 else RotatedSource(there)
        context = await self.context(ledger)
        return Opened(whole, named(ledger.format), Claim(100, ledger.shape, ""), dict(context.companions)), gone

    async def context(self, ledger: LedgerRow) -> Context:
        """What decoding and proving need; the profile is the one that was settled."""
        edition = (await self._reader.sizes(ledger.id)).get(ledger.id, (0, 0))[1]
        of, found = self._contexts.get(ledger.id, (-1, None))
        if found is None or found.profile != ledger.profile or of != edition:
            form = named(ledger.format)
            source = await asyncio.to_thread(self._source, ledger.path, ledger.member)
            beside = {} if source is None else await asyncio.to_thread(companions, source, form.companions)
            bare = Opened(source, form, Claim(100, ledger.shape, ""), beside) if source else None
            found = bare.context(Options(profile=ledger.profile)) if bare else Context(ledger.shape, 0, ledger.profile)
            self._contexts[ledger.id] = edition, found
        return found

    def _source(self, path: str, member: str | None) -> Source | None:
        key = (path, member)
        if self._sources.get(key) is None:
            for found in open_sources(path):
                if not isinstance(found, Skipped):
                    self._sources[found.path, found.member] = found
        return self._sources.get(key)


def _summaries(records: Sequence[tuple[int, Format, Record, Context]]) -> dict[int, str]:
    return {event: summary_of(form, event_of(form, record, context)) for event, form, record, context in records}


def _is_still(source: Source, ends: list[Mark | None]) -> bool:
    """True if the file is there, and holds one of these records if any are named."""
    return exists(source) and (not ends or any(each is not None and holds(source, each) for each in ends))


def _without_bytes(row: EventRow) -> Record:
    return Record(row.ordinal, row.offset, row.length, b"")


def _read(source: Source, rows: Sequence[EventRow], known: Mapping[int, bytes]) -> list[RecordNow]:
    """Records as they are now, judged by the hashes that they had."""
    raws = read_each(source, [(row.offset, row.length) for row in rows])
    there = [(row, raw) for row, raw in zip(rows, raws, strict=True) if isinstance(raw, bytes)]
    try:
        hashes = leaves_of(source, [row.offset for row, _ in there], [raw for _, raw in there])
    except SourceError as error:
        return [RecordNow(_without_bytes(row), error.finding.message) for row in rows]
    now = {row.id: digest for (row, _), digest in zip(there, hashes, strict=True)}
    same = [known.get(row.id, now.get(row.id)) == now.get(row.id) for row in rows]
    return [_now(*each) for each in zip(rows, raws, same, strict=True)]


def _now(row: EventRow, raw: bytes | SourceError, same: bool) -> RecordNow:
    if isinstance(raw, SourceError):
        return RecordNow(_without_bytes(row), raw.finding.message)
    problem = "" if same else "These bytes are not those that were read before."
    return RecordNow(Record(row.ordinal, row.offset, row.length, raw), problem)
