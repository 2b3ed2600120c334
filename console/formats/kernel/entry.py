"""One record of a kernel ledger in the words of its chain, whatever shape it was stored in."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from console.formats.json import times as instant
from console.formats.json.strict import Problem, decode
from console.model.event import Event, Instant, StreamKey
from console.model.finding import Finding
from console.verify import javascript

API, OLD, TABLE, PACK = "api", "api-unchained", "table", "pack"
"""Shapes: events of the API, its older form, rows of the portal's DealEvent table, lines of an evidence pack."""
HASH = re.compile("[0-9a-f]{64}")
_MAX_SEQUENCE = 2**53


@dataclass(slots=True)
class Entry:
    """What the chain needs of one event. ``text`` is the payload's text as stored, None where it cannot be had.

    ``hash`` and ``previous`` are as stored (another JSON type as its text), None where null or absent. ``chained``:
    it claims a place in a chain; such an event may still lack its ``sequence``.
    """

    ordinal: int
    offset: int
    length: int
    document: Mapping[str, Any] | None
    problems: tuple[Problem, ...]
    deal: str | None = None
    sequence: int | None = None
    type: str = ""
    payload: Any = None
    has_payload: bool = False
    text: bytes | None = None
    hash: str | None = None
    previous: str | None = None
    instant: Instant | None = None
    time: Any = None
    event_id: str | None = None
    actor: str | None = None

    @property
    def chained(self) -> bool:
        return bool(self.sequence) or self.hash is not None or self.previous is not None

    @property
    def stream(self) -> StreamKey | None:
        return None if self.deal is None else StreamKey("deal", self.deal)

    def event(self) -> Event:
        stream = self.stream
        return Event(
            self.ordinal,
            self.offset,
            self.length,
            self.type,
            () if stream is None else (stream,),
            category=category(self.type),
            sequence=self.sequence,
            event_id=self.event_id,
            instant=self.instant,
            actor=self.actor,
            hash=self.hash,
            previous_hash=self.previous,
            document=self.document or {},
        )

    def place(self) -> dict[str, Any]:
        """Keyword arguments that place a finding at this event."""
        return {
            "record": self.ordinal,
            "offset": self.offset,
            "length": self.length,
            "stream": self.deal,
            "sequence": self.sequence,
            "event_id": self.event_id,
        }

    def finding(self, make: Callable[..., Finding], code: str, message: str, **more: Any) -> Finding:
        return make(code, message, **{**self.place(), **more})


class _Payload(msgspec.Struct):
    """Only the text of the payload, under its name in either shape."""

    payload: msgspec.Raw = msgspec.Raw()
    data: msgspec.Raw = msgspec.Raw()


_splice = msgspec.json.Decoder(_Payload).decode
_CATEGORIES = {
    "MaterialChangeDetected": "change",
    "ChangeReconciled": "change",
    "DistressDeclared": "distress",
    "DistressResolved": "distress",
    "FreezeImposed": "distress",
    "FreezeLifted": "distress",
    "ApprovalGranted": "approval",
    "ApprovalDenied": "approval",
    "OverrideAttested": "approval",
    "DataDisputed": "approval",
    "ReviewOpened": "lifecycle",
    "DealApproved": "lifecycle",
    "ClosingReadinessAttested": "lifecycle",
    "ClosingFinalized": "lifecycle",
    "OperationsActivated": "lifecycle",
    "ExitFinalized": "lifecycle",
    "DealTerminated": "lifecycle",
    "DealCreated": "lifecycle",
    "ActorAdded": "actor",
    "RoleAssigned": "actor",
    "MaterialCreated": "material",
    "MaterialUpdated": "material",
    "ArtifactUploaded": "material",
}


def category(type: str) -> str:
    return _CATEGORIES.get(type, "")


def read(raw: bytes, shape: str, pack_deal: str | None = None, ordinal: int = 0, offset: int = 0) -> Entry:
    """Decode one record. ``pack_deal`` is the deal that a pack's manifest names. Never raises on content."""
    decoded = decode(raw)
    entry = Entry(ordinal, offset, len(raw), decoded.document, decoded.problems)
    document = decoded.document
    if document is None:
        return entry
    if shape == TABLE:
        _take(entry, document, "eventType", "previousEventHash", "eventHash", "sequenceNumber", "occurredAt")
        entry.deal = _text(document.get("dealId"))
        data = document.get("eventData")
        if isinstance(data, str):
            entry.text = javascript.utf8(data)
            entry.has_payload = True
            entry.payload = decode(entry.text).document
        return entry
    if shape == PACK:
        _take(entry, document, "type", "prevHash", "hash", "seq", "ts")
        entry.deal = pack_deal if pack_deal is not None else ""
        entry.actor = _text(document.get("actor"))
        entry.event_id = None
        name = "data"
    else:
        _take(entry, document, "type", "previousEventHash", "eventHash", "sequenceNumber", "createdAt")
        entry.deal = _text(document.get("dealId"))
        name = "payload"
    if name in document:
        entry.has_payload = True
        entry.payload = document[name]
        if entry.chained:
            try:
                entry.text = bytes(getattr(_splice(raw), name)) or None
            except (msgspec.DecodeError, UnicodeDecodeError):
                entry.text = None
    return entry


def _take(
    entry: Entry, document: Mapping[str, Any], kind: str, previous: str, hash: str, number: str, time: str
) -> None:
    entry.type = _text(document.get(kind)) or ""
    entry.previous = _hash(document.get(previous))
    entry.hash = _hash(document.get(hash))
    entry.event_id = _text(document.get("id"))
    entry.actor = _text(document.get("actorId"))
    entry.time = document.get(time)
    sequence = document.get(number)
    if isinstance(sequence, float) and sequence.is_integer():
        sequence = int(sequence)
    if type(sequence) is int and 0 <= sequence <= _MAX_SEQUENCE:
        entry.sequence = sequence
    moment = entry.time
    if type(moment) is int:
        entry.instant = instant.from_epoch_ms(moment)
    else:
        entry.instant = instant.parse(moment)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _hash(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else javascript.stringify(value)
