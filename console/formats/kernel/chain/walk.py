"""The chain of one deal, event by event: link and hash together, as trust and findings."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain as chain_of
from typing import NamedTuple

from console.formats.kernel.chain.deals import Deal, Links
from console.formats.kernel.record import Entry
from console.formats.kernel.rules.states import CREATION
from console.formats.reading.findings import Place
from console.formats.reading.holes import Excuses, Holes
from console.model.finding import Finding
from console.model.trust import Confidence, Severity, Trust
from console.model.words import count
from console.verify import chain
from console.verify.catalogue import finding
from console.verify.chain import Step, Tip
from console.verify.judgement import Kind, Memory, Verdict, judge, recomputed
from console.verify.profile import HashProfile


class Known(NamedTuple):
    """What is known of the ledger of a walk: the ``profile`` that it follows (None while unsettled) among those that it
    may follow, what was learned, and ``hole``: the place between two ordinals where a record cannot be read."""

    profile: HashProfile | None
    candidates: list[HashProfile]
    memory: Memory
    hole: Callable[[int, int], Place | None]


def walk(
    deal: Deal,
    tip: Tip,
    entry: Entry,
    known: Known,
    out: list[Finding],
    *,
    middle: bool = False,
    tried: int = 0,
) -> Trust:
    """Walk one event of a deal, in order, and move its tip; findings go to ``out``, grouped ones to the deal.

    ``middle``: the walk may begin in the middle of the chain, its first link is then for the caller to check.
    ``tried``: with the profile unsettled, how many forms were tried in vain where these were all that there can be.
    """
    links, profile = deal.links, known.profile
    if not entry.chained:
        deal.group("unchained", entry)
        if entry.type == CREATION:
            links.created = links.created or entry.ordinal
        return Trust.UNCHAINED
    sequence = entry.sequence
    if sequence is None:
        links.faults += 1
        return Trust.BROKEN
    following, begun, unknown = tip.sequence + 1, bool(tip.hashes), False
    if middle and links.border is None and not tip.hashes:
        links.border = (sequence, entry.previous)
        chain.begin(tip, sequence, entry.previous, entry.hash)
        following = sequence
        step = Step(True, entry.previous)
    else:
        step = chain.step(tip, sequence, entry.previous, entry.hash)
        unknown = not step.clean and _unknown(deal, entry, step, begun, known, out)
        if unknown:
            links.unknown += 1
            chain.resume(tip)
        elif not step.clean:
            _breaks(links, entry, step, out)
    links.last = entry.ordinal
    if profile is None:
        links.unsettled = True
        kind = Kind.MISSING if entry.hash is None else Kind.MISMATCH if tried else Kind.UNREPRODUCED
        verdict = Verdict(kind, tried=tried)
    else:
        numbers = _numbers(sequence, links.shift, following)
        verdict = judge(entry.hashed, profile, known.candidates, known.memory, numbers)
    if verdict.holds:
        links.shift = 0
    else:
        link = "is not known" if unknown else "holds" if step.linked else "is broken"
        _fails(deal, entry, verdict, profile, link, out)
    if verdict.kind in (Kind.MISMATCH, Kind.MISSING) or not (step.linked or unknown):
        links.unknown -= unknown
        return Trust.BROKEN
    if unknown:
        return Trust.UNCHECKED
    if verdict.kind is Kind.VERIFIED:
        return Trust.VERIFIED
    return Trust.RECOVERED if verdict.kind is Kind.RECOVERED else Trust.LINKED


def severity_of(trust: Trust) -> Severity:
    """How bad an event is for its trust alone."""
    return {Trust.BROKEN: Severity.CRITICAL, Trust.UNCHECKED: Severity.WARNING}.get(trust, Severity.NONE)


def walk_again(
    deal: Deal, tip: Tip, entries: Iterable[Entry], known: Known, holes: Holes, out: list[Finding]
) -> Iterator[tuple[Entry, Trust]]:
    """Walk all events of a deal, which come in order of sequence and then ordinal, wherever they stand."""
    excuses = Excuses(holes)
    known = known._replace(hole=excuses.take)
    waiting: Entry | None = None
    for entry in chain_of(entries, (None,)):
        if waiting is not None:
            numbered = waiting.chained and waiting.sequence is not None  # what has no number stands anywhere
            if numbered and not tip.hashes and entry is not None and entry.ordinal < waiting.ordinal:
                deal.links.last = sys.maxsize  # a list that is written newest first
            yield waiting, walk(deal, tip, waiting, known, out)
        waiting = entry
    if not holes:
        deal.links.last = 0


def _numbers(sequence: int, shift: int, following: int) -> tuple[int, ...]:
    """Other numbers that the event may have been written with, most likely first."""
    numbers = dict.fromkeys((sequence - shift, sequence - 1, sequence + 1, following))
    return tuple(number for number in numbers if number > 0 and number != sequence)


def _unknown(deal: Deal, entry: Entry, step: Step, begun: bool, known: Known, out: list[Finding]) -> bool:
    """True if what is wrong with a link may be the fault of records that cannot be read, or are not at hand: of those
    that stand before an event which names one before it."""
    if step.duplicate or entry.previous is None or entry.sequence == 1:
        return False
    hole = known.hole(deal.links.last, entry.ordinal)
    if hole is not None:
        text = UNREADABLE.format(hole.ordinal) + "it stands before this event, whose link is therefore not known"
        if step.missing is not None:
            text += f"; expected number {step.missing}, found {entry.sequence}"
        where = {**entry.place(), "field": "previousEventHash", "expected": step.expected, "actual": entry.previous}
        out.append(finding("chain.link-unknown", f"{text}.", confidence=Confidence.HEURISTIC, **where))
        return True
    created = deal.links.created
    if begun or 0 < created < entry.ordinal:
        return False
    deal.group(f"begins:{entry.previous}", entry)
    return True


UNREADABLE = "Record {:,} cannot be read: "
"""How a finding about a hole begins. The ordinal is that of the hole's first record."""
_HOLE = re.compile(UNREADABLE.format(0).replace("0", "([0-9,]+)"))


