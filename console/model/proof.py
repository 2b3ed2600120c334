"""One link of a chain, laid open: what was hashed, what came out, what is stored.

A verdict convinces nobody who cannot repeat it: a proof holds the exact bytes, so that any other tool can hash them.
"""

from dataclasses import dataclass

from console.model.trust import Trust


@dataclass(frozen=True, slots=True)
class Span:
    """``start`` to ``end`` (bytes of the preimage) come from this field of the event."""

    start: int
    end: int
    field: str


@dataclass(frozen=True, slots=True)
class Proof:
    """The check of one event. Hashes are lower-case hex as stored; None where there is none.

    ``preimage`` holds the exact bytes that were hashed: of the reproduced hash, or of the best attempt if none was.
    ``expected_previous`` is the stored hash of the event before. ``verdict`` is one sentence for people,
    ``notes`` are further ones (what was recovered, what the hash does not cover).
    """

    profile: str
    trust: Trust
    verdict: str
    preimage: bytes | None = None
    spans: tuple[Span, ...] = ()
    recomputed: str | None = None
    stored: str | None = None
    previous: str | None = None
    expected_previous: str | None = None
    sequence: int | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchStep:
    """How far a search for what a hash covers has come: ``tried`` forms of at most ``most``. ``proof`` is what it came
    to; None on the way."""

    tried: int
    most: int
    proof: Proof | None = None
