"""What is known of events that were moved from a table into its archive, which is the same ledger's past."""

from array import array
from collections.abc import Iterable

from console.formats.json import strict
from console.formats.protocol import key64
from console.formats.zakops.record import AGENT, read_record, shape_of

ARCHIVES = {"agent_events": "agent_events_archive"}
"""Tables and their archives."""


def keys_of(raws: Iterable[bytes]) -> bytes:
    """Keys of the ids and of the runs of an archive's records, packed; see ``known``."""
    keys = set[int]()
    for raw in raws:
        document = strict.decode(raw).document
        if document is None:
            continue
        row = read_record(document, shape_of(document) or AGENT)
        keys.update([key64(row.event_id)] if row.event_id else [])
        keys.update(run_key(key) for kind, key in row.streams if kind == "run")
    return array("q", keys).tobytes()


def known(packed: bytes) -> frozenset[int]:
    """The keys that ``keys_of`` packed."""
    return frozenset(array("q", packed))


def run_key(run: str) -> int:
    """A run's key among those of ids."""
    return key64(f"run\0{run}")
