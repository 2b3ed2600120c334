"""The walk of one hash chain: links, gaps, duplicates, forks. It knows no system and no hash recipe.

Events are walked in order of (sequence, ordinal). After a break the walk goes on from the stored hash, so that one
change gives one break.
"""

from dataclasses import dataclass

MAX_BRANCHES = 64
"""Events with one sequence number whose hashes are remembered; links to further ones count as broken."""


@dataclass(slots=True)
class Tip:
    """Where a walk stands: the number of the last event, and the stored hashes that the next may build on.

    ``hashes`` and ``previous`` belong to the events with that number (more than one: branches), ``before`` holds the
    hashes of the number before it; ``before`` is None where that is unknown (a walk that began in the middle).
    """

    sequence: int = 0
    hashes: tuple[str | None, ...] = ()
    previous: tuple[str | None, ...] = ()
    before: tuple[str | None, ...] | None = ()


@dataclass(frozen=True, slots=True)
class Step:
    """What one event did to the walk.

    ``linked``: its previous hash is the stored hash of an event before it (None at the start). ``missing`` is the
    number that was expected where numbers are missing, ``duplicate`` that the number was used before, ``sibling`` the
    stored hash of another event that builds on the same one (a fork). ``expected`` is the previous hash that fits.
    """

    linked: bool
    expected: str | None
    missing: int | None = None
    duplicate: bool = False
    sibling: str | None = None

    @property
    def clean(self) -> bool:
        return self.linked and self.missing is None and not self.duplicate


def in_order(tip: Tip, sequence: int) -> bool:
    """True if an event with this number may be walked now; otherwise its chain must be walked again from the start."""
    return sequence >= tip.sequence or not tip.hashes


def step(tip: Tip, sequence: int, previous: str | None, stored: str | None) -> Step:
    """Walk one event, and move the tip. Needs ``in_order``."""
    if not tip.hashes:
        tip.sequence, tip.hashes, tip.previous, tip.before = sequence, (stored,), (previous,), ()
        return Step(previous is None, None, 1 if sequence != 1 else None)
    if sequence == tip.sequence:
        return _again(tip, previous, stored)
    linked = previous is not None and previous in tip.hashes
    expected = previous if linked else tip.hashes[-1]
    missing = tip.sequence + 1 if sequence != tip.sequence + 1 else None
    tip.sequence, tip.before, tip.hashes, tip.previous = sequence, tip.hashes, (stored,), (previous,)
    return Step(linked, expected, missing)


def resume(tip: Tip) -> None:
    """The link of the event just walked cannot be known: what it names is taken for what stood before it."""
    tip.before = tip.previous[:1]


def begin(tip: Tip, sequence: int, previous: str | None, stored: str | None) -> None:
    """Stand on an event in the middle of a chain, whose link is checked by whoever knows what came before."""
    tip.sequence, tip.hashes, tip.previous, tip.before = sequence, (stored,), (previous,), None


def _again(tip: Tip, previous: str | None, stored: str | None) -> Step:
    before = tip.before or ()
    if before:
        linked = previous is not None and previous in before
        expected = previous if linked else before[-1]
    else:
        linked, expected = previous is None, None
    sibling = None
    if stored is not None and stored not in tip.hashes and previous in tip.previous:
        sibling = tip.hashes[tip.previous.index(previous)] if len(tip.previous) == len(tip.hashes) else tip.hashes[0]
    if len(tip.hashes) < MAX_BRANCHES and stored not in tip.hashes:
        tip.hashes += (stored,)
        tip.previous += (previous,)
    return Step(linked, expected, duplicate=True, sibling=sibling)


def joins(left: Tip, sequence: int, previous: str | None) -> bool:
    """True if an event fits without any break behind ``left``: what two neighbouring segments ask at their border."""
    if not left.hashes:
        return sequence == 1 and previous is None
    return sequence == left.sequence + 1 and previous is not None and previous in left.hashes
