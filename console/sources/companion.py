"""Small files beside a ledger that help to check it: a manifest, a run's inputs and outputs."""

import glob
import os
import re
from collections.abc import Iterator, Sequence
from fnmatch import translate
from itertools import islice

from console.sources.base import Source, SourceError
from console.sources.files import read_small
from console.sources.pack import PackContent, read_members

LIMIT = 4 * 1024 * 1024
"""Bytes of one companion."""
COUNT = 64
"""Companions of one ledger."""
_VISITED = 10_000


def companions(source: Source, patterns: Sequence[str], limit: int = LIMIT) -> dict[str, bytes]:
    """Files that match a glob pattern relative to the ledger's folder (in an archive: to its root), by relative path.

    Missing, unreadable and larger files are left out; at most ``COUNT`` are read. A pattern that leads out of the
    folder finds nothing.
    """
    patterns = [one for one in patterns if not one.startswith("/") and ".." not in one.split("/")]
    content = getattr(source, "content", None)
    if isinstance(content, PackContent):
        wanted = re.compile("|".join(map(translate, patterns)) or r"(?!)")
        try:
            return read_members(source.path, wanted, limit, COUNT)
        except SourceError:
            return {}
    found: dict[str, bytes] = {}
    folder = os.path.dirname(os.path.abspath(source.path))  # noqa: PTH100, PTH120 - globs on exact text
    for name in _matches(folder, patterns):
        if len(found) >= COUNT:
            break
        path = os.path.join(folder, name)  # noqa: PTH118
        if name in found or path == os.path.abspath(source.path):  # noqa: PTH100
            continue
        try:
            data = read_small(path, limit)
        except SourceError:
            continue
        if data is not None:
            found[name] = data
    return found


def _matches(folder: str, patterns: Sequence[str]) -> Iterator[str]:
    for pattern in patterns:
        yield from sorted(islice(glob.iglob(pattern, root_dir=folder, recursive=True), _VISITED))  # noqa: PTH207
