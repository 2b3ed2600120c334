"""What a changed record was: the memory keeps hashes only, but a copy of it may lie beside the ledger.

A backup, a rotated file or an export that holds a record of the remembered hash proves what the old bytes were.
"""

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from console.engine.ingest.portions import record_hashes
from console.formats.reading.cutting import cut
from console.sources.discover import open_sources
from console.sources.protocol import Skipped, Source, SourceError
from console.sources.record_hash import SIZE

NEIGHBOURS = 200
"""Files of the ledger's folder that are searched, those whose names are most alike first."""
SECONDS = 5.0
"""After which the search ends."""
_VALUE = 200
"""Characters of a value."""


def old_records(path: str, wanted: set[bytes]) -> dict[bytes, bytes]:
    """Those records with these hashes that stand in another file of the folder, by hash."""
    found: dict[bytes, bytes] = {}
    ends = time.monotonic() + SECONDS
    for source in _neighbours(path):
        try:
            for batch in cut(source.batches()):
                hashes = record_hashes(batch)
                for index, raw in enumerate(batch.raws):
                    digest = hashes[index * SIZE : (index + 1) * SIZE]
                    if digest in wanted:
                        found[digest] = raw
                if len(found) == len(wanted) or time.monotonic() > ends:
                    return found
        except SourceError:
            continue
    return found


def _neighbours(path: str) -> Iterator[Source]:
    folder, own = os.path.split(path)
    try:
        with os.scandir(folder or ".") as entries:
            names = [entry.name for entry in entries if entry.is_file()]
    except OSError:
        return
    names.sort(key=lambda name: (-_alike(name, own), name))
    for name in names[:NEIGHBOURS]:
        if name == own or name.removeprefix(own) in ("-wal", "-shm", "-journal"):
            continue
        try:
            for source in open_sources(os.path.join(folder, name)):  # noqa: PTH118 - the text of the path
                if not isinstance(source, Skipped):
                    yield source
        except SourceError:
            continue


def _alike(name: str, own: str) -> int:
    """Characters that both names begin with."""
    return next((at for at, pair in enumerate(zip(name, own, strict=False)) if pair[0] != pair[1]), len(own))


def differences(old: bytes, new: bytes) -> Sequence[tuple[str, str, str]]:
    """Fields of two records that differ, with both values; for what is no JSON the whole of both."""
    try:
        before, after = json.loads(old), json.loads(new)
    except (ValueError, RecursionError):
        return [("(the whole record)", _shown(old.decode("utf-8", "replace")), _shown(new.decode("utf-8", "replace")))]
    if not isinstance(before, dict) or not isinstance(after, dict):
        return [("(the whole record)", _text(before), _text(after))]
    found = list(_differing(before, after, ""))
    return found or [("(spelling)", _shown(old.decode("utf-8", "replace")), _shown(new.decode("utf-8", "replace")))]


def _differing(old: Mapping[str, Any], new: Mapping[str, Any], above: str) -> Iterator[tuple[str, str, str]]:
    for key in dict.fromkeys([*old, *new]):
        name = f"{above}{key}"
        if key in old and key in new:
            before, after = old[key], new[key]
            if isinstance(before, dict) and isinstance(after, dict):
                yield from _differing(before, after, f"{name}.")
            elif _text(before) != _text(after):
                yield name, _text(before), _text(after)
        elif key in old:
            yield name, _text(old[key]), "absent"
        else:
            yield name, "absent", _text(new[key])


def _text(value: object) -> str:
    return _shown(json.dumps(value, ensure_ascii=False))


def _shown(text: str) -> str:
    return text if len(text) <= _VALUE else text[:_VALUE] + "…"
