"""What a verification comes to: plain values, before they become a report or a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass

from console.engine.ledgers.opening import Opened
from console.model.event import StreamKey
from console.model.finding import Finding
from console.model.ledger import StreamFacts
from console.sources.protocol import Skipped
from console.store.counts import Count


@dataclass(frozen=True, slots=True)
class StreamReport:
    """One stream of a verified ledger."""

    key: StreamKey
    count: Count
    facts: StreamFacts | None


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """What came out for one ledger.

    ``trust`` counts its events by ``Trust``, ``pending`` is the length of an unfinished last record. ``problem`` is a
    sentence where it could not be read to its end.
    """

    opened: Opened
    profile: str | None
    records: int
    bytes: int
    sha256: str
    trust: Sequence[int]
    streams: Sequence[StreamReport]
    findings: Sequence[Finding]
    pending: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Verification:
    """All ledgers that were found, verified, and the paths that are none."""

    ledgers: Sequence[LedgerReport]
    skipped: Sequence[Skipped] = ()


@dataclass(frozen=True, slots=True)
class VerifiedSoFar:
    """The ledger that is being verified, and its records and broken events so far."""

    ledger: str
    records: int = 0
    broken: int = 0
