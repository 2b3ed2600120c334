"""What the objects in an event hold, declared once: the payload of each type, and the authority context.

A part is asked in bulk (is all well?) and alone (what exactly is wrong?); both read the same declaration. Real payloads
have more keys than documents name: those are nobody's business.
"""

import re
import sys
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from console.formats.json.columns import gathered
from console.formats.json.scan import Fields, Interner, Kind, Scan, both, either, picked
from console.formats.json.scan import scan as scan_slices
from console.formats.json.validation import shown
from console.formats.kernel.rules.states import STATES, STRESS
from console.model.trust import Severity

UUID = re.compile("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_HASH = re.compile("[0-9a-f]{64}")


class Holding(NamedTuple):
    """One key. ``holds``: ``text``, ``name`` (a text with something in it), ``hash``, ``size``, ``flag``, or
    the vocabulary that it is of. Parts that are not ``needed`` may be absent or null. Those that are not ``documented``
    are known from the real kernel's writers alone: an object with some of them and without others is worth a note."""

    name: str
    holds: str = "text"
    needed: bool = True
    documented: bool = True


class Flaw(NamedTuple):
    """What is wrong with one part. ``field`` is its path; ``severity`` None is the catalogue's."""

    code: str
    field: str
    message: str
    actual: str | None = None
    severity: Severity | None = None


def _maybe(*names: str, holds: str = "text") -> tuple[Holding, ...]:
    return tuple(Holding(name, holds, needed=False) for name in names)


def _own(**holds: str) -> tuple[Holding, ...]:
    return tuple(Holding(name, each, documented=False) for name, each in holds.items())


PAYLOADS: Mapping[str, Sequence[Holding]] = {
    "ReviewOpened": _maybe("reason"),
    "DealApproved": _maybe("approvalNotes"),
    "ApprovalGranted": (Holding("action", "action"), *_maybe("comment")),
    "ApprovalDenied": (Holding("action", "action"), *_maybe("comment", "reason")),
    "OverrideAttested": (Holding("action", "action"), Holding("reason", "name")),
    "DealCreated": _own(name="text", state="state", stressMode="stress"),
    "ActorAdded": _own(actorId="name", name="text", type="text", role="role"),
    "RoleAssigned": _own(actorId="name", roleId="name", roleName="role"),
    "MaterialCreated": _own(materialId="name", type="name", truthClass="truth"),
    "MaterialUpdated": _own(materialId="name", type="name", previousTruthClass="truth", newTruthClass="truth"),
    "ArtifactUploaded": _own(artifactId="name", filename="text", mimeType="text", sizeBytes="size", sha256Hex="hash"),
}
"""By type of event."""
CONTEXT: Sequence[Holding] = (
    *_maybe("role", holds="role"),
    *_maybe("overrideReason"),
    *_maybe("overrideUsed", holds="flag"),
    *_maybe("overrideAction", holds="action"),
)
"""The authority context."""


class Vocabularies(NamedTuple):
    """The words of each vocabulary."""

    action: frozenset[str]
    role: frozenset[str]
    truth: frozenset[str]
    state: frozenset[str] = frozenset(STATES)
    stress: frozenset[str] = frozenset(STRESS)


_WORDS = {
    "action": "an action of the rules",
    "role": "a role of the rules",
    "truth": "a class of truth",
    "state": "a state of a deal",
    "stress": "a stress mode",
}


# -- alone


def problems(document: Mapping[str, Any], parts: Sequence[Holding], words: Vocabularies, where: str) -> Iterator[Flaw]:
    """What is wrong with an object's parts; ``where`` is its own path."""
    own = any(part.name in document for part in parts)
    for part in parts:
        value, field = document.get(part.name), f"{where}.{part.name}"
        if value is None and (not part.needed or part.name not in document):
            if part.needed and (part.documented or own):
                severity = None if part.documented else Severity.NOTE
                yield Flaw("schema.missing-field", field, f"{field} is missing.", None, severity)
            continue
        found = _wrong(part.holds, value, words)
        if found is not None:
            code, wanted = found
            yield Flaw(code, field, f"{field} should be {wanted}, but is {_quoted(value)}.", shown(value))


def _wrong(holds: str, value: Any, words: Vocabularies) -> tuple[str, str] | None:
    """Code of what is wrong with a value, and what it should be."""
    if holds == "flag":
        return None if isinstance(value, bool) else ("schema.wrong-type", "true or false")
    if holds == "size":
        if isinstance(value, bool) or not (isinstance(value, int) or (isinstance(value, float) and value.is_integer())):
            return "schema.wrong-type", "an integer"
        return None if value >= 0 else ("schema.out-of-range", "at least 0")
    if not isinstance(value, str):
        return "schema.wrong-type", "text"
    if holds == "text":
        return None
    if not value:
        return "schema.bad-pattern", "of 1 or more characters"
    if holds == "name":
        return None
    if holds == "hash":
        return None if _HASH.fullmatch(value) else ("schema.bad-pattern", "64 lower-case hex digits")
    known: frozenset[str] = getattr(words, holds)
    if value in known:
        return None
    return "schema.not-in-vocabulary", f"{_WORDS[holds]} ({', '.join(sorted(known))})"


def _quoted(value: Any) -> str:
    return repr(shown(value)) if isinstance(value, str) else shown(value)


# -- in bulk


@cache
def fields_of(parts: tuple[Holding, ...]) -> Fields:
    """What a scan of such an object is asked for."""
    return Fields(*[part.name for part in parts])


class WordCodes:
    """Codes of the words of vocabularies, in the bytes of a ledger: 0 for what is none of them."""

    def __init__(self, words: Vocabularies) -> None:
        self.texts: dict[str, list[str]] = {name: ["", *sorted(getattr(words, name))] for name in words._fields}
        self._codes = {name: Interner(_numbers(texts)) for name, texts in self.texts.items()}

    def codes(self, scan: Scan, part: Holding) -> "array[int]":
        """The codes of a part's words, row for row."""
        return scan.codes(part.name, self._codes[part.holds])

    def known(self, scan: Scan, part: Holding) -> bytearray:
        """1 where a part is a word of its vocabulary."""
        return picked(self.codes(scan, part), b"\0" + b"\1" * (len(self.texts[part.holds]) - 1))


def _numbers(texts: Sequence[str]) -> Callable[[str], int]:
    numbers = {text: number for number, text in enumerate(texts)}
    return lambda text: numbers.get(text, 0)


_SIGN = 7 if sys.byteorder == "little" else 0
"""The byte of a number that has its sign."""
_POSITIVE = b"\1" * 128 + bytes(128)
_STRINGS = (Kind.STRING, Kind.ESCAPED)


def objects(scan: Scan, field: str, fields: Fields, rows: "array[int]") -> Scan:
    """The objects of a field in these rows alone, as records."""
    return scan_slices(scan.data, fields, (gathered(scan.begins(field), rows), gathered(scan.stops(field), rows)))


def sound(scan: Scan, parts: Sequence[Holding], words: WordCodes) -> bytearray:
    """1 for objects with nothing wrong; ``scan`` is of the objects. Of what is unusual it may say 0, too."""
    masks = []
    for part in parts:
        if part.holds == "text":
            mask = scan.is_kind(part.name, *_STRINGS)
        elif part.holds == "name":
            mask = scan.filled(part.name)
        elif part.holds == "hash":
            mask = scan.hashes(part.name)
        elif part.holds == "flag":
            mask = scan.is_kind(part.name, Kind.TRUE, Kind.FALSE)
        elif part.holds == "size":
            mask = bytearray(scan.integers(part.name, -1).tobytes()[_SIGN::8].translate(_POSITIVE))
        else:
            mask = words.known(scan, part)
        if not part.needed:
            mask = either(mask, scan.is_kind(part.name, Kind.NULL, Kind.ABSENT))
        masks.append(mask)
    return both(*masks) if masks else bytearray(b"\1") * scan.count
