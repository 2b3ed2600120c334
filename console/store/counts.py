"""Counts of a batch by stream: events by trust, earliest and latest time."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from console.model.batch import EventBatch
from console.model.event import NO_TIME


@dataclass(slots=True)
class Count:
    """Events by ``Trust``, and the earliest and latest instant (None: no event names one)."""

    trust: list[int] = field(default_factory=lambda: [0] * 7)
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


def tally(events: EventBatch, sets: Sequence[tuple[int, ...]]) -> tuple[Counts, Counts]:
    """Counts by stream code (0: no stream): of rows' first streams, and of further ones. ``sets`` are those that
    ``events.further`` names."""
    first = _count(events.stream.tolist(), events.trust, events.time.tolist())
    further: Counts = {}
    size = len(events.further)
    if size:
        for code, count in _count(events.further.tolist(), events.trust[:size], events.time[:size].tolist()).items():
            for stream in sets[code]:
                if stream in further:
                    further[stream].add(count)
                else:
                    further[stream] = count.copy()
    return first, further


def total(events: EventBatch) -> Count:
    """The count of all rows."""
    timed = [time for time in events.time if time != NO_TIME] if NO_TIME in events.time else events.time
    trust = [events.trust.count(each) for each in range(7)]
    return Count(trust, min(timed, default=None), max(timed, default=None))


def merge(into: Counts, more: Counts) -> None:
    """Add counts to others, stream by stream."""
    for stream, count in more.items():
        if stream in into:
            into[stream].add(count)
        else:
            into[stream] = count


def _count(streams: list[int], trusts: bytes | bytearray, times: list[int]) -> Counts:
    counts: Counts = {}
    for both, number in Counter([stream << 3 | trust for stream, trust in zip(streams, trusts, strict=True)]).items():
        counts.setdefault(both >> 3, Count()).trust[both & 7] += number
    if NO_TIME in times:
        timed = [(time, stream) for time, stream in zip(times, streams, strict=True) if time != NO_TIME]
        times, streams = [time for time, _ in timed], [stream for _, stream in timed]
    if times != sorted(times):
        pairs = sorted(zip(times, streams, strict=True))
        times, streams = [time for time, _ in pairs], [stream for _, stream in pairs]
    for stream, time in dict(zip(streams, times, strict=True)).items():
        counts[stream].span(time)
    for stream, time in dict(zip(reversed(streams), reversed(times), strict=True)).items():
        counts[stream].span(time)
    return counts
