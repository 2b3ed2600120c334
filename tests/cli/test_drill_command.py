"""``drill``: writes, and shows afterwards what it planted."""

import json
from pathlib import Path
from typing import Any


def test_it_writes_and_reveals(call: Any, tmp_path: Path) -> None:
    folder = tmp_path / "drill"
    done = call("drill", folder, "--rate", "100", "--seconds", "1", "--faults", "2", "--seed", "x")
    assert (done.code, done.out) == (0, "") and "2 faults planted" in done.err
    assert (folder / "kernel" / "deals.jsonl").exists() and (folder / "zakops" / "events.db").exists()
    done = call("drill", folder, "--reveal")
    assert done.code == 0 and done.out.startswith("time") and len(done.out.splitlines()) == 3
    found = json.loads(call("drill", folder, "--reveal", "--format", "json").out)
    assert [*found[0]] == ["ledger", "record", "code", "what", "time"]
    done = call("drill", folder)
    assert done.code == 2 and "not an empty folder" in done.err
    assert call("drill", tmp_path / "absent", "--reveal").code == 2
