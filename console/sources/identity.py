"""The test that a ledger is still the one that was read: by content, because names and times are anyone's to set."""

import hashlib
from collections.abc import Iterable, Sequence

from console.sources.content import ContentSource
from console.sources.protocol import MAX_RECORD, Source, SourceError
from console.sources.record_hash import leaf
from console.sources.sqlite.rows import SqliteTable

HEAD = 4096


def head(source: Source, size: int = HEAD) -> bytes:
    """SHA-256 of the first ``size`` decoded bytes (fewer if there are no more), or of a table's first row.

    A ledger that has grown is compared by giving the size that was there when its head was taken. Raises SourceError.
    """
    if isinstance(source, ContentSource):
        with source.content.open() as window:
            return hashlib.sha256(window.read(0, min(size, HEAD))).digest()
    first = next((batch.raws[0] for batch in source.batches() if batch.raws), b"")
    return hashlib.sha256(first).digest()


def leaf_at(source: Source, offset: int, length: int) -> bytes | None:
    """The record hash of what stands there now, in bounded memory; None if nothing does. Raises SourceError."""
    if isinstance(source, ContentSource):
        return source.leaf_at(offset, length)
    if isinstance(source, SqliteTable):
        return source.leaves_at([offset])[0]
    return leaf(source.read(offset, length)) if length <= MAX_RECORD else None


def leaves_of(source: Source, offsets: Sequence[int], raws: Sequence[bytes]) -> list[bytes | None]:
    """The record hashes of what was just read at these offsets. Raises SourceError."""
    return source.leaves_at(offsets) if isinstance(source, SqliteTable) else [leaf(raw) for raw in raws]


def matches(source: Source, records: Iterable[tuple[int, int, bytes]]) -> bool:
    """True if each (offset, length, record hash) is still what the ledger holds. False as well if it cannot be read."""
    try:
        return all(leaf_at(source, offset, length) == digest for offset, length, digest in records)
    except SourceError:
        return False
