"""What a verification comes to: a word and an exit code for scripts, a sentence for the screen."""

from collections.abc import Sequence
from enum import IntEnum

from console.engine.verify.codes import NOT_VERIFIED, UNREAD
from console.engine.verify.results import LedgerReport, Verification
from console.model.event import StreamKey
from console.model.finding import Finding
from console.model.trust import Severity, Trust


class Verdict(IntEnum):
    """By exit code."""

    INTACT = 0
    FINDINGS = 1
    INCOMPLETE = 3

    @property
    def word(self) -> str:
        return self.name.lower()


def verdict(verification: Verification, findings: Sequence[Finding], events: int, fail_on: Severity) -> Verdict:
    """The verdict on ledgers, of whose findings these count and so many of whose events."""
    if any(each.severity >= fail_on and each.code not in NOT_VERIFIED for each in findings):
        return Verdict.FINDINGS
    if not events or any(each.problem or only_linked(each.trust) for each in verification.ledgers):
        return Verdict.INCOMPLETE
    if any(each.finding.code in UNREAD for each in verification.skipped):
        return Verdict.INCOMPLETE
    return Verdict.INTACT


def only_linked(trust: Sequence[int]) -> bool:
    """True if there are hashes, by trust of events, but not one of them was reproduced: nothing was verified."""
    return bool(trust[Trust.LINKED]) and not trust[Trust.VERIFIED] and not trust[Trust.RECOVERED]


def sentence(results: Sequence[LedgerReport], stream: StreamKey | None = None) -> str:
    """What came out for ledgers, or for one stream; what could not be read to its end goes before it."""
    trust = [0] * len(Trust)
    findings: list[Finding] = []
    unread = [f"{each.opened.name} could not be read to its end: {each.problem}" for each in results if each.problem]
    for result in results:
        counts = [each.trust for each in result.streams if (each.kind, each.key) == stream]
        for counted in [result.trust] if stream is None else counts:
            trust = [have + more for have, more in zip(trust, counted, strict=True)]
        others = [each for each in result.findings if each.message != result.problem]
        findings += [each for each in others if stream is None or each.stream == stream.key]
    bad = sum(each.count for each in findings if each.severity >= Severity.ERROR)
    states = ", ".join(f"{number:,} {Trust(state).word}" for state, number in enumerate(trust) if number)
    profiles = ", ".join(sorted({result.profile for result in results if result.profile}))
    opening = "Broken" if trust[Trust.BROKEN] else "Findings" if bad else "Nothing contradicts this"
    under = f" under {profiles}" if profiles else ""
    words = f"{opening}: {states or 'no events'}{under}; {bad:,} findings of error or worse."
    return f"Incomplete: {' '.join(unread)} What was read: {words}" if unread else words
