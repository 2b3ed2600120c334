"""What a system's rules have against records that are not written yet."""

from collections.abc import Mapping, Sequence

from console.model.batch import EventBatch
from console.model.finding import Finding
from console.model.trust import Severity
from console.verify.catalogue import finding


def standing_counts(findings: Sequence[Finding]) -> dict[str, int]:
    """How often each code stands, of warnings and worse."""
    counts: dict[str, int] = {}
    for each in findings:
        if each.severity >= Severity.WARNING:
            counts[each.code] = counts.get(each.code, 0) + each.count
    return counts


def found_in(out: EventBatch, before: Mapping[str, int], after: Mapping[str, int]) -> list[Finding]:
    """Warnings and worse in the batch of the new records, and those that stand behind it and did not before."""
    found = [each for each in out.findings if each.severity >= Severity.WARNING]
    return found + [
        finding(code, "With it there would be one more of these in the ledger.")
        for code, count in after.items()
        if count > before.get(code, 0) and not any(each.code == code for each in found)
    ]
