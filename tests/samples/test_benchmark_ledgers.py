"""The benchmark's ledgers are healthy, and its plain references tell healthy from edited."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.places import ROOT

PLAIN = ROOT / "tests/benchmarks/reference_plain.py"


def made(kind: str, events: int, folder: Path) -> Path:
    command = [sys.executable, "-m", "tests.benchmarks.generate", kind, str(events)]
    environment = {**os.environ, "TMPDIR": str(folder)}
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    return Path(done.stdout.strip())


def answer(*command: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found


def references() -> list[list[str]]:
    node = shutil.which("node")
    plain = [[sys.executable, str(PLAIN), "chains"]]
    return [*plain, [node, str(PLAIN.with_suffix(".js"))]] if node else plain


def test_plain_references_agree_on_a_healthy_and_an_edited_ledger(tmp_path: Path) -> None:
    ledger = made("kernel-doc", 20_000, tmp_path)
    edited = tmp_path / "edited.jsonl"
    edited.write_text(ledger.read_text().replace('"currency":"USD"', '"currency":"EUR"', 1))
    for command in references():
        assert answer(*command, str(ledger)) == {"events": 20_000, "deals": 200, "valid": True}
        assert answer(*command, str(edited)) == {"events": 20_000, "deals": 200, "valid": False}


@pytest.mark.parametrize("kind", ["kernel-audit", "swarm", "smvm", "zakops", "maysano"])
def test_every_kind_has_as_many_events_as_asked_in_order_of_time(kind: str, tmp_path: Path) -> None:
    events = [json.loads(line) for line in made(kind, 600, tmp_path).read_text().splitlines()]
    times = [event.get("createdAt") or event.get("created_at") or event["timestamp"] for event in events]
    assert len(events) == 600
    assert times == sorted(times)
