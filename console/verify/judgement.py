"""Does a stored hash belong to its event? One event at a time, under one profile, from likely forms to unlikely ones.

A hash that fails raises two more questions, which belong here because their answers explain the failure before the dear
part of a search: does the event hash under another number, or under another profile?
"""

import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import chain
from typing import Any

from console.verify import recover
from console.verify.javascript import parse, stringify
from console.verify.orders import Template, arrange, arrangements, is_sorted, template_of
from console.verify.profile import HashProfile, Kept
from console.verify.recover import Hit

PURSE = 20_000_000
"""Hashes that a ledger's failing searches may take in all before each gets only ``FLOOR`` (about ten seconds)."""
FLOOR = 5_000
HASH = re.compile("[0-9a-f]{64}")
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
class Hashed:
    """What profiles can hash of one event.

    ``values`` are by field. ``number`` names the one that numbers the event in its chain. ``document`` is the value of
    the field whose text is open (``has_document``: there is one), ``text`` its text as stored, None where it cannot be
    had. ``type`` says which orders of keys it may have had. ``millis`` is the stored time. ``hash`` is as stored.
    ``opaque``: the document stands in a string, where nobody writes its keys in another order.
    """

    values: dict[str, Any]
    number: str
    document: Any
    has_document: bool
    text: bytes | None
    type: str
    millis: int | None
    hash: str | None
    opaque: bool = False

    @property
    def sequence(self) -> int | None:
        found: int | None = self.values[self.number]
        return found

    def numbered(self, number: int) -> dict[str, Any]:
        """The values under another number."""
        return {**self.values, self.number: number}


@dataclass(slots=True)
class Memory:
    """What a ledger taught: orders of keys per event type, and what is left of the purse for failing searches.

    ``short``: a search could not be complete, so that its verdict may depend on what was learned and spent before.
    ``thorough``: where it ends, a thorough search goes on, however long it takes.
    """

    learned: dict[str, list[Template]] = field(default_factory=dict)
    purse: int = PURSE
    short: bool = False
    thorough: bool = False

    def budget(self) -> int:
        """All that one search can use while the purse lasts: an edit that can be proved is never only suspected."""
        return recover.FULL if self.purse or self.thorough else FLOOR


def is_compact(text: bytes) -> bool:
    """True if JSON text has no white space between its tokens."""
    return not (b" " in text or b"\n" in text or b"\t" in text or b"\r" in text) or not _SPACE.search(
        _OUTSIDE.sub(b"", text)
    )


def stored_texts(profile: HashProfile, event: Hashed) -> list[bytes]:
    """The document's text as stored, in the forms that its writer may have hashed; the first is the likely one."""
    if profile.document is None:
        return [b""]
    if not event.has_document:
        return [b"null"]
    kept, text = profile.document.kept, event.text
    found = []
    if text is not None and (kept is Kept.TEXT or (kept is Kept.COMPACT and is_compact(text))):
        found.append(text)
    if not (kept is Kept.TEXT and found) or isinstance(event.document, dict):
        text = stringify(event.document).encode()
        if text not in found:
            found.append(text)
    return found


def reorderable(profile: HashProfile, event: Hashed) -> bool:
    """True if the keys of the event's document may have been hashed in another order than the stored one: whoever
    writes a ledger's JSON once more may sort them."""
    document = profile.document
    return document is not None and event.has_document and (document.kept is Kept.VALUE or not event.opaque)


def likely_texts(profile: HashProfile, event: Hashed, memory: Memory) -> Iterator[bytes]:
    """Stored forms, then the known writers' order, then orders that worked for this type in this ledger."""
    stored = stored_texts(profile, event)
    yield from stored
    document = event.document
    if profile.document is None or not reorderable(profile, event) or type(document) is not dict:
        return
    seen = set(stored)
    for value in orders(profile.document.orders, event.type, document, memory):
        text = stringify(value).encode()
        if text not in seen:
            seen.add(text)
            yield text


def orders(
    known: Mapping[str, Sequence[str]], type: str, document: dict[str, Any], memory: Memory
) -> Iterator[dict[str, Any]]:
    """The document in other orders of keys that its writer is likely to have hashed."""
    if not document:
        return
    writer = known.get(type)
    if writer is not None:
        yield {key: document[key] for key in writer if key in document} | document
    for template in memory.learned.get(type, ()):
        value = arrange(document, template)
        if value is not None:
            yield value


def reproduces(profile: HashProfile, event: Hashed, sequence: int, target: bytes, memory: Memory) -> Hit | None:
    """The likely forms only: a few hashes."""
    values = event.numbered(sequence)
    if profile.complete:
        as_stored = stored_texts(profile, event)
        for text in likely_texts(profile, event, memory):
            if profile.digest(values, text) == target:
                return Hit(text, 0, event.millis or 0, reordered=text not in as_stored)
        return None
    texts = likely_texts(profile, event, memory)
    stored = next(texts)
    return recover.quick(profile.job(values, event.document, stored, event.millis, target), chain((stored,), texts))


