"""Counts of a batch by stream: events by trust, earliest and latest time."""

from collections import Counter
from collections.abc import Iterable
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


def tally(batch: EventBatch) -> tuple[Counts, Counts]:
    """Counts by stream code (0: no stream): of the rows' first streams, and of their further ones."""
    first = _count(batch.stream, batch.trust, batch.time)
    if not batch.also:
        return first, {}
    rows = [row for row, _ in batch.also]
    streams = [stream for _, stream in batch.also]
    return first, _count(streams, [batch.trust[row] for row in rows], [batch.time[row] for row in rows])


def merge(into: Counts, more: Counts) -> None:
    """Add counts to others, stream by stream."""
    for stream, count in more.items():
        if stream in into:
            into[stream].add(count)
        else:
            into[stream] = count


def _count(streams: Iterable[int], trusts: Iterable[int], times: Iterable[int]) -> Counts:
    counts: Counts = {}
    streams = list(streams)
    for (stream, trust), number in Counter(zip(streams, trusts, strict=True)).items():
        counts.setdefault(stream, Count()).trust[trust] += number
    ordered = sorted(zip(times, streams, strict=True))
    latest = {stream: time for time, stream in ordered}
    earliest = {stream: time for time, stream in reversed(ordered) if time != NO_TIME}
    for stream, time in earliest.items():
        counts[stream].span(time)
        counts[stream].span(latest[stream])
    return counts
