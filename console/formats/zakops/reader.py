"""Reads a ZakOps ledger: what each event holds by itself, the rules of the streams that it belongs to, and what holds
as of now. Nothing is hashed; most rows of agent_events are alike, so only these go in bulk."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from console.formats.json.scan import Scan
from console.formats.json.times import parse, quick
from console.formats.json.validation import shown
from console.formats.protocol import Context
from console.formats.reading.findings import EACH
from console.formats.reading.list_order import NEWEST_FIRST
from console.formats.reading.reader import LedgerReader, Look
from console.formats.reading.streams import Followed
from console.formats.zakops.beside.joins import Joins
from console.formats.zakops.beside.siblings import ARCHIVE
from console.formats.zakops.checks import Checks
from console.formats.zakops.columns import FIELDS, TYPES, AgentEventRows, PlainEvent, PlainRequired, type_of
from console.formats.zakops.event_types import CATEGORIES
from console.formats.zakops.following.lives import LivesInLedger
from console.formats.zakops.following.streams import OpenStreams, State
from console.formats.zakops.record import (
    ACTION,
    AGENT,
    AUDIT,
    DEAL,
    DEAL_FILE,
    INBOX,
    LONGEST,
    ZakopsEnvelope,
    action_of,
    deal_of,
    default_shape,
    read_record,
    shape_of,
    text,
)
from console.formats.zakops.rules.actions import ActionLife, step_action
from console.formats.zakops.rules.delivery import Aggregate, Recent, delivery
from console.formats.zakops.rules.runs import TOOLS, RunLife, step_plainly
from console.formats.zakops.rules.trail import walk_trail
from console.model.event import NO_TIME, StreamKey
from console.model.finding import Finding
from console.model.ledger import StreamFacts
from console.model.trust import Severity, Trust

_EVENTS = frozenset((AGENT, DEAL, DEAL_FILE))
_Ties = tuple[str | None, str | None, str | None, str | None]
"""Correlation id, deal, trace and action of an event."""


_Followed = tuple[Followed[State], RunLife, _Ties, int]


class ZakopsReader(LedgerReader[AgentEventRows]):
    """One ledger's reader; see ``LedgerReader``."""

    fields = FIELDS
    types = TYPES
    run_type = AgentEventRows

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._default = default_shape(context.shape)
        self._deal = deal_of(context.shape)
        self._newest_first = NEWEST_FIRST in context.shape
        self._streams = OpenStreams(self.columns)
        self._checks = Checks(self.findings, self.clock)
        self._recent = Recent()
        self._numbers = Recent("numbers ")
        self._joins = Joins(context.companions)
        self._past = self._joins.archive
        self._lives = LivesInLedger(self._streams, self.findings, self._past)
        self._ties: dict[Any, _Followed] = {}
        """Of a run, by its id: its stream and life, what its last event was tied to, and the code of those streams."""

    # -- in bulk

    def which(self, scan: Scan) -> list[int]:
        if self._newest_first or self._deal:
            return [2] * scan.count
        return type_of(scan)

    def notable(self, run: AgentEventRows) -> Iterator[int]:
        return self._checks.odd(run)

    def quiet(self, run: AgentEventRows, low: int, high: int) -> None:
        streams, further, worst = [0] * (high - low), [0] * (high - low), bytearray(high - low)
        findings, found = self.findings, self.columns.out.findings
        of_events = self._joins.of_events
        for row in self._not_plain(run, low, high, streams, further):
            findings.begin(run.place(row), run.ids[row] or None)
            self._checks.count(run, row)
            streams[row - low], further[row - low] = self._follow(run, row)
            if of_events:
                self._join(run, row)
            worst[row - low] = findings.worst
            found += findings.found
        part = slice(low, high)
        self.columns.rows(
            run.part(low, high),
            time=run.times[part],
            sequence=run.sequences[part],
            type=[event.event_type for event in run.objects[part]],
            actor=run.actors[part],
            stream=streams,
            further=further if any(further) else (),
            key=run.keys[part],
            parent=self._parents(run, part),
            trust=bytes((Trust.UNCHAINED,)) * (high - low),
            worst=worst,
        )

    def _join(self, run: AgentEventRows, row: int) -> None:
        event: PlainEvent = run.objects[row]
        ties = event.event_type, run.traces[row], run.correlations[row]
        required = type(event) is PlainRequired
        place = self.findings.place
        if remark := self._joins.event(run.ids[row], *ties, run.times[row], place, required=required):
            self._lives.remarks([remark], None)

    def _parents(self, run: AgentEventRows, part: slice) -> Sequence[int]:
        """Keys of causes; 0 for those that are in the archive."""
        parents = run.parents[part]
        if not self._past:
            return parents
        return [0 if self._is_past(cause) else key for cause, key in zip(run.causes[part], parents, strict=True)]

    def _is_past(self, event_id: str | None) -> bool:
        return self._past is not None and bool(event_id) and self._past.holds(event_id or "")

    def _not_plain(
        self, run: AgentEventRows, low: int, high: int, streams: list[int], further: list[int]
    ) -> Iterator[int]:
        """Rows for ``_follow``. Of the others, calls of tools and their answers in a run that is known, as they should
        be, the streams are put into the columns here: they are most of what runs write, and change nothing else."""
        if self._joins.of_events or not run.whole:
            yield from range(low, high)
            return
        ties_of, categories, watch, touch = self._ties, CATEGORIES, self._streams.watch, self._streams.touch
        columns = zip(
            range(low, high), run.objects[low:high], run.payloads[low:high], run.times[low:high],
            run.correlations[low:high], run.traces[low:high], strict=True,
        )  # fmt: skip
        for row, event, payload, time, correlation, trace in columns:
            known = ties_of.get(event.run_id)
            if known is None or (category := categories[event.event_type]) not in TOOLS:
                yield row
                continue
            stream, state, ties, others = known
            call = event.tool_call_id or (payload.get("tool_call_id") if payload else None)
            if (
                time < state.last
                or type(call) is not str
                or not 0 < len(call) <= LONGEST
                or ties != (correlation, event.deal_id or None, trace, event.action_id or None)
                or not step_plainly(state, category, call, run, row, time)
            ):
                yield row
                continue
            state.last = time
            if stream.saved or stream.shown:
                touch(stream)
            if len(state.calls) == 1:
                watch(stream)
            streams[row - low], further[row - low] = stream.code, others

    def _follow(self, run: AgentEventRows, row: int) -> tuple[int, int]:
        """The rules of the streams of a plain event. The code of its run, and that of its further streams."""
        event: PlainEvent = run.objects[row]
        stream = self._streams.follow("run", str(event.run_id))
        state = self._streams.touch(stream)
        assert isinstance(state, RunLife)
        category = CATEGORIES[event.event_type]
        payload, time = run.payloads[row], run.times[row]
        if category.startswith("run."):
            self._lives.step_run(stream, state, category, event.tool_call_id, payload, time)
        self._lives.order(stream, AGENT, time, zoned=run.zones[row] == 1)
        correlation, action = run.correlations[row], event.action_id or None
        plain = category.startswith("run.")
        if not plain and action is None:
            action = action_of(category, payload)
        deal = event.deal_id or None
        ties = correlation, deal, run.traces[row], action
        before = self._ties.get(stream.key)
        if before is not None and before[2] == ties:
            further = before[3]
        else:
            further = self._tie(*ties)
            self._lives.name_deal(stream, state, correlation or deal, written=type(event) is PlainRequired)
            if self.findings.worst is Severity.NONE:  # else the next one of the same streams has a finding, too
                self._ties[stream.key] = stream, state, ties, further
        if not plain:
            self._lives.life(category, stream.key, correlation or deal, action, payload, run.fields[row], time)
        return stream.code, further

    def _tie(self, correlation: str | None, deal: str | None, trace: str | None, action: str | None) -> int:
        """The code of the further streams of a run's event."""
        kinds = (("deal", correlation or deal), ("trace", trace), ("action", action))
        further = {kind: self._streams.follow(kind, key) for kind, key in kinds if key}
        if trace and correlation:
            self._lives.trace(further["trace"], correlation)
        return self.columns.set_of([each.code for each in further.values()])

    # -- one by one

    def look(self, record: Look) -> None:
        document = record.typed if type(record.typed) is dict else record.document
        shape = shape_of(document) or self._default
        if shape is None:
            self.problems(record.problems)
            self.findings.add("schema.missing-field", "The record has the keys of no ZakOps row.", each=EACH)
            self.row(record.place)
            return
        row = read_record(document, shape, self._deal)
        self.findings.begin(record.place, row.event_id)
        moment = quick(row.time) if type(row.time) is str else None
        time = NO_TIME if moment is None else moment[0]
        self._checks.look(row, document, moment)
        streams = [self._streams.follow(*stream) for stream in row.streams]
        if streams:
            self._step(streams[0], row, document, time, zoned=moment is not None and moment[1] != "")
        for stream in streams:
            if stream.kind == "trace" and row.correlation is not None:
                self._lives.trace(stream, row.correlation)
        if row.shape in _EVENTS and not self._newest_first:
            by_kind = dict(row.streams)
            run, deal = by_kind.get("run"), by_kind.get("deal")
            if run and isinstance(state := streams[0].state, RunLife):
                self._lives.name_deal(streams[0], state, deal, written="event_id" not in document)
            self._lives.life(row.category, run, deal, by_kind.get("action"), row.payload, row.payload_field, time)
        if shape == DEAL and row.sequence is not None and self._numbers.seen(row.sequence + 1):
            message = "The number stands twice: one sequence gives those of all deals."
            more: dict[str, Any] = {"field": "sequence_number", "actual": str(row.sequence), "severity": Severity.ERROR}
            self.findings.add("chain.sequence-duplicate", message, each=EACH, **more)
        self._lives.remarks(self._joins.look(row, document, time, self.findings.place), None)
        first, *further = [stream.code for stream in streams] or [0]
        self.problems(record.problems)
        self.row(
            record.place,
            time=time,
            sequence=row.sequence,
            type=row.type,
            actor=row.actor or "",
            stream=first,
            further=self.columns.set_of(further),
            key=self._inbox(row) if shape == INBOX else self.key64(row.event_id or ""),
            parent=self.key64("" if self._is_past(row.parent) else row.parent or ""),
            trust=Trust.UNCHAINED,
        )

    def _step(
        self,
        stream: Followed[State],
        row: ZakopsEnvelope,
        document: Mapping[str, Any],
        time: int,
        *,
        zoned: bool,
    ) -> None:
        """The rules of the first stream of an event."""
        state = self._streams.touch(stream)
        if isinstance(state, Aggregate):
            self._outbox(state, row, document, time)
            return
        if row.shape == ACTION:
            found, remarks = walk_trail(document)
            if isinstance(state, ActionLife):
                state.status, state.retries = text(document.get("status")) or found.status, found.retries
            self._lives.remarks(remarks, stream.key)
            return
        if self._newest_first:
            return
        if isinstance(state, ActionLife):
            if row.shape == AUDIT:
                self._lives.remarks(step_action(state, row.type, row.payload), stream.key)
                self._lives.working(stream, state, time, begins=row.type == "started")
        elif isinstance(state, RunLife):
            self._lives.step_run(stream, state, row.category, document.get("tool_call_id"), row.payload, time)
        self._lives.order(stream, row.shape, time, zoned=zoned)

    # -- messages

    def _outbox(self, state: Aggregate, row: ZakopsEnvelope, document: Mapping[str, Any], time: int) -> None:
        get = document.get
        delivered = parse(get("delivered_at")) or parse(get("published_at"))
        due = parse(get("next_attempt_at"))
        found = delivery(
            document,
            time,
            NO_TIME if delivered is None else delivered.micros,
            NO_TIME if due is None else due.micros,
            self.clock.now,
        )
        state.lag = found.lag
        if found.state == "delivered":
            state.delivered += 1
        elif found.state == "dead":
            state.dead += 1
            self.findings.count("outbox.dead", f"{row.type}: {shown(found.why)}.", row.type)
        else:
            state.waiting += 1
            if found.state == "stalled":
                self.findings.count("outbox.stalled", f"{row.type}: {found.why}.", row.type)

    def _inbox(self, row: ZakopsEnvelope) -> int:
        """The key of a processed event and its consumer; 0 if a finding here says that it was processed before."""
        if row.event_id is None:
            return 0
        consumer = next((key for kind, key in row.streams if kind == "consumer"), None)
        name = row.event_id if consumer is None else f"{row.event_id}\0{consumer}"
        key = self.key64(name)
        if not self._recent.seen(key):
            return key
        message = "This event was processed before by the same consumer."
        self.findings.add("inbox.duplicate", message, each=EACH, actual=row.event_id)
        return 0

    # -- what is known, and kept

    def standing(self) -> list[Finding]:
        return [*super().standing(), *self._checks.standing(), *self._open()]

    def _open(self) -> Iterator[Finding]:
        """What has no end or no counterpart as of now; of what is in an archive these may be in its table."""
        if not self.context.shape.startswith(ARCHIVE):
            yield from self._streams.standing(self.clock.now)
            yield from self._joins.standing(self._default or "")

    def facts(self) -> Iterator[StreamFacts]:
        for each in self._streams.changed():
            if facts := each.state.facts():
                yield StreamFacts(each.kind, each.key, facts)

    def state(self) -> Iterator[tuple[str | StreamKey, Any]]:
        yield from self._checks.save()
        yield from self._recent.save()
        yield from self._numbers.save()
        yield from self._joins.save()
        yield from self._streams.save()

    def restore(self, name: str | StreamKey, data: bytes) -> None:
        if self._streams.restore(name, data) is not None or not isinstance(name, str):
            return
        for each in (self._checks, self._joins, self._recent, self._numbers):
            if each.restore(name, data):
                return
