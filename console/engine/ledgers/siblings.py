"""What a ledger's reader is given of the ledgers beside it: an extract of each that its format asks for.

A reader sees one ledger, and yet a message belongs to an event, and an event to its archive. The format names what it
needs, and makes the extract itself; what is read here are raw records of the tables of the same database, or of the
files of the same folder. One that cannot be read is a ledger itself, and reported there.
"""

import os
import stat
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

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
LINES = (".jsonl", ".ndjson", ".jsonl.gz")
PARTITIONS = 128
"""Partitions that are looked for, the nearest ones."""
SMALL = 1024 * 1024
"""Bytes of a partition, at most, for an extract to be made …"""
TOGETHER = 2 * 1024 * 1024
"""… and of all extracts for one ledger."""
VISITED = 10_000
"""Names of a folder that are looked at."""
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
    """Extracts of the files before this one whose ledgers are parts of the same whole: in its folder, and in the
    folders beside it. Files that are alike by their names are files of one ledger, and read with it."""
    own = os.path.abspath(source.path)  # noqa: PTH100 - exact text
    if source.member is not None or not form.partitioned(own):
        return {}
    found: dict[str, bytes] = {}
    size = 0
    for name, path in islice(_parts(own, form), PARTITIONS):
        try:
            status = os.stat(path)  # noqa: PTH116 - exact text
        except OSError:
            continue
        state = status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
        packed = _part(form.name, path, state) if stat.S_ISREG(status.st_mode) and status.st_size <= SMALL else None
        if packed is not None and size + len(packed) <= TOGETHER:
            found[f"{PARTITION}{name}"] = packed
            size += len(packed)
    return found


@lru_cache(maxsize=4 * PARTITIONS)
def _part(form: str, path: str, _: tuple[int, ...]) -> bytes | None:
    """The extract of a small file in this state."""
    try:
        sources = [each for each in discover([path]) if not isinstance(each, Skipped)]
        if len(sources) != 1:
            return None
        return _made(_Sibling(sources[0], form, os.path.basename(path), sources[0].state()))  # noqa: PTH119
    except (SourceError, OSError):
        return None


def _parts(own: str, form: Format) -> Iterator[tuple[str, str]]:
    """Names as seen from a ledger's folder, and paths, of files that may be partitions of the same whole; the nearest
    of those whose names come before."""
    folder, name = os.path.split(own)
    for each in _names_before(folder, name):
        path = os.path.join(folder, each)  # noqa: PTH118
        if each.endswith(LINES) and not alike(path, own):
            yield each, path
    above, mine = os.path.split(folder)
    plain = name.removesuffix(".gz")
    for each in _names_before(above, mine):
        if form.partitioned(os.path.join(above, each, name)):  # noqa: PTH118
            for other in (plain, f"{plain}.gz"):
                yield f"../{each}/{other}", os.path.join(above, each, other)  # noqa: PTH118


def _names_before(folder: str, name: str) -> list[str]:
    try:
        return sorted((each for each in os.listdir(folder)[:VISITED] if each < name), reverse=True)  # noqa: PTH208
    except OSError:
        return []


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


def _made(sibling: _Sibling) -> bytes | None:
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


_extract = lru_cache(maxsize=_KEPT)(_made)


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
