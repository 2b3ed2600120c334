"""What is carried of each run, and which stages are missing in which runs."""

import msgspec

from console.formats.reading.tally import Place
from console.model.event import NO_TIME

STAGES = ("INGESTED", "NORMALIZED", "SANITIZED", "SYNTHESIZED", "SIMULATED", "ANALYZED", "DECIDED", "PERSISTED")
RANKS = {name: rank for rank, name in enumerate(STAGES, 1)}
"""The documented order; FLAGGED has no rank, for it may come anywhere."""
ANALYZED, DECIDED = RANKS["ANALYZED"], RANKS["DECIDED"]
FLAGS = ("", "low", "medium", "high", "critical")


class RunState(msgspec.Struct, array_like=True):
    """What is carried of one run. ``rank`` is the last stage's, ``top`` the highest; ``seen`` and ``told`` are bit sets
    of ranks; ``began`` is the instant that its id names; ``flagged`` is a position in ``FLAGS``."""

    place: Place
    """Of its first event."""
    began: int = NO_TIME
    bad: str = ""
    """The code of what is wrong with the run's id."""
    known: bool = False
    """The id is of a form that real writers use beside the documented one."""
    events: int = 0
    last: int = NO_TIME
    stage: str = ""
    rank: int = 0
    top: int = 0
    seen: int = 0
    told: int = 0
    early: bool = False
    flagged: int = 0
    decided: Place | None = None
    """The first DECIDED event, until an ANALYZED one is seen."""

    @property
    def gaps(self) -> int:
        """Bit set of the stages that are missing before the highest one; a DECIDED's ANALYZED is told apart."""
        gaps = ~self.seen & (1 << self.top) - 2 if self.top else 0
        return gaps if self.decided is None else gaps & ~(1 << ANALYZED)

    def enter(self, rank: int, place: Place) -> int:
        """Go on to a stage; the rank that should not have come before it, 0 if there is none (told once a stage)."""
        before = self.rank if rank < self.rank and not self.told & 1 << rank else 0
        if before:
            self.told |= 1 << rank
        self.rank = rank
        self.seen |= 1 << rank
        self.top = max(self.top, rank)
        if rank == ANALYZED:
            self.decided = None
        elif rank == DECIDED and self.decided is None and not self.seen & 1 << ANALYZED:
            self.decided = place
        return before


class Gaps:
    """Runs by what they miss, brought up to date for the runs that went on."""

    def __init__(self) -> None:
        self.by_gaps: dict[int, dict[str, Place]] = {}
        """Runs and their places."""
        self.undecided: dict[str, None] = {}
        """Runs with a DECIDED and no ANALYZED."""
        self._of: dict[str, int] = {}
        self._first: dict[int, tuple[Place, str]] = {}

    def update(self, run: str, state: RunState) -> None:
        if state.decided is None:
            self.undecided.pop(run, None)
        else:
            self.undecided[run] = None
        before, now = self._of.get(run, 0), state.gaps
        if now == before:
            return
        self._of[run] = now
        if before:
            del self.by_gaps[before][run]
            if self._first.get(before) == (state.place, run):
                del self._first[before]
        if now:
            self.by_gaps.setdefault(now, {})[run] = state.place
            if now in self._first:
                self._first[now] = min(self._first[now], (state.place, run))

    def first(self, gaps: int) -> str:
        """The run with these gaps that begins before the others."""
        if gaps not in self._first:
            self._first[gaps] = min((place, run) for run, place in self.by_gaps[gaps].items())
        return self._first[gaps][1]


def names_of(gaps: int) -> str:
    return ", ".join(name for name, rank in RANKS.items() if gaps & 1 << rank)
