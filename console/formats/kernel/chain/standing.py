"""What stands of the chains and lives of all deals as of now: one finding for each cause, with a count."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from console.formats.kernel.chain.deals import BEGINS, Deal
from console.formats.kernel.record import Entry, Group
from console.formats.kernel.rules.evidence import Brought
from console.formats.kernel.rules.schema import is_named
from console.formats.kernel.rules.states import START
from console.formats.protocol import Tallies
from console.formats.reading.clock import Clock
from console.model.event import StreamKey
from console.model.finding import Finding
from console.model.ledger import StreamFacts
from console.model.trust import Confidence, Severity
from console.verify.catalogue import finding
from console.verify.profile import HashProfile

_OF_THE_LEDGER = frozenset(("unproven", "naive", "future", "actor"))
"""Groups that are one finding for the whole ledger."""
_FEW = 3
"""Chains that begin in the middle and are listed one by one."""


def standing(deals: Mapping[str, Deal], profile: str | None, tried: Sequence[HashProfile] | None) -> list[Finding]:
    """The standing findings of all deals. ``tried`` are the profiles that may reproduce their hashes, None where no
    hash can be reproduced because nothing names the deal."""
    found: list[Finding] = []
    wholes: dict[str, tuple[Group, set[str]]] = {}
    for key, deal in deals.items():
        if deal.groups or deal.disallowed or deal.noted:
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
        elif name == "actor":
            text = "Ids of actors that are no UUIDs, as the specification has them."
            found.append(finding("schema.bad-pattern", text, severity=Severity.NOTE, field="actorId", **place))
        elif name == "future":
            found.append(finding("order.future-timestamp", "Times later than now.", **place))
        else:
            text = "No hash can be reproduced without the pack's manifest.json: it names the deal. Links are checked."
            if tried is not None:
                names = ", ".join(each.name for each in tried)
                text = f"No profile ({names}) reproduces any hash so far; links are checked."
            found.append(finding("chain.not-reproducible", text, field="eventHash", **place))
    return found + _beginnings(deals)


def note_oddities(deal: Deal, entry: Entry, clock: Clock, *, staged: bool) -> Severity:
    """Notes a time, or an actor, that is odd by itself; how bad it is."""
    instant = entry.instant
    if not staged and not is_named(entry):
        deal.group("actor", entry)
    if instant is None:
        return Severity.NONE
    if not instant.zone:
        deal.group("naive", entry)
    if instant.micros > (clock.latest if instant.zone else clock.latest_local):
        deal.group("future", entry)
        return Severity.ERROR
    return Severity.NONE


def state_facts(deal: Deal, *, staged: bool) -> dict[str, str]:
    """What a deal's stream shows of its state. Where its beginning is not at hand, the state is known only from the
    first event on that it allows. ``staged``: its events name the state themselves."""
    if staged:
        return {"state": deal.stage} if deal.stage else {}
    if not deal.begins_later:
        state = {"state": deal.state.name, "stress_mode": deal.state.stress}
        return state | ({"note": "an event before it may be unread"} if deal.links.unknown else {})
    note = {"note": "the beginning is not at hand"}
    return note | ({"state": "unknown"} if deal.state.name == START else {"state": deal.state.name})


def facts_of(deals: Iterable[tuple[str, Deal]], *, staged: bool) -> Iterator[StreamFacts]:
    """What is known of the streams of these deals."""
    for key, deal in deals:
        chained, links = deal.chained, deal.links
        intact = not (links.faults or links.unknown) if chained else None
        yield StreamFacts("deal", key, state_facts(deal, staged=staged), chained, intact)


def tallies_of(records: int, loose: Sequence[int], deals: Iterable[tuple[str, Deal]]) -> Tallies:
    """Counts of a ledger; ``loose`` are its records of no deal, by trust."""
    streams = {StreamKey("deal", key): (tuple(deal.trust), deal.times.first, deal.times.last) for key, deal in deals}
    trust = [sum(column) for column in zip(loose, *(counts for counts, _, _ in streams.values()), strict=True)]
    return Tallies(records, tuple(trust), streams)


def _beginnings(deals: Mapping[str, Deal]) -> list[Finding]:
    """Chains whose first events are not at hand: of many one finding, which names the first."""
    begun = [
        (group, key, name.removeprefix(BEGINS))
        for key, deal in deals.items()
        for name, group in deal.groups.items()
        if name.startswith(BEGINS) and not deal.links.stale
    ]
    begun.sort(key=lambda each: each[0].record)
    found = []
    for group, key, previous in begun if len(begun) <= _FEW else begun[:1]:
        count = 1 if len(begun) <= _FEW else len(begun)
        last = (group.sequence or 0) - 1
        before = "event 1 is" if last == 1 else f"events 1 to {last:,} are"
        text = (
            f"The chain begins here with number {group.sequence}: its {before} not at hand. Look for the part of the"
            f" ledger that ends with number {last} and the hash {previous[:64]}: {_WHERE}."
        )
        if count > 1:
            text = f"{count:,} chains begin in the middle, this one first. {text}"
        place = {**group.place(), "count": count, "stream": key if count == 1 else None, "standing": True}
        found.append(
            finding(
                "chain.begins-later",
                text,
                confidence=Confidence.HEURISTIC,
                field="previousEventHash",
                actual=previous,
                **place,
            )
        )
    return found


_WHERE = "an earlier volume beside it (NAME.1, NAME.2.gz, NAME-20260301), an archive, or a backup"


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
                " the numbers were changed after they were written."
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
    for name, group in () if deal.begins_later else deal.disallowed.items():
        code, _, type = name.partition(":")
        times = f" ({group.count:,} times)" if group.count > 1 else ""
        text = {
            "lifecycle.illegal-transition": f"The deal's state did not allow {type}{times}: the kernel ignores it.",
            "lifecycle.event-after-end": f"{type} came after the deal had ended{times}: the kernel ignores it.",
            "lifecycle.event-while-frozen": f"{type} came while the deal was frozen{times}: it changes no state.",
        }[code]
        if deal.links.unknown:
            text += " An event that cannot be read may explain it."
        place = {**group.place(), "stream": key, "standing": True}
        found.append(finding(code, text, confidence=Confidence.HEURISTIC, field="type", **place))
    return [*found, *_noted(key, deal)]


def unresolved(deals: Mapping[str, Deal], brought: Brought) -> list[Finding]:
    """References that surely lead nowhere: one finding for each deal."""
    found = []
    for key, deal in deals.items():
        if not deal.waiting or not deal.uploads or deal.begins_later:
            continue
        lost = {name: group for name, group in deal.waiting.items() if name.encode() not in brought.known}
        if lost:
            name, first = min(lost.items(), key=lambda each: each[1].record)
            more = f", like {len(lost) - 1:,} others" if len(lost) > 1 else ""
            text = f"No event of this ledger brought what evidenceRefs names: {name}{more}."
            place = {**first.place(), "stream": key, "standing": True, "field": "evidenceRefs"}
            found.append(finding("reference.unresolved", text, **{**place, "actual": name, "count": len(lost)}))
    return found


def _noted(key: str, deal: Deal) -> Iterator[Finding]:
    """What rules found of one deal."""
    for noted in deal.noted.values():
        rest = noted.count - 1
        more = f" The same is true of {rest:,} more event{'s'[: rest > 1]}." if rest else ""
        place = {**noted.place(), "stream": key, "standing": True, "field": noted.field}
        severity = None if noted.severity is None else Severity(noted.severity)
        place |= {"expected": noted.expected, "actual": noted.actual}
        yield finding(noted.code, noted.message + more, severity=severity, **place)


_ALONE = "The event takes part in no chain: no hash protects it."
