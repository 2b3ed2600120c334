"""A hash profile as one object: what is hashed, piece by piece, declared once.

Whoever asks something about a hash asks the declaration: which bytes were hashed (a check, or the proof on screen),
where the search for what was not stored can begin (``console.verify.recover``), what the hash covers. The preimage
therefore stands nowhere else, and a new profile is one declaration and its vectors.

A profile's pieces name the fields of an event in the words of its system (``sequence``, ``payload``); its layout turns
these into the ledger's own. Pieces are literal bytes, values of fields in a form, at most one document (JSON whose text
a store may not have kept) and at most one moment (a time that was hashed, but not stored).
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from typing import Any

from console.model.ledger import OTHERS, Coverage, Profile
from console.model.proof import Span
from console.verify.javascript import quote, stringify, utf8
from console.verify.recover import FAR, NEAR, Job


class Slice(Enum):
    """Which bytes of a plain JSON record a form gives for a value that is a string without escapes, or an integer."""

    NONE = "none"
    RAW = "raw"
    """As they stand, quotes and all."""
    TEXT = "text"
    """Between the quotes."""


@dataclass(frozen=True, slots=True)
class Form:
    """How a value is written into a preimage. ``write`` gives its bytes, ``slice`` says where these stand already."""

    name: str
    write: Callable[[Any], bytes]
    slice: Slice = Slice.NONE


def _text(value: Any) -> bytes:
    return b"%d" % value if type(value) is int else utf8(value)


def _json(value: Any) -> bytes:
    return quote(value).encode() if type(value) is str else stringify(value).encode()


TEXT = Form("text", _text, Slice.TEXT)
"""A text in UTF-8 as JavaScript writes it, or the digits of an integer."""
JSON = Form("JSON.stringify", _json, Slice.RAW)


@dataclass(frozen=True, slots=True)
class Value:
    """A field's value. ``null`` is what stands for a missing or empty one; None leaves it to the form."""

    field: str
    form: Form
    null: bytes | None = None

    def write(self, value: Any) -> bytes:
        """The bytes of a value."""
        return self.form.write(value) if value or self.null is None else self.null


class Kept(Enum):
    """What a store keeps of a document whose text was hashed."""

    TEXT = "text"
    """The very text."""
    COMPACT = "compact text"
    """The very text where it is compact, else what JavaScript makes of it."""
    VALUE = "value"
    """Only its value: the text is JavaScript's, but keys may come back in another order, and numbers rounded."""


@dataclass(frozen=True, slots=True)
class Document:
    """A field's JSON. ``orders`` are the orders in which known writers put its keys, by the event's type."""

    field: str
    kept: Kept
    orders: Mapping[str, Sequence[str]] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Moment:
    """The writer's clock at hashing, ISO 8601 with milliseconds and Z, in quotes. It is not stored: it is recovered
    within so many milliseconds of the stored time, ``near`` ones first."""

    field: str
    near: Sequence[int] = NEAR
    far: Sequence[int] = FAR


Piece = bytes | Value | Document | Moment
Part = tuple[bytes, str]
"""Bytes of a preimage, and the ledger's name of the field that they come from ('' for what stands between fields)."""


def members(pieces: Mapping[str, Piece], *, comma: bytes = b",", colon: bytes = b":") -> tuple[Piece, ...]:
    """The pieces of a JSON object with these keys, in this order."""
    found: list[Piece] = []
    lead = b"{"
    for key, piece in pieces.items():
        found += [lead + quote(key).encode() + colon, piece]
        lead = comma
    return (*found, b"}")


@dataclass(frozen=True)
class Layout:
    """A shape's own names: ``stored`` are those of all fields of an event, in their order. ``names`` gives them by what
    the system calls a field, where the two differ. The field ``hash`` holds the hash."""

    stored: tuple[str, ...]
    names: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def name(self, field: str) -> str:
        """The ledger's name of a field."""
        return self.names.get(field, field)


