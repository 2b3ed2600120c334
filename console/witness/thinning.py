"""Looks made fewer: a ledger that is looked at each minute is not to be remembered by half a million lines a year.

What each history began with, and what it came to, stays. Between them those looks go first that saw nothing new, then
every second one. A look that stays tells how many it stands for.
"""

from collections.abc import Sequence
from dataclasses import replace

from console.witness.observations import PastLook

MOST = 400
"""Looks that are kept of one ledger, unless more changes than that were accepted."""
_LAST = 2
"""The last looks, which keep all that they hold: nobody asks the others for heads of chains."""


def thinned(looks: Sequence[PastLook], most: int) -> list[PastLook]:
    """At most half of ``most`` looks in the place of these, as far as that goes."""
    agreed = _agreed(looks)
    ends = {at for at in range(len(looks)) if at == agreed or _is_end(looks, at)}
    kept = [at for at in range(len(looks)) if at in ends or _saw_news(looks, at)]
    while len(kept) > most // 2:
        fewer = [at for place, at in enumerate(kept) if place % 2 == 0 or at in ends]
        if len(fewer) == len(kept):
            break
        kept = fewer
    found = []
    before = -1
    for at in kept:
        count = sum(each.looks for each in looks[before + 1 : at + 1])
        one = replace(looks[at], looks=count)
        asked_for = at == agreed or at >= len(looks) - _LAST
        found.append(one if asked_for else replace(one, heads={}, due={}))
        before = at
    return found


def _is_end(looks: Sequence[PastLook], at: int) -> bool:
    """True for the first and the last look of a history."""
    return at in (0, len(looks) - 1) or looks[at - 1].base != looks[at].base or looks[at + 1].base != looks[at].base


def _agreed(looks: Sequence[PastLook]) -> int:
    """The last look that agreed."""
    return next((at for at in range(len(looks) - 1, -1, -1) if looks[at].agrees), -1)


def _saw_news(looks: Sequence[PastLook], at: int) -> bool:
    """True if the ledger was different at the look before, or at the next one."""
    return any(_state(looks[at]) != _state(looks[beside]) for beside in (at - 1, at + 1))


def _state(look: PastLook) -> tuple[object, ...]:
    return look.records, look.root, look.agrees, *look.codes
