"""Segments of one ledger, verified apart and joined at their borders to the answer of one pass."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from console.formats.kernel import lifecycle
from console.formats.kernel.deals import TRACED, Deal, Group, Trace
from console.formats.kernel.lifecycle import Move, State
from console.formats.kernel.record import read
from console.model.event import NO_TIME
from console.model.finding import Finding
from console.verify.chain import Tip, joins

_KINDS = tuple(TRACED)

Fetch = Callable[[int, int], tuple[int, bytes]]
"""Reads the record so many behind the one at an offset: its own offset, and its line without the LF."""


@dataclass(slots=True)
class Summary:
    """What one segment came to. ``partial``: it began in the middle of the ledger. Ordinals count from its start.

    ``short``: see ``judge.Memory``.
    """

    profile: str | None
    shape: str
    records: int
    loose: list[int]
    deals: dict[str, Deal]
    findings: list[Finding]
    partial: bool
    short: bool = False


def join(left: Summary, right: Summary, fetch: Fetch) -> Summary:
    """Two neighbours as one. Both are spent.

    A deal whose border is not clean becomes stale: the whole's reader names it in ``irregular``, to be walked again.
    Raises ValueError where the segments were not read under one settled profile, or ``right`` is a beginning.
    """
    if not right.partial or left.profile is None or left.profile != right.profile:
        raise ValueError("segments are joined under one settled profile, each but the first begun as a segment")
    by = left.records
    for key, after in right.deals.items():
        for group in after.chain.values():
            group.record += by
        before = left.deals.get(key)
        if before is None:
            before = left.deals[key] = Deal(key, trace=Trace() if left.partial else None)
        _join(before, after, left.partial)
        _live(before, after, right.shape, by, fetch)
    findings = [each if each.record is None else replace(each, record=each.record + by) for each in right.findings]
    return Summary(
        left.profile,
        left.shape,
        left.records + right.records,
        [a + b for a, b in zip(left.loose, right.loose, strict=True)],
        left.deals,
        left.findings + findings,
        left.partial,
        left.short or right.short,
    )


def _join(deal: Deal, after: Deal, partial: bool) -> None:
    """Bring ``after`` into ``deal``: counts, times, chain."""
    if deal.latest != NO_TIME and after.opening != NO_TIME and after.opening < deal.latest:
        deal.backwards = True
    deal.backwards |= after.backwards
    deal.opening = after.opening if deal.opening == NO_TIME else deal.opening
    deal.latest = after.latest if after.latest != NO_TIME else deal.latest
    deal.first = min((time for time in (deal.first, after.first) if time != NO_TIME), default=NO_TIME)
    deal.last = max(deal.last, after.last)
    deal.events += after.events
    deal.trust = [a + b for a, b in zip(deal.trust, after.trust, strict=True)]
    deal.chained += after.chained
    deal.faults += after.faults
    deal.unsettled |= after.unsettled
    deal.stage = after.stage or deal.stage
    for name, group in after.chain.items():
        mine = deal.chain.get(name)
        if mine is None:
            deal.chain[name] = group
        else:
            mine.count += group.count
    deal.stale |= after.stale
    if deal.stale or after.border is None:
        return
    if partial and not deal.tip.hashes:
        deal.border, deal.tip, deal.shift = after.border, after.tip, after.shift
    elif joins(deal.tip, *after.border) and not deal.shift:
        tip = after.tip
        known = deal.tip.hashes if tip.before is None else tip.before
        deal.tip = Tip(tip.sequence, tip.hashes, tip.previous, known)
        deal.shift = after.shift
    else:
        deal.stale = True


def _live(deal: Deal, after: Deal, shape: str, by: int, fetch: Fetch) -> None:
    """Run the state machine over what ``after`` left open; its ordinals grow by ``by``."""
    trace = after.trace
    if trace is None:
        return
    if deal.trace is not None:
        deal.trace.kinds += trace.kinds
        deal.trace.ordinals.extend([ordinal + by for ordinal in trace.ordinals])
        deal.trace.offsets += trace.offsets
        deal.trace.skips += trace.skips
        return
    state, life = deal.state, deal.life
    table = _table(state)
    for at, code in enumerate(trace.kinds):
        step = table[code]
        if step is None:
            continue
        if step.state is not state:
            state = step.state
            table = _table(state)
        if step.code:
            group = life.get(step.name)
            if group is None:
                offset, raw = fetch(trace.offsets[at], trace.skips[at])
                entry = read(raw, shape, None, trace.ordinals[at] + by, offset)
                group = life[step.name] = Group()
                group.add(entry)
            else:
                group.count += 1
    deal.state = state


@cache
def _table(state: State) -> tuple[Move | None, ...]:
    """What each traced type does in this state, by its code."""
    moves = lifecycle.moves(state)
    return tuple(moves.get(kind) for kind in _KINDS)
