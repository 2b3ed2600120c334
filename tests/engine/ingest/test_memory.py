"""Memory does not grow with the ledger."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.engine_cases import Deal
from tests.support.places import ROOT

MEASURED = """
import runpy, sys
from pathlib import Path
sys.argv = ["console", *sys.argv[1:]]
try:
    runpy.run_module("console", run_name="__main__")
finally:
    # Not ru_maxrss: that one begins at what the process that started this one uses.
    (peak,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    sys.stderr.write("peak " + peak.split()[1])
"""


@pytest.mark.slow
@pytest.mark.parametrize("command", ["verify", "ledgers"])
def test_a_hundred_megabytes(command: str, tmp_path: Path) -> None:
    ledger = tmp_path / "deals.jsonl"
    with ledger.open("wb") as file:
        deals = [Deal(f"deal-{number}") for number in range(100)]
        while file.tell() < 100_000_000:
            for deal in deals:
                file.write(deal.lines(20))
    options = ["--index", str(tmp_path / "index.sqlite")] if command == "ledgers" else []
    process = subprocess.run(
        [sys.executable, "-c", MEASURED, command, str(ledger), *options, "--format", "json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert json.loads(process.stdout)
    peak = int(process.stderr.rpartition("peak ")[2]) // 1024
    assert peak < (100 if command == "verify" else 250), f"{peak} MB"
