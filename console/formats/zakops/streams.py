"""What is carried of each stream from batch to batch, and what holds of them as of now."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from console.formats.reading.saved_state import pack, stream_name, unpack
from console.formats.zakops import rules
from console.model.batch import Names
from console.model.event import NO_TIME, StreamKey
from console.model.finding import Finding
from console.model.ledger import StreamFacts
from console.verify.catalogue import finding

_STATES: dict[str, type[rules.State]] = {
    "action": rules.Action,
    "run": rules.Run,
    "aggregate": rules.Aggregate,
}


@dataclass(slots=True)
class Followed:
    """One stream: its code in the batch's names (0: not named yet), its state, and whether that is saved and shown."""

    kind: str
    key: str
    code: int
    state: rules.State
    saved: bool = True
    shown: bool = True
    ties: tuple[str | None, ...] | None = None
    """The ids that tied its last event to other streams, and the code of those."""
    further: int = 0


class Streams:
    """All streams of one ledger. ``names`` are the batch's."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._followed: dict[tuple[str, str], Followed] = {}
        self._unsaved: list[Followed] = []
        self._unshown: list[Followed] = []
        self._processing: dict[str, Followed] = {}
        self._unanswered: dict[str, Followed] = {}

    def follow(self, stream: tuple[str, str]) -> Followed:
        """The stream of this kind and key, with its code."""
        found = self._followed.get(stream)
        if found is None:
            kind, key = stream
            state = _STATES.get(kind, rules.Other)()
            found = self._followed[stream] = Followed(kind, key, self._names.code(StreamKey(kind, key)), state)
        elif not found.code:
            found.code = self._names.code(StreamKey(found.kind, found.key))
        return found

    def touch(self, stream: Followed, *, shown: bool = True) -> None:
        """Its state changes: it will be saved, and shown."""
        if stream.saved:
            stream.saved = False
            self._unsaved.append(stream)
        if shown and stream.shown:
            stream.shown = False
            self._unshown.append(stream)

    def watch(self, stream: Followed) -> None:
        """Keep track of what is open: actions in PROCESSING, ended runs with calls that have no answer."""
        state = stream.state
        if isinstance(state, rules.Action):
            if state.status == rules.PROCESSING and state.record:
                self._processing[stream.key] = stream
            else:
                self._processing.pop(stream.key, None)
        elif isinstance(state, rules.Run) and state.record:
            self._unanswered[stream.key] = stream

    def standing(self, now: int) -> Iterator[Finding]:
        """What has no end as of ``now`` (UTC microseconds)."""
        late = [
            (each.state, each.key)
            for each in self._processing.values()
            if isinstance(each.state, rules.Action)
            and each.state.since != NO_TIME
            and now - each.state.since > rules.PROCESSING_TTL * 1_000_000
        ]
        if late:
            yield _open(f"Started and without an end for more than {rules.PROCESSING_TTL} s.", late)
        calls = [(each.state, each.key) for each in self._unanswered.values() if isinstance(each.state, rules.Run)]
        if calls:
            yield _open("The run ended with tool calls that have no answer.", calls)

    def facts(self) -> Iterator[StreamFacts]:
        """Of each stream that changed since this was last asked."""
        changed, self._unshown = self._unshown, []
        for each in changed:
            each.shown = True
            facts = each.state.facts()
            if facts:
                yield StreamFacts(each.kind, each.key, facts)

    def take(self) -> Iterator[tuple[str | StreamKey, bytes]]:
        """What changed since this was last asked, as items for ``load``."""
        changed, self._unsaved = self._unsaved, []
        for each in changed:
            each.saved = True
            state = each.state
            name = stream_name(each.kind, each.key)
            yield name, pack([getattr(state, slot) for slot in state.__slots__])

    def load(self, kind: str, key: str, value: bytes) -> None:
        """Restore one item."""
        state = _STATES.get(kind, rules.Other)(*unpack(value, list[Any]))
        followed = self._followed[kind, key] = Followed(kind, key, 0, state)
        self.watch(followed)


def _open(message: str, streams: Sequence[tuple[rules.Action | rules.Run, str]]) -> Finding:
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
