"""Counts of events by stream: by trust, with the earliest and latest time.

Every event is counted (blank lines are none), so that what most batches are (one trust throughout, times in order) is
counted in a few calls for the whole batch.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from console.model.batch import EventBatch
from console.model.event import NO_TIME
from console.model.trust import Trust

TRUSTS = 7
"""Kinds of ``Trust``."""


@dataclass(slots=True)
class Count:
    """Events by ``Trust``, and the earliest and latest instant (None: no event names one)."""

    trust: list[int] = field(default_factory=lambda: [0] * TRUSTS)
    first: int | None = None
    last: int | None = None

    @property
    def events(self) -> int:
        return sum(self.trust)

    def copy(self) -> "Count":
        """Another count of the same."""
        return Count([*self.trust], self.first, self.last)

    def add(self, other: "Count") -> None:
        """Add what another count holds."""
        self.trust = [mine + theirs for mine, theirs in zip(self.trust, other.trust, strict=True)]
        self.span(other.first)
        self.span(other.last)

    def span(self, time: int | None) -> None:
        """Let the earliest and latest take in this instant."""
        if time is not None:
            self.first = time if self.first is None else min(self.first, time)
            self.last = time if self.last is None else max(self.last, time)


Counts = dict[int, Count]
"""By a stream's code or id."""


def count_events(events: EventBatch) -> Count:
    """The count of all rows."""
    times = _named(events.time)
    trust = [events.trust.count(each) for each in range(TRUSTS)]
    trust[Trust.PENDING] = 0
    return Count(trust, min(times, default=None), max(times, default=None))


def count_streams(events: EventBatch, sets: Sequence[tuple[int, ...]]) -> tuple[Counts, Counts]:
    """Counts by stream code (0: no stream): of rows' first streams, and of further ones. ``sets`` are those that
    ``events.further`` names."""
    first = _by_code(events.stream, events.trust, events.time)
    further: Counts = {}
    size = len(events.further)
    if size:
        for code, count in _by_code(events.further, events.trust[:size], events.time[:size]).items():
            for stream in sets[code]:
                if stream in further:
                    further[stream].add(count)
                else:
                    further[stream] = count.copy()
    return first, further


def add_counts(into: Counts, more: Counts) -> None:
    """Add counts to others, stream by stream."""
    for stream, count in more.items():
        if stream in into:
            into[stream].add(count)
        else:
            into[stream] = count


def _by_code(codes: Sequence[int], trusts: bytes | bytearray, times: Sequence[int]) -> Counts:
    counts: Counts = {}
    for (code, trust), number in _pairs(codes, trusts):
        if trust != Trust.PENDING:
            counts.setdefault(code, Count()).trust[trust] += number
    if NO_TIME in times:
        timed = [(time, code) for time, code in zip(times, codes, strict=True) if time != NO_TIME]
        times, codes = [time for time, _ in timed], [code for _, code in timed]
    in_order = sorted(times)
    if in_order != [*times]:
        pairs = sorted(zip(times, codes, strict=True))
        times, codes = [time for time, _ in pairs], [code for _, code in pairs]
    for code, time in dict(zip(codes, times, strict=True)).items():
        if code in counts:
            counts[code].span(time)
    for code, time in dict(zip(reversed(codes), reversed(times), strict=True)).items():
        if code in counts:
            counts[code].span(time)
    return counts


def _pairs(codes: Sequence[int], trusts: bytes | bytearray) -> Iterable[tuple[tuple[int, int], int]]:
    """How often each code comes with each trust."""
    if trusts and trusts.count(trusts[0]) == len(trusts):
        return [((code, trusts[0]), number) for code, number in Counter(codes).items()]
    return Counter(zip(codes, trusts, strict=True)).items()


def _named(times: Sequence[int]) -> Sequence[int]:
    """The times without those that no event names."""
    return [time for time in times if time != NO_TIME] if NO_TIME in times else times
