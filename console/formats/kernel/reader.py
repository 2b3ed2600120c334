"""Reads one kernel ledger batch after batch: events, trust, findings, the state of every deal."""

import json
import time
from collections.abc import Iterable, Mapping, Sequence

from console.formats.json.strict import decode as decode_json
from console.formats.json.strict import place_problems
from console.formats.kernel import deals, lifecycle, schema
from console.formats.kernel.deals import LEVELS, Deal, Group, Trace
from console.formats.kernel.fast import LineDecoder
from console.formats.kernel.profiles import AUDIT, DOC, candidates, named
from console.formats.kernel.recall import Recall
from console.formats.kernel.record import API, OLD, PACK, TABLE, Entry, deal_of, read
from console.formats.kernel.segments import Summary
from console.formats.kernel.stride import stride
from console.formats.kernel.walk import OF_THE_LEDGER, grouped, walk
from console.formats.protocol import Context, Rewalk, Tallies
from console.formats.reading.columns import Assembler
from console.model.batch import EventBatch
from console.model.event import NO_TIME, StreamKey
from console.model.finding import Finding
from console.model.ledger import StreamFacts
from console.model.record import Record, RecordBatch
from console.model.trust import Severity, Trust
from console.verify import chain
from console.verify.catalogue import CATALOGUE, finding
from console.verify.judgement import Memory
from console.verify.settling import Settling

_FEW = 4
"""Lines that are read the careful way together."""
TOLERANCE = 5 * 60 * 1_000_000
"""Microseconds that a writer's clock may be ahead of ours."""
AHEAD = 14 * 3600 * 1_000_000
"""Microseconds that a time without a zone may be ahead of the same time in UTC."""


