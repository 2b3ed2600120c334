"""What a ledger's reader is given of the ledgers beside it: an extract of each that its format asks for.

A reader sees one ledger, and yet a message belongs to an event, and an event to its archive. The format names what it
needs, and makes the extract itself; what is read here are raw records of the tables of the same database, or of the
files of the same folder. One that cannot be read is a ledger itself, and reported there.
"""

import os
from collections.abc import Iterator
from functools import lru_cache

from console.engine.ledgers.volume_names import alike
from console.formats.guarded import named
from console.formats.protocol import PARTITION, Format, SiblingFormat
from console.sources.discover import discover
from console.sources.protocol import FileState, Skipped, Source, SourceError
from console.sources.sqlite.rows import SqliteTable

RECORDS = 1_000_000
"""Records of a ledger beyond which no extract is made of it: it would be too large to hand over."""
ENDINGS = (".jsonl", ".ndjson", ".json", ".jsonl.gz", ".json.gz")
"""Of files that are looked for."""
PARTITIONS = 256
"""Files of a folder that are looked at for partitions."""
_KEPT = 8
"""Extracts that are kept, for each of a few ledgers asks for the others."""


def siblings(source: Source, form: Format, shape: str) -> dict[str, bytes]:
    """Extracts of the ledgers beside one of this shape, by name; without those that are not there or cannot be read."""
    if not isinstance(form, SiblingFormat):
        return {}
    found = _partitions(source, form)
    names = form.siblings(shape)
    for name in names:
        try:
            beside = _beside(source, name)
            packed = None if beside is None else _extract(_Sibling(beside, form.name, name, beside.state()))
        except (SourceError, OSError):
            continue
        if packed is not None:
            found[name] = packed
    return found


def _partitions(source: Source, form: Format) -> dict[str, bytes]:
    """Extracts of the other files of a folder whose ledgers are parts of one whole. Files that are alike by their names
    are files of one ledger, and read with it."""
    own = os.path.abspath(source.path)  # noqa: PTH100 - exact text
    if source.member is not None or not form.partitioned(own):
        return {}
    folder, found = os.path.dirname(own), dict[str, bytes]()  # noqa: PTH120
    for name in sorted(os.listdir(folder))[:PARTITIONS]:  # noqa: PTH208
        path = os.path.join(folder, name)  # noqa: PTH118
        if not name.endswith(ENDINGS[:2] + ENDINGS[3:4]) or alike(path, own):
            continue
        try:
            for beside in discover([path]):
                if isinstance(beside, Skipped):
                    continue
                packed = _extract(_Sibling(beside, form.name, name, beside.state()))
                if packed is not None:
                    found[f"{PARTITION}{name}"] = packed
        except (SourceError, OSError):
            continue
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
