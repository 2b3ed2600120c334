"""One record of a kernel ledger in the words of its chain, whatever shape it was stored in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from console.formats.json import times as instant
from console.formats.json.strict import Problem, decode
from console.model.event import Event, Instant, StreamKey
from console.model.finding import Finding
from console.model.record import Record
from console.verify import javascript
from console.verify.judgement import Hashed
from console.verify.profile import Layout

API, OLD, TABLE, PACK, PROOF = "api", "api-unchained", "table", "pack", "proofpack"
"""Shapes: events of the API, its older form, rows of the portal's DealEvent table, lines of an evidence pack, and the
manifest of a proofpack, which holds no events: it is read as one."""
LISTING = "ProofPack"
"""The type of a manifest that stands for its pack."""
_API = Layout(
    (
        *("id", "dealId", "type", "payload", "actorId", "authorityContext", "evidenceRefs", "sequenceNumber"),
        *("createdAt", "previousEventHash", "eventHash"),
    ),
    {
        "deal": "dealId",
        "sequence": "sequenceNumber",
        "previous": "previousEventHash",
        "hash": "eventHash",
        "time": "createdAt",
        "actor": "actorId",
    },
)
LAYOUTS = {
    API: _API,
    OLD: _API,
    TABLE: Layout(
        (
            *("id", "dealId", "eventType", "eventData", "actorId", "actorName", "actorRole", "authorityContext"),
            *("evidenceRefs", "sequenceNumber", "occurredAt", "fromState", "toState", "previousEventHash", "eventHash"),
        ),
        {**_API.names, "type": "eventType", "payload": "eventData", "time": "occurredAt"},
    ),
    PACK: Layout(
        ("seq", "type", "ts", "actor", "actorName", "data", "fromState", "toState", "prevHash", "hash"),
        {"deal": "dealId", "sequence": "seq", "payload": "data", "previous": "prevHash", "time": "ts"},
    ),
    PROOF: Layout(
        ("packType", "dealId", "dealName", "generatedAt", "files"),
        {"deal": "dealId", "payload": "files", "time": "generatedAt", "sequence": "", "previous": "", "hash": ""},
    ),
}
"""By shape, the names of what ``Entry`` holds. A pack's deal stands in its manifest."""
MANIFEST = "manifest.json"
_MAX_SEQUENCE = 2**53


@dataclass(slots=True)
class Entry:
    """What the chain needs of one event. ``text`` is the payload's text as stored, None where it cannot be had;
    ``opaque``: it is the content of a string.

    ``hash`` and ``previous`` are as stored (another JSON type as its text), None where null or absent. ``chained``:
    it claims a place in a chain; such an event may still lack its ``sequence``.
    """

    ordinal: int
    offset: int
    length: int
    document: Mapping[str, Any] | None
    problems: Sequence[Problem]
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
    opaque: bool = False

    @property
    def chained(self) -> bool:
        return bool(self.sequence) or self.hash is not None or self.previous is not None

    @property
    def hashed(self) -> Hashed:
        """What the hash profiles take of it."""
        values = dict(self.document or {})
        values |= {"deal": self.deal or "", "sequence": self.sequence, "type": self.type, "previous": self.previous}
        values |= {"id": self.event_id, "actor": self.actor}
        millis = None if self.instant is None else self.instant.micros // 1000
        document = self.payload, self.has_payload, self.text
        return Hashed(values, "sequence", *document, self.type, millis, self.hash, opaque=self.opaque)

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


class Group(msgspec.Struct, array_like=True):
    """Events that one finding speaks for: how many, and where the first of them is."""

    count: int = 0
    record: int = 0
    offset: int = 0
    length: int = 0
    sequence: int | None = None
    event_id: str | None = None

    def add(self, entry: Entry) -> None:
        """Count one more; the first gives the place."""
        if not self.count:
            self.record, self.offset, self.length = entry.ordinal, entry.offset, entry.length
            self.sequence, self.event_id = entry.sequence, entry.event_id
        self.count += 1

    def place(self) -> dict[str, Any]:
        """Keyword arguments that place a finding at the first."""
        return {
            "record": self.record,
            "offset": self.offset,
            "length": self.length,
            "sequence": self.sequence,
            "event_id": self.event_id,
            "count": self.count,
        }


