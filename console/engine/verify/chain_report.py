"""One chain in the words of the report: valid or not, with the issues that stand against it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from console.engine.verify.verdict import Policy, count_codes, of_events, unchecked
from console.model.finding import Finding
from console.model.trust import Severity, Trust
from console.store.rows import StreamRow


def chain_report(
    stream: StreamRow, findings: Sequence[Finding], unread: Sequence[str], policy: Policy
) -> dict[str, Any] | None:
    """The chain of a stream, of which these are the findings; None where it has none.

    Of a ledger with very many findings some are only counted: a chain that broke is never valid for that. Neither is
    one with events that were not read or not reproduced: each reason is an issue. ``unread`` are the reasons that
    concern every stream of the ledger: what could not be read may have been an event of any.
    """
    if stream.chain_intact is None:
        return None
    issues = _issues(findings) or _unchecked(stream, findings, unread, policy)
    intact = not issues and stream.chain_intact
    return {"valid": intact, "issues": issues, "eventsChecked": stream.chained, "chainIntact": intact}


def no_chain(stream: StreamRow, findings: Sequence[Finding], unread: Sequence[str], policy: Policy) -> dict[str, Any]:
    """The same of a stream without a chain, for those who ask all the same."""
    issues = _issues(findings) or _unchecked(stream, findings, unread, policy)
    return {"valid": not issues, "issues": issues, "eventsChecked": 0, "chainIntact": not issues}


def _unchecked(
    stream: StreamRow, findings: Sequence[Finding], unread: Sequence[str], policy: Policy
) -> list[dict[str, Any]]:
    """Why not all of the stream's events were checked."""
    reasons = [*unread]
    if stream.trust[Trust.LINKED] or stream.trust[Trust.UNCHECKED]:
        events = of_events(stream.trust, chained=stream.chain_intact is not None)
        reasons += unchecked(replace(events, findings=count_codes(findings)), policy)
    return [
        {"eventId": None, "sequenceNumber": None, "issue": f"incomplete: {reason.rstrip('.')}."} for reason in reasons
    ]


def _issues(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Only errors of the chain, and of what is remembered of it, are issues."""
    faults = [each for each in findings if each.family in ("chain", "witness") and each.severity >= Severity.ERROR]
    return [
        {"eventId": each.event_id, "sequenceNumber": each.sequence, "issue": f"{each.code}: {each.message}"}
        for each in sorted(faults, key=lambda each: (each.sequence or 0, each.record or 0, each.code))
    ]
