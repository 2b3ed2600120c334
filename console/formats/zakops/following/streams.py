"""What is carried of each stream's kind, and which streams are open: they give findings as of now.

Jobs and emails are followed like streams, but are none: nobody asks for them by name, so that the index knows nothing
of them.
"""

import json
from collections.abc import Callable, Iterator, Sequence

from console.formats.reading.columns import Columns
from console.formats.reading.streams import Followed, Streams
from console.formats.zakops.rules.actions import PROCESSING, PROCESSING_TTL, ActionLife
from console.formats.zakops.rules.delivery import Aggregate
from console.formats.zakops.rules.lives import Subject
from console.formats.zakops.rules.runs import CALL_TTL, ENDED, OpenCall, RunLife
from console.model.event import NO_TIME, StreamKey
from console.model.finding import Finding
from console.verify.catalogue import finding

State = ActionLife | RunLife | Aggregate | Subject
_STATES: dict[str, Callable[[], State]] = {"action": ActionLife, "run": RunLife, "aggregate": Aggregate}
_HIDDEN = ("worker", "email")


class OpenStreams(Streams[State]):
    """All streams of one ledger; actions in PROCESSING and runs with unanswered calls are watched."""

    def __init__(self, columns: Columns) -> None:
        super().__init__(columns, lambda kind: _STATES.get(kind, Subject))
        self._processing: dict[str, ActionLife] = {}
        self._unanswered: dict[str, RunLife] = {}

    def thing(self, kind: str, key: str) -> Followed[State]:
        """A job or an email."""
        found = self.known.get((kind, key))
        if found is None:
            found = self.known[kind, key] = Followed(kind, key, self._type_of(kind)())
        return found

    def watch(self, stream: Followed[State]) -> None:
        """Keep track of what is open."""
        state = stream.state
        if isinstance(state, ActionLife):
            if state.status == PROCESSING and state.record:
                self._processing[stream.key] = state
            else:
                self._processing.pop(stream.key, None)
        elif isinstance(state, RunLife) and state.unanswered:
            self._unanswered[stream.key] = state

    def changed(self) -> Iterator[Followed[State]]:
        return (each for each in super().changed() if each.kind not in _HIDDEN)

    def save(self) -> Iterator[tuple[str | StreamKey, State]]:
        for name, state in super().save():
            hidden = isinstance(name, StreamKey) and name.kind in _HIDDEN
            yield (json.dumps(["stream", *name]) if hidden else name), state

    def restore(self, name: str | StreamKey, data: bytes) -> Followed[State] | None:
        found = super().restore(name, data)
        if found is not None:
            self.watch(found)
        return found

    def standing(self, now: int) -> Iterator[Finding]:
        """What has no end as of ``now`` (UTC microseconds)."""
        late = [
            (key, state.record, state.offset, state.length)
            for key, state in self._processing.items()
            if _is_over(state.since, PROCESSING_TTL, now)
        ]
        if late:
            yield _open(f"Started and without an end for more than {PROCESSING_TTL} s.", late)
        ended, aged = list[_Place](), list[_Place]()
        # Most calls are answered soon: those that are open are kept, and only now are the others let go.
        self._unanswered = {key: run for key, run in self._unanswered.items() if run.unanswered}
        for key, run in self._unanswered.items():
            if run.status in ENDED:
                ended += [_place(key, call) for call in run.calls]
            else:
                aged += [_place(key, call) for call in run.calls if _is_over(call.time, CALL_TTL, now)]
        if ended:
            yield _open("The run ended with tool calls that have no answer.", ended)
        if aged:
            yield _open(f"Tool calls without an answer for more than {CALL_TTL} s.", aged)


_Place = tuple[str, int, int, int]


def _is_over(since: int, seconds: int, now: int) -> bool:
    return since != NO_TIME and now - since > seconds * 1_000_000


def _place(key: str, call: OpenCall) -> _Place:
    return key, call.record, call.offset, call.length


def _open(message: str, places: Sequence[_Place]) -> Finding:
    key, record, offset, length = min(places, key=lambda each: each[1])
    return finding(
        "operation.interrupted",
        message,
        stream=key,
        record=record,
        offset=offset,
        length=length,
        count=len(places),
        standing=True,
    )
