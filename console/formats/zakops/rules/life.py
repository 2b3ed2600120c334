"""What all lives have in common: states are left by events, and an event that does not fit is one remark."""

from collections.abc import Mapping
from typing import NamedTuple

from console.formats.reading.findings import Remark
from console.model.trust import Severity

ANY = frozenset({"*"})
"""Any state that is no end."""


class Rule(NamedTuple):
    """``before``: the states that an event may find ('' before creation). ``after``: the one it leaves; None: as it
    was."""

    before: frozenset[str]
    after: str | None


def rule(before: str, after: str | None) -> Rule:
    """A rule whose states are written with blanks between; ``new`` is before creation."""
    return Rule(frozenset("" if each == "new" else each for each in before.split()), after)


def step(
    thing: str,
    status: str,
    event: str,
    rules: Mapping[str, Rule],
    ends: frozenset[str],
    *,
    unsure: bool = False,
) -> tuple[str, list[Remark]]:
    """The status after an event, and the remarks on it. Rules go on from where an event leads that is not allowed.

    ``unsure``: events are those of one thing only if nothing shows the opposite, so remarks are notes.
    """
    found = rules.get(event)
    if found is None:
        return status, []
    after = status if found.after is None else found.after
    if status in found.before or (found.before & ANY and status and status not in ends):
        return after, []
    note = Severity.NOTE if unsure else None
    if not status:
        message = f"The ledger's first event of this {thing} is {event!r}."
        return after or "UNKNOWN", [Remark("lifecycle.event-before-creation", message, severity=Severity.NOTE)]
    if status == "UNKNOWN":
        if "" in found.before:
            message = f"{event!r} comes after other events of this {thing}."
            return after, [Remark("lifecycle.illegal-transition", message, None, "no event before", severity=note)]
        return after, []
    if status in ends:
        message = f"{event!r} comes after the {thing} was {status}."
        return after, [Remark("lifecycle.event-after-end", message, actual=event, severity=note)]
    fitting = " or ".join(sorted(each for each in found.before if each and each != "*")) or "no event before"
    message = f"{event!r} does not fit {'an' if thing[0] in 'aeiou' else 'a'} {thing} that is {status}."
    return after, [Remark("lifecycle.illegal-transition", message, None, fitting, status, note)]


def count_back(before: int, count: int, field: str) -> Remark:
    """A retry count that is less than the one before."""
    message = f"The retry count goes back from {before} to {count}."
    return Remark("lifecycle.illegal-transition", message, field, f"at least {before}", str(count))
