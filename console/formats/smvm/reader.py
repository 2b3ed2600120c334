"""Reads one SMVM ledger, batch after batch: the quick way for sound events, the careful way for all others."""

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import msgspec

from console.formats.json import strict
from console.formats.json.times import quick as quick_time
from console.formats.protocol import Context, Rewalk, key64, keys64
from console.formats.reading.columns import Assembler, place_in
from console.formats.reading.lines import stretches
from console.formats.reading.tally import Place
from console.formats.smvm import companions, ids, quick
from console.formats.smvm.decode import LEDGER, LEVELS, STEP, STEP_TYPES, shape_of, text
from console.formats.smvm.encrypted import TYPE as ENCRYPTED
from console.formats.smvm.encrypted import is_encrypted
from console.formats.smvm.integrity import State, Verdict, check_metadata
from console.formats.smvm.rules import TOLERANCE, Rules, bad_time, place_of
from console.formats.smvm.runs import FLAGS, RunState
from console.formats.smvm.schema import breaches
from console.formats.smvm.sound import Sound
from console.formats.smvm.standing import standing
from console.model.batch import EventBatch
from console.model.event import NO_TIME, StreamKey
from console.model.finding import Finding
from console.model.ledger import StreamFacts
from console.model.record import Record, RecordBatch
from console.model.trust import Confidence, Severity, Trust
from console.verify.catalogue import finding

_UNCHECKED, _VERIFIED, _UNCHAINED, _BROKEN = (
    int(Trust.UNCHECKED),
    int(Trust.VERIFIED),
    int(Trust.UNCHAINED),
    int(Trust.BROKEN),
)
_NONE = int(Severity.NONE)
_UNVERIFIABLE, _ENCRYPTED = ("data.hash-unverifiable",), ("data.encrypted",)
_metadata_of = msgspec.json.Decoder(dict[str, Any]).decode


