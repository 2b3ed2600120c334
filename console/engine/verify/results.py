"""What a verification comes to: plain values, before they become a report or a sentence."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from console.engine.ledgers.opening import Opened
from console.model.finding import Finding
from console.model.trust import Trust
from console.sources.protocol import Skipped
from console.store.rows import StreamRow


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
    streams: Sequence[StreamRow]
    findings: Sequence[Finding]
    pending: int = 0
    problem: str = ""


def unread(opened: Opened, failed: Finding) -> LedgerReport:
    """What comes out where nothing could be read, for this reason."""
    return LedgerReport(opened, None, 0, 0, "", [0] * len(Trust), [], [failed], problem=failed.message)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Findings in the order of the ledger; those that name no record come last."""
    return sorted(findings, key=_place)


def _place(found: Finding) -> tuple[object, ...]:
    record = found.record is None, found.record or 0, found.offset or 0
    return (*record, found.code, found.stream or "", found.field or "", found.message)


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