class Noted(Group, array_like=True):
    """Events that one finding speaks for, and what it says of them."""

    code: str = ""
    message: str = ""
    field: str | None = None
    expected: str | None = None
    actual: str | None = None
    severity: int | None = None


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


def layout_of(shape: str) -> Layout:
    """The names in a ledger of this shape."""
    return LAYOUTS.get(shape, _API)


def read(raw: bytes, shape: str, pack_deal: str | None = None, ordinal: int = 0, offset: int = 0) -> Entry:
    """Decode one record. ``pack_deal`` is the deal that a pack's manifest names. Never raises on content."""
    decoded = decode(raw)
    if decoded.document is None:
        return Entry(ordinal, offset, len(raw), None, decoded.problems)
    return entry_of(decoded.document, raw, shape, pack_deal, (ordinal, offset, len(raw)), decoded.problems)


def entry_at(record: Record, shape: str, pack_deal: str | None) -> Entry:
    """The entry of a record, which may be longer in its ledger than its bytes."""
    entry = read(record.raw, shape, pack_deal, record.ordinal, record.offset)
    entry.length = record.length
    return entry


def entry_of(
    document: dict[str, Any],
    raw: bytes,
    shape: str,
    pack_deal: str | None,
    place: tuple[int, int, int],
    problems: Sequence[Problem] = (),
) -> Entry:
    """The entry of a record that was decoded."""
    entry = Entry(*place, document, problems)
    name = layout_of(shape).name
    entry.deal = _text(document.get(name("deal"))) if shape != PACK else pack_deal if pack_deal is not None else ""
    entry.type = LISTING if shape == PROOF else _text(document.get(name("type"))) or ""
    entry.previous = _hash(document.get(name("previous")))
    entry.hash = _hash(document.get(name("hash")))
    entry.event_id = _text(document.get("id")) if shape not in (PACK, PROOF) else None
    entry.actor = _text(document.get(name("actor")))
    entry.sequence = _number(document.get(name("sequence")))
    entry.time = document.get(name("time"))
    millis = type(entry.time) is int
    entry.instant = instant.from_epoch_ms(entry.time) if millis else instant.parse(entry.time)
    _take_payload(entry, document, name("payload"), raw, shape)
    return entry


def _take_payload(entry: Entry, document: Mapping[str, Any], name: str, raw: bytes, shape: str) -> None:
    value = document.get(name)
    if shape == TABLE:
        if isinstance(value, str):
            entry.text = javascript.utf8(value)
            entry.opaque = True
            entry.has_payload = True
            entry.payload = decode(entry.text).document
    elif name in document:
        entry.has_payload = True
        entry.payload = value
        if entry.chained:
            try:
                entry.text = bytes(getattr(_splice(raw), name)) or None
            except (msgspec.DecodeError, UnicodeDecodeError):
                entry.text = None


def deal_of(companions: Mapping[str, bytes]) -> str | None:
    """The deal that an evidence pack's manifest names; None without a manifest, or without a deal in it."""
    for path in sorted(companions, key=lambda path: (path.count("/"), path)):
        if path.rpartition("/")[2] == MANIFEST:
            document = decode(companions[path].replace(b"\n", b" ")).document or {}
            deal = document.get("dealId")
            if isinstance(deal, str) and deal:
                return deal
    return None


def _number(value: Any) -> int | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if type(value) is int and 0 <= value <= _MAX_SEQUENCE else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _hash(value: Any) -> str | None:
    """A hash as it is stored; an empty text is none."""
    return (value or None) if value is None or isinstance(value, str) else javascript.stringify(value)
