"""The report of a verification: one object, as the contract fixes it."""

from collections.abc import Sequence
from typing import Any

from console import __version__
from console.engine.memory.remembered import Remembered
from console.engine.verify.chain_report import chain_report
from console.engine.verify.results import LedgerReport, Verification
from console.engine.verify.verdict import USUAL, Judgement, Policy, judge, unchecked
from console.formats.json.times import iso
from console.model.finding import Finding
from console.model.ledger import Profile
from console.model.trust import Severity, Trust
from console.store.capped_findings import concerns
from console.store.rows import StreamRow

SCHEMA_VERSION = 1


def report(
    verification: Verification,
    policy: Policy = USUAL,
    *,
    stream: str | None = None,
) -> dict[str, Any]:
    """The whole report. With ``stream``, only the ledgers that hold such a stream are in it, and of their findings
    those that concern it."""
    if stream is not None:
        holders = [each for each in verification.ledgers if any(one.key == stream for one in each.streams)]
        verification = Verification(holders, verification.skipped)
    placed = [
        (each.opened.name, found, each.opened.source.container, each.volume_of(found.record))
        for each in verification.ledgers
        for found in each.findings
        if concerns(found, stream)
    ]
    placed += [(each.path, each.finding, "", None) for each in verification.skipped]
    placed.sort(key=lambda each: -each[1].severity)
    by_severity = {severity.word: 0 for severity in sorted(Severity, reverse=True) if severity}
    for _, found, _, _ in placed:
        by_severity[found.severity.word] += found.count
    ledgers = [_ledger(each, policy, stream) for each in verification.ledgers]
    evidence = verification.evidence(stream)
    judged = judge(evidence, policy)
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "audit-console", "version": __version__},
        **_verdict(judged),
        "exit_code": judged.verdict.exit_code,
        "totals": {
            "ledgers": len(ledgers),
            "streams": sum(len(each["streams"]) for each in ledgers),
            "events": evidence.events,
            "trust": _words(evidence.trust),
            "findings": by_severity,
        },
        "ledgers": ledgers,
        "findings": [finding_object(*each) for each in placed],
    }


def _verdict(judged: Judgement) -> dict[str, Any]:
    return {
        "verdict": judged.verdict.word,
        "reasons": [*judged.reasons],
        "cannot_rule_out": [*judged.cannot_rule_out],
    }


def _words(trust: Sequence[int]) -> dict[str, int]:
    return {Trust(state).word: number for state, number in enumerate(trust)}


def _ledger(ledger: LedgerReport, policy: Policy, stream: str | None) -> dict[str, Any]:
    by_stream: dict[str, list[Finding]] = {}
    for found in ledger.findings:
        if found.stream is not None:
            by_stream.setdefault(found.stream, []).append(found)
    evidence = ledger.evidence(stream)
    unread = unchecked(ledger.evidence_of_no_stream(), policy)
    return {
        "path": ledger.opened.name,
        "format": ledger.opened.format.name,
        "container": ledger.opened.source.container,
        "profile": ledger.profile,
        "coverage": _coverage(ledger.known_profile),
        **_verdict(judge(evidence, policy)),
        "records": ledger.records,
        "bytes": ledger.bytes,
        "sha256": ledger.sha256 or None,
        "volumes": [
            {"path": each.path, "records": each.records, "bytes": each.bytes, "sha256": each.sha256 or None}
            for each in ledger.volumes
        ],
        "pending": ledger.pending,
        "end": ledger.end,
        "memory": _memory(ledger.memory),
        "trust": _words(evidence.trust),
        "streams": [
            _stream(each, by_stream.get(each.key, ()), unread, policy)
            for each in ledger.streams
            if stream is None or each.key == stream
        ],
    }


def _memory(found: Remembered) -> dict[str, Any]:
    """What was seen before: ``since`` is the first look, ``records`` were known at the last one that agreed."""
    return {
        "says": str(found.standing),
        "words": found.words,
        "looks": found.looks,
        "since": found.since or None,
        "records": found.records,
        "kept": found.kept,
        "why": found.why or None,
    }


def _coverage(profile: Profile | None) -> dict[str, list[str]] | None:
    if profile is None:
        return None
    return {"covered": list(profile.coverage.covered), "uncovered": list(profile.coverage.uncovered)}


def _stream(stream: StreamRow, findings: Sequence[Finding], unread: Sequence[str], policy: Policy) -> dict[str, Any]:
    return {
        "kind": stream.kind,
        "key": stream.key,
        "events": stream.events,
        "first_time": None if stream.first_time is None else iso(stream.first_time),
        "last_time": None if stream.last_time is None else iso(stream.last_time),
        "state": dict(stream.state),
        "trust": _words(stream.trust),
        "chain": chain_report(stream, findings, unread, policy),
    }


def finding_object(
    ledger: str, found: Finding, container: str = "", volume: tuple[str, int] | None = None
) -> dict[str, Any]:
    """One finding, as ``verify`` and ``findings`` print it. ``volume``: the file that holds its record, and the
    record's number there, where the ledger is in several files."""
    return {
        "code": found.code,
        "severity": found.severity.word,
        "confidence": str(found.confidence),
        "ledger": ledger,
        "stream": found.stream,
        "event_id": found.event_id,
        "sequence": found.sequence,
        **place(found, container),
        "volume": None if volume is None else {"path": volume[0], "record": volume[1]},
        "field": found.field,
        "expected": found.expected,
        "actual": found.actual,
        "message": found.message,
        "count": found.count,
    }


def place(found: Finding, container: str) -> dict[str, int | None]:
    """Where a finding points: ordinal and byte offset, or for a table of a database the row id as its record."""
    if container == "sqlite" and found.record is not None:
        return {"record": found.offset, "offset": None, "length": found.length}
    return {"record": found.record, "offset": found.offset, "length": found.length}
