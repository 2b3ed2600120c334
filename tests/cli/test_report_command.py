"""Each report of a format is a command: in the help, in the completion, with the contract's exit codes."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import sixth_system
from tests.support.sixth_system import entries, lines


@pytest.fixture
def ledgers(tmp_path: Path) -> Iterator[Path]:
    sixth_system.install(tmp_path / "packages")
    with sixth_system.installed(tmp_path / "packages"):
        folder = tmp_path / "ledgers"
        folder.mkdir()
        (folder / "north.jsonl").write_bytes(lines(entries("north", 12)))
        (folder / "south.jsonl").write_bytes(lines(entries("so\x1buth", 9, e9={"note": {"oil": 3}})))
        yield folder


def test_table_and_json(call: Any, ledgers: Path) -> None:
    done = call("lamps", ledgers, "--now", "2026-04-01")
    assert (done.code, done.err) == (0, "")
    head, worst, detail, *_ = done.out.splitlines()
    assert head.split()[:4] == ["worst", "lamp", "lit", "entries"] and head.split()[-1] == "where"
    assert worst.startswith("! warning  so␛uth") and "26 d 18 h" in worst and worst.endswith("south.jsonl:9")
    assert detail.strip() == "3 l of oil are left"
    assert "lamps 2" in done.out and "Some lamps are out." in done.out
    found = json.loads(call("lamps", ledgers, "--now", "2026-04-01", "--format", "json").out)
    assert found["rows"][0]["values"]["lamp"] == "so\x1buth"
    assert (found["now"], found["summary"]) == ("2026-04-01T00:00:00.000000Z", {"lamps": 2})


def test_where(call: Any, ledgers: Path) -> None:
    done = call("lamps", ledgers, "--where", "worst:warning")
    assert "so␛uth" in done.out and "north" not in done.out and "1 row not shown (--where)" in done.out
    done = call("lamps", ledgers, "--where", "nothing:1")
    assert done.code == 2 and "There is no column 'nothing'" in done.err


def test_exit_codes(call: Any, ledgers: Path) -> None:
    (ledgers / "torn.jsonl").write_bytes(lines(entries("east", 3)) + b"{broken\n")
    done = call("lamps", ledgers)
    assert done.code == 3 and "torn.jsonl: 1 record passed over that cannot be read" in done.err
    other = ledgers / "other.jsonl"
    other.write_bytes(b'{"some": "thing"}\n')
    done = call("lamps", other)
    assert done.code == 3 and "There are no ledgers of the format beacon here" in done.err and done.out == ""
    assert call("lamps", ledgers / "absent.jsonl").code == 3
    assert call("lamps", ledgers, "--now", "never").code == 2


def test_help_and_near_names(call: Any, ledgers: Path) -> None:
    assert re.search(r"  lamps +Lamps, and whether each is lit.", call("--help").out)
    assert "--now" in call("lamps", "--help").out
    done = call("lampz")
    assert done.code == 2 and "is the command lamps meant?" in done.err
