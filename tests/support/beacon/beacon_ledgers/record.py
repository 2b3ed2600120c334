"""An entry of a lamp log, and the recipe of its hash."""

from collections.abc import Mapping
from typing import Any

from console.formats.json import strict
from console.formats.json.times import parse
from console.model.event import Event, StreamKey
from console.model.record import Record
from console.verify.javascript import stringify
from console.verify.profile import TEXT, Document, HashProfile, Kept, Layout, Value

KEYS = ("lamp", "number", "event", "at", "keeper", "note", "previous", "hash")
LOG = HashProfile(
    "beacon-log/1",
    "SHA-256 of lamp + number + event + at + JSON of the note + (previous or '-').",
    (
        Value("lamp", TEXT),
        Value("number", TEXT),
        Value("event", TEXT),
        Value("at", TEXT),
        Document("note", Kept.COMPACT),
        Value("previous", TEXT, null=b"-"),
    ),
    Layout(KEYS),
)


def text(document: Mapping[str, Any], name: str) -> str:
    """The field if it is a text, '' otherwise."""
    value = document.get(name)
    return value if isinstance(value, str) else ""


def recomputed_hash(document: Mapping[str, Any]) -> str | None:
    """The hash that an entry should have; None where what is hashed is not what it should be."""
    texts = [document.get(name) for name in ("lamp", "event", "at")]
    if type(document.get("number")) is not int or not all(isinstance(each, str) for each in texts):
        return None
    previous = document.get("previous")
    if previous is not None and not isinstance(previous, str):
        return None
    return LOG.digest(document, note_text(document)).hex()


def note_text(document: Mapping[str, Any]) -> bytes:
    """The note as it was hashed."""
    return stringify(document.get("note")).encode("utf-8", "surrogatepass")


def decode(record: Record) -> Event:
    document = strict.decode(record.raw).document
    if document is None:
        return Event(record.ordinal, record.offset, record.length, "")
    lamp, number = text(document, "lamp"), document.get("number")
    return Event(
        record.ordinal,
        record.offset,
        record.length,
        text(document, "event"),
        (StreamKey("lamp", lamp),) if lamp else (),
        sequence=number if type(number) is int else None,
        instant=parse(document.get("at")),
        actor=text(document, "keeper") or None,
        hash=text(document, "hash") or None,
        previous_hash=text(document, "previous") or None,
        document=document,
    )
