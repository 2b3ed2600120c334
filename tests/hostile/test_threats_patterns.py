"""Filters that would keep a matcher busy for ever on a record made for it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.places import ROOT

FILTERS = [
    "\\" * 400 + "x",
    '\\"' * 300 + "x",
    "x" + '"' * 400,
    "/" * 400 + "x",
    "ſ" * 300 + "x",
    "type:" + "*a" * 200 + "b",
    "type:" + "*?a" * 150 + "b",
    "actor:" + "?" * 300 + "*b",
    "(a+)+$",
    "type:[a-[*",
]


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Events that nearly match, over and over."""
    path = tmp_path_factory.mktemp("ledgers") / "deals.jsonl"
    sample = json.loads((ROOT / "sample_ledgers/kernel/audit.jsonl").read_bytes().splitlines()[0])
    hard = ("\\" * 5000, '\\"' * 3000, '"' * 5000, "/" * 5000, "sS" * 3000, "ſ" * 3000, "a" * 5000)
    lines = []
    for text in hard:
        sample |= {"type": text, "actorId": text, "payload": {"text": text}}
        lines += [json.dumps(sample), json.dumps(sample, ensure_ascii=False).replace("/", "\\/")]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("text", FILTERS, ids=lambda text: repr(text[:12]))
def test_a_filter_ends(text: str, ledger: Path, tmp_path: Path) -> None:
    """The time that is allowed is many times what it takes; without a bound it would be years."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "console", "events", str(ledger), "--format", "jsonl", "--where", text]
    done = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, b""), done.stderr
