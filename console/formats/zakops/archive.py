"""What is known of events that were moved from a table into its archive, which is the same ledger's past."""

from collections.abc import Iterable
from hashlib import blake2b

from console.formats.json import strict
from console.formats.zakops.record import AGENT, read_record, shape_of

ARCHIVE = "agent_events_archive"
ARCHIVES = {"agent_events": ARCHIVE}
"""Tables and their archives."""
_SIZE = 16


def keys_of(raws: Iterable[bytes]) -> bytes:
    """Digests of the ids and of the runs of an archive's records, packed; see ``known``."""
    found = set[bytes]()
    for raw in raws:
        document = strict.decode(raw).document
        if document is None:
            continue
        row = read_record(document, shape_of(document) or AGENT)
        found.update([digest(row.event_id)] if row.event_id else [])
        found.update(run_digest(key) for kind, key in row.streams if kind == "run")
    return b"".join(sorted(found))


def known(packed: bytes) -> frozenset[bytes]:
    """The digests that ``keys_of`` packed."""
    return frozenset(packed[at : at + _SIZE] for at in range(0, len(packed), _SIZE))


def digest(event_id: str) -> bytes:
    """Of an event's id: long enough that nobody makes two of one."""
    return blake2b(event_id.encode("utf-8", "surrogatepass"), digest_size=_SIZE).digest()


def run_digest(run: str) -> bytes:
    """Of a run, among those of ids."""
    return digest(f"run\0{run}")
