"""One chain in the words of the report: valid or not, with the issues that stand against it."""

from collections.abc import Sequence
from typing import Any

from console.engine.verify.verdict import only_linked
from console.model.finding import Finding
from console.model.trust import Severity
from console.store.rows import StreamRow

_UNPROVEN = "chain.not-reproducible: No hash of this chain could be reproduced; only its links were checked."


def chain_report(stream: StreamRow, findings: Sequence[Finding]) -> dict[str, Any] | None:
    """The chain of a stream, of which these are the findings; None where it has none.

    Of a ledger with very many findings some are only counted: a chain that broke is never valid for that.
    """
    if stream.chain_intact is None:
        return None
    issues = _issues(findings)
    if not issues and only_linked(stream.trust):
        issues = [{"eventId": None, "sequenceNumber": None, "issue": _UNPROVEN}]
    intact = not issues and stream.chain_intact
    return {"valid": intact, "issues": issues, "eventsChecked": stream.chained, "chainIntact": intact}


def no_chain(findings: Sequence[Finding]) -> dict[str, Any]:
    """The same of a stream without a chain, for those who ask all the same."""
    issues = _issues(findings)
    return {"valid": not issues, "issues": issues, "eventsChecked": 0, "chainIntact": not issues}


def _issues(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Only the chain's errors are issues."""
    faults = [each for each in findings if each.family == "chain" and each.severity >= Severity.ERROR]
    return [
        {"eventId": each.event_id, "sequenceNumber": each.sequence, "issue": f"{each.code}: {each.message}"}
        for each in sorted(faults, key=lambda each: (each.sequence or 0, each.record or 0, each.code))
    ]
