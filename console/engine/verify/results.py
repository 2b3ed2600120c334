"""What a verification comes to: plain values, before they become a report or a sentence."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from console.engine.ledgers.opening import Opened
from console.engine.memory.remembered import NOT_ASKED, Remembered
from console.engine.verify.verdict import Evidence, count_codes, of_events, together, uncovered_by
from console.model.finding import Finding
from console.model.ledger import Profile
from console.model.trust import Trust
from console.sources.protocol import Skipped
from console.store.capped_findings import OF_ANY_STREAM, concerns
from console.store.facts import volume_of
from console.store.rows import StreamRow

Leaves = bytes | None
"""Record hashes, 32 bytes each; None where none were asked for."""


@dataclass(frozen=True, slots=True)
class VolumeReport:
    """One file of a ledger, as it is stored."""

    path: str
    records: int
    bytes: int = 0
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """What came out for one ledger.

    ``trust`` counts its events by ``Trust``, ``pending`` is the length of an unfinished last record. ``problem`` is a
    sentence where it could not be read to its end. ``end`` is the offset up to which the results speak, in the decoded
    stream; None for a table. ``volumes`` are its files, oldest first: records are numbered through them, offsets are
    those in the file.
    ``leaves`` are the record hashes where they were asked for.
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
    end: int | None = None
    volumes: Sequence[VolumeReport] = ()
    leaves: Leaves = None
    memory: Remembered = NOT_ASKED
    known_end: str = ""
    """Up to which event whoever asks knew the ledger, and found it again."""
    known_head: bool = False
    """That event's hash was known."""

    @property
    def known_profile(self) -> Profile | None:
        """The profile by its name."""
        return next((each for each in self.opened.format.profiles if each.name == self.profile), None)

    def trust_of(self, stream: str | None) -> Sequence[int]:
        """Events by trust, of all or of one stream; an unfinished last record is pending in all."""
        if stream is None:
            return [*self.trust[: Trust.PENDING], int(self.pending > 0), *self.trust[Trust.PENDING + 1 :]]
        counts = [each.trust for each in self.streams if each.key == stream]
        return [sum(column) for column in zip([0] * len(Trust), *counts, strict=True)]

    @property
    def _unread(self) -> tuple[str, ...]:
        return (f"{self.opened.name} could not be read to its end: {self.problem}",) if self.problem else ()

    def evidence_of_no_stream(self) -> Evidence:
        """What was not read, or belongs to no stream: any of it may have been an event of any stream."""
        placeless = (each for each in self.findings if each.stream is None and each.family in OF_ANY_STREAM)
        return Evidence(findings=count_codes(placeless), unread=self._unread)

    def evidence(self, stream: str | None = None) -> Evidence:
        """What a verdict on the ledger rests on, or on one of its streams."""
        findings = count_codes(each for each in self.findings if concerns(each, stream))
        trust = self.trust_of(stream)
        chained = any(each.chain_intact is not None for each in self.streams if stream in (None, each.key))
        return replace(
            of_events(trust, chained=chained),
            findings=findings,
            unread=self._unread,
            uncovered=uncovered_by(self.known_profile),
            remembered=self.memory.since_words,
            no_memory=self.memory.clause,
            known_end=self.known_end,
            known_head=self.known_head,
        )

    def volume_of(self, record: int | None) -> tuple[str, int] | None:
        """The file that holds a record, and its number there; None where the ledger is one file."""
        firsts = accumulate((each.records for each in self.volumes), initial=1)
        return volume_of([(first, each.path) for first, each in zip(firsts, self.volumes, strict=False)], record)


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

    def evidence(self, stream: str | None = None) -> Evidence:
        """What a verdict on all of them rests on, or on one stream."""
        return together([each.evidence(stream) for each in self.ledgers] + [_skipped(each) for each in self.skipped])


def _skipped(path: Skipped) -> Evidence:
    found = path.finding
    if found.code == "witness.rotated":
        return Evidence(findings=count_codes([found]))  # its records are another ledger's, which is verified
    if found.code == "container.empty":
        return Evidence(findings=count_codes([found]), empty=1)
    return Evidence(findings=count_codes([found]), unread=(f"{path.path}: {found.message}",))


@dataclass(frozen=True, slots=True)
class VerifiedSoFar:
    """The ledger that is being verified and its records so far; broken events of all ledgers so far. ``done`` ledgers
    of ``found`` were verified; ``searching`` is true while more may be found."""

    ledger: str
    records: int = 0
    broken: int = 0
    done: int = 0
    found: int = 1
    searching: bool = False
