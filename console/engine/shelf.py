"""The records of one ledger wherever they are now: in its own file, and in those that it was rotated into."""

from bisect import bisect_right
from collections.abc import Sequence

from console.sources.base import Skipped, Source, SourceError
from console.sources.discover import open_sources
from console.sources.said import unreadable


class Shelf:
    """Reads records by ordinal. ``volumes`` are (first ordinal, path, member), oldest first."""

    def __init__(self, volumes: Sequence[tuple[int, str, str | None]]) -> None:
        self._volumes = volumes
        self._sources: dict[tuple[str, str | None], Source | None] = {}

    def read(self, ordinal: int, offset: int, length: int) -> bytes:
        """The bytes of a record. Raises ``SourceError``."""
        at = bisect_right([first for first, _, _ in self._volumes], ordinal) - 1
        _, path, member = self._volumes[at]
        if (path, member) not in self._sources:
            self._sources[path, member] = source_at(path, member)
        source = self._sources[path, member]
        if source is None:
            raise unreadable(path, "The file with these records cannot be opened any more.")
        return source.read(offset, length)


def source_at(path: str, member: str | None) -> Source | None:
    """The ledger of this place, None if there is none now."""
    try:
        found = open_sources(path)
    except SourceError:
        return None
    return next((each for each in found if not isinstance(each, Skipped) and each.member == member), None)