@dataclass(frozen=True)
class HashProfile:
    """A named, versioned recipe of a hash: SHA-256 over the pieces put together, in lower-case hex.

    ``recipe`` is one sentence for people. ``layout`` is that of the ledgers that the profile was made for; ``fits`` are
    the shapes of ledgers that may follow it, and how likely (1 is tried first).
    """

    name: str
    recipe: str
    pieces: tuple[Piece, ...]
    layout: Layout
    fits: Mapping[str, int] = dataclasses.field(default_factory=dict)

    @property
    def document(self) -> Document | None:
        return next((piece for piece in self.pieces if isinstance(piece, Document)), None)

    @property
    def moment(self) -> Moment | None:
        return next((piece for piece in self.pieces if isinstance(piece, Moment)), None)

    @property
    def complete(self) -> bool:
        """True if everything that was hashed is stored, so that nothing needs to be searched for."""
        return self.moment is None and (self.document is None or self.document.kept is not Kept.VALUE)

    @property
    def coverage(self) -> Coverage:
        """The stored fields that the hash covers, itself included, and those that it does not."""
        hashed = [*(self._name(piece) for piece in self.pieces), self.layout.name("hash")]
        stored = self.layout.stored
        covered = tuple(name for name in dict.fromkeys(hashed) if name in stored)
        return Coverage(covered, (*(name for name in stored if name not in covered), OTHERS))

    def described(self) -> Profile:
        """The profile for people."""
        return Profile(self.name, self.recipe, self.coverage)

    def parts(self, values: Mapping[str, Any], text: bytes = b"", time: bytes = b"") -> list[Part]:
        """The preimage of an event, piece by piece. ``values`` are by field; ``text`` is the document's, ``time`` the
        moment's."""
        return [(self._write(piece, values, text, time), self._name(piece)) for piece in self.pieces]

    def preimage(self, values: Mapping[str, Any], text: bytes = b"", time: bytes = b"") -> bytes:
        """The bytes that were hashed."""
        return b"".join([self._write(piece, values, text, time) for piece in self.pieces])

    def digest(self, values: Mapping[str, Any], text: bytes = b"", time: bytes = b"") -> bytes:
        return sha256(self.preimage(values, text, time)).digest()

    def job(
        self,
        values: Mapping[str, Any],
        document: Any,
        stored: bytes,
        millis: int | None,
        target: bytes,
        *,
        opaque: bool = False,
    ) -> Job:
        """The search for what is not stored of an event. ``stored`` is the likely text of its ``document``, ``millis``
        its stored time, ``target`` the hash to reach. ``opaque``: the text was kept as a text, so that nobody can have
        written its keys in another order."""
        moment, kept = self.moment, None if self.document is None else self.document.kept
        between, holes = [b""], []
        for piece in self.pieces:
            if isinstance(piece, Document | Moment):
                quotes = b'"' if isinstance(piece, Moment) else b""
                between[-1] += quotes
                between.append(quotes)
                holes.append(type(piece))
            else:
                between[-1] += self._write(piece, values, b"", b"")
        if Document not in holes:
            between, holes = [b"", *between], [Document, *holes]
        if Moment not in holes:
            between, holes = [*between, b""], [*holes, Moment]
        head, middle, tail = between
        job = Job(head, middle, tail, document, stored, millis, target)
        job.exact = kept is not Kept.VALUE
        job.fixed = job.exact and (opaque or kept is None)
        job.time_first = holes[0] is Moment
        if moment is None:
            job.timed, job.near, job.far = False, (0,), ()
        else:
            job.near, job.far = moment.near, moment.far
        return job

    def _name(self, piece: Piece) -> str:
        return "" if isinstance(piece, bytes) else self.layout.name(piece.field)

    @staticmethod
    def _write(piece: Piece, values: Mapping[str, Any], text: bytes, time: bytes) -> bytes:
        if isinstance(piece, bytes):
            return piece
        if isinstance(piece, Value):
            return piece.write(values.get(piece.field))
        return text if isinstance(piece, Document) else b'"%b"' % time


def spans(parts: Sequence[Part]) -> tuple[Span, ...]:
    """Where the parts of fields stand in the preimage."""
    found: list[Span] = []
    at = 0
    for part, name in parts:
        if name:
            found.append(Span(at, at + len(part), name))
        at += len(part)
    return tuple(found)
