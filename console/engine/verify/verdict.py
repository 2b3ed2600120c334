"""What all that is known of ledgers comes to: one word, why, and what it cannot rule out.

One pure function of plain facts, so that every door says the same. The results of a verification and the rows of an
index both become evidence; evidence adds up, and the verdict on a sum is the worst of the verdicts on its parts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum

from console.engine.memory.remembered import Remembered
from console.engine.verify.codes import BEGINS_LATER, CHANGED, ENCRYPTED, LINK_UNKNOWN, LOST, NOT_VERIFIED
from console.model.finding import Finding
from console.model.ledger import Profile
from console.model.trust import WORST_FIRST, Severity, Trust
from console.model.words import count
from console.store.rows import LedgerRow

Counts = Mapping[str, Sequence[int]]
"""Findings by code, each counted by ``Severity``."""
_NOTHING = (0,) * len(Trust)


class Verdict(IntEnum):
    """The better, the lower."""

    INTACT = 0
    """All was read, every event is verified or recovered, and nothing contradicts."""
    CONSISTENT = 1
    """As intact, but no hash protects some or all of the events, or no chain links them: only rules hold."""
    INCOMPLETE = 2
    """Not everything was read and checked."""
    FINDINGS = 3

    @property
    def word(self) -> str:
        return self.name.lower()

    @property
    def exit_code(self) -> int:
        return (0, 0, 3, 1)[self]


@dataclass(frozen=True, slots=True)
class Policy:
    """What an operator accepts: findings below ``fail_on``, and with ``allow_linked`` hashes that could not be
    reproduced."""

    fail_on: Severity = Severity.ERROR
    allow_linked: bool = False


USUAL = Policy()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a verdict rests on: what is known of a stream, of a ledger, or of many."""

    trust: Sequence[int] = _NOTHING
    """Events by ``Trust``."""
    findings: Counts = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    """Sentences on what was not read to its end."""
    empty: int = 0
    """Ledgers without events."""
    chainless: int = 0
    """Ledgers in which nothing links events."""
    unlinked: int = 0
    """Unchecked events of the other ledgers."""
    uncovered: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The fields that hashes do not cover, by profile."""
    remembered: str = ""
    """The time since which the memory knows them, '' at a first look."""
    no_memory: str = ""
    """Why the memory was not asked: a clause."""
    not_compared: str = ""
    """Since when what was read may have changed unseen, in words."""
    known_end: str = ""
    """Up to which event whoever asks knew the ledger, and found it again."""
    known_head: bool = False
    """That event's hash was known."""

    @property
    def events(self) -> int:
        """Events, not counting an unfinished last record."""
        return sum(self.trust) - self.trust[Trust.PENDING]

    @property
    def protected(self) -> int:
        """Events whose hashes were reproduced."""
        return self.trust[Trust.VERIFIED] + self.trust[Trust.RECOVERED]


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, why it is no better one, and what it cannot rule out: clauses for people."""

    verdict: Verdict
    reasons: tuple[str, ...]
    cannot_rule_out: tuple[str, ...]


def judge(evidence: Evidence, policy: Policy = USUAL) -> Judgement:
    """The verdict on what is known."""
    against = _against(evidence, policy)
    missing = unchecked(evidence, policy)
    if against:
        verdict = Verdict.FINDINGS
    elif missing:
        verdict = Verdict.INCOMPLETE
    elif evidence.chainless or evidence.trust[Trust.UNCHAINED] or evidence.trust[Trust.UNCHECKED]:
        verdict = Verdict.CONSISTENT
    else:
        verdict = Verdict.INTACT
    return Judgement(verdict, (*against, *missing), _cannot_rule_out(evidence))


def together(parts: Iterable[Evidence]) -> Evidence:
    """The evidence of many ledgers as those of one; of none: nothing is there."""
    parts = [*parts]
    if not parts:
        return Evidence(empty=1)
    findings: dict[str, list[int]] = {}
    for part in parts:
        for code, counts in part.findings.items():
            have = findings.setdefault(code, [0] * len(Severity))
            have[:] = [mine + theirs for mine, theirs in zip(have, counts, strict=True)]
    since = [part.remembered for part in parts]
    ends = {part.known_end for part in parts}
    return Evidence(
        [sum(column) for column in zip(*(part.trust for part in parts), strict=True)],
        findings,
        tuple(each for part in parts for each in part.unread),
        sum(part.empty for part in parts),
        sum(part.chainless for part in parts),
        sum(part.unlinked for part in parts),
        {name: fields for part in parts for name, fields in part.uncovered.items()},
        max(since) if all(since) else "",
        next((part.no_memory for part in parts if part.no_memory), ""),
        min((part.not_compared for part in parts if part.not_compared), default=""),
        ends.pop() if len(ends) == 1 else "",
        all(part.known_head for part in parts),
    )


def bad(findings: Counts, fail_on: Severity) -> int:
    """Findings that make a verdict ``findings``."""
    return sum(sum(counts[fail_on:]) for code, counts in findings.items() if code not in NOT_VERIFIED)


def _against(evidence: Evidence, policy: Policy) -> list[str]:
    found = bad(evidence.findings, policy.fail_on)
    broken = evidence.trust[Trust.BROKEN]
    return [
        *([f"{count(broken, 'event')} broken"] if broken else []),
        *([f"{count(found, 'finding')} at or above {policy.fail_on.word}"] if found else []),
    ]


def unchecked(evidence: Evidence, policy: Policy) -> list[str]:
    """What was not read or not checked though it could have been, in clauses; a verdict with any is ``incomplete``."""
    linked = 0 if policy.allow_linked else evidence.trust[Trust.LINKED]
    lost = sum(sum(evidence.findings.get(code, ())) for code in LOST)
    changed = not evidence.unread and not CHANGED.isdisjoint(evidence.findings)
    encrypted = sum(evidence.findings.get(ENCRYPTED, ()))
    links = [
        *([f"{count(lost, 'piece')} of the ledger could not be read as events"] if lost else []),
        *(["the events before the first ones are not at hand"] if BEGINS_LATER in evidence.findings else []),
        *(["links to what could not be read are unknown"] if LINK_UNKNOWN in evidence.findings else []),
    ]
    return [
        *_not_read(evidence.unread),
        *(["what had been read changed meanwhile"] if changed else []),
        *([f"{count(encrypted, 'event')} encrypted, not verified"] if encrypted else []),
        *links,
        *([f"{count(evidence.unlinked, 'event')} of chains unchecked"] if evidence.unlinked and not links else []),
        *([f"{count(linked, 'event')} linked only: the hash could not be reproduced"] if linked else []),
        *([_no_events(evidence)] if evidence.empty else []),
    ]


def _not_read(unread: tuple[str, ...]) -> list[str]:
    clauses = [each.rstrip(".") for each in unread]
    if len(clauses) < 2:
        return clauses
    return [f"{count(len(clauses), 'ledger or path', 'ledgers or paths')} not read to the end, the first: {clauses[0]}"]


def _no_events(evidence: Evidence) -> str:
    if not evidence.events:
        return "no events"
    return f"{count(evidence.empty, 'ledger or path', 'ledgers or paths')} without events"


def _cannot_rule_out(evidence: Evidence) -> tuple[str, ...]:
    if not evidence.events:
        return ("nothing can be ruled out: no event was checked",)
    trust = evidence.trust
    hashed = evidence.protected + trust[Trust.LINKED] + trust[Trust.BROKEN]
    before = evidence.remembered or "now"
    behind = f" behind {evidence.known_end}" if evidence.known_end else ""
    clauses = [f"edits before the newest records: {evidence.not_compared}"] if evidence.not_compared else []
    clauses.append(f"a tail cut off{behind} before {before} cannot be seen")
    if trust[Trust.LINKED]:
        clauses.append(f"{count(trust[Trust.LINKED], 'event')} linked only")
    if trust[Trust.UNCHECKED]:
        clauses.append(f"{count(trust[Trust.UNCHECKED], 'event')} unchecked")
    if trust[Trust.UNCHAINED] == evidence.events:
        clauses.append(f"no hash protects these events: edits, insertions and deletions before {before} cannot be seen")
    elif trust[Trust.UNCHAINED]:
        clauses.append(f"{count(trust[Trust.UNCHAINED], 'event')} not protected by a hash")
    if hashed and evidence.chainless:
        clauses.append(f"no chain links the events: insertions and deletions before {before} cannot be seen")
    if hashed:
        several = len(evidence.uncovered) > 1
        for profile, fields in evidence.uncovered.items():
            if fields:
                clauses.append(f"fields not covered{f' by {profile}' if several else ''}: {', '.join(fields)}")
        if not evidence.remembered and not evidence.known_head:
            clauses.append("hashes that were all computed again before now cannot be seen")
    if evidence.no_memory:
        clauses.append(evidence.no_memory)
    return tuple(clauses)


def in_words(judged: Judgement, evidence: Evidence) -> str:
    """A verdict as a sentence: the word, the reasons, and events by trust, the broken ones first."""
    counts = ", ".join(f"{evidence.trust[state]:,} {state.word}" for state in WORST_FIRST if evidence.trust[state])
    profiles = f" under {', '.join(sorted(evidence.uncovered))}" if evidence.uncovered else ""
    parts = [*judged.reasons, *([counts + profiles] if counts else [])]
    return f"{judged.verdict.word.capitalize()}: {'; '.join(parts)}."


def evidence_of_row(row: LedgerRow, profile: Profile | None = None) -> Evidence:
    """Of a ledger in an index. ``profile`` is the one that the row names."""
    unread: tuple[str, ...] = ()
    if row.state == "behind":
        unread = (f"{row.name} is still being read",)
    elif row.format and row.state != "live":
        unread = (f"{row.name} is {row.state}" + (f": {row.note}" if row.note else ""),)
    elif not row.format and row.state != "empty":
        unread = (f"{row.name}: {row.note or row.state}",)
    memory = Remembered.of_text(row.memory)
    trust = [*row.trust]
    trust[Trust.PENDING] = int(row.pending > 0)
    return replace(
        of_events(trust, chained=row.chained),
        findings=row.codes,
        unread=unread,
        uncovered=uncovered_by(profile),
        remembered=memory.since_words,
        no_memory=memory.clause,
        not_compared=memory.put_off,
    )


def count_codes(findings: Iterable[Finding]) -> Counts:
    """Findings by code and severity."""
    counts: dict[str, list[int]] = {}
    for each in findings:
        counts.setdefault(each.code, [0] * len(Severity))[each.severity] += each.count
    return counts


def uncovered_by(profile: Profile | None) -> Mapping[str, tuple[str, ...]]:
    """The fields that a profile's hash does not cover, under its name."""
    return {} if profile is None else {profile.name: profile.coverage.uncovered}


def of_events(trust: Sequence[int], *, chained: bool) -> Evidence:
    """What the events of one ledger or stream alone tell, by their trust. ``chained``: any of them are in a chain."""
    empty = sum(trust) == trust[Trust.PENDING]
    unlinked = trust[Trust.UNCHECKED] if chained else 0
    return Evidence(trust, empty=int(empty), chainless=int(not empty and not chained), unlinked=unlinked)
