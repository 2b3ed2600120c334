"""Reads one kernel ledger batch after batch: events, trust, findings, the state of every deal.

Events that follow the end of their deal's chain, with a hash that is reproduced in bulk, go into columns; every other
is looked at by itself, after which its chain may be followed again.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import compress
from typing import Any

from console.formats.json.columns import repeats
from console.formats.json.scan import Kind, Scan, both, neither, picked, rows_of, scan_batch
from console.formats.json.values import mark_of
from console.formats.kernel.authority.judge import Act, Judge, grant
from console.formats.kernel.authority.table import rules_of
from console.formats.kernel.chain.again import walked_again
from console.formats.kernel.chain.deals import LEVELS, Deal, Deals, End
from console.formats.kernel.chain.segments import Summary, adopt, summary_of
from console.formats.kernel.chain.standing import facts_of, note_oddities, standing, tallies_of, unresolved
from console.formats.kernel.chain.walk import Known, severity_of, walk
from console.formats.kernel.columns import FIELDS, KernelColumns, KernelRun
from console.formats.kernel.profiles import candidates, named
from console.formats.kernel.record import API, OLD, PACK, PROOF, TABLE, Entry, deal_of, entry_of, layout_of, read
from console.formats.kernel.rules.evidence import UPLOAD, Brought, brought_by, references_of
from console.formats.kernel.rules.projection import act_at, leaves, stage_of
from console.formats.kernel.rules.schema import found_in, vocabularies
from console.formats.kernel.rules.states import SYMBOLS, TYPES
from console.formats.protocol import Context, Rewalk, Tallies
from console.formats.reading.bulk_hashes import BulkHashes
from console.formats.reading.columns import NoRows
from console.formats.reading.findings import Place
from console.formats.reading.reader import LedgerReader, Look
from console.formats.reading.saved_state import unpack
from console.model.batch import EventBatch
from console.model.event import NO_TIME, StreamKey
from console.model.finding import Finding
from console.model.ledger import StreamFacts
from console.model.record import Record, RecordBatch
from console.model.trust import Severity, Trust
from console.verify import chain
from console.verify.catalogue import CATALOGUE
from console.verify.judgement import Memory
from console.verify.orders import Template
from console.verify.profile import HashProfile
from console.verify.settling import Settling


class KernelReader(LedgerReader[KernelRun]):
    """See ``console.formats.protocol.Reader``. ``columns=False``: only counts and findings, for a check without index.

    ``segment``: the records are a later part of a ledger, verified apart and joined with what stands before it.
    """

    fields = FIELDS
    tolerated = 0
    run_type = KernelRun

    def __init__(self, context: Context, *, columns: bool = True, segment: bool = False) -> None:
        super().__init__(context)
        self.rows_wanted = columns
        if not columns:
            self.columns = NoRows()
        table = rules_of(context.rules)
        self.words, self.judge = vocabularies(table), Judge(table)
        self.shape = context.shape
        self.bulk, self.staged = self.shape in (API, OLD), self.shape in (TABLE, PACK, PROOF)
        self.segment = segment
        self.pack_deal = deal_of(context.companions) if self.shape == PACK else None
        self.candidates = candidates(self.shape)
        self.memory = Memory(thorough=context.search == "thorough")
        self.settled: HashProfile | None = None
        self._hashes: BulkHashes | None = None
        self._settling = Settling(self.candidates)
        self._decoded: dict[int, Entry] = {}
        """By ordinal, what settling has decoded of the batch at hand."""
        self.deals = Deals(self.columns, segment=segment)
        self.brought = Brought()
        rules = self.words, self.judge, self.brought
        self._events = KernelColumns(self.columns, self.deals, *rules, self._live_again, segment=segment)
        self.late: dict[str, None] = {}
        """Keys of deals that must be walked again."""
        self.records = 0
        self.loose = [0] * LEVELS
        """Records of no deal, by trust."""
        self.settle_on(named(context.profile))

    def settle_on(self, profile: HashProfile | None) -> None:
        """Check hashes under this profile from here on."""
        self.settled = profile
        self.profile = None if profile is None else profile.name
        self._hashes = None
        if profile is not None:
            hashes = BulkHashes(profile, layout_of(self.shape), self.fields, self.memory)
            self._hashes = hashes if hashes.able else None

    def read(self, batch: RecordBatch) -> EventBatch:
        if self.settled is None:
            self._settle(batch)
        out = super().read(batch)
        self._decoded.clear()
        self.records += len(batch)
        return out

    def plain(self, scan: Scan) -> bytearray:
        return both(scan.plain(self.tolerated), neither(scan.others))

    def notable(self, run: KernelRun) -> Iterator[int]:
        return self._events.going_on(run, self._hashes, self.clock.latest)

    def quiet(self, run: KernelRun, low: int, high: int) -> None:
        part = slice(low, high)
        deals, times, trust = run.deals[part], run.times[part], run.trust[part]
        self.deals.add_all(deals, trust, times)
        if self.holes:
            self.deals.passed(deals, run.batch.first + run.start + low, trust.translate(_LINKS))
        if Trust.UNCHAINED in trust:
            self._count("unchained", run, low, deals, trust.translate(_UNCHAINED))
        named = picked(run.actors[part], self._events.actors_named)
        if 0 in named:
            self._count("actor", run, low, deals, neither(named))
        worst = self._moves(run, low, deals)
        for row, act in run.acts_between(low, high):
            if isinstance(act, Act):
                worst[row - low] = max(worst[row - low], self._act(run.deals[row], act, run, row))
            else:
                grant(self.deals.at(run.deals[row]).authority, *act)
        for row, references in run.missing.items():
            if low <= row < high:
                self.deals.at(run.deals[row]).wait(references, self.brought, partial(self._entry_at, run, row))
        if isinstance(self.columns, NoRows):
            self.columns.marks += run.scan.marks("id")[part]
        else:
            self.columns.rows(
                run.part(low, high),
                key=run.scan.keys64("id")[part],
                time=times,
                type=run.types[part],
                actor=run.actors[part],
                stream=deals,
                sequence=run.sequences[part],
                trust=trust,
                worst=worst,
            )

    def _count(self, name: str, run: KernelRun, low: int, deals: "array[int]", which: bytearray) -> None:
        """Count events of a group, by deal."""
        rows: dict[int, list[int]] = {}
        for at in compress(range(len(deals)), which):
            rows.setdefault(deals[at], []).append(at)
        for code, some in rows.items():
            deal = self.deals.at(code)
            if name not in deal.groups:
                deal.group(name, self._entry_at(run, low + some.pop(0)))
            deal.groups[name].count += len(some)

    def _moves(self, run: KernelRun, low: int, deals: "array[int]") -> bytearray:
        """Let the rows of a run from ``low`` on move the states of their deals; how bad each is."""
        worst, symbols = bytearray(len(deals)), run.symbols[low : low + len(deals)]
        for code in self.deals.backwards.intersection(deals) if self.deals.backwards else ():
            self._live_again(code)
        if self.segment:
            first = run.batch.first + run.start + low
            ordinals = compress(range(first, first + len(deals)), symbols)
            offsets = [run.offset(low + at) for at in compress(range(len(deals)), symbols)]
            self.deals.trace.keep(compress(deals, symbols), symbols, ordinals, offsets)
            return worst
        for at, finding in self.deals.lives.take(deals, symbols):
            worst[at] = CATALOGUE[finding].severity
            type, row = TYPES[symbols[at]], low + at
            self.deals.at(deals[at]).disallow(finding, type, lambda row=row: self._entry_at(run, row))  # type: ignore[misc]  # bound now
        return worst

    def _entry_at(self, run: KernelRun, row: int) -> Entry:
        return self._entry(Look(run.place(row), run.raw(row)))

    def look(self, record: Look) -> None:
        entry = self._decoded.pop(record.place.ordinal, None) or self._entry(record)
        self.findings.begin(record.place, entry.event_id, entry.deal)
        found = found_in(entry, self.shape, self.words)
        code, trust, worst = 0, Trust.UNCHECKED, Severity.NONE
        if entry.deal is None:
            self.loose[trust] += 1
        else:
            code = self.deals.code(entry.deal)
            deal, end = self.deals.at(code), self.deals.ends.get(code)
            trust = self._chain(code, deal, end, entry, found)
            self.deals.counts.add(array("q", (code,)), bytes((trust,)))
            self.refer(deal, entry)
            worst = max(
                self._live(code, deal, end, entry),
                note_oddities(deal, entry, self.clock, staged=self.staged),
                severity_of(trust),
            )
            self.deals.put(code, end)
        for each in found:
            self.findings.take(each)
        self.row(
            record.place,
            worst=worst,
            time=NO_TIME if entry.instant is None else entry.instant.micros,
            sequence=entry.sequence,
            type=entry.type,
            actor=entry.actor or "",
            stream=code,
            trust=trust,
            key=self._key(entry.event_id or ""),
        )

    def _key(self, event_id: str) -> int:
        """By what an id is found again: its key, or its mark where no rows are made."""
        if self.rows_wanted:
            return self.key64(event_id)
        return mark_of(event_id.encode("utf-8", "surrogatepass")) if event_id else 0

    def lost(self, place: Place) -> None:
        self.loose[Trust.UNCHECKED] += 1
        super().lost(place)

    def _entry(self, record: Look) -> Entry:
        return entry_of(record.document, record.raw, self.shape, self.pack_deal, record.place, record.problems)

    def _chain(self, code: int, deal: Deal, end: End, entry: Entry, out: list[Finding]) -> Trust:
        tip, sequence = end.tip, entry.sequence
        if deal.links.stale:
            return Trust.UNCHECKED
        if entry.chained and sequence is not None:
            late = not chain.in_order(tip, sequence)
            blind = tip.before is None and sequence == tip.sequence
            if late or blind:
                self._walk_again(self.deals.key(code))
                return Trust.UNCHECKED
        tried = self._settling.condemned.get(entry.ordinal, 0)
        trust = walk(deal, tip, entry, self.known(), out, middle=self.segment, tried=tried)
        deal.links.last = deal.links.last if self.holes else 0
        return trust

    def known(self) -> Known:
        """What a walk is to know of the ledger."""
        return Known(self.settled, self.candidates, self.memory, self.holes.between)

    def _walk_again(self, key: str) -> None:
        self.deals.walk_again(key)
        self.late[key] = None

    def _live_again(self, code: int) -> None:
        self.late[self.deals.live_again(code)] = None

    def _live(self, code: int, deal: Deal, end: End, entry: Entry) -> Severity:
        """Let one event move the state of its deal, and take its time; how bad it is."""
        symbol, stage = SYMBOLS.get(entry.type, 0), stage_of(entry) if self.staged else ""
        act = None if self.staged or entry.type not in self.judge.types else act_at(entry)
        moving = symbol or stage
        if entry.instant is not None and not self.deals.dated(code, end, entry.instant.micros, moving=moving):
            self._live_again(code)
        worst = Severity.NONE
        if act is not None:
            worst = self._act(code, act, entry)
        if self.staged:
            remark = leaves(deal.stage, stage_of(entry, "fromState")) if stage else None
            worst = worst if remark is None else deal.note(remark, "", lambda: entry)
            deal.stage = stage or deal.stage
        elif self.segment and symbol:
            self.deals.trace.keep((code,), bytearray((symbol,)), (entry.ordinal,), (entry.offset,))
        elif symbol:
            for _, finding in self.deals.lives.take(array("q", (code,)), bytearray((symbol,))):
                deal.disallow(finding, entry.type, lambda: entry)
                worst = max(worst, CATALOGUE[finding].severity)
        return worst

    def _act(self, code: int, act: Act, where: KernelRun | Entry, row: int = 0) -> Severity:
        """Judge what one event does or asks of authority; how bad it is. In a segment it waits for what is before."""
        if self.segment:
            self.deals.acts.append((code, act, _place(where, row)))
            return Severity.NONE
        deal = self.deals.at(code)
        whole = not deal.begins_later and (not self.holes or self.is_whole(deal, _place(where, row).ordinal))
        if self.judge.is_fine(deal.authority, act, whole=whole):
            return Severity.NONE
        _, remarks = self.judge.take(deal.authority, act, whole=whole)
        if not remarks:
            return Severity.NONE
        entry = where if isinstance(where, Entry) else self._entry_at(where, row)
        return max([deal.note(each, act.type, lambda: entry) for each in remarks])

    def is_whole(self, deal: Deal, ordinal: int) -> bool:
        """True if nothing of the deal is missing before this ordinal."""
        return not deal.begins_later and not (self.holes and self.holes.before(ordinal) >= 0)

    def refer(self, deal: Deal, entry: Entry) -> None:
        """Take what one event brings, and refers to."""
        if self.staged:
            return
        self.brought.add(brought_by(entry.type, entry.payload))
        deal.uploads |= entry.type == UPLOAD
        deal.wait(self.brought.missing(references_of(entry.document)), self.brought, lambda: entry)

    def _settle(self, batch: RecordBatch) -> None:
        """Settle the profile by the first chained event that any profile reproduces."""
        self._settling.condemned.clear()
        if self.shape == PROOF or (self.shape == PACK and self.pack_deal is None):
            return
        for index in self._hashed(batch):
            raw = batch.raws[index]
            entry = read(raw, self.shape, self.pack_deal, batch.first + index, batch.offsets[index])
            if entry.document is None or entry.deal is None:
                continue
            entry.length = batch.lengths[index]
            self._decoded[entry.ordinal] = entry
            profile = self._settling.profile_of(entry.hashed, entry.ordinal, self.memory)
            if profile is not None:
                self.settle_on(profile)
                for key, deal in self.deals.items():
                    if deal.links.unsettled and not deal.links.stale:
                        self._walk_again(key)
                return

    def _hashed(self, batch: RecordBatch) -> Iterable[int]:
        """Records of a batch that may have a hash."""
        if not self.bulk:
            return range(len(batch))
        scan = scan_batch(batch, self.fields, salt=self.context.salt)
        return rows_of(neither(both(scan.plain(), scan.is_kind("eventHash", Kind.NULL, Kind.ABSENT))))

    def standing(self) -> list[Finding]:
        nameless = self.shape == PACK and self.pack_deal is None
        deals = dict(self.deals.items())
        found = standing(deals, self.profile, None if nameless else self.candidates)
        return found if self.holes else found + unresolved(deals, self.brought)

    def facts(self) -> Iterable[StreamFacts]:
        return facts_of(self.deals.changed(), staged=self.staged)

    def tallies(self) -> Tallies:
        """Counts so far. Streams that ``irregular`` names are counted as unchecked until they are walked again."""
        return tallies_of(self.records, self.loose, self.deals.items())

    def repeated(self) -> Sequence[tuple[int, int]]:
        marks = self.columns.marks if isinstance(self.columns, NoRows) else array("q")
        return [(row + 1, first + 1) for row, first in repeats(marks)]

    def summary(self, findings: Sequence[Finding] = ()) -> Summary:
        """What this reader saw, to be joined with its neighbours; ``findings`` are those its batches gave.

        Picklable. The reader is spent afterwards.
        """
        return summary_of(self, findings)

    def adopt(self, whole: Summary) -> None:
        """Go on from joined segments as if this reader had read all of them."""
        adopt(self, whole)

    @property
    def settled_apart(self) -> bool:
        """True if all verdicts so far are those of one pass, wherever the ledger was cut."""
        return not self.memory.short

    def state(self) -> Iterator[tuple[str | StreamKey, Any]]:
        yield from self.deals.save()
        yield from self.brought.save()
        learned = self.memory.purse, self.memory.learned
        yield "", (self.profile, self.records, self.loose, *learned, self._settling.state())

    def restore(self, name: str | StreamKey, data: bytes) -> None:
        found = self.deals.restore(name, data)
        if found is None and self.brought.restore(name, data):
            return
        if found is not None:
            key, deal = found
            if deal.links.stale or deal.times.unordered:
                self.late[key] = None
            return
        profile, self.records, self.loose, purse, learned, settling = unpack(data, _STATE)
        self.memory.learned, self.memory.purse, self._settling = learned, purse, Settling(self.candidates, *settling)
        self.settle_on(named(profile) if self.context.profile is None else self.settled)

    def irregular(self) -> list[StreamKey]:
        keys, self.late = self.late, {}
        return [StreamKey("deal", key) for key in keys]

    def link_key(self, raw: bytes) -> tuple[StreamKey, int] | None:
        entry = read(raw, self.shape, self.pack_deal)
        stream = entry.stream
        if stream is None:
            return None
        return stream, -1 if entry.sequence is None else entry.sequence

    def rewalk(self, stream: StreamKey, records: Iterable[Record]) -> Rewalk:
        return walked_again(self, stream, records)


def _place(where: KernelRun | Entry, row: int) -> Place:
    return Place(where.ordinal, where.offset, where.length) if isinstance(where, Entry) else where.place(row)


_LINKS = bytes(level != Trust.UNCHAINED for level in range(256))
_UNCHAINED = bytes(level == Trust.UNCHAINED for level in range(256))
_STATE = tuple[str | None, int, list[int], int, dict[str, list[Template]], tuple[int, int]]
