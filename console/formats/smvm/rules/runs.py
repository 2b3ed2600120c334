"""What is carried of a ledger: its runs, the stages that they miss, and references to ids that did not come yet."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from console.formats.protocol import key64
from console.formats.reading.findings import Place
from console.formats.smvm import record
from console.model.event import NO_TIME

STAGES = ("INGESTED", "NORMALIZED", "SANITIZED", "SYNTHESIZED", "SIMULATED", "ANALYZED", "DECIDED", "PERSISTED")
RANKS = {name: rank for rank, name in enumerate(STAGES, 1)}
"""The documented order; FLAGGED has no rank, for it may come anywhere."""
ANALYZED, DECIDED = RANKS["ANALYZED"], RANKS["DECIDED"]
SPANS = 64
"""Spans of one run that are kept; one with more may have any."""
FLAGS = ("", "low", "medium", "high", "critical")


class RunState(msgspec.Struct, array_like=True):
    """What is carried of one run. ``rank`` is the last stage's, ``top`` the highest; ``seen`` and ``reported`` are
    bit sets of ranks; ``began`` is the instant that its id names; ``flagged`` is a position in ``FLAGS``, ``flags``
    how often it was flagged so high."""

    place: Place
    """Of its first event."""
    event_id: str = ""
    """Of its first event, too."""
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
    reported: int = 0
    apart: bool = False
    """A time was found that its id contradicts."""
    flagged: int = 0
    decided: Place | None = None
    """The first DECIDED event, until an ANALYZED one is seen."""
    decided_id: str = ""
    spans: set[str] = msgspec.field(default_factory=set)
    """Ends of the ids of its spans, such as ``0001-ING``; at most ``SPANS``."""
    documented: bool = False
    """It has events of the specification's, which says what the id of a run is like."""
    flags: int = 0

    @property
    def gaps(self) -> int:
        """Bit set of the stages that are missing before the highest one; a DECIDED's ANALYZED is not among them."""
        gaps = ~self.seen & (1 << self.top) - 2 if self.top else 0
        return gaps if self.decided is None else gaps & ~(1 << ANALYZED)

    def span(self, span_id: str, run: str) -> None:
        """A span of the run."""
        if len(self.spans) < SPANS and span_id.startswith(run):
            self.spans.add(span_id[len(run) + 1 :])

    def has_span(self, end: str) -> bool:
        """True if the run has this span, or may have it."""
        return end in self.spans or len(self.spans) >= SPANS

    def enter(self, rank: int, place: Place, event_id: str) -> int:
        """Go on to a stage; the rank that should not have come before it, 0 if there is none (once a stage)."""
        before = self.rank if rank < self.rank and not self.reported & 1 << rank else 0
        if before:
            self.reported |= 1 << rank
        self.rank = rank
        self.seen |= 1 << rank
        self.top = max(self.top, rank)
        if rank == ANALYZED:
            self.decided = None
        elif rank == DECIDED and self.decided is None and not self.seen & 1 << ANALYZED:
            self.decided, self.decided_id = place, event_id
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


WINDOW = 512
"""Event ids remembered."""
LIMIT = 256
"""References waited for at a time; further ones are not followed."""


class Pending(msgspec.Struct, array_like=True):
    """A reference that has not been met: who made it, where."""

    event_id: str
    run: str
    place: Place


class OpenReferences:
    """What FLAGGED events name should be in the ledger: its last event ids, and the references not met yet.

    An event id older than the window is not called missing.
    """

    def __init__(self, salt: bytes = b"") -> None:
        self.salt = salt
        self.pending: dict[str, Pending] = {}
        self._recent: dict[int, int] = {}

    def seen(self, event_id: str, key: int, run: str, span: str, micros: int) -> None:
        """An event of the ledger; ``key`` is ``key64`` of its id."""
        recent = self._recent
        recent[key] = micros
        if len(recent) > WINDOW:
            del recent[next(iter(recent))]
        if self.pending:
            for name in (event_id, run, span):
                self.pending.pop(name, None)

    def seen_all(
        self,
        event_ids: Sequence[str],
        keys: Sequence[int],
        runs: Sequence[str],
        spans: Sequence[str],
        times: Sequence[int],
    ) -> None:
        """Several events, in their order."""
        some = dict(zip(keys[-WINDOW:], times[-WINDOW:], strict=True))
        if self.pending or len({*keys}) < len(keys) or not self._recent.keys().isdisjoint(keys):
            for event_id, key, run, span, micros in zip(event_ids, keys, runs, spans, times, strict=True):
                self.seen(event_id, key, run, span, micros)
        elif len(some) == WINDOW:
            self._recent = some
        else:
            recent = self._recent
            recent.update(some)
            for key in [*recent][: max(0, len(recent) - WINDOW)]:
                del recent[key]

    def refer(self, entity: str, by: Pending, runs: Mapping[str, RunState]) -> None:
        """A FLAGGED event names this entity."""
        if len(self.pending) < LIMIT and entity not in self.pending and self._unmet(entity, runs):
            self.pending[entity] = by

    def _unmet(self, entity: str, runs: Mapping[str, RunState]) -> bool:
        match = record.EVENT_ID.fullmatch(entity)
        if match is not None:
            oldest = next(iter(self._recent.values())) if len(self._recent) == WINDOW else NO_TIME
            second = record.second(match[1])
            return (second is None or second > oldest) and key64(entity, self.salt) not in self._recent
        if record.SPAN_ID.fullmatch(entity):
            state = runs.get(entity[: record.RUN_ID_LENGTH])
            return state is None or not state.has_span(entity[record.RUN_ID_LENGTH + 1 :])
        return record.RUN_ID.fullmatch(entity) is not None and entity not in runs

    def dump(self) -> tuple[dict[int, int], dict[str, Pending]]:
        """For ``load``."""
        return self._recent, self.pending

    def load(self, recent: dict[int, int], pending: dict[str, Pending]) -> None:
        self._recent, self.pending = recent, pending


def entities_of(value: object) -> Iterator[str]:
    """The names in ``affected_entities``: its texts, and those that its objects hold."""
    for each in value if isinstance(value, list) else ():
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            yield from (part for part in each.values() if isinstance(part, str))
