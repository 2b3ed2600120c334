"""Does a stored hash belong to its event? The question asked of one event at a time, under one profile."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from hashlib import sha256
from itertools import chain
from typing import Any

from console.formats.kernel.entry import HASH, Entry
from console.formats.kernel.profiles import AUDIT, DOC, PRODUCERS, candidates, fixed, job, pieces, preimage, timed
from console.verify import recover
from console.verify.javascript import parse, stringify
from console.verify.recover import Hit, Template

PURSE = 20_000_000
"""Hashes that a ledger's failing searches may take in all before each gets only ``FLOOR`` (about ten seconds)."""
FLOOR = 5_000
_MAX_TEMPLATES = 8
_OUTSIDE = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_SPACE = re.compile(rb"[ \t\r\n]")


class Kind(Enum):
    """The verdict on one hash."""

    VERIFIED = "verified"
    RECOVERED = "recovered"
    MISMATCH = "mismatch"
    UNREPRODUCED = "not reproducible"
    MISSING = "missing"


@dataclass(slots=True)
class Verdict:
    """``hit`` is what reproduced the hash. ``shift``: it does so only under a number that is this much lower than the
    stored one. ``other``: only under this other profile."""

    kind: Kind
    hit: Hit | None = None
    shift: int = 0
    other: str = ""
    tried: int = 0

    @property
    def holds(self) -> bool:
        return self.kind in (Kind.VERIFIED, Kind.RECOVERED)


@dataclass(slots=True)
class Memory:
    """What a ledger taught: orders of keys per event type, and what is left of the purse for failing searches.

    ``short``: a search could not be complete, so that its verdict may depend on what was learned and spent before.
    """

    learned: dict[str, list[Template]] = field(default_factory=dict)
    purse: int = PURSE
    short: bool = False

    def budget(self) -> int:
        """All that one search can use while the purse lasts: an edit that can be proved is never only suspected."""
        return recover.FULL if self.purse else FLOOR


def is_compact(text: bytes) -> bool:
    """Whether JSON text has no white space between its tokens."""
    return not (b" " in text or b"\n" in text or b"\t" in text or b"\r" in text) or not _SPACE.search(
        _OUTSIDE.sub(b"", text)
    )


def stored_texts(profile: str, entry: Entry) -> list[bytes]:
    """The payload's text as stored, in the forms that its writer may have hashed; the first is the likely one."""
    if not entry.has_payload:
        return [b"null"]
    if profile == AUDIT:
        return [stringify(entry.payload).encode()]
    found = []
    if entry.text is not None and (profile != DOC or is_compact(entry.text)):
        found.append(entry.text)
    if not (fixed(profile) and found) or isinstance(entry.payload, dict):
        text = stringify(entry.payload).encode()
        if text not in found:
            found.append(text)
    return found


def likely_texts(profile: str, entry: Entry, memory: Memory) -> Iterator[bytes]:
    """Stored forms, then the producers' order, then orders that worked for this type in this ledger."""
    stored = stored_texts(profile, entry)
    yield from stored
    payload = entry.payload
    if profile != AUDIT or type(payload) is not dict or not payload:
        return
    seen = set(stored)
    for value in orders(entry.type, payload, memory):
        text = stringify(value).encode()
        if text not in seen:
            seen.add(text)
            yield text


def orders(type: str, payload: dict[str, Any], memory: Memory) -> Iterator[Any]:
    """The payload in other orders of keys that its writer is likely to have hashed."""
    producer = PRODUCERS.get(type)
    if producer is not None:
        known = {key: payload[key] for key in producer if key in payload}
        yield known | payload
    for template in memory.learned.get(type, ()):
        value = recover.arrange(payload, template)
        if value is not None:
            yield value


def reproduces(profile: str, entry: Entry, sequence: int, target: bytes, memory: Memory) -> Hit | None:
    """The likely forms only: a few hashes."""
    if profile == DOC:
        millis = 0 if entry.instant is None else entry.instant.micros // 1000
        for text in stored_texts(profile, entry):
            if sha256(preimage(pieces(profile, entry, sequence, text))).digest() == target:
                return Hit(text, 0, millis)
        return None
    texts = likely_texts(profile, entry, memory)
    stored = next(texts)
    return recover.quick(job(profile, entry, sequence, stored, target), chain((stored,), texts))


def recomputed(profile: str, entry: Entry) -> str | None:
    """The hash that an event should have, in hex; None where what was hashed is not all stored."""
    if timed(profile) or not entry.has_payload or entry.sequence is None:
        return None
    return sha256(preimage(pieces(profile, entry, entry.sequence, stored_texts(profile, entry)[0]))).hexdigest()


def judge(entry: Entry, profile: str, shape: str, memory: Memory, numbers: tuple[int, ...] = ()) -> Verdict:
    """The verdict under ``profile``. ``numbers`` are other sequence numbers that the event may have been written with.

    Forms are tried from likely to unlikely; another number or profile that fits explains a failure before the dear
    part of the search.
    """
    stored = entry.hash
    if stored is None:
        return Verdict(Kind.MISSING)
    if HASH.fullmatch(stored) is None or not entry.has_payload or entry.sequence is None:
        return Verdict(Kind.MISMATCH)
    target = bytes.fromhex(stored)
    sequence = entry.sequence
    hit = reproduces(profile, entry, sequence, target, memory)
    if hit is not None:
        return _held(hit)
    for number in numbers:
        hit = reproduces(profile, entry, number, target, memory)
        if hit is not None:
            return Verdict(Kind.MISMATCH, hit, shift=sequence - number)
    for other in candidates(shape):
        if other != profile:
            hit = reproduces(other, entry, sequence, target, memory)
            if hit is not None:
                return Verdict(Kind.MISMATCH, hit, other=other)
    if profile == DOC:
        return Verdict(Kind.MISMATCH)
    texts = list(likely_texts(profile, entry, memory))
    budget = memory.budget()
    found = recover.nearby(job(profile, entry, sequence, texts[0], target), min(budget, recover.PARTIAL // 3))
    if found is not None:
        return _held(_learn(found, entry, memory))
    for number in numbers:
        hit = recover.nearby(job(profile, entry, number, texts[0], target), min(budget, recover.PARTIAL // 3))
        if hit is not None:
            _learn(hit, entry, memory)
            return Verdict(Kind.MISMATCH, hit, shift=sequence - number)
    result = recover.deep(job(profile, entry, sequence, texts[0], target), texts, budget)
    if isinstance(result, Hit):
        return _held(_learn(result, entry, memory))
    memory.purse = max(0, memory.purse - result.tried)
    memory.short |= not result.complete
    return Verdict(Kind.MISMATCH if result.complete else Kind.UNREPRODUCED, tried=result.tried)


def _held(hit: Hit) -> Verdict:
    exact = hit.delta == 0 and not hit.reordered and not hit.rounded
    return Verdict(Kind.VERIFIED if exact else Kind.RECOVERED, hit)


def _learn(hit: Hit, entry: Entry, memory: Memory) -> Hit:
    """Remember an order of keys that had to be searched for."""
    if hit.reordered:
        known = memory.learned.setdefault(entry.type, [])
        known.insert(0, recover.template_of(parse(hit.text)))
        del known[_MAX_TEMPLATES:]
        if len(memory.learned) > 256:
            memory.learned.pop(next(iter(memory.learned)))
    return hit
