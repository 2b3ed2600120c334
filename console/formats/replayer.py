"""How a format rebuilds the state of a stream: one event after the other, without knowing who asks.

Commands and screens show the state as of an event or a moment, step by step. They bring a stream's events in the
replayer's order; what an event does to the state is the system's own rule.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from console.model.event import Event


class Replayer(Protocol):
    """The state of one stream. A new one stands before the first event."""

    def order(self, event: Event) -> Any:
        """The sort key that puts the stream's events in the order in which they count; by default their ordinals."""
        return event.ordinal

    def take(self, event: Event) -> str:
        """Move on by one event. A clause that says why it did not do what it is meant to do; '' where it did."""

    def state(self) -> Mapping[str, str]:
        """What holds now, by name, in the order in which it is shown. Names and values may be foreign text, and both
        are shown as they are; what many events add to gets a name for each part."""
