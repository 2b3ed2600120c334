"""Reads one kernel ledger batch after batch: events, trust, findings, the state of every deal.

Events that follow the end of their deal's chain, with a hash that is reproduced in bulk, go into columns; every other
is looked at by itself, after which its chain may be followed again.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import compress
from typing import Any

from console.formats.json.scan import Fields, Interner, Kind, Scan, both, either, neither, picked
from console.formats.json.strict import Problem, place_problems
from console.formats.json.strict import decode as decode_json
from console.formats.kernel import schema
from console.formats.kernel.chain import Ends, standing, walk
from console.formats.kernel.deals import LEVELS, Counts, Deal, End
from console.formats.kernel.profiles import candidates, named
from console.formats.kernel.record import API, OLD, PACK, TABLE, Entry, deal_of, entry_of, layout_of, read
from console.formats.kernel.rules import KNOWN, SYMBOLS, Lives, Trace
from console.formats.kernel.segments import Summary
from console.formats.protocol import Context, Rewalk, Tallies
from console.formats.reading.bulk_hashes import BulkHashes
from console.formats.reading.columns import NoRows
from console.formats.reading.findings import Place
from console.formats.reading.reader import LedgerReader, Look
from console.formats.reading.runs import Run
from console.formats.reading.saved_state import stream_of, unpack
from console.formats.reading.streams import Followed, Streams
from console.model.batch import EventBatch
from console.model.event import NO_TIME, StreamKey
from console.model.finding import Finding
from console.model.ledger import StreamFacts
from console.model.record import Record, RecordBatch
from console.model.trust import Severity, Trust
from console.verify import chain
from console.verify.catalogue import CATALOGUE
from console.verify.judgement import Memory
from console.verify.profile import HashProfile
from console.verify.recover import Template
from console.verify.settling import Settling


class KernelRun(Run):
    """Plain events in columns: codes of deals and types, numbers, times, and the trust of those that follow."""

    __slots__ = ("deals", "sequences", "times", "trust", "types")
    deals: "array[int]"
    types: "array[int]"
    sequences: "array[int]"
    times: "array[int]"
    trust: bytearray


class KernelReader(LedgerReader[KernelRun]):
    """See ``console.formats.protocol.Reader``. ``columns=False``: only counts and findings, for a check without index.

    ``segment``: the records are a later part of a ledger, verified apart and joined with what stands before it.
    """

    fields = Fields(*layout_of(API).stored)
    tolerated = 0
    run_type = KernelRun

    def __init__(self, context: Context, *, columns: bool = True, segment: bool = False) -> None:
        super().__init__(context)
        self.rows_wanted = columns
        if not columns:
            self.columns = NoRows()
        self.shape = context.shape
        self.bulk = self.shape in (API, OLD)
        self.segment = segment
        self.pack_deal = deal_of(context.companions) if self.shape == PACK else None
        self.candidates = candidates(self.shape)
        self.memory = Memory()
        self.settled: HashProfile | None = None
        self._hashes: BulkHashes | None = None
        self._settling = Settling(self.candidates)
        self._decoded: dict[int, Entry] = {}
        """By ordinal, what settling has decoded of the batch at hand."""
        self.streams: Streams[Deal] = Streams(self.columns, lambda kind: Deal)
        self.ends, self.counts, self.lives, self.trace = Ends(), Counts(), Lives(), Trace()
        self._followed: set[int] = set()
        """Codes of deals that rows were added to in bulk since this was last told."""
        self._untimed: set[int] = set()
        """Codes of deals of which no event has named a time."""
        self._by_code: list[Followed[Deal]] = [Followed("", "", Deal())]
        self._deal_codes = Interner(lambda key: self._deal(key).code)
        self._type_codes = Interner(self._type)
        self._actor_codes = Interner(self.columns.actors.code)
        self._types = [""]
        self._known, self._symbols = bytearray(1), bytearray(1)
        """By code of a type: 1 for those that the kernel knows, and what they are to the state machine."""
        self._irregular: dict[str, None] = {}
        self.records = 0
        self.loose = [0] * LEVELS
        self.settle_on(named(context.profile))

    def settle_on(self, profile: HashProfile | None) -> None:
        """Check hashes under this profile from here on."""
        self.settled = profile
        self.profile = None if profile is None else profile.name
        self._hashes = None
        if profile is not None:
            hashes = BulkHashes(profile, layout_of(self.shape), self.fields, self.memory)
            self._hashes = hashes if hashes.able else None

    # -- events in bulk

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
        if self._hashes is None:
            yield from range(len(run))
            return
        scan, tips = run.scan, self.ends.tips
        run.deals = scan.codes("dealId", self._deal_codes)
        run.types = scan.codes("type", self._type_codes)
        run.sequences = scan.integers("sequenceNumber")
        run.times, zoned = scan.instants("createdAt")
        able = both(self._sound(run), zoned)
        run.trust = self._hashes.reproduced(scan, able, run.types, self._types, run.times)
        able = both(able, run.trust.translate(_TRUSTED))

        def follow(deals: "array[int]") -> bytearray:
            return scan.follow(tips, deals, run.sequences, run.times, "previousEventHash", "eventHash", able)

        following = follow(run.deals)
        rows_by_deal: dict[int, list[int]] = {}
        row = following.find(0)
        while row >= 0:
            yield row
            code = run.deals[row]
            if code and tips.states[code]:
                # It was looked at, and its chain can be followed again.
                if not rows_by_deal:
                    for at, deal in enumerate(run.deals):
                        rows_by_deal.setdefault(deal, []).append(at)
                rows = rows_by_deal[code]
                later = rows[bisect_right(rows, row) :]
                if later:
                    alone = array("q", bytes(8 * len(run)))
                    for at in later:
                        alone[at] = code
                    following = either(following, follow(alone))
            row = following.find(0, row + 1)

    def _sound(self, run: KernelRun) -> bytearray:
        """Rows that the schema has nothing against, with a time that is not to come."""
        scan = run.scan
        masks = [
            scan.filled("id"),
            scan.is_kind("payload", Kind.OBJECT),
            scan.is_kind("authorityContext", Kind.OBJECT),
            scan.strings("evidenceRefs"),
            scan.is_kind("actorId", Kind.STRING, Kind.ESCAPED, Kind.NULL, Kind.ABSENT),
        ]
        masks.append(picked(run.types, self._known))
        if max(run.times) > self.clock.latest:
            masks.append(bytearray(time <= self.clock.latest for time in run.times))
        return both(*masks)

    def quiet(self, run: KernelRun, low: int, high: int) -> None:
        part = slice(low, high)
        deals, types, times, held = run.deals[part], run.types[part], run.times[part], run.trust[part]
        self.counts.add_all(deals, held)
        self._followed.update(deals)
        for code in self._untimed.intersection(deals) if self._untimed else ():
            self._by_code[code].state.times.begin(times[deals.index(code)])
            self._untimed.discard(code)
        worst = self._moves(run, low, deals, types)
        if self.rows_wanted:
            self.columns.rows(
                run.part(low, high),
                time=times,
                type=types,
                actor=run.scan.codes("actorId", self._actor_codes)[part],
                stream=deals,
                sequence=run.sequences[part],
                trust=held,
                worst=worst,
            )

    def _moves(self, run: KernelRun, low: int, deals: "array[int]", types: "array[int]") -> bytearray:
        """Let the rows of a run from ``low`` on move the states of their deals; how bad each is."""
        worst, symbols = bytearray(len(deals)), picked(types, self._symbols)
        if self.segment:
            offsets = [run.offset(low + at) for at in compress(range(len(deals)), symbols)]
            first = run.batch.first + run.start + low
            self._keep(compress(deals, symbols), symbols, compress(range(first, first + len(deals)), symbols), offsets)
            return worst
        for at, finding in self.lives.take(deals, symbols):
            worst[at] = CATALOGUE[finding].severity
            look = Look(run.place(low + at), run.raw(low + at))
            self._by_code[deals[at]].state.disallow(
                finding,
                self._types[types[at]],
                lambda look=look: self._entry(look),  # type: ignore[misc]  # bound now
            )
        return worst

    def _keep(self, deals: Iterable[int], symbols: bytearray, ordinals: Iterable[int], offsets: Iterable[int]) -> None:
        """Keep what moves the states of deals until it is known where they began."""
        self.trace.codes.extend(deals)
        self.trace.symbols += symbols.translate(None, b"\0")
        self.trace.ordinals.extend(ordinals)
        self.trace.offsets.extend(offsets)

    # -- events one by one

    def look(self, record: Look) -> None:
        entry = self._decoded.pop(record.place.ordinal, None) or self._entry(record)
        self.findings.begin(record.place, entry.event_id, entry.deal)
        found = place_problems(
            record.problems, *record.place, stream=entry.deal, sequence=entry.sequence, event_id=entry.event_id
        )
        found += schema.check(entry, self.shape)
        code, trust, worst = 0, Trust.UNCHECKED, Severity.NONE
        if entry.deal is None:
            self.loose[trust] += 1
        else:
            followed = self._deal(entry.deal)
            deal, end, code = self.streams.touch(followed), self.ends.get(followed.code), followed.code
            if entry.instant is not None:
                end.latest = deal.times.seen(entry.instant.micros, end.latest)
                self._untimed.discard(code)
            trust = self._chain(followed, end, entry, found)
            self.counts.add(code, trust)
            worst = max(self._live(followed, entry), self._clock(deal, entry))
            worst = Severity.CRITICAL if trust is Trust.BROKEN else worst
            self._put(followed, end)
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
        )

    def lost(self, place: Place) -> None:
        self.loose[Trust.UNCHECKED] += 1

    def unreadable(self, place: Place, raw: bytes, problems: Sequence[Problem]) -> None:
        self.lost(place)
        self.problems(problems)
        self.row(place)

    def takes_tail(self, raw: bytes) -> bool:
        """An evidence pack's ledger ends without a line end."""
        return self.shape == PACK and raw.rstrip().endswith(b"}") and decode_json(raw).document is not None

    def _entry(self, record: Look) -> Entry:
        return entry_of(record.document, record.raw, self.shape, self.pack_deal, record.place, record.problems)

    def _type(self, name: str) -> int:
        code = self.columns.types.code(name)
        while len(self._types) <= code:
            self._types.append("")
            self._known.append(0)
            self._symbols.append(0)
        self._types[code], self._known[code], self._symbols[code] = name, name in KNOWN, SYMBOLS.get(name, 0)
        return code

    def _deal(self, key: str) -> Followed[Deal]:
        """The deal, with a code and an end."""
        found = self.streams.follow("deal", key)
        if not found.code:
            found.code = self.columns.streams.code(StreamKey("deal", key))
        if found.code == len(self._by_code):
            self._by_code.append(found)
            self._begin(found)
        return found

    def _begin(self, followed: Followed[Deal]) -> None:
        """Take up what is carried of a deal."""
        deal, code = followed.state, followed.code
        self._put(followed, deal.end)
        self.counts.put(code, deal.trust)
        self.lives.put(code, deal.state)
        (self._untimed.add if deal.times.first == NO_TIME else self._untimed.discard)(code)

    def _present(self, followed: Followed[Deal]) -> Deal:
        """The deal with all that is carried of it."""
        deal, code = followed.state, followed.code
        if code:
            deal.end, deal.trust, deal.state = self.ends.get(code), self.counts.of(code), self.lives.get(code)
            deal.times.last = max(deal.times.last, deal.end.latest)
        return deal

    def _told(self) -> None:
        """Deals that rows were added to in bulk have changed."""
        for code in self._followed:
            self.streams.touch(self._by_code[code])
        self._followed.clear()

    def _put(self, followed: Followed[Deal], end: End) -> None:
        """The end of a deal's chain; rows may follow it in bulk where nothing is pending."""
        links = followed.state.links
        begun = bool(end.tip.hashes) or not self.segment
        self.ends.put(followed.code, end, follow=begun and not links.stale and not links.shift)

    def _chain(self, followed: Followed[Deal], end: End, entry: Entry, out: list[Finding]) -> Trust:
        deal, tip, sequence = followed.state, end.tip, entry.sequence
        if deal.links.stale:
            return Trust.UNCHECKED
        if entry.chained and sequence is not None:
            late = not chain.in_order(tip, sequence)
            blind = tip.before is None and sequence == tip.sequence
            if late or blind:
                self._walk_again(followed)
                return Trust.UNCHECKED
        tried = self._settling.condemned.get(entry.ordinal, 0)
        return walk(deal, tip, entry, self.settled, self.candidates, self.memory, out, middle=self.segment, tried=tried)

    def _walk_again(self, followed: Followed[Deal]) -> None:
        self.streams.touch(followed).links.stale = True
        self._irregular[followed.key] = None

    def _live(self, followed: Followed[Deal], entry: Entry) -> Severity:
        """Let one event move the state of its deal; how bad it is."""
        deal, symbol = followed.state, SYMBOLS.get(entry.type, 0)
        if self.shape in (TABLE, PACK):
            stage = (entry.document or {}).get("toState")
            if isinstance(stage, str) and stage:
                deal.stage = stage
        elif self.segment and symbol:
            self._keep((followed.code,), bytearray((symbol,)), (entry.ordinal,), (entry.offset,))
        elif symbol:
            for _, finding in self.lives.take(array("q", (followed.code,)), bytearray((symbol,))):
                deal.disallow(finding, entry.type, lambda: entry)
                return CATALOGUE[finding].severity
        return Severity.NONE

    def _clock(self, deal: Deal, entry: Entry) -> Severity:
        """Notes a time that is odd by itself; how bad it is."""
        instant = entry.instant
        if instant is None:
            return Severity.NONE
        if not instant.zone:
            deal.group("naive", entry)
        if instant.micros > (self.clock.latest if instant.zone else self.clock.latest_local):
            deal.group("future", entry)
            return Severity.ERROR
        return Severity.NONE

    # -- the profile

    def _settle(self, batch: RecordBatch) -> None:
        """Settle the profile by the first chained event that any profile reproduces."""
        self._settling.condemned.clear()
        if self.shape == PACK and self.pack_deal is None:
            return
        for index, raw in enumerate(batch.raws):
            entry = read(raw, self.shape, self.pack_deal, batch.first + index, batch.offsets[index])
            if entry.document is None or entry.deal is None:
                continue
            entry.length = batch.lengths[index]
            self._decoded[entry.ordinal] = entry
            profile = self._settling.profile_of(entry.hashed, entry.ordinal, self.memory)
            if profile is not None:
                self.settle_on(profile)
                for followed in self.streams.known.values():
                    links = followed.state.links
                    if links.unsettled and not links.stale:
                        self._walk_again(followed)
                        if followed.code:  # else its end is put when an event names it
                            self._put(followed, self.ends.get(followed.code))
                return

    # -- what holds as of now

    def standing(self) -> list[Finding]:
        deals = {followed.key: followed.state for followed in self.streams.known.values()}
        return standing(deals, self.profile, self._unproven())

    def _unproven(self) -> str:
        if self.shape == PACK and self.pack_deal is None:
            return "No hash can be reproduced without the pack's manifest.json: it names the deal. Links are checked."
        names = ", ".join(profile.name for profile in self.candidates)
        return f"No profile ({names}) reproduces any hash so far; links are checked."

    def facts(self) -> Iterable[StreamFacts]:
        self._told()
        for followed in sorted(self.streams.changed(), key=lambda followed: followed.key):
            deal = self._present(followed)
            if self.shape in (TABLE, PACK):
                state = {"state": deal.stage} if deal.stage else {}
            else:
                state = {"state": deal.state.name, "stress_mode": deal.state.stress}
                if deal.times.backwards:
                    state["note"] = "times go back; states are in ledger order"
            chained = deal.chained
            yield StreamFacts("deal", followed.key, state, chained, None if not chained else not deal.links.faults)

    def tallies(self) -> Tallies:
        """Counts so far. Streams that ``irregular`` names are counted as unchecked until they are walked again."""
        streams = {
            StreamKey("deal", followed.key): (tuple(deal.trust), deal.times.first, deal.times.last)
            for followed in self.streams.known.values()
            for deal in (self._present(followed),)
        }
        trust = [sum(column) for column in zip(self.loose, *(counts for counts, _, _ in streams.values()), strict=True)]
        return Tallies(self.records, tuple(trust), streams)

    # -- segments

    def summary(self, findings: Sequence[Finding] = ()) -> Summary:
        """What this reader saw, to be joined with its neighbours; ``findings`` are those its batches gave.

        Picklable. The reader is spent afterwards.
        """
        deals = {followed.key: self._present(followed) for followed in self.streams.known.values()}
        keys = [followed.key for followed in self._by_code]
        return Summary(
            self.profile,
            self.shape,
            self.records,
            self.loose,
            deals,
            list(findings),
            self.segment,
            self.trace,
            keys,
            self.memory.short,
        )

    def adopt(self, whole: Summary) -> None:
        """Go on from joined segments as if this reader had read all of them."""
        self.settle_on(named(whole.profile))
        self.records, self.loose = whole.records, whole.loose
        self.memory.short = whole.short
        for key, deal in whole.deals.items():
            followed = self._deal(key)
            followed.state = deal
            self.streams.touch(followed)
            self._begin(followed)
            if deal.links.stale:
                self._irregular[key] = None

    @property
    def settled_apart(self) -> bool:
        """True if all verdicts so far are those of one pass, wherever the ledger was cut."""
        return not self.memory.short

    # -- saved state

    def state(self) -> Iterator[tuple[str | StreamKey, Any]]:
        self._told()
        for name, _ in self.streams.save():
            stream = stream_of(name)
            assert stream is not None  # a stream's own name
            yield name, self._present(self.streams.known[stream])
        memory = self.memory
        yield "", (self.profile, self.records, self.loose, memory.purse, memory.learned, self._settling.state())

    def restore(self, name: str | StreamKey, data: bytes) -> None:
        followed = self.streams.restore(name, data)
        if followed is not None:
            if followed.state.links.stale:
                self._irregular[followed.key] = None
            return
        profile, self.records, self.loose, purse, learned, settling = unpack(data, _STATE)
        self.memory, self._settling = Memory(learned, purse), Settling(self.candidates, *settling)
        self.settle_on(named(profile) if self.context.profile is None else self.settled)

    # -- walking again

    def irregular(self) -> list[StreamKey]:
        keys, self._irregular = self._irregular, {}
        return [StreamKey("deal", key) for key in keys]

    def link_key(self, raw: bytes) -> tuple[StreamKey, int] | None:
        entry = read(raw, self.shape, self.pack_deal)
        stream = entry.stream
        if stream is None:
            return None
        return stream, -1 if entry.sequence is None else entry.sequence

    def rewalk(self, stream: StreamKey, records: Iterable[Record]) -> Rewalk:
        followed = self._deal(stream.key)
        deal = self.streams.touch(followed)
        deal.restart()
        self.counts.put(followed.code, [0] * LEVELS)
        self._irregular.pop(stream.key, None)
        end = End(latest=self.ends.get(followed.code).latest)
        trust: dict[int, Trust] = {}
        findings: list[Finding] = []
        for record in records:
            entry = read(record.raw, self.shape, self.pack_deal, record.ordinal, record.offset)
            entry.length = record.length
            level = walk(deal, end.tip, entry, self.settled, self.candidates, self.memory, findings)
            trust[record.ordinal] = level
            self.counts.add(followed.code, level)
            self._clock(deal, entry)
        self._put(followed, end)
        return Rewalk(trust, findings)


_TRUSTED = bytes(level > 0 for level in range(256))
_STATE = tuple[str | None, int, list[int], int, dict[str, list[Template]], tuple[int, int]]
