"""The report of a verification: one object, as the contract fixes it."""

from collections.abc import Sequence
from typing import Any

from console import __version__
from console.engine.checking import Checked, CheckedStream
from console.formats.instant import iso
from console.formats.kernel.responses import spec_response
from console.model.finding import Finding
from console.model.ledger import Profile
from console.model.trust import Severity, Trust
from console.sources.base import Skipped

SCHEMA_VERSION = 1
INTACT, FINDINGS, INCOMPLETE = 0, 1, 3


def report(
    checked: Sequence[Checked], skipped: Sequence[Skipped], *, fail_on: Severity, stream: str | None = None
) -> dict[str, Any]:
    """The whole report. With ``stream``, only streams and findings of that key are in it, and only they count."""
    ledgers = [_ledger(each, stream) for each in checked]
    findings = [
        _finding(each.opened.name, found)
        for each in checked
        for found in each.findings
        if stream is None or found.stream == stream
    ]
    if stream is None:
        findings += [_finding(each.path, each.finding) for each in skipped]
    findings.sort(key=lambda each: -_LEVEL[each["severity"]])
    by_severity = dict.fromkeys(("critical", "error", "warning", "note"), 0)
    for each in findings:
        by_severity[each["severity"]] += each["count"]
    trust = _trust(checked, stream)
    code = _exit_code(checked, skipped, findings, fail_on, events=sum(trust))
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "audit-console", "version": __version__},
        "verdict": {INTACT: "intact", FINDINGS: "findings", INCOMPLETE: "incomplete"}[code],
        "exit_code": code,
        "totals": {
            "ledgers": len(ledgers),
            "streams": sum(len(each["streams"]) for each in ledgers),
            "events": sum(trust),
            "trust": {Trust(state).word: number for state, number in enumerate(trust)},
            "findings": by_severity,
        },
        "ledgers": ledgers,
        "findings": findings,
    }


_LEVEL = {severity.word: int(severity) for severity in Severity}


def _exit_code(
    checked: Sequence[Checked],
    skipped: Sequence[Skipped],
    findings: Sequence[dict[str, Any]],
    fail_on: Severity,
    *,
    events: int,
) -> int:
    unread = {"container.unreadable", "container.not-recognised", "container.empty"}
    if any(_LEVEL[each["severity"]] >= fail_on and each["code"] not in unread for each in findings):
        return FINDINGS
    if not events or any(each.problem for each in checked):
        return INCOMPLETE
    if any(each.finding.code in unread - {"container.empty"} for each in skipped):
        return INCOMPLETE
    return INTACT


def _trust(checked: Sequence[Checked], stream: str | None) -> list[int]:
    total = [0] * 7
    for each in checked:
        counts = [each.trust] if stream is None else [one.count.trust for one in each.streams if one.key.key == stream]
        for count in counts:
            total = [have + more for have, more in zip(total, count, strict=True)]
    return total


def _ledger(checked: Checked, stream: str | None) -> dict[str, Any]:
    form = checked.opened.format
    profile = next((each for each in form.profiles if each.name == checked.profile), None)
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
        "streams": [_stream(each, checked) for each in checked.streams if stream is None or each.key.key == stream],
    }


def _coverage(profile: Profile | None) -> dict[str, list[str]] | None:
    if profile is None:
        return None
    return {"covered": list(profile.coverage.covered), "uncovered": list(profile.coverage.uncovered)}


def _stream(stream: CheckedStream, checked: Checked) -> dict[str, Any]:
    facts, count = stream.facts, stream.count
    return {
        "kind": stream.key.kind,
        "key": stream.key.key,
        "events": count.events,
        "first_time": None if count.first is None else iso(count.first),
        "last_time": None if count.last is None else iso(count.last),
        "state": dict(facts.state) if facts else {},
        "trust": {Trust(state).word: number for state, number in enumerate(count.trust) if number},
        "chain": None
        if facts is None or facts.chain_intact is None
        else spec_response([each for each in checked.findings if each.stream == stream.key.key], facts.chained),
    }


def _finding(ledger: str, found: Finding) -> dict[str, Any]:
    return {
        "code": found.code,
        "severity": found.severity.word,
        "confidence": str(found.confidence),
        "ledger": ledger,
        "stream": found.stream,
        "event_id": found.event_id,
        "sequence": found.sequence,
        "record": found.record,
        "offset": found.offset,
        "length": found.length,
        "field": found.field,
        "expected": found.expected,
        "actual": found.actual,
        "message": found.message,
        "count": found.count,
    }
