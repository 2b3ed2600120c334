"""What is carried of each stream's kind, and which streams are open: they give findings as of now."""

from collections.abc import Callable, Iterator, Sequence

from console.formats.reading.columns import Columns
from console.formats.reading.streams import Followed, Streams
from console.formats.zakops import rules
from console.model.event import NO_TIME, StreamKey
from console.model.finding import Finding
from console.verify.catalogue import finding

_STATES: dict[str, Callable[[], rules.State]] = {
    "action": rules.ActionLife,
    "run": rules.RunLife,
    "aggregate": rules.Aggregate,
}


class OpenStreams(Streams[rules.State]):
    """All streams of one ledger; actions in PROCESSING and ended runs with unanswered calls are watched."""

    def __init__(self, columns: Columns) -> None:
        super().__init__(columns, lambda kind: _STATES.get(kind, rules.Other))
        self._processing: dict[str, rules.ActionLife] = {}
        self._unanswered: dict[str, rules.RunLife] = {}

    def watch(self, stream: Followed[rules.State]) -> None:
        """Keep track of what is open."""
        state = stream.state
        if isinstance(state, rules.ActionLife):
            if state.status == rules.PROCESSING and state.record:
                self._processing[stream.key] = state
            else:
                self._processing.pop(stream.key, None)
        elif isinstance(state, rules.RunLife) and state.record:
            self._unanswered[stream.key] = state

    def restore(self, name: str | StreamKey, data: bytes) -> Followed[rules.State] | None:
        found = super().restore(name, data)
        if found is not None:
            self.watch(found)
        return found

    def standing(self, now: int) -> Iterator[Finding]:
        """What has no end as of ``now`` (UTC microseconds)."""
        late = [
            (state, key)
            for key, state in self._processing.items()
            if state.since != NO_TIME and now - state.since > rules.PROCESSING_TTL * 1_000_000
        ]
        if late:
            yield _open(f"Started and without an end for more than {rules.PROCESSING_TTL} s.", late)
        calls = [(state, key) for key, state in self._unanswered.items()]
        if calls:
            yield _open("The run ended with tool calls that have no answer.", calls)


def _open(message: str, streams: Sequence[tuple[rules.ActionLife | rules.RunLife, str]]) -> Finding:
    state, key = min(streams, key=lambda each: each[0].record)
    return finding(
        "operation.interrupted",
        message,
        stream=key,
        record=state.record,
        offset=state.offset,
        length=state.length,
        count=len(streams),
        standing=True,
    )
