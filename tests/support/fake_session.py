"""A small deterministic session in memory, behind the same protocol as the real one, for tests of the screens.

Ledgers: 1 kernel (four deals of 30 chained events, a payload edited at sequence 16 of the second), 2 hostile (every
string tries to own the terminal), 3 zakops (240 unchained events in a database), 4 not recognised, 5 unreadable.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from console.engine.api import Changed, Details, LedgerFigures, Progress, VerifyProgress
from console.engine.replay.reports import ReportAnswer
from console.engine.trace.tree import EventTrace
from console.formats.report import Report
from console.model.event import Event, Field, Instant, Panel, StreamKey
from console.model.finding import Finding
from console.model.ledger import Coverage, Profile
from console.model.proof import Proof, SearchStep, Span
from console.model.trust import Confidence, Severity, Trust
from console.store.filter import FilterError
from console.store.filter.completion import Completion, completing
from console.store.rows import EventRow, FindingRow, LedgerRow, StreamRow
from tests.support.fake_replay import FakeReplay
from tests.support.fake_report import DEALS, EMPTY, answer
from tests.support.fake_trace import trace_of

START = 1_767_225_600_000_000  # 2026-01-01T00:00Z
SECOND = 1_000_000

HOSTILE = (
    "\x1b]52;c;cHduZWQ=\x07",
    "\x1b]0;owned\x07",
    "\x9b31mred",
    "\x1bP$q\x1b\\",
    "\x1b[2J\x1b[H",
    "[/x][@click=app.quit]quit[/]",
    "[link=file:///etc/passwd]here",
    "\u202egnp.exe",
    "zero\u200bwidth\ufeff",
    "line\u2028para\u2029nel\x85",
    "nul\x00bel\x07cr\rtab\tlf\n",
    "half \ud83d pair",
    "wide 東京 🙂 e\u0301",
    "private \ue000 tag \U000e0041",
)
"""Strings that a terminal, a markup parser or an eye would fall for."""

NAMES = {
    1: "deals/acme/events.jsonl",
    2: f"runs/{HOSTILE[1]}\u202e.jsonl",
    3: "state/zakops.db#action_audit_events",
}
"""Of the ledgers that hold events."""

PROFILE = Profile(
    "kernel-doc/1",
    "SHA-256 of dealId, sequence number, type, payload text and the previous hash, one after the other.",
    Coverage(
        ("dealId", "sequenceNumber", "type", "payload", "previousEventHash"),
        ("id", "actorId", "authorityContext", "evidenceRefs", "createdAt"),
    ),
)
TYPES = ("DealCreated", "ActorAdded", "MaterialCreated", "ReviewOpened", "ApprovalGranted", "ArtifactUploaded")
ACTORS = ("alice@example.org", "bob@example.org", "carol@example.org", "system")


@dataclass(frozen=True)
class Entry:
    """One event with what the fake knows of it."""

    row: EventRow
    raw: bytes
    proof: Proof | None = None
    finding: FindingRow | None = None


class FakeView:
    """Rows of the entries that match, oldest first."""

    def __init__(self, session: "FakeSession", query: str, ledger: int | None, stream: int | None) -> None:
        self._session, self._query, self._ledger, self._stream = session, query, ledger, stream
        self._found: list[EventRow] = []
        self._look()

    @property
    def count(self) -> int:
        return len(self._found)

    @property
    def note(self) -> str:
        return self._session.view_note

    def _look(self) -> None:
        keep = _predicate(self._query)
        rows = (entry.row for entry in self._session.entries)
        self._found = [
            row
            for row in rows
            if self._ledger in (None, row.ledger) and self._stream in (None, row.stream) and keep(row)
        ]
        self._found.sort(key=lambda row: (row.time or 0, row.id))

    async def rows(self, start: int, stop: int) -> list[EventRow]:
        await self._session.asked("rows")
        return self._found[start:stop]

    async def refresh(self) -> int | None:
        await self._session.asked("refresh")
        before = self._found
        self._look()
        if before == self._found:
            return None
        same = (at for at, (one, other) in enumerate(zip(before, self._found, strict=False)) if one != other)
        return next(same, min(len(before), len(self._found)))

    async def position(self, event: int) -> int | None:
        await self._session.asked("position")
        return next((at for at, row in enumerate(self._found) if row.id == event), None)

    async def close(self) -> None: ...


class FakeSession:
    """``append`` adds live events, ``say`` reports progress, ``fail`` makes the next call of that name raise.

    ``gate`` holds back every answer while it is clear.
    """

    def __init__(self, *, empty: bool = False) -> None:
        self.entries: list[Entry] = []
        self.ledger_names = NAMES
        self.gate = asyncio.Event()
        self.gate.set()
        self.progress = Progress("following", events=0)
        self.calls: list[str] = []
        self.closed = False
        self.new_index = False
        self.view_note = ""
        self.replayed_at_once = 1000
        self.states: dict[int, tuple[str, str]] = {}
        """State and note of ledgers that are not live."""
        self._failures: dict[str, Exception] = {}
        self._changed = asyncio.Event()
        self._streams: dict[int, tuple[int, str, str]] = {}
        self._last: dict[int, str | None] = {}
        self._sequence: dict[int, int] = {}
        self._empty = empty
        if not empty:
            self._fill()
        self.progress = Progress("following", events=len(self.entries))

    # what tests do

    def append(self, count: int = 1, *, ledger: int = 1, stream: int = 1) -> list[int]:
        """Add live events behind all others; their ids."""
        made = []
        for _ in range(count):
            at = START + 86_400 * SECOND + len(self.entries) * SECOND
            made.append(self._add(ledger, stream, at, "LiveEvent", "alice@example.org"))
        self.say(replace(self.progress, events=len(self.entries)))
        return made

    def append_broken(self, *, ledger: int = 1, stream: int = 1) -> int:
        """Add a live event whose payload was edited; its id."""
        at = START + 86_400 * SECOND + len(self.entries) * SECOND
        made = self._add(ledger, stream, at, "LiveEvent", "mallory@example.org", edited=True)
        self.say(replace(self.progress, events=len(self.entries)))
        return made

    def become(self, ledger: int, state: str, note: str) -> None:
        """A ledger is in another state now."""
        self.states[ledger] = state, note
        self.say(self.progress)

    def say(self, progress: Progress) -> None:
        self.progress = progress
        self._changed.set()

    def fail(self, name: str, error: Exception) -> None:
        self._failures[name] = error

    async def asked(self, name: str) -> None:
        self.calls.append(name)
        await self.gate.wait()
        if name in self._failures:
            raise self._failures.pop(name)

    # the protocol

    async def changes(self) -> AsyncIterator[Changed]:
        while not self.closed:
            new_index, self.new_index = self.new_index, False
            yield Changed(self.progress, new_index)
            await self._changed.wait()
            self._changed.clear()

    async def ledgers(self) -> list[LedgerRow]:
        await self.asked("ledgers")
        if self._empty:
            return []
        return [
            self._ledger(1, NAMES[1], "jsonl", "kernel", "document", "kernel-doc/1"),
            self._ledger(2, NAMES[2], "jsonl", "smvm", "rows 3.0", None),
            self._ledger(3, "state/zakops.db", "sqlite", "zakops", "audit table", None, member="action_audit_events"),
            replace(
                self._ledger(4, "notes/shopping-list.json", "json", "", "", None),
                state="not recognised",
                note="JSON, but its records fit no format",
            ),
            replace(
                self._ledger(5, "secret/events.jsonl", "jsonl", "", "", None),
                state="unreadable",
                note="Permission denied",
            ),
        ]

    async def streams(self, ledger: int, *, limit: int = 500, offset: int = 0) -> tuple[list[StreamRow], int]:
        await self.asked("streams")
        rows = [self._stream(number) for number, (of, _, _) in self._streams.items() if of == ledger]
        rows.sort(key=lambda row: (-row.worst, -(row.last_time or 0)))
        return rows[offset : offset + limit], len(rows)

    async def measured(self) -> list[LedgerFigures]:
        await self.asked("measured")
        return []

    async def stream(self, stream: int) -> StreamRow | None:
        await self.asked("stream")
        return self._stream(stream)

    async def findings(
        self, *, ledger: int | None = None, stream: int | None = None, event: int | None = None, limit: int = 500
    ) -> tuple[list[FindingRow], int]:
        await self.asked("findings")
        found = [
            entry.finding
            for entry in self.entries
            if entry.finding
            and ledger in (None, entry.row.ledger)
            and stream in (None, entry.row.stream)
            and event in (None, entry.row.id)
        ]
        found.sort(key=lambda row: (-row.finding.severity, row.id))
        return found[:limit], len(found)

    async def view(self, query: str = "", *, ledger: int | None = None, stream: int | None = None) -> FakeView:
        await self.asked("view")
        return FakeView(self, query, ledger, stream)

    async def summaries(self, events: Sequence[EventRow]) -> dict[int, str]:
        await self.asked("summaries")
        return {
            row.id: HOSTILE[row.ordinal % len(HOSTILE)] if row.ledger == 2 else f"event {row.ordinal} of many"
            for row in events
        }

    async def details(self, event: int) -> Details:
        await self.asked("details")
        entry = self._entry(event)
        row = entry.row
        ledger = next(found for found in await self.ledgers() if found.id == row.ledger)
        instant = Instant(row.time, _iso(row.time), "Z") if row.time is not None else None
        document = json.loads(entry.raw) if row.ledger != 2 else {"text": HOSTILE[row.ordinal % len(HOSTILE)]}
        panels = (
            Panel(
                "Envelope",
                (
                    Field("type", row.type),
                    Field("actor", row.actor, "as written"),
                    Field("stream", row.stream_key, row.stream_kind),
                    Field("sequence", "" if row.sequence is None else str(row.sequence)),
                ),
            ),
            Panel("Metadata", tuple(Field(str(name), str(value)) for name, value in document.items())),
        )
        decoded = Event(
            ordinal=row.ordinal,
            offset=row.offset,
            length=row.length,
            type=row.type,
            streams=(StreamKey(row.stream_kind, row.stream_key),),
            sequence=row.sequence,
            event_id=f"evt-{row.id:05d}",
            instant=instant,
            actor=row.actor,
            hash=entry.proof.stored if entry.proof else None,
            previous_hash=entry.proof.previous if entry.proof else None,
            trust=row.trust,
            worst=row.worst,
            document=document,
        )
        return Details(
            row=row,
            ledger=ledger,
            event=decoded,
            panels=panels,
            proof=entry.proof,
            profile=PROFILE if entry.proof else None,
            findings=[entry.finding] if entry.finding else [],
            raw=entry.raw,
            intact=True,
        )

    async def complete(self, query: str, cursor: int) -> Completion:
        await self.asked("complete")
        part = completing(query, cursor)
        names = (
            sorted({getattr(entry.row, part.field) for entry in self.entries})
            if part and part.field and part.known
            else []
        )
        return part.completion(names) if part else Completion(cursor)

    async def trace(self, event: int) -> EventTrace:
        await self.asked("trace")
        return trace_of(self, event)

    async def replay(self, stream: int) -> FakeReplay | None:
        await self.asked("replay")
        kind = self._streams[stream][1]
        return FakeReplay(self, stream, self.replayed_at_once) if kind == "deal" else None

    async def reports(self) -> list[Report]:
        await self.asked("reports")
        return [] if self._empty else [DEALS, EMPTY]

    async def report(self, name: str) -> ReportAnswer:
        await self.asked("report")
        return answer(self, name)

    async def event_at(self, ledger: str, ordinal: int) -> int | None:
        await self.asked("event_at")
        number = next((number for number, name in NAMES.items() if name == ledger), 0)
        rows = [entry.row for entry in self.entries if entry.row.ledger == number]
        return next((row.id for row in rows if row.ordinal == ordinal), None)

    async def link(self, event: int, step: int, *, broken: bool = False) -> int | None:
        await self.asked("link")
        row = self._entry(event).row
        chain = [entry.row for entry in self.entries if entry.row.stream == row.stream and entry.row.sequence]
        chain.sort(key=lambda link: (link.sequence or 0, link.id))
        at = next((at for at, link in enumerate(chain) if link.id == event), None)
        if at is None:
            return None
        onward = chain[at + 1 :] if step > 0 else chain[:at][::-1]
        return next((link.id for link in onward if not broken or link.trust is Trust.BROKEN), None)

    async def search(self, event: int) -> AsyncIterator[SearchStep]:
        await self.asked("search")
        yield SearchStep(0, 0, self._entry(event).proof)

    async def verify(self, *, ledger: int | None = None, stream: int | None = None) -> AsyncIterator[VerifyProgress]:
        rows = [
            entry.row
            for entry in self.entries
            if entry.proof and ledger in (None, entry.row.ledger) and stream in (None, entry.row.stream)
        ]
        broken = 0
        for done, row in enumerate(rows, start=1):
            broken += row.trust is Trust.BROKEN
            if done % 10 == 0 and done < len(rows):
                yield VerifyProgress(done, len(rows), broken, 1000.0, (len(rows) - done) / 1000)
                await self.asked("verify")
        verdict = f"{broken} of {len(rows)} links are broken" if broken else "intact"
        yield VerifyProgress(len(rows), len(rows), broken, 1000.0, 0.0, finished=True, verdict=verdict)

    async def close(self) -> None:
        self.closed = True
        self._changed.set()

    # what the fake holds

    def _entry(self, event: int) -> Entry:
        return self.entries[event - 1]

    def _fill(self) -> None:
        for number in range(4):
            stream = self._new_stream(1, "deal", f"acc674a4-{number:04d}-4c1e-9d5e-0b7a6f2e{number:04d}")
            for at in range(30):
                edited = number == 1 and at == 15
                self._add(
                    1,
                    stream,
                    START + (at * 4 + number) * 61 * SECOND + 123_000,
                    TYPES[at % len(TYPES)],
                    ACTORS[(at + number) % len(ACTORS)],
                    edited=edited,
                )
        for at, text in enumerate(HOSTILE):
            stream = self._new_stream(2, "run", f"run-{text}")
            for step in range(2):
                self._add(2, stream, START + (500 + at * 2 + step) * 7 * SECOND, f"stage{text}", text)
        streams = [self._new_stream(3, "action", f"act_2026{number:04d}") for number in range(12)]
        for at in range(240):
            self._add(3, streams[at % 12], START + 3600 * SECOND + at * 11 * SECOND, "action.updated", "zakops-worker")

    def _new_stream(self, ledger: int, kind: str, key: str) -> int:
        number = len(self._streams) + 1
        self._streams[number] = (ledger, kind, key)
        return number

    def _add(self, ledger: int, stream: int, at: int, type: str, actor: str, *, edited: bool = False) -> int:
        number = len(self.entries) + 1
        _, kind, key = self._streams[stream]
        ordinal = sum(entry.row.ledger == ledger for entry in self.entries) + 1
        sequence: int | None = None
        proof: Proof | None = None
        finding: Finding | None = None
        if ledger == 1:
            sequence = self._sequence[stream] = self._sequence.get(stream, 0) + 1
            proof, raw = self._link(key, stream, sequence, type, at, actor, edited)
            trust = proof.trust
            if edited:
                finding = Finding(
                    "chain.hash-mismatch",
                    Severity.CRITICAL,
                    "The stored hash is not the hash of this event.",
                    Confidence.RECOMPUTED,
                    stream=key,
                    event_id=f"evt-{number:05d}",
                    sequence=sequence,
                    record=ordinal,
                    field="payload",
                    expected=proof.recomputed,
                    actual=proof.stored,
                )
        elif ledger == 2:
            trust = Trust.UNCHECKED
            raw = f'{{"text": "{actor}"}}'.encode("utf-8", "surrogatepass") + b"\xff\xfe"
            finding = Finding(
                "record.invalid-utf8", Severity.ERROR, f"Bytes that are not UTF-8 in {type}", record=ordinal
            )
        else:
            trust = Trust.UNCHAINED
            raw = json.dumps({"type": type, "actor": actor, "n": ordinal}).encode()
            if ordinal % 60 == 0:
                finding = Finding(
                    "lifecycle.illegal-transition",
                    Severity.WARNING,
                    "The action was completed before it was approved.",
                    Confidence.HEURISTIC,
                    stream=key,
                    record=ordinal,
                )
        offset = sum(len(entry.raw) + 1 for entry in self.entries if entry.row.ledger == ledger)
        row = EventRow(
            id=number,
            ledger=ledger,
            ordinal=ordinal,
            offset=offset,
            length=len(raw),
            time=at,
            type=type,
            actor=actor,
            stream=stream,
            stream_kind=kind,
            stream_key=key,
            sequence=sequence,
            trust=trust,
            worst=finding.severity if finding else Severity.NONE,
        )
        told = FindingRow(number, ledger, NAMES[ledger], finding, number) if finding else None
        self.entries.append(Entry(row, raw, proof, told))
        return number

    def _link(
        self, key: str, stream: int, sequence: int, type: str, at: int, actor: str, edited: bool
    ) -> tuple[Proof, bytes]:
        """A kernel-doc/1 event: hashed for real, its payload then edited if it shall be broken."""
        previous = self._last.get(stream)

        def preimage_of(payload: str) -> tuple[bytes, tuple[Span, ...]]:
            parts = (
                ("dealId", key),
                ("sequenceNumber", str(sequence)),
                ("type", type),
                ("payload", payload),
                ("previousEventHash", previous or "null"),
            )
            spans, end = [], 0
            for name, text in parts:
                spans.append(Span(end, end + len(text.encode()), name))
                end += len(text.encode())
            return "".join(text for _, text in parts).encode(), tuple(spans)

        payload = json.dumps({"amount": sequence * 1000, "currency": "EUR"}, separators=(",", ":"))
        stored = sha256(preimage_of(payload)[0]).hexdigest()
        if edited:
            payload = json.dumps({"amount": 1, "currency": "EUR"}, separators=(",", ":"))
        preimage, spans = preimage_of(payload)
        recomputed = sha256(preimage).hexdigest()
        self._last[stream] = stored
        raw = (
            f'{{"id":"evt-{sequence}","dealId":"{key}","type":"{type}","payload":{payload},"actorId":"{actor}",'
            f'"sequenceNumber":{sequence},"previousEventHash":{json.dumps(previous)},"eventHash":"{stored}",'
            f'"createdAt":"{_iso(at)}"}}'
        ).encode()
        good = recomputed == stored
        proof = Proof(
            profile=PROFILE.name,
            trust=Trust.VERIFIED if good else Trust.BROKEN,
            verdict="The hash was recomputed and equals the stored one; the link to the event before holds."
            if good
            else "The recomputed hash differs from the stored one: this event was changed after it was hashed.",
            preimage=preimage,
            spans=spans,
            recomputed=recomputed,
            stored=stored,
            previous=previous,
            expected_previous=previous,
            sequence=sequence,
            notes=("Not covered: id, actorId, authorityContext, evidenceRefs, createdAt.",),
        )
        return proof, raw

    def _ledger(
        self,
        number: int,
        path: str,
        container: str,
        format: str,
        shape: str,
        profile: str | None,
        member: str | None = None,
    ) -> LedgerRow:
        entries = [entry for entry in self.entries if entry.row.ledger == number]
        return LedgerRow(
            id=number,
            path=path,
            member=member,
            container=container,
            format=format,
            shape=shape,
            profile=profile,
            state=self.states.get(number, ("live", ""))[0],
            note=self.states.get(number, ("live", ""))[1],
            records=len(entries),
            bytes=sum(len(entry.raw) + 1 for entry in entries),
            **_counts(entries),
            pending=17 if number == 2 else 0,
            chained=any(entry.proof for entry in entries),
            codes=_codes(entries),
        )

    def _stream(self, number: int) -> StreamRow:
        ledger, kind, key = self._streams[number]
        entries = [entry for entry in self.entries if entry.row.stream == number]
        counts = _counts(entries)
        chained = sum(entry.proof is not None for entry in entries)
        return StreamRow(
            id=number,
            ledger=ledger,
            kind=kind,
            key=key,
            events=len(entries),
            state={"state": "Approved"} if kind == "deal" else {},
            chained=chained,
            chain_intact=counts["trust"][Trust.BROKEN] == 0 if chained else None,
            **counts,
        )


def _counts(entries: list[Entry]) -> dict[str, Any]:
    times = [entry.row.time for entry in entries if entry.row.time is not None]
    return {
        "first_time": min(times, default=None),
        "last_time": max(times, default=None),
        "trust": _tally((entry.row.trust for entry in entries), len(Trust)),
        "findings": _tally((entry.row.worst for entry in entries if entry.finding), len(Severity)),
    }


def _codes(entries: list[Entry]) -> dict[str, tuple[int, ...]]:
    found = [entry.finding.finding for entry in entries if entry.finding]
    codes = {each.code for each in found}
    return {code: _tally((each.severity for each in found if each.code == code), len(Severity)) for code in codes}


def _tally(values: Iterable[int], size: int) -> tuple[int, ...]:
    counts = [0] * size
    for value in values:
        counts[value] += 1
    return tuple(counts)


def _iso(micros: int) -> str:
    text = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _predicate(query: str) -> Callable[[EventRow], bool]:
    """``type:``, ``actor:``, ``trust:``, ``seq:`` terms and free text, all of which must hold."""
    tests: list[Callable[..., bool]] = []
    at = 0
    for term in query.split(" "):
        name, colon, value = term.partition(":")
        if not term:
            pass
        elif not colon:
            tests.append(lambda row, text=term: text.lower() in f"{row.type} {row.actor} {row.stream_key}".lower())
        elif name == "type":
            tests.append(lambda row, text=value: row.type == text)
        elif name == "actor":
            tests.append(lambda row, text=value: text in row.actor)
        elif name == "trust":
            tests.append(lambda row, text=value: row.trust.word == text)
        elif name == "seq":
            tests.append(lambda row, text=value: str(row.sequence) == text)
        else:
            raise FilterError(f"There is no field named {name}", at)
        at += len(term) + 1
    return lambda row: all(test(row) for test in tests)
