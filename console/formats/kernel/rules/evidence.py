"""What evidence references lead to: artifacts and materials that the ledger's events brought.

A ledger need not hold what its events refer to, and ids of other systems are written in any way. So a reference is
unresolved only where that is sure: it is a UUID, the deal is whole, and its artifacts are recorded in this ledger.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from console.formats.json.scan import Kind, Scan
from console.formats.reading.saved_state import unpack
from console.model.event import StreamKey

SOURCES = {"ArtifactUploaded": "artifactId", "MaterialCreated": "materialId", "MaterialUpdated": "materialId"}
"""Types of events that bring something, and the part of the payload that names it."""
UPLOAD = "ArtifactUploaded"
WAITING = 8
"""References of one deal that are kept while they lead nowhere."""
_UUID = re.compile(rb'"([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"')
_SIZE = 36
_TOGETHER = 4096
"""Ids that are saved in one item."""
_MARK = '["brought", '


class Brought:
    """Ids of what the ledger's events brought, in their order."""

    __slots__ = ("_ids", "_saved", "known")

    def __init__(self) -> None:
        self.known: set[bytes] = set()
        self._ids: list[bytes] = []
        self._saved = 0

    def add(self, ids: Iterable[bytes]) -> None:
        """Take ids; those that are no UUIDs are passed over."""
        known = self.known
        fresh = [each for each in dict.fromkeys(ids) if len(each) == _SIZE and each not in known]
        known.update(fresh)
        self._ids += fresh

    def extend(self, more: "Brought") -> None:
        self.add(more._ids)

    def missing(self, references: bytes) -> list[bytes]:
        """UUIDs in the text of an array that are not known."""
        found = _UUID.findall(references)
        return [] if self.known.issuperset(found) else [each for each in found if each not in self.known]

    def save(self) -> Iterator[tuple[str, bytes]]:
        """Ids that came since this was last asked, as items for ``restore``."""
        start = self._saved // _TOGETHER * _TOGETHER if self._saved < len(self._ids) else len(self._ids)
        for low in range(start, len(self._ids), _TOGETHER):
            yield json.dumps(["brought", low]), b"".join(self._ids[low : low + _TOGETHER])
        self._saved = len(self._ids)

    def restore(self, name: str | StreamKey, data: bytes) -> bool:
        """Restore one item; items come in any order. False if it is none of these."""
        if not isinstance(name, str) or not name.startswith(_MARK):
            return False
        joined = unpack(data, bytes)
        low = json.loads(name)[1]
        ids = [joined[at : at + _SIZE] for at in range(0, len(joined), _SIZE)]
        self._ids += [b""] * (low + len(ids) - len(self._ids))
        self._ids[low : low + len(ids)] = ids
        self.known.update(ids)
        self._saved = len(self._ids)
        return True


def ids_of(scan: Scan, field: str) -> list[bytes]:
    """The ids in a field of many objects."""
    if scan.kinds(field).count(Kind.STRING) < scan.count:
        return [text.encode() for text in scan.texts(field) if text]
    data = scan.data
    return [data[begin + 1 : stop - 1] for begin, stop in zip(scan.begins(field), scan.stops(field), strict=True)]


def brought_by(type: str, payload: Any) -> list[bytes]:
    """What one event brings."""
    value = payload.get(SOURCES[type]) if type in SOURCES and isinstance(payload, dict) else None
    return [value.encode("utf-8", "surrogatepass")] if isinstance(value, str) else []


def references_of(document: Any) -> bytes:
    """The references of one event as the text of an array."""
    found = document.get("evidenceRefs") if isinstance(document, dict) else None
    return json.dumps(found).encode() if isinstance(found, list) else b""
