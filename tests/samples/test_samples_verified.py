"""What the console's own command says of the sample ledgers: nothing bad of the healthy, the intended of the others."""

import json
import subprocess
import sys
from collections import defaultdict
from typing import Any

import pytest

from tests.support.places import ROOT, SAMPLES

FLAGGED = "smvm/runs/harbour-point/validation/RUN-20251014-081204-5d20c7e9/events.jsonl"

BAD = {
    "kernel/deals.jsonl": {"chain.hash-mismatch"},
    "kernel/audit-event-deleted.jsonl": {"chain.sequence-gap", "chain.previous-mismatch"},
    "kernel/audit-forked.jsonl": {"chain.sequence-duplicate", "chain.fork"},
    FLAGGED: {"data.hash-mismatch"},
    "swarm/harbour-point.jsonl": {"provenance.id-mismatch"},
    "swarm/episode-edited.jsonl": {"chain.hash-mismatch"},
    "zakops/events.db": {"outbox.dead"},
}
"""All findings of severity error or critical."""

ALSO = {
    "swarm/harbour-point.jsonl": "reference.orphan-parent",
    "zakops/ingest_state.db": "lifecycle.illegal-transition",
    "zakops/events.db": "outbox.stalled",
    "maysano/objective-history.json": "replay.value-discontinuity",
    "maysano/batch-setup-interrupted.sse": "operation.interrupted",
    "kernel/api-events.json": "chain.unchained-event",
}
"""Warnings and notes that the samples are there to show."""


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    command = [sys.executable, "-m", "console", "verify", str(SAMPLES), "--format", "json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def by_ledger(report: dict[str, Any], *severities: str) -> dict[str, set[str]]:
    codes: dict[str, set[str]] = defaultdict(set)
    for finding in report["findings"]:
        if finding["severity"] in severities:
            name = finding["ledger"].replace("\\", "/").partition("sample_ledgers/")[2].partition("#")[0]
            codes[name].add(finding["code"])
    return dict(codes)


def test_only_tampered_samples_have_bad_findings(report: dict[str, Any]) -> None:
    assert by_ledger(report, "error", "critical") == BAD


def test_the_samples_show_what_they_are_there_to_show(report: dict[str, Any]) -> None:
    found = by_ledger(report, "note", "warning")
    assert {name: code for name, code in ALSO.items() if code not in found.get(name, set())} == {}


def test_all_five_systems_are_recognised(report: dict[str, Any]) -> None:
    assert {ledger["format"] for ledger in report["ledgers"]} == {"kernel", "smvm", "swarm", "maysano", "zakops"}
    assert {ledger["container"] for ledger in report["ledgers"]} == {"jsonl", "json", "gzip", "sqlite", "sse", "zip"}
    profiles = {ledger["profile"] for ledger in report["ledgers"]}
    assert profiles >= {"kernel-doc/1", "kernel-audit/1", "kernel-bff/1", "kernel-pack/1", "swarm-simapi/1"}
    assert report["totals"]["events"] > 3000