def recomputed(profile: HashProfile, event: Hashed) -> str | None:
    """The hash that an event should have, in hex; None where what was hashed is not all stored."""
    if not profile.complete or not event.has_document or event.sequence is None:
        return None
    return profile.digest(event.values, stored_texts(profile, event)[0]).hex()


def judge(
    event: Hashed,
    profile: HashProfile,
    candidates: Sequence[HashProfile],
    memory: Memory,
    numbers: tuple[int, ...] = (),
) -> Verdict:
    """The verdict under ``profile``. ``candidates`` are all that the ledger may follow; ``numbers`` are other sequence
    numbers that the event may have been written with.

    Forms are tried from likely to unlikely; another number or profile that fits explains a failure before the dear
    part of the search.
    """
    if event.hash is None:
        return Verdict(Kind.MISSING)
    sequence = event.sequence
    if HASH.fullmatch(event.hash) is None or not event.has_document or sequence is None:
        return Verdict(Kind.MISMATCH)
    target = bytes.fromhex(event.hash)
    hit = reproduces(profile, event, sequence, target, memory)
    if hit is not None:
        return _held(hit)
    for number in numbers:
        hit = reproduces(profile, event, number, target, memory)
        if hit is not None:
            return Verdict(Kind.MISMATCH, hit, shift=sequence - number)
    for other in candidates:
        if other is not profile:
            hit = reproduces(other, event, sequence, target, memory)
            if hit is not None:
                return Verdict(Kind.MISMATCH, hit, other=other.name)
    if profile.complete and not (reorderable(profile, event) and arrangements(event.document) > 1):
        return Verdict(Kind.MISMATCH)
    return _searched(event, profile, memory, () if profile.complete else numbers)


def _searched(event: Hashed, profile: HashProfile, memory: Memory, numbers: tuple[int, ...]) -> Verdict:
    """The dear part: orders of keys near the likely times, under this number and others, and then all the rest."""
    sequence = event.sequence
    assert sequence is not None  # judge has looked
    texts = list(likely_texts(profile, event, memory))
    budget = memory.budget()
    for number in (sequence, *numbers):
        hit = recover.nearby(_job(profile, event, number, texts[0]), min(budget, recover.PARTIAL // 3))
        if hit is not None:
            held = _held(_learn(hit, event, memory))
            return held if number == sequence else Verdict(Kind.MISMATCH, hit, shift=sequence - number)
    result = recover.deep(_job(profile, event, sequence, texts[0]), texts, budget)
    if isinstance(result, Hit):
        return _held(_learn(result, event, memory))
    memory.purse = max(0, memory.purse - result.spent)
    if profile.complete and not result.complete and not is_sorted(event.document):
        # Whoever writes JSON once more sorts its keys, or leaves them as they are: this is the text that was hashed.
        return Verdict(Kind.MISMATCH)
    if not result.complete and memory.thorough:
        verdict = recover.end(search(event, profile, memory))
        memory.short |= verdict.kind is Kind.UNREPRODUCED
        return verdict
    memory.short |= not result.complete
    return Verdict(Kind.MISMATCH if result.complete else Kind.UNREPRODUCED, tried=result.tried)


def search(event: Hashed, profile: HashProfile, memory: Memory) -> Generator[int, None, Verdict]:
    """Go on where ``judge`` ended because its search could not be complete. Gives the forms tried so far from time to
    time, and returns the verdict; closing it ends it."""
    if event.hash is None or HASH.fullmatch(event.hash) is None or event.sequence is None:
        return judge(event, profile, (), memory)
    texts = list(likely_texts(profile, event, memory))
    result = yield from recover.thorough(_job(profile, event, event.sequence, texts[0]), texts)
    if isinstance(result, Hit):
        return _held(_learn(result, event, memory))
    return Verdict(Kind.MISMATCH if result.complete else Kind.UNREPRODUCED, tried=result.tried)


def _job(profile: HashProfile, event: Hashed, number: int, likely: bytes) -> recover.Job:
    assert event.hash is not None  # whoever searches knows what for
    values, target = event.numbered(number), bytes.fromhex(event.hash)
    return profile.job(values, event.document, likely, event.millis, target, opaque=event.opaque)


def _held(hit: Hit) -> Verdict:
    exact = hit.delta == 0 and not hit.reordered and not hit.rounded
    return Verdict(Kind.VERIFIED if exact else Kind.RECOVERED, hit)


def _learn(hit: Hit, event: Hashed, memory: Memory) -> Hit:
    """Remember an order of keys that had to be searched for."""
    if hit.reordered:
        known = memory.learned.setdefault(event.type, [])
        known.insert(0, template_of(parse(hit.text)))
        del known[_MAX_TEMPLATES:]
        if len(memory.learned) > 256:
            memory.learned.pop(next(iter(memory.learned)))
    return hit
