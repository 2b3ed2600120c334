"""What is carried of each stream from batch to batch: its code, its state, and what of it must be saved and shown."""

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from console.formats.reading.columns import Columns
from console.formats.reading.saved_state import stream_name, stream_of, unpack
from console.model.event import StreamKey

S = TypeVar("S")


class Followed(Generic[S]):
    """One stream: its state, and its code in the batch's names (0: not named yet)."""

    __slots__ = ("code", "key", "kind", "saved", "shown", "state")

    def __init__(self, kind: str, key: str, state: S, code: int = 0) -> None:
        self.kind = kind
        self.key = key
        self.state = state
        self.code = code
        self.saved = True
        self.shown = True


class Streams(Generic[S]):
    """All streams of one ledger that have a state. ``type_of`` gives the type of a kind's state, which needs no
    arguments to begin: a dataclass or a msgspec struct."""

    def __init__(self, columns: Columns, type_of: Callable[[str], Callable[[], S]]) -> None:
        self._columns = columns
        self._type_of = type_of
        self.known: dict[tuple[str, str], Followed[S]] = {}
        self._unsaved: list[Followed[S]] = []
        self._unshown: list[Followed[S]] = []

    def follow(self, kind: str, key: str) -> Followed[S]:
        """The stream, with its code."""
        found = self.known.get((kind, key))
        if found is None:
            found = self.known[kind, key] = Followed(kind, key, self._type_of(kind)())
        if not found.code:
            found.code = self._columns.stream(kind, key)
        return found

    def touch(self, stream: Followed[S], *, shown: bool = True) -> S:
        """Its state changes: it will be saved, and shown. The state."""
        if stream.saved:
            stream.saved = False
            self._unsaved.append(stream)
        if shown and stream.shown:
            stream.shown = False
            self._unshown.append(stream)
        return stream.state

    def changed(self) -> Iterator[Followed[S]]:
        """Streams to be shown again, since this was last asked."""
        changed, self._unshown = self._unshown, []
        for each in changed:
            each.shown = True
            yield each

    def save(self) -> Iterator[tuple[str | StreamKey, S]]:
        """States that changed since this was last asked, for ``LedgerReader.state``."""
        changed, self._unsaved = self._unsaved, []
        for each in changed:
            each.saved = True
            yield stream_name(each.kind, each.key), each.state

    def restore(self, name: str | StreamKey, data: bytes) -> Followed[S] | None:
        """The stream of a saved item; None for an item of another kind."""
        stream = stream_of(name)
        if stream is None:
            return None
        type: Any = self._type_of(stream.kind)
        found = self.known[stream] = Followed(*stream, unpack(data, type))
        return found