class SmvmReader:
    """One ledger's reader; see ``Reader``. An event that cannot be read is a row with its findings."""

    def __init__(self, context: Context) -> None:
        self.profile = None if context.shape == STEP else "smvm-data/1"
        self._now = context.now
        self._started = time.monotonic_ns()
        self._names = Assembler()
        self._payloads = companions.payload_names(context.companions)
        self._hashes = companions.event_hashes(context.companions)
        self._files = companions.file_findings(context.companions)
        self._rules = Rules(companions.run_of(context.companions))
        self._codes: dict[str, dict[str, int]] = {"run": {}, "entity": {}}
        self._told: set[str] = set()
        self._decoders = [quick.decoder()]

    # -- reading

    def read(self, batch: RecordBatch) -> EventBatch:
        out = EventBatch(batch.first)
        self._rules.limit = self._now + (time.monotonic_ns() - self._started) // 1000 + TOLERANCE
        for start, events in stretches(batch, self._decoders):
            rows = range(start, start + (1 if events is None else len(events)))
            if self._hashes is not None:
                for index in rows:
                    self._hashes.add(batch.raws[index], place_in(batch, index))
            if events is not None:
                self._events(out, batch, start, Sound(events, batch.raws[rows.start : rows.stop]))
            elif len(batch.raws[start]) == batch.lengths[start]:
                self._carefully(out, place_in(batch, start), batch.raws[start])
            else:
                out.add(batch.offsets[start], batch.lengths[start])  # skipped by the source, which says why
        return self._names.finish(out)

    def _events(self, out: EventBatch, batch: RecordBatch, start: int, sound: Sound) -> None:
        """Sound events from a row of the batch on."""
        low = 0
        for row in (*sound.notable(self._rules, lambda row: place_in(batch, start + row)), len(sound.events)):
            if low < row:
                self._quiet(out, batch, start, sound, low, row)
            if row < len(sound.events):
                event, index = sound.events[row], start + row
                kind = quick.KINDS[type(event)]
                self._event(out, place_in(batch, index), event, kind.name, kind.hints, batch.raws[index], [])
            low = row + 1

    def _quiet(self, out: EventBatch, batch: RecordBatch, start: int, sound: Sound, low: int, high: int) -> None:
        """Events of which there is nothing to say but what is gathered; the same rows as ``_event`` makes of them."""
        rules, events, runs = self._rules, sound.events[low:high], sound.runs[low:high]
        entered: dict[str, int] = {}
        for row in range(low, high):
            run, rank = sound.runs[row], sound.ranks[row]
            if rank and entered.get(run) != rank:
                entered[run] = rank
                place = place_in(batch, start + row)
                rules.state(run, place, documented=True).enter(rank, place)
        for run, count in Counter(runs).items():
            last = high - 1 - runs[::-1].index(run)
            state = rules.run(run, place_in(batch, start + low), documented=True, events=count)
            state.last, state.stage = sound.times[last], sound.names[last]
        trust = [
            _VERIFIED if row in sound.decided or event.data_hash in self._payloads else _UNCHECKED
            for row, event in enumerate(events, low)
        ]
        naive = [row for row in range(low, high) if not sound.zones[row]]
        unverified = [row for row, state in enumerate(trust, low) if state == _UNCHECKED]
        for key, rows in ((("order.naive-timestamp",), naive), (_UNVERIFIABLE, unverified)):
            if rows:
                rules.gathered.add(key, place_in(batch, start + rows[0]), len(rows))
        keys, worst = keys64(sound.ids[low:high]), bytearray(len(events))
        since = low
        for row in [each for each in sound.flagged if low <= each < high]:
            self._seen(sound, keys, low, since, row)
            state, place = rules.runs[sound.runs[row]], place_in(batch, start + row)
            worst[row - low], since = rules.flag(sound.events[row], state, place), row
        self._seen(sound, keys, low, since, high)
        streams = {run: self._stream("run", run) for run in {*runs}}
        self._names.extend(
            out,
            batch,
            slice(start + low, start + high),
            time=sound.times[low:high],
            type=sound.names[low:high],
            actor=[event.agent_id for event in events],
            stream=[streams[run] for run in runs],
            key=keys,
            trust=trust,
            worst=worst,
        )

    def _seen(self, sound: Sound, keys: Sequence[int], low: int, since: int, until: int) -> None:
        """Ids of the rows in between were seen; ``keys`` begin with the row ``low``."""
        part = slice(since, until)
        self._rules.references.seen_all(
            sound.ids[part], keys[since - low : until - low], sound.runs[part], sound.times[part]
        )

    def _carefully(self, out: EventBatch, place: Place, raw: bytes) -> None:
        decoded = strict.decode(raw)
        document = decoded.document
        if document is None and is_encrypted(raw):
            self._rules.gathered.add(_ENCRYPTED, place)
            out.add(place.offset, place.length, type=self._names.types.code(ENCRYPTED), trust=_UNCHECKED)
            return
        if document is None:
            found = strict.place_problems(decoded.problems, *place)
            out.add(place.offset, place.length, worst=_worst(found))
            out.findings.extend(found)
            return
        shape = shape_of(document)
        stream = text(document, "run_id") or text(document, "entity_id") or None
        event_id = text(document, "event_id") or text(document, "id") or None
        found = strict.place_problems(decoded.problems, *place, stream=stream, event_id=event_id)
        for breach in breaches(document, shape):
            found.append(
                finding(
                    breach.code,
                    breach.message,
                    field=breach.field or None,
                    expected=breach.expected,
                    actual=breach.actual,
                    stream=stream,
                    event_id=event_id,
                    record=place.ordinal,
                    offset=place.offset,
                    length=place.length,
                )
            )
        if shape == LEDGER:
            kind = text(document, "event_type")
            event = SimpleNamespace(**{name: text(document, name) for name in quick.Quick.__struct_fields__})
            event.metadata, event.provenance = (_part(document.get(name)) for name in ("metadata", "provenance"))
            hints = quick.BY_NAME[kind].hints if kind in quick.BY_NAME else ()
            present = [hint for hint in hints if hasattr(getattr(event, hint.part), hint.field)]
            self._event(out, place, event, kind, present, raw, found, document)
        elif shape == STEP:
            self._step(out, place, document, found)
        else:
            self._entry(out, place, document, found)

    def _event(
        self,
        out: EventBatch,
        place: Place,
        event: Any,
        kind: str,
        hints: Sequence[quick.Hint],
        raw: bytes,
        found: list[Finding],
        document: Mapping[str, Any] | None = None,
    ) -> None:
        """A ledger event; ``document`` is set where the careful way has decoded it."""
        rules = self._rules
        run, event_id = event.run_id, event.event_id
        state = rules.run(run, place, documented=True) if run else RunState(place)
        micros = rules.time(state, event.timestamp, event, place, found) if event.timestamp else NO_TIME
        rules.identity(event, state, micros, place, found)
        rules.stage(kind, event, state, place, found)
        worst: int = _NONE
        for hint in hints:
            value = hint.get(event)
            if (value.__class__ is not str or value not in hint.known) and not hint.allow(value):
                rules.hints.add((hint.path, value[:200], hint.text), place)
        if kind == "FLAGGED":
            worst = rules.flag(event, state, place)
            _provenance(event, place, found)
        elif kind == "INGESTED":
            _provenance(event, place, found)
        key = 0
        if event_id:
            key = key64(event_id)
            rules.references.seen(event_id, key, run, micros)
        trust = self._trust(event, kind, raw, document, place, found)
        out.add(
            place[1],
            place[2],
            time=micros,
            type=self._names.types.code(kind) if kind else 0,
            actor=self._names.actors.code(event.agent_id) if event.agent_id else 0,
            stream=self._stream("run", run) if run else 0,
            key=key,
            trust=trust,
            worst=max(worst, _worst(found)) if found else worst,
        )
        if found:
            out.findings.extend(found)

    def _trust(
        self, event: Any, kind: str, raw: bytes, document: Mapping[str, Any] | None, place: Place, found: list[Finding]
    ) -> int:
        """What ``data_hash`` proves of this event; a breach is added to ``found``."""
        data_hash = event.data_hash
        if ids.SHA256.fullmatch(data_hash) is None:
            if data_hash:
                found.append(_malformed(data_hash, "data_hash", event, place))
            return _BROKEN
        if kind == "DECIDED":
            metadata = _metadata_of(raw)["metadata"] if document is None else document.get("metadata")
            if isinstance(metadata, dict):
                verdict = check_metadata(data_hash, metadata)
                if verdict.state is State.VERIFIED:
                    return _VERIFIED
                found.append(self._mismatch(verdict, event, place))
                return _BROKEN
        if data_hash in self._payloads:
            return _VERIFIED
        self._rules.gathered.add(_UNVERIFIABLE, place)
        return _UNCHECKED

    def _mismatch(self, verdict: Verdict, event: Any, place: Place) -> Finding:
        message = "data_hash is not the hash of the decision in metadata."
        name = self._payloads.get(event.data_hash)
        if name is not None:
            message += f" It is the hash of {name}: the metadata is not what was decided."
        return finding(
            "data.hash-mismatch",
            message,
            confidence=Confidence.RECOMPUTED,
            field="data_hash",
            expected=verdict.recomputed,
            actual=event.data_hash,
            **place_of(event, place),
        )

    def _step(self, out: EventBatch, place: Place, document: Mapping[str, Any], found: list[Finding]) -> None:
        run, step, kind, level = (text(document, name) for name in ("run_id", "step_name", "event_type", "level"))
        stamp, micros = text(document, "timestamp"), NO_TIME
        if run:
            state = self._rules.run(run, place, documented=False)
            state.stage = f"{step} {kind}".strip()
            if stamp:
                at = SimpleNamespace(run_id=run, event_id="")
                micros = self._rules.time(state, stamp, at, place, found)
        for field, value, allowed in (("event_type", kind, STEP_TYPES), ("level", level, LEVELS)):
            if value and value not in allowed:
                self._rules.hints.add((field, value[:200], "/".join(sorted(allowed))), place)
        self._row(out, place, kind, step, StreamKey("run", run), 0, micros, found, _UNCHAINED)

    def _entry(self, out: EventBatch, place: Place, document: Mapping[str, Any], found: list[Finding]) -> None:
        entity, event_id, stamp = (text(document, name) for name in ("entity_id", "id", "timestamp"))
        event = SimpleNamespace(run_id=entity, event_id=event_id)
        at = place_of(event, place)
        micros, trust = NO_TIME, _UNCHECKED
        if stamp:
            micros = self._rules.time(self._rules.store(place), stamp, event, place, found)
        stored = text(document, "stored_at")
        if stored and quick_time(stored) is None:
            found.append(bad_time(stored, "stored_at", at))
        if event_id and ids.STORED_ID.fullmatch(event_id) is None:
            found.append(
                finding("schema.bad-pattern", "id is not evt_<12 hex>.", field="id", actual=event_id[:200], **at)
            )
        data_hash = text(document, "data_hash")
        if ids.SHA256.fullmatch(data_hash) is None:
            trust = _BROKEN
            if data_hash:
                found.append(_malformed(data_hash, "data_hash", event, place))
        elif data_hash in self._payloads:
            trust = _VERIFIED
        else:
            self._rules.gathered.add(_UNVERIFIABLE, place)
        key = key64(event_id) if event_id else 0
        kind, actor = text(document, "event_type"), text(document, "entity_type")
        self._row(out, place, kind, actor, StreamKey("entity", entity), key, micros, found, trust)

    def _row(
        self,
        out: EventBatch,
        place: Place,
        kind: str,
        actor: str,
        stream: StreamKey,
        key: int,
        micros: int,
        found: list[Finding],
        trust: int,
    ) -> None:
        out.add(
            place.offset,
            place.length,
            time=micros,
            type=self._names.types.code(kind) if kind else 0,
            actor=self._names.actors.code(actor) if actor else 0,
            stream=self._stream(stream.kind, stream.key) if stream.key else 0,
            key=key,
            trust=trust,
            worst=_worst(found),
        )
        out.findings.extend(found)

    def _stream(self, kind: str, key: str) -> int:
        codes = self._codes[kind]
        code = codes.get(key)
        if code is None:
            code = codes[key] = self._names.streams.code(StreamKey(kind, key))
        if kind == "run":
            self._told.add(key)
        return code

    # -- what holds as of now

    def standing(self) -> list[Finding]:
        return [*self._files, *(self._hashes.standing() if self._hashes else ()), *standing(self._rules)]

    def facts(self) -> Iterable[StreamFacts]:
        told, self._told = self._told, set()
        return [StreamFacts("run", run, _state(self._rules.runs[run])) for run in told]

    def take_state(self) -> Mapping[str, bytes]:
        items = self._rules.dump()
        if self._hashes is not None:
            items["hashes"] = self._hashes.dump()
        return items

    def load_state(self, items: Iterable[tuple[str, bytes]]) -> None:
        states = dict(items)
        hashes = states.pop("hashes", None)
        if hashes is not None and self._hashes is not None:
            self._hashes.load(hashes)
        self._rules.load(states)

    def takes_tail(self, raw: bytes) -> bool:
        return False

    # -- no sequence numbers: nothing to walk again

    def irregular(self) -> list[StreamKey]:
        return []

    def link_key(self, raw: bytes) -> tuple[StreamKey, int] | None:
        return None

    def rewalk(self, stream: StreamKey, records: Iterable[Record]) -> Rewalk:
        return Rewalk({}, ())


