"""The answers of the verify endpoints: the specification's, and the real kernel's own."""

from collections.abc import Iterable, Sequence
from typing import Any

from console.formats.kernel.record import API, Entry, read
from console.model.finding import Finding
from console.model.trust import Severity


def spec_response(findings: Iterable[Finding], events_checked: int) -> dict[str, Any]:
    """The answer that the specification describes, of one deal's findings. Only the chain's errors are issues."""
    faults = [each for each in findings if each.family == "chain" and each.severity >= Severity.ERROR]
    issues = [
        {"eventId": each.event_id, "sequenceNumber": each.sequence, "issue": f"{each.code}: {each.message}"}
        for each in sorted(faults, key=lambda each: (each.sequence or 0, each.record or 0, each.code))
    ]
    return {"valid": not issues, "issues": issues, "eventsChecked": events_checked, "chainIntact": not issues}


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
