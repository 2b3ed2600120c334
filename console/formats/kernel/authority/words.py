"""What a gate asks for, condition by condition, and what the ledger shows of each: in words that the report and the tab
of an event share, so that they never disagree."""

from collections.abc import Iterator
from typing import NamedTuple

from console.formats.kernel.authority.judge import NAMED, Asked, Ruling

MARKS = {True: "✓", False: "✗", None: "?"}
UNKNOWN = "the ledger cannot show it"


class Condition(NamedTuple):
    """One condition: what it is about, what is asked, the answer with a mark, and the ids of the events behind it."""

    about: str
    asked: str
    answer: str
    events: tuple[str, ...] = ()


def conditions(ruling: Ruling) -> Iterator[Condition]:
    """Role, approvals, each material, and the overrides of a gate."""
    gate = ruling.gate
    yield role(ruling)
    answer = _answer(approvals(ruling), ruling.met, ruling)
    yield Condition("approvals", f"{gate.approvals} by distinct actors", answer, ruling.approvals)
    for each in ruling.materials:
        events = (each.event_id,) if each.truth else ()
        answer = _answer(_marked(ruling, each.enough, each.truth or "none"), each.enough, ruling)
        yield Condition(f"material {each.type}", f"at least {each.least}", answer, events)
    if ruling.overrides:
        lifted = "lifts approvals and materials"
        yield Condition("override", lifted, f"{len(ruling.overrides):,} attested", ruling.overrides)
    elif ruling.used:
        yield Condition("override", "claimed by the event", "✗ none is there since the last gate")


def role(ruling: Ruling) -> Condition:
    """The condition of the role."""
    acted = ", ".join(ruling.roles) or ("" if ruling.role is None else "none named")
    answer = f"{MARKS[ruling.role]} {acted or UNKNOWN}"
    return Condition("permitted role", " or ".join(ruling.gate.roles), answer)


def approvals(ruling: Ruling) -> str:
    """``✓ 2 of 2``, or ``0 of 1 (lifted by an override)``: what an override lifts is not broken."""
    more = f" ({ruling.granted} granted)" if ruling.granted != ruling.distinct else ""
    return _marked(ruling, ruling.met, f"{ruling.distinct} of {ruling.gate.approvals}{more}")


def material(ruling: Ruling, asked: Asked) -> str:
    """The same of a material: ``✓ FinalUnderwriting DOC of DOC``."""
    return _marked(ruling, asked.enough, f"{asked.type} {asked.truth or 'none'} of {asked.least}")


def _marked(ruling: Ruling, holds: bool | None, what: str) -> str:
    if holds is not True and ruling.overrides:
        return f"{what} (lifted by an override)"
    return f"{MARKS[holds]} {what}"


def _answer(text: str, holds: bool | None, ruling: Ruling) -> str:
    return f"{text}: {UNKNOWN}" if holds is None and not ruling.overrides else text


def named(events: tuple[str, ...]) -> str:
    """Ids of events, the first of many."""
    more = f" and {len(events) - NAMED:,} more" if len(events) > NAMED else ""
    return ", ".join(events[:NAMED]) + more