def _state(run: RunState) -> dict[str, str]:
    state = {"stage": run.stage} if run.stage else {}
    if run.flagged:
        state["flagged"] = FLAGS[run.flagged]
    return state


def _part(value: object) -> Any:
    return SimpleNamespace(**value) if isinstance(value, dict) else SimpleNamespace()


def _worst(found: Sequence[Finding]) -> Severity:
    return max((each.severity for each in found), default=Severity.NONE)


def _malformed(value: str, field: str, event: Any, place: Place) -> Finding:
    message = f"{field} is not 64 lower-case hex digits, but {len(value)} characters."
    return finding("data.hash-malformed", message, field=field, actual=value[:200], **place_of(event, place))


def _provenance(event: Any, place: Place, found: list[Finding]) -> None:
    """The hash and the times inside of ``provenance``."""
    provenance = event.provenance
    checksum = getattr(provenance, "source_checksum", None)
    if isinstance(checksum, str) and ids.SHA256.fullmatch(checksum) is None:
        found.append(_malformed(checksum, "provenance.source_checksum", event, place))
    for name in ("ingestion_timestamp", "detection_timestamp"):
        stamp = getattr(provenance, name, None)
        if isinstance(stamp, str) and quick_time(stamp) is None:
            found.append(bad_time(stamp, f"provenance.{name}", place_of(event, place)))
