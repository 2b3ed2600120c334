"""The chain of one deal, event by event: link and hash together, as trust and findings."""

from collections.abc import Mapping

from msgspec.structs import replace

from console.formats.kernel.deals import Deal, Links
from console.formats.kernel.record import Entry, Group
from console.model.finding import Finding
from console.model.trust import Confidence, Trust
from console.verify import chain
from console.verify.catalogue import finding
from console.verify.chain import Step, Tip
from console.verify.judgement import Kind, Memory, Verdict, judge, recomputed
from console.verify.profile import HashProfile


def walk(
    deal: Deal,
    tip: Tip,
    entry: Entry,
    profile: HashProfile | None,
    candidates: list[HashProfile],
    memory: Memory,
    out: list[Finding],
    *,
    middle: bool = False,
    tried: int = 0,
) -> Trust:
    """Walk one event of a deal, in order, and move its tip; findings go to ``out``, grouped ones to the deal.

    ``middle``: the walk may begin in the middle of the chain, its first link is then for the caller to check.
    ``tried``: with the profile unsettled, how many forms were tried in vain where these were all that there can be.
    """
    if not entry.chained:
        deal.group("unchained", entry)
        return Trust.UNCHAINED
    links = deal.links
    sequence = entry.sequence
    if sequence is None:
        links.faults += 1
        return Trust.BROKEN
    following = tip.sequence + 1
    if middle and links.border is None and not tip.hashes:
        links.border = (sequence, entry.previous)
        chain.begin(tip, sequence, entry.previous, entry.hash)
        following = sequence
        step = Step(True, entry.previous)
    else:
        step = chain.step(tip, sequence, entry.previous, entry.hash)
        if not step.clean:
            _breaks(links, entry, step, out)
    if profile is None:
        links.unsettled = True
        kind = Kind.MISSING if entry.hash is None else Kind.MISMATCH if tried else Kind.UNREPRODUCED
        verdict = Verdict(kind, tried=tried)
    else:
        numbers = _numbers(sequence, links.shift, following)
        verdict = judge(entry.hashed, profile, candidates, memory, numbers)
    if verdict.holds:
        links.shift = 0
    else:
        _fails(deal, entry, verdict, profile, step, out)
    if not step.linked or verdict.kind in (Kind.MISMATCH, Kind.MISSING):
        return Trust.BROKEN
    if verdict.kind is Kind.VERIFIED:
        return Trust.VERIFIED
    return Trust.RECOVERED if verdict.kind is Kind.RECOVERED else Trust.LINKED


def _numbers(sequence: int, shift: int, following: int) -> tuple[int, ...]:
    """Other numbers that the event may have been written with, most likely first."""
    numbers = dict.fromkeys((sequence - shift, sequence - 1, sequence + 1, following))
    return tuple(number for number in numbers if number > 0 and number != sequence)


def _breaks(links: Links, entry: Entry, step: Step, out: list[Finding]) -> None:
    def add(code: str, message: str, expected: str | None, actual: str | None, field: str) -> None:
        links.faults += 1
        out.append(finding(code, message, **entry.place(), field=field, expected=expected, actual=actual))

    sequence = entry.sequence
    if step.missing is not None:
        last = (sequence or 0) - 1
        which = f"{step.missing} is" if step.missing == last else f"{step.missing} to {last} are"
        text = f"Sequence number {which} missing: expected {step.missing}, found {sequence}."
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
    deal: Deal, entry: Entry, verdict: Verdict, profile: HashProfile | None, step: Step, out: list[Finding]
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
        link = "holds" if step.linked else "is broken"
        text = (
            f"The hash could not be reproduced under {profile.name}, and the search could not be complete"
            f" ({verdict.tried:,} forms tried; storage may have changed a value). The link {link}."
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
            text += f" {verdict.tried:,} forms were tried, which is every form it can have had."
        expected = recomputed(profile, entry.hashed)
        out.append(finding("chain.hash-mismatch", text, confidence=Confidence.RECOMPUTED, expected=expected, **place))


_OF_THE_LEDGER = frozenset(("unproven", "naive", "future"))
"""Groups of which there is one finding for the whole ledger."""


def standing(deals: Mapping[str, Deal], profile: str | None, unproven: str) -> list[Finding]:
    """The standing findings of all deals; ``unproven`` is the message about hashes that no profile reproduces."""
    found: list[Finding] = []
    wholes: dict[str, tuple[Group, set[str]]] = {}
    for key, deal in deals.items():
        if deal.groups or deal.disallowed:
            found += _grouped(key, deal, profile)
        for name in _OF_THE_LEDGER & deal.groups.keys():
            group = deal.groups[name]
            whole, keys = wholes.get(name, (Group(record=group.record + 1), set()))
            first = group if group.record < whole.record else whole
            wholes[name] = replace(first, count=whole.count + group.count), keys | {key}
    for name, (whole, keys) in wholes.items():
        place = {**whole.place(), "standing": True, "stream": min(keys) if len(keys) == 1 else None}
        if name == "naive":
            found.append(finding("order.naive-timestamp", "Times without a zone, read as UTC.", **place))
        elif name == "future":
            found.append(finding("order.future-timestamp", "Times later than now.", **place))
        else:
            found.append(finding("chain.not-reproducible", unproven, field="eventHash", **place))
    return found


def _grouped(key: str, deal: Deal, profile: str | None) -> list[Finding]:
    """One deal's standing findings: one for each cause, with its count, but for those of the whole ledger."""
    found = []
    for name, group in deal.groups.items():
        kind, _, detail = name.partition(":")
        place = {**group.place(), "stream": key, "standing": True}
        many = group.count > 1
        if kind == "unchained":
            text = f"{group.count:,} events take part in no chain: no hash protects them." if many else _ALONE
            found.append(finding("chain.unchained-event", text, **place))
        elif kind == "shift":
            shift = int(detail)
            text = (
                f"{group.count:,} event{'s hash' if many else ' hashes'} only under a sequence number that is"
                f" {abs(shift)} {'lower' if shift > 0 else 'higher'} than the stored one:"
                " numbered anew after being written."
            )
            found.append(
                finding("chain.hash-mismatch", text, confidence=Confidence.RECOMPUTED, field="sequenceNumber", **place)
            )
        elif kind == "condemned":
            text = (
                f"{group.count:,} event{'s have hashes' if many else ' has a hash'} that no profile gives, though every"
                " form they can have had was tried: they were edited, or made by another recipe."
            )
            found.append(
                finding("chain.hash-mismatch", text, confidence=Confidence.RECOMPUTED, field="eventHash", **place)
            )
        elif kind == "other":
            text = (
                f"{group.count:,} event{'s do' if many else ' does'} not hash under {profile}, but"
                f" {'do' if many else 'does'} under {detail}. The profile was not switched."
            )
            found.append(
                finding("chain.hash-mismatch", text, confidence=Confidence.RECOMPUTED, field="eventHash", **place)
            )
    for name, group in deal.disallowed.items():
        code, _, type = name.partition(":")
        times = f" ({group.count:,} times)" if group.count > 1 else ""
        text = {
            "lifecycle.illegal-transition": f"The deal's state did not allow {type}{times}: the kernel ignores it.",
            "lifecycle.event-after-end": f"{type} came after the deal had ended{times}: the kernel ignores it.",
            "lifecycle.event-while-frozen": f"{type} came while the deal was frozen{times}: it changes no state.",
        }[code]
        place = {**group.place(), "stream": key, "standing": True}
        found.append(finding(code, text, confidence=Confidence.HEURISTIC, field="type", **place))
    return found


_ALONE = "The event takes part in no chain: no hash protects it."
