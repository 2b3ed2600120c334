"""What a ledger's reader is given of the ledgers beside it: an extract of each that its format asks for.

A reader sees one ledger, and yet a message belongs to an event, and an event to its archive. The format names what it
needs, and makes the extract itself; what is read here are raw records of the tables of the same database, or of the
files of the same folder. One that cannot be read is a ledger itself, and reported there.
"""

import os
from collections.abc import Iterator
from functools import lru_cache

from console.formats.guarded import named
from console.formats.protocol import Format, SiblingFormat
from console.sources.discover import discover
from console.sources.protocol import FileState, Skipped, Source, SourceError
from console.sources.sqlite.rows import SqliteTable

RECORDS = 1_000_000
"""Records of a ledger beyond which no extract is made of it: it would be too large to hand over."""
ENDINGS = (".jsonl", ".ndjson", ".json", ".jsonl.gz", ".json.gz")
"""Of files that are looked for."""
_KEPT = 8
"""Extracts that are kept, for each of a few ledgers asks for the others."""


def siblings(source: Source, form: Format, shape: str) -> dict[str, bytes]:
    """Extracts of the ledgers beside one of this shape, by name; without those that are not there or cannot be read."""
    names = form.siblings(shape) if isinstance(form, SiblingFormat) else ()
    found = {}
    for name in names:
        try:
            beside = _beside(source, name)
            packed = None if beside is None else _extract(_Sibling(beside, form.name, name, beside.state()))
        except (SourceError, OSError):
            continue
        if packed is not None:
            found[name] = packed
    return found


class _Sibling:
    """A ledger as it stands now; equal to itself while its file does not change."""

    def __init__(self, source: Source, form: str, name: str, state: FileState) -> None:
        self.source = source
        self.form = form
        self.name = name
        self._key = form, name, source.path, source.member, state

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Sibling) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


@lru_cache(maxsize=_KEPT)
def _extract(sibling: _Sibling) -> bytes | None:
    form = named(sibling.form)
    assert isinstance(form, SiblingFormat)
    records = list[None]()

    def raws() -> Iterator[bytes]:
        for batch in sibling.source.batches():
            yield from batch.raws
            records.extend([None] * len(batch))
            if len(records) > RECORDS:
                return

    packed = form.extract(sibling.name, raws())
    return None if len(records) > RECORDS else packed


def _beside(source: Source, name: str) -> Source | None:
    """The table of this name in the same database, or the file of this name in the same folder."""
    if isinstance(source, SqliteTable):
        return next((each for each in source.filled() if (each.member or "").lower() == name), None)
    if source.member is not None:
        return None
    folder = os.path.dirname(os.path.abspath(source.path))  # noqa: PTH100, PTH120 - exact text
    for ending in ENDINGS:
        path = os.path.join(folder, name + ending)  # noqa: PTH118
        if os.path.isfile(path) and path != os.path.abspath(source.path):  # noqa: PTH100, PTH113
            return next((each for each in discover([path]) if not isinstance(each, Skipped)), None)
    return None