def moved(found: Finding, by: int) -> Finding:
    """A finding of a part of a ledger that so many records stand before."""
    if found.record is None:
        return found
    found = replace(found, record=found.record + by)
    if found.code == "chain.link-unknown":
        match = _HOLE.match(found.message)
        assert match is not None  # as it was written here
        hole = int(match[1].replace(",", ""))
        found = replace(found, message=UNREADABLE.format(hole + by) + found.message[match.end() :])
    return found


def _breaks(links: Links, entry: Entry, step: Step, out: list[Finding]) -> None:
    def add(code: str, message: str, expected: str | None, actual: str | None, field: str) -> None:
        links.faults += 1
        out.append(finding(code, message, **entry.place(), field=field, expected=expected, actual=actual))

    sequence = entry.sequence
    if step.missing is not None:
        last = (sequence or 0) - 1
        which = f" {step.missing} is" if step.missing == last else f"s {step.missing} to {last} are"
        text = f"Sequence number{which} missing: expected {step.missing}, found {sequence}."
        if step.missing > last:
            text = f"The chain begins with number {sequence}: expected {step.missing}."
        add("chain.sequence-gap", text, str(step.missing), str(sequence), "sequenceNumber")
    if step.duplicate:
        text = f"Sequence number {sequence} stands twice in this deal."
        add("chain.sequence-duplicate", text, str((sequence or 0) + 1), str(sequence), "sequenceNumber")
    if step.sibling is not None:
        branches = f"{step.sibling[:16]}… and {(entry.hash or '')[:16]}…"
        text = f"Two events build on the same event before: the branches {branches}"
        add("chain.fork", text, step.sibling, entry.hash, "eventHash")
    if not step.linked:
        if step.expected is None and entry.previous is not None:
            text = "The event names a previous hash, but no event with a hash stands before it."
        elif entry.previous is None:
            text = "The event names no previous hash, but it is not the first of its chain."
        else:
            text = "The previous hash is not the stored hash of the event before."
        add("chain.previous-mismatch", text, step.expected, entry.previous, "previousEventHash")


def _fails(
    deal: Deal, entry: Entry, verdict: Verdict, profile: HashProfile | None, link: str, out: list[Finding]
) -> None:
    links = deal.links
    place = {**entry.place(), "field": "eventHash", "actual": entry.hash}
    if verdict.kind is Kind.MISSING:
        links.faults += 1
        out.append(finding("chain.hash-missing", "The event has a place in the chain, but no hash.", **place))
    elif verdict.kind is Kind.UNREPRODUCED:
        if profile is None:
            deal.group("unproven", entry)
            return
        text = (
            f"The hash could not be reproduced under {profile.name}, and the search could not be complete"
            f" ({count(verdict.tried, 'form')} tried; storage may have changed a value). The link {link}."
        )
        out.append(finding("chain.not-reproducible", text, confidence=Confidence.RECOMPUTED, **place))
    elif profile is None:
        links.faults += 1
        deal.group("condemned", entry)
    elif verdict.shift:
        links.faults += 1
        links.shift = verdict.shift
        deal.group(f"shift:{verdict.shift}", entry)
    elif verdict.other:
        links.faults += 1
        deal.group(f"other:{verdict.other}", entry)
    else:
        links.faults += 1
        text = f"The stored hash is not the hash of this event under {profile.name}."
        if verdict.tried:
            text += f" Every form that it can have had was tried: {verdict.tried:,}."
        expected = recomputed(profile, entry.hashed)
        out.append(finding("chain.hash-mismatch", text, confidence=Confidence.RECOMPUTED, expected=expected, **place))
