"""SMVM's retrieval functions: events of a run, its whole chain, and the integrity of one event.

Source: "Event Retrieval" in the document of SMVM's event types. Its functions name no place; here ``paths`` are files
and folders, by default the current folder.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console.library.errors import LibraryError
from console.library.reading import AnyPath, Read, by_time, documents, events_of, in_thread

__all__ = [
    "IntegrityVerdict",
    "aget_event_chain",
    "aget_events_by_run",
    "get_event_chain",
    "get_events_by_run",
    "validate_event_integrity",
]

FORMAT = "smvm"
HERE = (".",)


@dataclass(frozen=True, slots=True)
class IntegrityVerdict:
    """What is known of an event's ``data_hash``; true only if it was recomputed and is right.

    ``verdict`` is ``verified``, ``mismatch``, ``unverifiable`` or ``malformed``,
    ``reason`` is a sentence, ``rule`` names what was hashed and in which form, ``recomputed`` is the hash that the data
    at hand has (None where there is none).
    """

    verdict: str
    reason: str
    rule: str = ""
    recomputed: str | None = None

    def __bool__(self) -> bool:
        return self.verdict == "verified"


def get_events_by_run(
    run_id: str, event_types: Sequence[str] | None = None, *, paths: AnyPath | Sequence[AnyPath] = HERE
) -> list[dict[str, Any]]:
    """Events of a run, of these types (None: all), in the order of their ledgers; an unknown run has none. Raises
    ``LibraryError`` for a path that is not there, and for a type that neither the system nor the run knows.

    >>> get_events_by_run("RUN-20251014-080000-0a1b2c3d", ["DECIDED"], paths=[])
    []
    """
    events = [read.event for read in _of_run(run_id, paths)]
    if event_types is None:
        return documents(events)
    types = frozenset([event_types] if isinstance(event_types, str) else event_types)
    known = _event_types()
    if unknown := types - known - {event.type for event in events}:
        raise LibraryError(f"There is no event type {min(unknown)!r}. Known: {', '.join(sorted(known))}.")
    return documents([event for event in events if event.type in types])


def get_event_chain(run_id: str, *, paths: AnyPath | Sequence[AnyPath] = HERE) -> list[dict[str, Any]]:
    """All events of a run for a replay, oldest first; those of one instant stay in the order of the ledger.

    >>> get_event_chain("RUN-20251014-080000-0a1b2c3d", paths=[])
    []
    """
    return documents(by_time(_of_run(run_id, paths)))


async def aget_events_by_run(
    run_id: str, event_types: Sequence[str] | None = None, *, paths: AnyPath | Sequence[AnyPath] = HERE
) -> list[dict[str, Any]]:
    """``get_events_by_run`` for programs that must not wait."""
    return await in_thread(get_events_by_run, run_id, event_types, paths=paths)


async def aget_event_chain(run_id: str, *, paths: AnyPath | Sequence[AnyPath] = HERE) -> list[dict[str, Any]]:
    """``get_event_chain`` for programs that must not wait."""
    return await in_thread(get_event_chain, run_id, paths=paths)


_ABSENT = object()


def validate_event_integrity(event: Mapping[str, Any], payload: Any = _ABSENT) -> IntegrityVerdict:
    """True if the event's ``data_hash`` is that of its data.

    The hash covers the stage's payload. Only DECIDED repeats it, in its metadata; for other types it is given as
    ``payload``. Without it nothing is known, which is not true, and no accusation either.

    >>> verdict = validate_event_integrity({"event_type": "INGESTED", "data_hash": "0" * 64})
    >>> bool(verdict), verdict.verdict
    (False, 'unverifiable')
    >>> bool(validate_event_integrity({"event_type": "INGESTED", "data_hash": "0" * 64}, payload={"rows": 3}))
    False
    """
    from console.formats.smvm.hashes.integrity import HashCheck, HashState, check, check_metadata

    found: HashCheck = check(event)
    if found.state in (HashState.UNVERIFIABLE, HashState.VERIFIED, HashState.MISMATCH) and payload is not _ABSENT:
        found = check_metadata(str(event["data_hash"]), payload)
        found = HashCheck(found.state, found.rule.replace("metadata", "payload"), found.recomputed)
    reason = {
        HashState.VERIFIED: f"The hash was recomputed and is right ({found.rule}).",
        HashState.MISMATCH: f"The hash of the data is {found.recomputed} ({found.rule}): data or hash was changed.",
        HashState.UNVERIFIABLE: "The payload is not at hand: nothing is known of it.",
        HashState.MALFORMED: "data_hash is not 64 lower-case hex digits: it protects nothing.",
    }[found.state]
    return IntegrityVerdict(found.state.value, reason, found.rule, found.recomputed)


def _event_types() -> frozenset[str]:
    from console.formats.smvm.columns import BY_NAME
    from console.formats.smvm.record import STEP_TYPES, STORE_TYPES

    return STEP_TYPES | STORE_TYPES | BY_NAME.keys()


def _of_run(run_id: str, paths: AnyPath | Sequence[AnyPath]) -> Iterator[Read]:
    for read in events_of(FORMAT, paths):
        if any(stream.kind == "run" and stream.key == run_id for stream in read.event.streams):
            yield read
