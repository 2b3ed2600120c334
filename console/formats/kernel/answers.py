"""The answers of the verify endpoints: the specification's, and the real kernel's own."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from console.formats.kernel.record import API, Entry, read
from console.formats.protocol import SystemAnswer


def specified(chain: Mapping[str, Any], _: Iterable[bytes]) -> Mapping[str, Any]:
    """The answer that the specification describes: the chain as the report has it."""
    return chain


def live(_: Mapping[str, Any], records: Iterable[bytes]) -> Mapping[str, Any]:
    """See ``kernel_api_response``."""
    return kernel_api_response(records)


def kernel_api_response(events: Iterable[bytes | Entry]) -> dict[str, Any]:
    """What the real kernel's own endpoint answers for one deal's events, given in the order of the ledger.

    It sorts by sequence number (stable), recomputes no hash, and has two texts.
    """
    entries: Sequence[Entry] = [event if isinstance(event, Entry) else read(event, API) for event in events]
    ordered = sorted(entries, key=lambda entry: entry.sequence or 0)
    issues: list[dict[str, Any]] = []

    def issue(entry: Entry, text: str) -> None:
        issues.append({"eventId": entry.event_id, "sequenceNumber": entry.sequence or 0, "issue": text})

    expected = 1
    previous: str | None = None
    for entry in ordered:
        sequence = entry.sequence or 0
        if sequence != expected:
            issue(entry, f"Sequence gap: expected {expected}, found {sequence}")
        if entry.previous != previous:
            issue(entry, "Chain break: previousEventHash doesn't match previous event's hash")
        expected = sequence + 1
        previous = entry.hash
    return {"valid": not issues, "totalEvents": len(entries), "issues": issues}


ANSWERS = (
    SystemAnswer("kernel", "deal", "The kernel's specification", specified),
    SystemAnswer("kernel-api", "deal", "The live kernel", live, from_records=True),
)