class KernelReader:
    """See ``console.formats.protocol.Reader``. ``columns=False``: only counts and findings, for a check without index.

    ``segment``: the records are a later part of a ledger, verified apart and joined with what stands before it.
    """

    def __init__(self, context: Context, *, columns: bool = True, segment: bool = False) -> None:
        self.context = context
        self.shape = context.shape
        self.columns = columns
        self.segment = segment
        self.pack_deal = deal_of(context.companions) if self.shape == PACK else None
        self.settled = named(context.profile)
        self.memory = Memory()
        self.candidates = candidates(self.shape)
        self._settling = Settling(self.candidates)
        self._began = time.monotonic()
        self.latest = context.now + TOLERANCE
        """The latest time that an event of the present batch may name."""
        self.deals: dict[str, Deal] = {}
        self.records = 0
        self._lines = LineDecoder()
        self.recall = Recall()
        self.loose = [0] * LEVELS
        self.names = Assembler()
        self._changed: set[str] = set()
        self._told: set[str] = set()
        self._irregular: dict[str, None] = {}

    @property
    def profile(self) -> str | None:
        return None if self.settled is None else self.settled.name

    # reading

    def read(self, batch: RecordBatch) -> EventBatch:
        out = EventBatch(first=batch.first)
        self.latest = self.context.now + int((time.monotonic() - self._began) * 1e6) + TOLERANCE
        if batch.lines is not None and self.shape in (API, OLD) and self.settled in (DOC, AUDIT):
            self._run(batch, 0, None, out)
            return self.names.finish(out)
        entries = self.decode(batch, range(len(batch)))
        self._settling.condemned.clear()
        self.settle(entries)
        for entry in entries:
            self.take(entry, out)
        return self.names.finish(out)

    def takes_tail(self, raw: bytes) -> bool:
        """An evidence pack's ledger ends without a line end."""
        return self.shape == PACK and raw.rstrip().endswith(b"}") and decode_json(raw).document is not None

    def _run(self, batch: RecordBatch, start: int, stop: int | None, out: EventBatch) -> None:
        """Rows ``start`` to ``stop`` (None: all) the fast way, where that can take them; else in halves."""
        whole = batch.lines if stop is None else b"\n".join(batch.raws[start:stop]) + b"\n"
        if not whole or stop == start:
            return
        run = self._lines.decode(whole, whole[: whole.index(b"\n")])
        if run is not None:
            if whole is batch.lines:
                batch.counted(len(run.events))
            stride(self, batch, start, run, out)
            return
        stop = len(batch) if stop is None else stop
        if stop - start <= _FEW:
            for entry in self.decode(batch, range(start, stop)):
                self.take(entry, out)
        else:
            middle = (start + stop) // 2
            self._run(batch, start, middle, out)
            self._run(batch, middle, stop, out)

    def decode(self, batch: RecordBatch, rows: Iterable[int]) -> list[Entry]:
        entries = []
        for row in rows:
            raw, length = batch.raws[row], batch.lengths[row]
            if raw or not length:
                entry = read(raw, self.shape, self.pack_deal, batch.first + row, batch.offsets[row])
                entry.length = length
            else:  # its bytes were skipped, and the source says so
                entry = Entry(batch.first + row, batch.offsets[row], length, None, ())
            entries.append(entry)
        return entries

    def take(self, entry: Entry, out: EventBatch) -> None:
        """One decoded record into the batch: schema, chain, state."""
        self.records += 1
        place = entry.place()
        findings = place_problems(
            entry.problems, place.pop("record"), place.pop("offset"), place.pop("length"), **place
        )
        if entry.document is None:
            self.loose[Trust.UNCHECKED] += 1
            self._row(entry, Trust.UNCHECKED, Severity.NONE, findings, out)
            return
        findings += schema.check(entry, self.shape)
        self._checked(entry, findings, out)

    def take_sound(self, entry: Entry, findings: list[Finding], out: EventBatch) -> None:
        """One record that has nothing wrong with its form."""
        self.records += 1
        self._checked(entry, findings, out)

    def _checked(self, entry: Entry, findings: list[Finding], out: EventBatch) -> None:
        if entry.deal is None:
            self.loose[Trust.UNCHECKED] += 1
            self._row(entry, Trust.UNCHECKED, Severity.NONE, findings, out)
            return
        deal = self.deal(entry.deal)
        deal.seen(NO_TIME if entry.instant is None else entry.instant.micros)
        trust = self._chain(deal, entry, findings)
        deal.trust[trust] += 1
        worst = max(self._live(deal, entry), self._clock(deal, entry))
        if trust is Trust.BROKEN:
            worst = Severity.CRITICAL
        if self.settled in (DOC, AUDIT):
            deal.arm()
        self._row(entry, trust, worst, findings, out)

    def deal(self, key: str) -> Deal:
        """The deal, noted as changed."""
        found = self.deals.get(key)
        if found is None:
            found = self.deals[key] = Deal(key, trace=Trace() if self.segment else None)
        else:
            found.sync()
        self._changed.add(key)
        self._told.add(key)
        return found

    def note(self, keys: Iterable[str]) -> None:
        """These deals changed."""
        self._changed.update(keys)
        self._told.update(keys)

    def _chain(self, deal: Deal, entry: Entry, findings: list[Finding]) -> Trust:
        if deal.stale:
            return Trust.UNCHECKED
        sequence = entry.sequence
        if entry.chained and sequence is not None:
            late = not chain.in_order(deal.tip, sequence)
            blind = deal.tip.before is None and sequence == deal.tip.sequence
            if late or blind:
                self._walk_again(deal)
                return Trust.UNCHECKED
        tried = self._settling.condemned.get(entry.ordinal, 0)
        return walk(deal, entry, self.settled, self.shape, self.memory, findings, middle=self.segment, tried=tried)

    def _clock(self, deal: Deal, entry: Entry) -> Severity:
        """Notes a time that is odd by itself; how bad it is."""
        instant = entry.instant
        if instant is None:
            return Severity.NONE
        if not instant.zone:
            deal.group("naive", entry)
        if instant.micros > self.latest + (0 if instant.zone else AHEAD):
            deal.group("future", entry)
            return Severity.ERROR
        return Severity.NONE

    def _walk_again(self, deal: Deal) -> None:
        deal.sync()
        deal.stale = True
        deal.next = -1
        self._changed.add(deal.key)
        self._irregular[deal.key] = None

    def _live(self, deal: Deal, entry: Entry) -> Severity:
        if self.shape in (TABLE, PACK):
            document = entry.document or {}
            stage = document.get("toState")
            if isinstance(stage, str) and stage:
                deal.stage = stage
            return Severity.NONE
        if deal.trace is not None:
            deal.trace.add(entry.type, entry.ordinal, entry.offset)
            return Severity.NONE
        step = lifecycle.moves(deal.state).get(entry.type)
        if step is None:
            return Severity.NONE
        deal.state = step.state
        if not step.code:
            return Severity.NONE
        deal.life.setdefault(f"{step.code}:{entry.type}", Group()).add(entry)
        return CATALOGUE[step.code].severity

    def _row(self, entry: Entry, trust: Trust, worst: Severity, findings: Sequence[Finding], out: EventBatch) -> None:
        if not self.columns:
            out.findings.extend(findings)
            return
        event = entry.event()
        self.names.add(out, event, findings, keyed=False)
        out.trust[-1] = trust
        out.worst[-1] = max(out.worst[-1], worst)

    # the profile

    def settle(self, entries: Iterable[Entry]) -> None:
        """Settle the profile by the first chained event that any profile reproduces."""
        if self.settled is not None or (self.shape == PACK and self.pack_deal is None):
            return
        for entry in entries:
            if entry.deal is None:
                continue
            profile = self._settling.profile_of(entry.hashed, entry.ordinal, self.memory)
            if profile is not None:
                self.settled = profile
                for deal in self.deals.values():
                    if deal.unsettled and not deal.stale:
                        self._walk_again(deal)
                return

    # what is known

    def standing(self) -> list[Finding]:
        found: list[Finding] = []
        wholes: dict[str, Group] = {}
        whose: dict[str, set[str]] = {}
        for deal in self.deals.values():
            if deal.chain or deal.life:
                found.extend(grouped(deal, self.profile))
                for name in OF_THE_LEDGER & deal.chain.keys():
                    group, whole = deal.chain[name], wholes.get(name)
                    whose.setdefault(name, set()).add(deal.key)
                    if whole is None or group.record < whole.record:
                        count = 0 if whole is None else whole.count
                        whole = wholes[name] = Group(count, *_place(group))
                    whole.count += group.count
        for name, whole in wholes.items():
            one = whose[name].pop() if len(whose[name]) == 1 else None
            place = {**whole.place(), "standing": True, "stream": one}
            if name == "naive":
                found.append(finding("order.naive-timestamp", "Times without a zone, read as UTC.", **place))
            elif name == "future":
                found.append(finding("order.future-timestamp", "Times later than now.", **place))
            else:
                found.append(finding("chain.not-reproducible", self._unproven(), field="eventHash", **place))
        return found

    def _unproven(self) -> str:
        if self.shape == PACK and self.pack_deal is None:
            return "No hash can be reproduced without the pack's manifest.json: it names the deal. Links are checked."
        names = ", ".join(profile.name for profile in self.candidates)
        return f"No profile ({names}) reproduces any hash so far; links are checked."

    def facts(self) -> Iterable[StreamFacts]:
        keys, self._told = self._told, set()
        for key in sorted(keys):
            deal = self.deals[key]
            deal.sync()
            if self.shape in (TABLE, PACK):
                state = {"state": deal.stage} if deal.stage else {}
            else:
                state = {"state": deal.state.name, "stress_mode": deal.state.stress}
                if deal.backwards:
                    state["note"] = "times go back; states are in ledger order"
            yield StreamFacts("deal", key, state, deal.chained, None if not deal.chained else not deal.faults)

    def tallies(self) -> Tallies:
        """Counts so far. Streams that ``irregular`` names are counted as unchecked until they are walked again."""
        trust = list(self.loose)
        for deal in self.deals.values():
            deal.sync()
            for level, count in enumerate(deal.trust):
                trust[level] += count
        return Tallies(
            self.records,
            tuple(trust),
            {StreamKey("deal", key): (tuple(deal.trust), deal.first, deal.last) for key, deal in self.deals.items()},
        )

    # segments

    def summary(self, findings: Sequence[Finding] = ()) -> Summary:
        """What this reader saw, to be joined with its neighbours; ``findings`` are those its batches gave.

        Picklable. The reader is spent afterwards.
        """
        for deal in self.deals.values():
            deal.sync()
            deal.moves = {}
        return Summary(
            self.profile,
            self.shape,
            self.records,
            self.loose,
            self.deals,
            list(findings),
            self.segment,
            self.memory.short,
        )

    def adopt(self, whole: Summary) -> None:
        """Go on from joined segments as if this reader had read all of them."""
        self.settled, self.records, self.loose, self.deals = (
            named(whole.profile),
            whole.records,
            whole.loose,
            whole.deals,
        )
        self._irregular = {key: None for key, deal in self.deals.items() if deal.stale}
        self.memory.short = whole.short
        self.note(self.deals)
        for deal in self.deals.values():
            deal.arm()

    @property
    def settled_apart(self) -> bool:
        return not self.memory.short

    # state

    def take_state(self) -> Mapping[str, bytes]:
        keys, self._changed = self._changed, set()
        for key in keys:
            self.deals[key].sync()
        items = {f"deal:{json.dumps(key)}": deals.dump(self.deals[key]) for key in keys}
        items[""] = json.dumps(
            [
                self.profile,
                self.records,
                self.loose,
                self.memory.purse,
                self.memory.learned,
                self._settling.state(),
            ]
        ).encode()
        return items

    def load_state(self, items: Iterable[tuple[str, bytes]]) -> None:
        for key, data in items:
            kind, _, rest = key.partition(":")
            if kind == "deal":
                name = json.loads(rest)
                deal = self.deals[name] = deals.load(name, data)
                deal.arm()
                if deal.stale:
                    self._irregular[name] = None
            else:
                settled, self.records, self.loose, purse, learned, settling = json.loads(data)
                self.settled = named(settled) if self.context.profile is None else self.settled
                self.memory, self._settling = Memory(learned, purse), Settling(self.candidates, *settling)

    # walking again

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
        deal = self.deal(stream.key)
        deal.restart()
        self._irregular.pop(stream.key, None)
        trust: dict[int, Trust] = {}
        findings: list[Finding] = []
        for record in records:
            entry = read(record.raw, self.shape, self.pack_deal, record.ordinal, record.offset)
            entry.length = record.length
            state = walk(deal, entry, self.settled, self.shape, self.memory, findings)
            trust[record.ordinal] = state
            deal.trust[state] += 1
            self._clock(deal, entry)
        deal.arm()
        return Rewalk(trust, findings)


def _place(group: Group) -> tuple[int, int, int, int | None, str | None]:
    return group.record, group.offset, group.length, group.sequence, group.event_id
