"""Many records of one ledger read again together: its file is opened once, and decoded once where it is packed."""

from collections.abc import Sequence

from console.sources.content import ContentSource
from console.sources.findings import shrunk
from console.sources.protocol import Source, SourceError
from console.sources.sqlite.rows import SqliteTable
from console.sources.text.wrapped import WrappedSource

Place = tuple[int, int]
"""Offset and length of a record."""


def read_each(source: Source, places: Sequence[Place]) -> list[bytes | SourceError]:
    """What ``Source.read`` gives for each place, or the error that it raises."""
    try:
        if isinstance(source, SqliteTable):
            return source.read_each([offset for offset, _ in places])
        if isinstance(source, ContentSource) and not isinstance(source, WrappedSource):
            return _from_window(source, places)
    except SourceError as error:
        return [error] * len(places)
    return [_one(source, *place) for place in places]


def _from_window(source: ContentSource, places: Sequence[Place]) -> list[bytes | SourceError]:
    found: dict[Place, bytes | SourceError] = {}
    with source.content.open() as window:
        for offset, length in sorted(places):
            raw = window.read(offset, length)
            found[offset, length] = raw if len(raw) == length else shrunk(source.path, offset, length)
    return [found[place] for place in places]


def _one(source: Source, offset: int, length: int) -> bytes | SourceError:
    try:
        return source.read(offset, length)
    except SourceError as error:
        return error
