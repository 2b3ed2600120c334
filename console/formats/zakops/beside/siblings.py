"""What a ledger's reader knows of the ledgers beside it: the archive, and the two ends of each message.

A reader sees one ledger. Of the others it gets an extract: for each record the digests of its id, type, trace and
correlation, its time, and a flag if it was published: forty bytes in all. They hold as of the moment when they were
taken, so that nothing younger than that is judged by them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from struct import Struct
from typing import Any

import msgspec

from console.formats.json import strict
from console.formats.json.times import now_micros, parse
from console.formats.zakops.record import (
    AGENT,
    AUDIT,
    DEAL,
    INBOX,
    OUTBOX,
    TITLES,
    ZakopsEnvelope,
    is_required,
    read_record,
    shape_of,
)
from console.model.event import NO_TIME

ARCHIVE = "agent_events_archive"
EVENTS = ("agent_events", ARCHIVE, "deal_events")
SHAPES: Mapping[str, str] = {"agent_events": AGENT, ARCHIVE: AGENT, "deal_events": DEAL, "outbox": OUTBOX}
_WANTED: Mapping[str, Sequence[str]] = {
    "agent_events": (ARCHIVE, "outbox"),
    TITLES[AUDIT]: ("actions",),
    TITLES[OUTBOX]: EVENTS,
    TITLES[INBOX]: (*EVENTS, "outbox"),
}
"""The ledgers that the reader of one needs an extract of."""
_PUBLISHED, _RUN, _REQUIRED = 1, 2, 4
_HEAD = Struct(">q")
_ENTRY = Struct(">16s4s4s4sBxxxq")


def wanted(shape: str) -> Sequence[str]:
    """Names of the ledgers beside one of this shape: of tables of its database, or of files of its folder."""
    return _WANTED.get(shape.split(",")[0], ())


def extract(name: str, raws: Iterable[bytes]) -> bytes:
    """What readers need of the records of a ledger of this name; see ``Sibling``."""
    shape = SHAPES[name]
    entries = []
    for raw in raws:
        document = _document(raw)
        if document is None:
            continue
        row = read_record(document, shape_of(document) or shape)
        flags = _REQUIRED if is_required(row.shape, document) else 0
        time = parse(row.time)
        if row.shape == OUTBOX:
            time = parse(published(document))
            flags |= _PUBLISHED if time is not None else 0
        micros = NO_TIME if time is None else time.micros
        marks = short(row.type), short(row.trace), short(row.correlation)
        for each in ids_of(row, document):
            entries.append(_ENTRY.pack(digest(each), *marks, flags, micros))
        if name == ARCHIVE:
            for kind, key in row.streams:
                if kind == "run":
                    entries.append(_ENTRY.pack(digest(f"run\0{key}"), *marks, flags | _RUN, micros))
    return _HEAD.pack(now_micros()) + b"".join(entries)


_decode = msgspec.json.Decoder(dict[str, Any]).decode


def _document(raw: bytes) -> Mapping[str, Any] | None:
    try:
        return _decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return strict.decode(raw).document  # what the writer's own reader would still take


@dataclass(frozen=True, slots=True)
class SiblingRow:
    """A record of a ledger beside this one. Texts are digests; ``time`` is when an event came, or a message went."""

    type: bytes
    trace: bytes
    correlation: bytes
    published: bool
    time: int


@dataclass(slots=True)
class Sibling:
    """A ledger beside this one: its records by the digest of their id, and the moment when they were read."""

    taken: int = NO_TIME
    required: bool = False
    """True if a row has the required schema's columns."""
    entries: dict[bytes, bytes] = field(default_factory=dict)
    marks: set[bytes] = field(default_factory=set)
    runs: set[bytes] = field(default_factory=set)

    def find(self, event_id: str | None) -> SiblingRow | None:
        """The record of this id."""
        found = self.entries.get(digest(event_id)) if event_id and self.entries else None
        if found is None:
            return None
        _, type, trace, correlation, flags, time = _ENTRY.unpack(found)
        return SiblingRow(type, trace, correlation, bool(flags & _PUBLISHED), time)

    def holds(self, event_id: str) -> bool:
        return bool(self.entries) and digest(event_id) in self.entries

    def holds_run(self, run: str) -> bool:
        return bool(self.runs) and digest(f"run\0{run}") in self.runs

    def alike(self, type: str, trace: str | None, correlation: str | None) -> bool:
        """True if it has a record of this type, trace and correlation."""
        return short(type) + short(trace) + short(correlation) in self.marks


def load(packed: Mapping[str, bytes], *names: str) -> Sibling | None:
    """The extracts of these names as one; None if there is none of them."""
    given = [packed[name] for name in names if name in packed]
    if not given:
        return None
    found = Sibling(min(_HEAD.unpack_from(each)[0] for each in given))
    for each in given:
        for at in range(_HEAD.size, len(each), _ENTRY.size):
            entry = each[at : at + _ENTRY.size]
            flags = entry[28]
            if flags & _RUN:
                found.runs.add(entry[:16])
                continue
            found.required |= bool(flags & _REQUIRED)
            found.entries[entry[:16]] = entry
            found.marks.add(entry[16:28])
    return found


def ids_of(row: ZakopsEnvelope, document: Mapping[str, Any]) -> set[str]:
    """Names under which a record may be meant. A message has the id of its event, or names it."""
    ids = {row.event_id} if row.event_id else set()
    if row.shape == OUTBOX:
        named = (document.get("id"), document.get("event_id"), (row.payload or {}).get("event_id"))
        ids.update(each for each in named if type(each) is str and each)
        kind, key = document.get("aggregate_type"), document.get("aggregate_id")
        if type(key) is str and kind in ("event", "agent_event", "agent_events"):
            ids.add(key)
    return ids


def published(document: Mapping[str, Any]) -> Any:
    """When a message was delivered, in either schema's words; None if it was not."""
    return document.get("published_at") or document.get("delivered_at")


def digest(event_id: str) -> bytes:
    """Of an event's id: long enough that nobody makes two of one."""
    return blake2b(event_id.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def short(text: str | None) -> bytes:
    """Of a text that is compared with another: a difference is seen, but for one in four billion."""
    return blake2b((text or "").encode("utf-8", "surrogatepass"), digest_size=4).digest()
