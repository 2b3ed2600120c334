"""Findings that would repeat for event after event, gathered into one with a count."""

from collections.abc import Callable

import msgspec

from console.formats.reading.findings import Place, capped
from console.formats.reading.saved_state import pack, unpack
from console.model.finding import Finding

__all__ = ["Place", "Tally", "capped"]


class _Cause(msgspec.Struct, array_like=True):
    count: int
    place: Place


class Tally:
    """Counts causes by key and keeps the place of each cause's first event; at most ``limit`` causes."""

    def __init__(self, limit: int = 1000) -> None:
        self._limit = limit
        self._causes: dict[tuple[str, ...], _Cause] = {}
        self.beyond = 0
        """Events whose cause came after the limit was reached."""

    def __len__(self) -> int:
        return len(self._causes)

    def add(self, key: tuple[str, ...], place: Place, count: int = 1) -> bool:
        """Count one event, or several of which the first is at ``place``; True if their cause is new."""
        known = self._causes.get(key)
        if known is not None:
            known.count += count
            return False
        if len(self._causes) >= self._limit:
            self.beyond += count
            return False
        self._causes[key] = _Cause(count, place)
        return True

    def findings(self, make: Callable[[tuple[str, ...], int, Place], Finding]) -> list[Finding]:
        """One finding per cause, made from its key, count and first place."""
        return [make(key, cause.count, cause.place) for key, cause in self._causes.items()]

    def dump(self) -> bytes:
        return pack((self.beyond, list(self._causes.items())))

    def load(self, data: bytes) -> None:
        kind = tuple[int, list[tuple[tuple[str, ...], _Cause]]]
        self.beyond, causes = unpack(data, kind)
        self._causes = dict(causes)
