"""Reads an SMVM ledger: the specification's events in bulk, step logs and the memory store's entries one by one."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from console.formats.json import strict
from console.formats.protocol import Context
from console.formats.reading.findings import Place
from console.formats.reading.reader import LedgerReader, Look
from console.formats.smvm import record
from console.formats.smvm.columns import BY_NAME, FIELDS, KINDS, TYPES, Hint, PlainEvent, RunEventRows
from console.formats.smvm.hashes import companions
from console.formats.smvm.hashes.encrypted import Opening, is_encrypted, opened
from console.formats.smvm.hashes.integrity import HashCheck, HashState, check_metadata
from console.formats.smvm.record import (
    ENCRYPTED,
    LEDGER,
    LEVELS,
    SHA256,
    STEP,
    STEP_TYPES,
    STORE_TYPES,
    shape_of,
    text,
)
from console.formats.smvm.rules.ledger_rules import Rules
from console.formats.smvm.rules.locked import LockedEvents
from console.formats.smvm.rules.partitions import OtherPartitions
from console.formats.smvm.rules.retention import Ages
from console.formats.smvm.rules.runs import FLAGS, RunState
from console.formats.smvm.rules.standing import standing
from console.formats.smvm.schema.breaches import breaches
from console.model.event import NO_TIME, StreamKey
from console.model.finding import Finding
from console.model.ledger import StreamFacts
from console.model.trust import Confidence, Severity, Trust

_CAUSES = 1000
_HASHES, _LOCKED, _PARTITIONS = "hashes", "locked", "partitions"


class SmvmReader(LedgerReader[RunEventRows]):
    """One ledger's reader; see ``LedgerReader``."""

    fields = FIELDS
    types = TYPES
    run_type = RunEventRows

    def __init__(self, context: Context) -> None:
        super().__init__(context, causes=_CAUSES)
        self.profile = None if context.shape == STEP else "smvm-data/1"
        self._payloads = companions.payload_names(context.companions)
        self._hashes = companions.event_hashes(context.companions)
        self._files = companions.file_findings(context.companions)
        own = companions.run_of(context.companions) or companions.run_of_folder(context.path)
        self._rules = Rules(self.findings, self.clock, own, context.salt)
        self._ages = Ages()
        self._partitions = OtherPartitions(context.companions, context.path)
        self._locked = LockedEvents()
        self._shown: set[str] = set()

    # -- in bulk

    def notable(self, run: RunEventRows) -> Iterable[int]:
        return run.notable(self._rules)

    def quiet(self, run: RunEventRows, low: int, high: int) -> None:
        rules, events, runs = self._rules, run.objects[low:high], run.runs[low:high]
        if self._hashes is not None:
            for row in range(low, high):
                self._hashes.add(run.raw(row), run.place(row))
        entered: dict[str, int] = {}
        for row in range(low, high):
            name, rank = run.runs[row], run.ranks[row]
            if rank and entered.get(name) != rank:
                entered[name] = rank
                place = run.place(row)
                rules.state(name, place, documented=True).enter(rank, place, run.ids[row])
        for name, span in dict.fromkeys(zip(runs, run.spans[low:high], strict=True)):
            rules.state(name, run.place(low), documented=True).span(span, name)
        for name, count in Counter(runs).items():
            last = high - 1 - runs[::-1].index(name)
            state = rules.run(name, run.place(low), documented=True, events=count)
            state.last, state.stage = run.times[last], run.names[last]
        trust = [
            Trust.VERIFIED if row in run.decided or event.data_hash in self._payloads else Trust.UNCHECKED
            for row, event in enumerate(events, low)
        ]
        self._partitions.seen(run.ids[low:high], runs, lambda at: run.place(low + at))
        self._ages.add(run.names[low:high], run.times[low:high], lambda at: run.place(low + at))
        naive = [row for row in range(low, high) if not run.zones[row]]
        if naive:
            rules.naive(run.place(naive[0]), len(naive))
        unverified = [row for row, state in enumerate(trust, low) if state is Trust.UNCHECKED]
        if unverified:
            rules.unverifiable(run.place(unverified[0]), len(unverified))
        worst, since = bytearray(high - low), low
        for row in [each for each in run.flagged if low <= each < high]:
            self._seen(run, since, row)
            worst[row - low] = rules.flag(run.objects[row], rules.runs[run.runs[row]], run.place(row))
            since = row
        self._seen(run, since, high)
        streams = {name: self._run_code(name) for name in dict.fromkeys(runs)}
        part = slice(low, high)
        self.columns.rows(
            run.part(low, high),
            time=run.times[part],
            type=run.names[part],
            actor=[event.agent_id for event in events],
            stream=[streams[name] for name in runs],
            key=run.keys[part],
            trust=trust,
            worst=worst,
        )

    def _seen(self, run: RunEventRows, low: int, high: int) -> None:
        """Ids of these rows are in the ledger."""
        part = slice(low, high)
        self._rules.references.seen_all(run.ids[part], run.keys[part], run.runs[part], run.spans[part], run.times[part])

    # -- one by one

    def look(self, record: Look) -> None:
        self._listed(record.place, record.raw)
        self._event_of(record)

    def _event_of(self, record: Look) -> None:
        typed = record.typed
        if typed is not None:
            self.findings.begin(record.place, typed.event_id or None, typed.run_id or None)
            self._event(typed, KINDS[type(typed)].name, KINDS[type(typed)].hints, record)
            return
        document = record.document
        shape = shape_of(document)
        stream = text(document, "run_id") or text(document, "entity_id") or None
        event_id = text(document, "event_id") or text(document, "id") or None
        self.findings.begin(record.place, event_id, stream)
        self.problems(record.problems)
        for breach in breaches(document, shape):
            self.findings.add(
                breach.code,
                breach.message,
                field=breach.field or None,
                expected=breach.expected,
                actual=breach.actual,
                severity=breach.severity,
            )
        if shape == LEDGER:
            self._ledger_event(document, record)
        elif shape == STEP:
            self._step(document, record.place)
        else:
            self._entry(document, record.place)

    def lost(self, place: Place) -> None:
        self._listed(place, b"")

    def unreadable(self, place: Place, raw: bytes, problems: Sequence[strict.Problem]) -> None:
        self._listed(place, raw)
        if is_encrypted(raw):
            self._encrypted(place, raw)
            return
        super().unreadable(place, raw, problems)

    def _encrypted(self, place: Place, raw: bytes) -> None:
        """An encrypted event: read like any other where the key opens it."""
        state, plain = opened(raw, self.context.key)
        self._locked.add(state, place)
        if state is Opening.OPENED:
            found = strict.decode(plain)
            if found.document is not None:
                self._event_of(Look(place, plain, found.document, found.problems))
            else:
                super().unreadable(place, plain, found.problems)
        else:
            self.row(place, type=ENCRYPTED)

    def _listed(self, place: Place, raw: bytes) -> None:
        """Compare the record with the list of ``hashes.json``, which has an entry for each."""
        if self._hashes is not None:
            self._hashes.add(raw, place)

    def _ledger_event(self, document: Mapping[str, Any], record: Look) -> None:
        kind = text(document, "event_type")
        event = SimpleNamespace(**{name: text(document, name) for name in PlainEvent.__struct_fields__})
        event.metadata, event.provenance = (_part(document.get(name)) for name in ("metadata", "provenance"))
        hints = BY_NAME[kind].hints if kind in BY_NAME else ()
        present = [hint for hint in hints if hasattr(getattr(event, hint.part), hint.field)]
        self._event(event, kind, present, record)

    def _event(self, event: Any, kind: str, hints: Sequence[Hint], record: Look) -> None:
        """A ledger event, typed or with whatever its fields hold."""
        rules, run, event_id = self._rules, event.run_id, event.event_id
        state = rules.run(run, record.place, event_id, documented=True) if run else RunState(record.place)
        state.span(event.span_id, run)
        time = rules.time(state, event.timestamp) if event.timestamp else NO_TIME
        rules.identity(event, state, time)
        rules.stage(kind, event, state)
        self._ages.add([kind], [time], lambda _: record.place)
        worst = Severity.NONE
        for hint in hints:
            value = hint.get(event)
            if (value.__class__ is not str or value not in hint.known) and not hint.allow(value):
                rules.hint(hint.path, value, hint.text)
        if kind == "FLAGGED":
            worst = rules.flag(event, state, record.place)
        if kind in ("FLAGGED", "INGESTED"):
            self._provenance(event.provenance)
        key = 0
        if event_id:
            self._partitions.seen([event_id], [run], lambda _: record.place)
            key = self.key64(event_id)
            rules.references.seen(event_id, key, run, event.span_id, time)
        trust = self._trust(event.data_hash, kind, record)
        self.row(
            record.place,
            time=time,
            type=kind,
            actor=event.agent_id,
            stream=self._run_code(run) if run else 0,
            key=key,
            trust=trust,
            worst=worst,
        )

    def _trust(self, data_hash: str, kind: str, record: Look) -> Trust:
        """What ``data_hash`` proves of an event."""
        if SHA256.fullmatch(data_hash) is None:
            if data_hash or record.document.get("data_hash") == "":
                self._malformed(data_hash, "data_hash")
            return Trust.BROKEN
        if kind == "DECIDED":
            metadata = record.document.get("metadata")
            if isinstance(metadata, dict):
                verdict = check_metadata(data_hash, metadata)
                if verdict.state is HashState.VERIFIED:
                    return Trust.VERIFIED
                self._mismatch(verdict, data_hash)
                return Trust.BROKEN
        if data_hash in self._payloads:
            return Trust.VERIFIED
        self._rules.unverifiable(self.findings.place)
        return Trust.UNCHECKED

    def _mismatch(self, verdict: HashCheck, data_hash: str) -> None:
        message = "data_hash is not the hash of the decision in metadata."
        name = self._payloads.get(data_hash)
        if name is not None:
            message += f" It is the hash of {name}: the metadata is not what was decided."
        self.findings.add(
            "data.hash-mismatch",
            message,
            confidence=Confidence.RECOMPUTED,
            field="data_hash",
            expected=verdict.recomputed,
            actual=data_hash,
        )

    def _malformed(self, value: str, field: str) -> None:
        message = f"{field} is not 64 lower-case hex digits, but {len(value)} characters."
        self.findings.add("data.hash-malformed", message, field=field, actual=value[:200])

    def _provenance(self, provenance: Any) -> None:
        """The hash and the times inside of ``provenance``."""
        checksum = getattr(provenance, "source_checksum", None)
        if isinstance(checksum, str) and SHA256.fullmatch(checksum) is None:
            self._malformed(checksum, "provenance.source_checksum")
        for name in ("ingestion_timestamp", "detection_timestamp"):
            stamp = getattr(provenance, name, None)
            if isinstance(stamp, str):
                self._rules.time_inside(stamp, f"provenance.{name}")

    def _step(self, document: Mapping[str, Any], place: Place) -> None:
        """A step of a run, as the command line logs it."""
        run, step, kind, level = (text(document, name) for name in ("run_id", "step_name", "event_type", "level"))
        stamp, time = text(document, "timestamp"), NO_TIME
        if run:
            state = self._rules.run(run, place, documented=False)
            state.stage = f"{step} {kind}".strip()
            if stamp:
                time = self._rules.time(state, stamp)
        self._kind(document, STEP_TYPES)
        if isinstance(document.get("level"), str) and level not in LEVELS:
            self._rules.hint("level", level, "/".join(sorted(LEVELS)))
        stream = self._run_code(run) if run else 0
        self.row(place, time=time, type=kind, actor=step, stream=stream, trust=Trust.UNCHAINED)

    def _kind(self, document: Mapping[str, Any], allowed: frozenset[str]) -> None:
        """The event type of a record that the specification does not know. Its writers' types are known from what they
        wrote alone, so that another one only warns."""
        kind = document.get("event_type")
        if isinstance(kind, str) and kind not in allowed:
            message = f"{kind[:80]!r} is not one of the event types that such ledgers are known to hold."
            self.findings.add(
                "schema.unknown-event-type",
                message,
                severity=Severity.WARNING,
                field="event_type",
                expected="|".join(sorted(allowed)),
                actual=kind[:200],
            )

    def _entry(self, document: Mapping[str, Any], place: Place) -> None:
        """An entry of the memory service's store."""
        entity, event_id, stamp = (text(document, name) for name in ("entity_id", "id", "timestamp"))
        time, trust = NO_TIME, Trust.UNCHECKED
        if stamp:
            time = self._rules.time(self._rules.store(place), stamp)
        stored = text(document, "stored_at")
        if stored:
            self._rules.time_inside(stored, "stored_at")
        self._kind(document, STORE_TYPES)
        if event_id and record.STORED_ID.fullmatch(event_id) is None:
            self.findings.add("schema.bad-pattern", "id is not evt_<12 hex>.", field="id", actual=event_id[:200])
        data_hash = text(document, "data_hash")
        if SHA256.fullmatch(data_hash) is None:
            trust = Trust.BROKEN
            if data_hash or document.get("data_hash") == "":
                self._malformed(data_hash, "data_hash")
        elif data_hash in self._payloads:
            trust = Trust.VERIFIED
        else:
            self._rules.unverifiable(self.findings.place)
        self.row(
            place,
            time=time,
            type=text(document, "event_type"),
            actor=text(document, "entity_type"),
            stream=self.columns.stream("entity", entity),
            key=self.key64(event_id),
            trust=trust,
        )

    def _run_code(self, run: str) -> int:
        self._shown.add(run)
        return self.columns.stream("run", run)

    # -- what is known, and kept

    def standing(self) -> list[Finding]:
        listed = self._hashes.standing() if self._hashes else ()
        return [
            *self._files,
            *listed,
            *standing(self._rules, self._partitions.holds),
            *self._partitions.standing(),
            *self._locked.standing(),
            *super().standing(),
            *self._ages.standing(self.clock.now),
        ]

    def facts(self) -> Iterable[StreamFacts]:
        shown, self._shown = self._shown, set()
        return [StreamFacts("run", run, _facts(self._rules.runs[run])) for run in shown]

    def state(self) -> Iterator[tuple[str | StreamKey, Any]]:
        yield from self._rules.save()
        yield from self._ages.save()
        yield _LOCKED, self._locked.dump()
        yield _PARTITIONS, self._partitions.dump()
        if self._hashes is not None:
            yield _HASHES, self._hashes.dump()

    def restore(self, name: str | StreamKey, data: bytes) -> None:
        if name == _HASHES:
            if self._hashes is not None:
                self._hashes.load(data)
        elif name == _PARTITIONS:
            self._partitions.load(data)
        elif name == _LOCKED:
            self._locked.load(data)
        elif isinstance(name, str) and not self._ages.restore(name, data):
            self._rules.restore(name, data)

    def restored(self) -> None:
        self._rules.restored()


def _facts(run: RunState) -> dict[str, str]:
    facts = {"stage": run.stage} if run.stage else {}
    if run.flagged:
        facts["flagged"] = FLAGS[run.flagged]
    if run.flagged and run.flags > 1:
        facts["flags"] = str(run.flags)
    return facts


def _part(value: object) -> Any:
    return SimpleNamespace(**value) if isinstance(value, dict) else SimpleNamespace()
