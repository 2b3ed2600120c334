"""Looks that are killed at any moment: nothing is lost, doubled or forgotten.

``python -m tests.witness.test_killed 300`` kills so many.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from console.sources.record_hash import SIZE, leaves_of_lines
from console.witness.memory import MemoryFolder
from console.witness.origin import Origin
from console.witness.place import MemoryPlace
from tests.support.places import ROOT

ORIGIN = Origin("/ledgers/deals.jsonl")
LOOKING = """
import sys
from console.sources.record_hash import leaves_of_lines
from console.witness.memory import MemoryFolder, NewLook
from console.witness.observations import Hints
from console.witness.origin import Origin
from console.witness.place import MemoryPlace
look = NewLook(Hints("", 0, 0, 0, ""), 0)
with MemoryFolder(MemoryPlace(sys.argv[1], "test")) as memory:
    while True:
        with memory.ledger(Origin("/ledgers/deals.jsonl")) as known:
            have = len(known.leaves()) // 32
            lines = b"".join(b"%d\\n" % number for number in range(have, have + 1 + have % 7))
            known.agree(look, leaves_of_lines(lines))
            count = have + 1 + have % 7
        print(count, flush=True)
"""


def kill_looks(folder: Path, times: int, seed: int = 0) -> int:
    """Start looks and kill them; how many records are known in the end. What a look had reported is never lost."""
    chance = random.Random(seed)
    reported = 0
    for _ in range(times):
        process = subprocess.Popen(
            [sys.executable, "-c", LOOKING, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        reported = int(process.stdout.readline())
        time.sleep(chance.random() * 0.02)  # the moment is what is tried, not what is waited for
        os.kill(process.pid, signal.SIGKILL)
        rest, _ = process.communicate()
        reported = max([reported, *(int(line) for line in rest.split("\n")[:-1])])
        with MemoryFolder(MemoryPlace(str(folder), "test")) as memory, memory.recalled(ORIGIN) as known:
            have = len(known.leaves()) // SIZE
            assert have >= reported, "what was reported is remembered"
            assert known.leaves() == leaves_of_lines(b"".join(b"%d\n" % number for number in range(have)))
            counts = [each.records for each in known.observations]
            assert counts == sorted({*counts}), "no look counts twice"
    return reported


@pytest.mark.slow
def test_looks_that_are_killed(tmp_path: Path) -> None:
    assert kill_looks(tmp_path / "memory", 20) > 20


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        many = int(sys.argv[1])
        print(f"{many} looks killed, {kill_looks(Path(made) / 'memory', many):,} records known")  # noqa: T201
