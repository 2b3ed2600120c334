"""The report of a verification: one object, as the contract fixes it."""

from collections.abc import Sequence
from typing import Any

from console import __version__
from console.engine.verify.capped_findings import concerns
from console.engine.verify.codes import NOT_VERIFIED, UNREAD
from console.engine.verify.results import LedgerReport, StreamReport, Verification
from console.formats.json.times import iso
from console.formats.kernel.responses import spec_response
from console.model.finding import Finding
from console.model.ledger import Profile
from console.model.trust import Severity, Trust
from console.sources.base import Skipped

SCHEMA_VERSION = 1
_UNPROVEN = "chain.not-reproducible: No hash of this chain could be reproduced; only its links were checked."
INTACT, FINDINGS, INCOMPLETE = 0, 1, 3


def report(verification: Verification, *, fail_on: Severity, stream: str | None = None) -> dict[str, Any]:
    """The whole report. With ``stream``, only the ledgers that hold such a stream are in it, and of their findings
    those that concern it."""
    checked, skipped = verification.ledgers, verification.skipped
    if stream is not None:
        checked = [each for each in checked if any(one.key.key == stream for one in each.streams)]
    ledgers = [_ledger(each, stream) for each in checked]
    findings = [
        _finding(each.opened.name, found, each.opened.source.container)
        for each in checked
        for found in each.findings
        if stream is None or concerns(found, stream)
    ]
    findings += [_finding(each.path, each.finding) for each in skipped]
    findings.sort(key=lambda each: -_LEVEL[each["severity"]])
    by_severity = dict.fromkeys(("critical", "error", "warning", "note"), 0)
    for each in findings:
        by_severity[each["severity"]] += each["count"]
    trust = [sum(column) for column in zip([0] * 7, *(_trust(each, stream) for each in checked), strict=True)]
    code = _exit_code(checked, skipped, findings, fail_on, events=_events(trust))
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "audit-console", "version": __version__},
        "verdict": {INTACT: "intact", FINDINGS: "findings", INCOMPLETE: "incomplete"}[code],
        "exit_code": code,
        "totals": {
            "ledgers": len(ledgers),
            "streams": sum(len(each["streams"]) for each in ledgers),
            "events": _events(trust),
            "trust": _words(trust),
            "findings": by_severity,
        },
        "ledgers": ledgers,
        "findings": findings,
    }


_LEVEL = {severity.word: int(severity) for severity in Severity}


def _exit_code(
    checked: Sequence[LedgerReport],
    skipped: Sequence[Skipped],
    findings: Sequence[dict[str, Any]],
    fail_on: Severity,
    *,
    events: int,
) -> int:
    if any(_LEVEL[each["severity"]] >= fail_on and each["code"] not in NOT_VERIFIED for each in findings):
        return FINDINGS
    if not events or any(each.problem or only_linked(each.trust) for each in checked):
        return INCOMPLETE
    if any(each.finding.code in UNREAD for each in skipped):
        return INCOMPLETE
    return INTACT


def only_linked(trust: Sequence[int]) -> bool:
    """Whether there are hashes, by trust of events, but not one of them was reproduced: nothing was verified."""
    return bool(trust[Trust.LINKED]) and not trust[Trust.VERIFIED] and not trust[Trust.RECOVERED]


def _trust(checked: LedgerReport, stream: str | None) -> Sequence[int]:
    """Events by trust; an unfinished last record is pending, whatever stream it may come to belong to."""
    if stream is None:
        return [*checked.trust[: Trust.PENDING], int(checked.pending > 0), *checked.trust[Trust.PENDING + 1 :]]
    counts = [each.count.trust for each in checked.streams if each.key.key == stream]
    return [sum(column) for column in zip([0] * 7, *counts, strict=True)]


def _events(trust: Sequence[int]) -> int:
    return sum(trust) - trust[Trust.PENDING]


def _words(trust: Sequence[int]) -> dict[str, int]:
    return {Trust(state).word: number for state, number in enumerate(trust)}


def _ledger(checked: LedgerReport, stream: str | None) -> dict[str, Any]:
    form = checked.opened.format
    profile = next((each for each in form.profiles if each.name == checked.profile), None)
    by_stream: dict[str, list[Finding]] = {}
    for found in checked.findings:
        if found.stream is not None:
            by_stream.setdefault(found.stream, []).append(found)
    return {
        "path": checked.opened.name,
        "format": form.name,
        "container": checked.opened.source.container,
        "profile": checked.profile,
        "coverage": _coverage(profile),
        "records": checked.records,
        "bytes": checked.bytes,
        "sha256": checked.sha256 or None,
        "pending": checked.pending,
        "trust": _words(_trust(checked, stream)),
        "streams": [
            _stream(each, by_stream.get(each.key.key, ()))
            for each in checked.streams
            if stream is None or each.key.key == stream
        ],
    }


def _coverage(profile: Profile | None) -> dict[str, list[str]] | None:
    if profile is None:
        return None
    return {"covered": list(profile.coverage.covered), "uncovered": list(profile.coverage.uncovered)}


def _stream(stream: StreamReport, findings: Sequence[Finding]) -> dict[str, Any]:
    count = stream.count
    return {
        "kind": stream.key.kind,
        "key": stream.key.key,
        "events": count.events,
        "first_time": None if count.first is None else iso(count.first),
        "last_time": None if count.last is None else iso(count.last),
        "state": dict(stream.facts.state) if stream.facts else {},
        "trust": _words(count.trust),
        "chain": chain(stream, findings),
    }


def chain(stream: StreamReport, findings: Sequence[Finding]) -> dict[str, Any] | None:
    """The stream's chain in the words of the kernel's specification; None where it has none.

    Of a ledger with very many findings some are only counted: a chain that broke is never valid for that.
    """
    if stream.facts is None or stream.facts.chain_intact is None:
        return None
    found = spec_response(findings, stream.facts.chained)
    if found["valid"] and only_linked(stream.count.trust):
        found["issues"] = [{"eventId": None, "sequenceNumber": None, "issue": _UNPROVEN}]
    intact = not found["issues"] and stream.facts.chain_intact
    return {**found, "valid": intact, "chainIntact": intact}


def place(found: Finding, container: str) -> dict[str, int | None]:
    """Where a finding points: ordinal and byte offset, or for a table of a database the row id as its record."""
    if container == "sqlite" and found.record is not None:
        return {"record": found.offset, "offset": None, "length": found.length}
    return {"record": found.record, "offset": found.offset, "length": found.length}


def _finding(ledger: str, found: Finding, container: str = "") -> dict[str, Any]:
    return {
        "code": found.code,
        "severity": found.severity.word,
        "confidence": str(found.confidence),
        "ledger": ledger,
        "stream": found.stream,
        "event_id": found.event_id,
        "sequence": found.sequence,
        **place(found, container),
        "field": found.field,
        "expected": found.expected,
        "actual": found.actual,
        "message": found.message,
        "count": found.count,
    }
