"""What FLAGGED events refer to: entities that look like ids of this ledger should be in it."""

from collections.abc import Mapping, Sequence

import msgspec

from console.formats.protocol import key64
from console.formats.reading.tally import Place
from console.formats.smvm import ids
from console.model.event import NO_TIME

WINDOW = 512
"""Event ids remembered."""
LIMIT = 256
"""References waited for at a time; further ones are not followed."""


class Pending(msgspec.Struct, array_like=True):
    """A reference that has not been met: who made it, where."""

    event_id: str
    run: str
    place: Place


class References:
    """The last event ids of the ledger, and the references that were not met yet.

    An event id older than the window cannot be said to be missing, so it is not. A span counts as met when its run is
    known.
    """

    def __init__(self) -> None:
        self.pending: dict[str, Pending] = {}
        self._recent: dict[int, int] = {}

    def seen(self, event_id: str, key: int, run: str, micros: int) -> None:
        """An event of the ledger; ``key`` is ``key64`` of its id."""
        recent = self._recent
        recent[key] = micros
        if len(recent) > WINDOW:
            del recent[next(iter(recent))]
        if self.pending:
            self.pending.pop(event_id, None)
            for entity in [each for each in self.pending if run and each.startswith(run)]:
                del self.pending[entity]

    def seen_all(
        self, event_ids: Sequence[str], keys: Sequence[int], runs: Sequence[str], times: Sequence[int]
    ) -> None:
        """Several events, in their order."""
        some = dict(zip(keys[-WINDOW:], times[-WINDOW:], strict=True))
        if self.pending or len({*keys}) < len(keys) or not self._recent.keys().isdisjoint(keys):
            for event_id, key, run, micros in zip(event_ids, keys, runs, times, strict=True):
                self.seen(event_id, key, run, micros)
        elif len(some) == WINDOW:
            self._recent = some
        else:
            recent = self._recent
            recent.update(some)
            for key in [*recent][: max(0, len(recent) - WINDOW)]:
                del recent[key]

    def refer(self, entity: str, by: Pending, runs: Mapping[str, object]) -> None:
        """A FLAGGED event names this entity."""
        if len(self.pending) < LIMIT and entity not in self.pending and self._unmet(entity, runs):
            self.pending[entity] = by

    def _unmet(self, entity: str, runs: Mapping[str, object]) -> bool:
        match = ids.EVENT_ID.fullmatch(entity)
        if match is not None:
            oldest = next(iter(self._recent.values())) if len(self._recent) == WINDOW else NO_TIME
            second = ids.second(match[1])
            return (second is None or second > oldest) and key64(entity) not in self._recent
        match = ids.SPAN_ID.fullmatch(entity) or ids.RUN_ID.fullmatch(entity)
        return match is not None and entity[: ids.RUN_ID_LENGTH] not in runs

    def dump(self) -> tuple[object, object]:
        return self._recent, self.pending

    def load(self, recent: dict[int, int], pending: dict[str, Pending]) -> None:
        self._recent, self.pending = recent, pending
