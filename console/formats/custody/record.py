"""An entry of the chain of custody: how it is written, and how it is read again.

The line is its own preimage: what is hashed is the entry's JSON object without its last member, which is the hash. So
any tool can repeat it, and no text can stand in two places of it.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from console.formats.json import strict
from console.formats.json.times import parse
from console.model.event import Event, StreamKey
from console.model.record import Record
from console.verify.javascript import stringify
from console.verify.profile import JSON, TEXT, Document, HashProfile, Kept, Layout, Value, members

KEYS = ("log", "number", "at", "entry", "previous", "hash")
ENTRY = ("who", "role", "action", "ledgers", "result")
"""What each entry says at least."""
LOG = HashProfile(
    "custody-log/1",
    "SHA-256 of the line's object without its hash: log, number, at, entry and previous as compact JSON.",
    members(
        {
            "log": Value("log", JSON),
            "number": Value("number", TEXT),
            "at": Value("at", JSON),
            "entry": Document("entry", Kept.COMPACT),
            "previous": Value("previous", JSON, null=b"null"),
        }
    ),
    Layout(KEYS),
)


def line_of(log: str, number: int, at: str, entry: Mapping[str, Any], previous: str | None) -> tuple[bytes, str]:
    """An entry as a line with its end, and its hash."""
    values = {"log": log, "number": number, "at": at, "previous": previous}
    preimage = LOG.preimage(values, entry_text(entry))
    digest = sha256(preimage).hexdigest()
    return preimage[:-1] + f',"hash":"{digest}"}}\n'.encode(), digest


def entry_text(entry: Any) -> bytes:
    """The entry as it is hashed."""
    return stringify(entry).encode("utf-8", "surrogatepass")


def breach(document: Mapping[str, Any]) -> tuple[str, str] | None:
    """The first field that is not what it should be, and what that is; None where all are."""
    texts = {name: isinstance(document.get(name), str) and document[name] != "" for name in ("log", "at", "hash")}
    number, entry, previous = document.get("number"), document.get("entry"), document.get("previous")
    checks = (
        *((name, "a text", sound) for name, sound in texts.items()),
        ("number", "a number from 1 on", type(number) is int and number > 0),
        ("previous", "a hash, or null in the first entry", previous is None or isinstance(previous, str)),
        ("entry", f"an object with {', '.join(ENTRY)}", isinstance(entry, dict) and set(ENTRY) <= entry.keys()),
    )
    return next(((name, wanted) for name, wanted, sound in checks if not sound), None)


def text(document: Mapping[str, Any], name: str) -> str:
    """The field if it is a text, '' otherwise."""
    value = document.get(name)
    return value if isinstance(value, str) else ""


def decode(record: Record) -> Event:
    document = strict.decode(record.raw).document
    if document is None:
        return Event(record.ordinal, record.offset, record.length, "")
    log, number, entry = text(document, "log"), document.get("number"), document.get("entry")
    entry = entry if isinstance(entry, dict) else {}
    return Event(
        record.ordinal,
        record.offset,
        record.length,
        text(entry, "action"),
        (StreamKey("custody", log),) if log else (),
        sequence=number if type(number) is int else None,
        instant=parse(document.get("at")),
        actor=text(entry, "who") or None,
        hash=text(document, "hash") or None,
        previous_hash=text(document, "previous") or None,
        document=document,
    )
