"""A stream replayed: what holds after each of its events, what each changed, and why one did nothing.

Commands and screens share these steps; they differ in where their events come from. A replayer of another package may
fail on an event that it did not expect: then the step says so, and the state stays as it was.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from console.formats.replayer import Replayer
from console.model.event import Event

_REASON = 300
"""Characters of an error that are repeated."""


@dataclass(frozen=True, slots=True)
class ReplayStep:
    """One event of a stream, the ``number``-th in the order in which they count, and the state after it.

    ``changed`` holds what was before of each value that is another one now, '' where there was none; a value that is
    gone is in it, and not in ``state``. ``why`` is a clause that says why the event did not do what it is meant to do,
    '' where it did.
    """

    number: int
    event: Event
    state: Mapping[str, str]
    changed: Mapping[str, str] = field(default_factory=dict)
    why: str = ""

    @property
    def matters(self) -> bool:
        """True if the event changed the state, or failed to."""
        return bool(self.changed or self.why)


def replayed(replayer: Replayer, events: Iterable[Event], *, number: int = 0) -> Iterator[ReplayStep]:
    """A step for each event, given in the replayer's order; ``number`` events were taken before. Never raises for what
    events hold."""
    before = state_of(replayer)
    for at, event in enumerate(events, number + 1):
        why = _taken(replayer, event)
        after = state_of(replayer)
        yield ReplayStep(at, event, after, changes(before, after), why)
        before = after


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """What was before, of each value that differs."""
    names = [*after, *(name for name in before if name not in after)]
    return {name: before.get(name, "") for name in names if before.get(name, "") != after.get(name, "")}


def state_of(replayer: Replayer) -> dict[str, str]:
    """What holds now, as texts."""
    try:
        return {str(name): str(value) for name, value in replayer.state().items()}
    except Exception:  # noqa: BLE001 - see the module
        return {}


def _taken(replayer: Replayer, event: Event) -> str:
    try:
        return replayer.take(event)
    except Exception as error:  # noqa: BLE001 - see the module
        return f"its format failed to replay it: {type(error).__name__}: {error}"[:_REASON]
