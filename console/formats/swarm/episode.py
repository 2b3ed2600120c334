"""The hash-linked episode log: each entry's hash covers its payload and the hash of the entry before (pure)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec

from console.model.proof import Span
from console.model.trust import Trust

COVERED = ("event_type", "timestamp", "agent_id", "parent_event_hash", "payload")


def preimage(entry: Mapping[str, Any]) -> bytes:
    """The bytes that ``event_hash`` is the SHA-256 of: compact JSON with sorted keys, not escaped to ASCII."""
    base = {name: entry.get(name) for name in COVERED}
    text = json.dumps(base, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def digest(entry: Mapping[str, Any]) -> str:
    return sha256(preimage(entry)).hexdigest()


def spans(entry: Mapping[str, Any]) -> tuple[Span, ...]:
    """Where each covered field stands in the preimage."""
    found: list[Span] = []
    at = 1
    for name in sorted(COVERED):
        text = json.dumps({name: entry.get(name)}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        size = len(text.encode("utf-8", "surrogatepass")) - 2
        found.append(Span(at, at + size, name))
        at += size + 1
    return tuple(found)


class Tip(msgspec.Struct, array_like=True):
    """Where the walk stands. ``stored`` is the last entry's hash as written, ``computed`` as it should be, ``before``
    the one that it names. ``lost``: the last record could not be read, so its hash is not known."""

    count: int = 0
    stored: str | None = None
    computed: str | None = None
    before: str | None = None
    lost: bool = False
    broken: bool = False

    def fits(self, parent: object) -> bool:
        """Whether an entry with this parent may come next. After a break both hashes of the last entry do, so that one
        change is one break."""
        if not self.count:
            return parent is None
        return parent is not None and parent in (self.stored, self.computed)


@dataclass(frozen=True, slots=True)
class Link:
    """What was found of one entry. ``code`` is '' if all is well; ``expected`` and ``actual`` belong to ``field``."""

    trust: Trust
    computed: str
    code: str = ""
    message: str = ""
    field: str = ""
    expected: str | None = None
    actual: str | None = None


def walk(tip: Tip, entry: Mapping[str, Any]) -> Link:
    """Check one entry against itself and the one before, and move the tip."""
    link = _check(tip, entry)
    stored, parent = entry.get("event_hash"), entry.get("parent_event_hash")
    tip.before = parent if isinstance(parent, str) else None
    tip.stored = stored if isinstance(stored, str) else None
    tip.computed = link.computed
    tip.count += 1
    tip.lost = False
    tip.broken = tip.broken or link.trust is Trust.BROKEN
    return link


def lose(tip: Tip) -> None:
    """A record that could not be read stands here: the next entry's link cannot be checked."""
    tip.count += 1
    tip.before, tip.stored, tip.computed, tip.lost, tip.broken = None, None, None, True, True


def _check(tip: Tip, entry: Mapping[str, Any]) -> Link:
    computed, stored, parent = digest(entry), entry.get("event_hash"), entry.get("parent_event_hash")

    def broken(code: str, message: str, field: str, expected: str | None, actual: object) -> Link:
        shown = actual[:200] if isinstance(actual, str) else None
        return Link(Trust.BROKEN, computed, code, message, field, expected, shown)

    fits = tip.lost or tip.fits(parent)
    wanted = tip.stored or tip.computed
    if not isinstance(stored, str) or not stored:
        return broken("chain.hash-missing", "The entry has no event_hash.", "event_hash", computed, None)
    if stored != computed:
        if not fits and stored in (digest({**entry, "parent_event_hash": each}) for each in (tip.stored, tip.computed)):
            message = "parent_event_hash was changed: event_hash fits the parent that belongs here."
            return broken("chain.previous-mismatch", message, "parent_event_hash", wanted, parent)
        message = "event_hash is not the hash of this entry."
        return broken("chain.hash-mismatch", message, "event_hash", computed, stored)
    if not fits:
        if not tip.count:
            message = "The log begins with an entry that names one before it: its head is missing."
            return broken("chain.previous-mismatch", message, "parent_event_hash", None, parent)
        if parent is not None and parent == tip.before:
            message = "This entry and the one before it both name the same entry as the one before them."
            return broken("chain.fork", message, "parent_event_hash", wanted, parent)
        message = (
            "The entry names none before it, though it is not the first."
            if parent is None
            else "parent_event_hash is not the hash of the entry before."
        )
        return broken("chain.previous-mismatch", message, "parent_event_hash", wanted, parent)
    if entry.get("provenance_id") != stored[:12]:
        message = "provenance_id is not the beginning of event_hash."
        actual = entry.get("provenance_id")
        return broken("provenance.id-mismatch", message, "provenance_id", stored[:12], actual)
    return Link(Trust.UNCHECKED if tip.lost else Trust.VERIFIED, computed)
