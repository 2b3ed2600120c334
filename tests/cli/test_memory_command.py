"""``audit-console memory``, and what other commands do with what it shows."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.engine_cases import Deal
from tests.support.looks import as_lines, edited

Call = Callable[..., Any]
RECORDS = [Deal().event(number=0)]


@pytest.fixture
def ledger(call: Call) -> Path:
    """A ledger that was seen once."""
    deal = Deal()
    path = Path("deals.jsonl")
    path.write_bytes(deal.lines(6))
    assert call("verify", path).code == 0
    return path


def change(path: Path) -> None:
    records = path.read_bytes().splitlines()
    records[2] = edited(records[2])
    path.write_bytes(as_lines(records))


def listed(call: Call, *paths: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(call("memory", *paths, "--format", "json").out)
    return found


def test_what_was_seen(call: Call, ledger: Path) -> None:
    (found,) = listed(call)
    assert (found["records"], found["command"], found["now"], found["holds"]) == (6, "verify", "as it was", True)
    result = call("memory", ledger)
    assert result.code == 0
    assert str(ledger.resolve()) in result.out and "as it was" in result.out
    assert listed(call, "elsewhere") == []
    ledger.write_bytes(ledger.read_bytes() + b"\n")
    assert listed(call)[0]["now"] == "changed since, not compared"


def test_every_look(call: Call, ledger: Path) -> None:
    change(ledger)
    assert call("verify", ledger).code == 1
    text = call("memory", "show", ledger).out
    assert "agreed" in text and "witness.edited" in text
    (found,) = json.loads(call("memory", "show", ledger, "--format", "json").out)
    assert [each["agrees"] for each in found["observations"]] == [True, False]
    assert call("memory", "show", "nosuch").code == 3


def test_a_change_that_is_explained(call: Call, ledger: Path) -> None:
    change(ledger)
    assert call("verify", ledger).code == 1
    assert listed(call)[0]["holds"] is False
    assert call("memory", "accept", ledger, "--why", "the name was corrected").code == 0
    result = call("verify", ledger, "--format", "json")
    found = json.loads(result.out)
    assert result.code == 0
    assert found["ledgers"][0]["memory"]["says"] == "agrees"
    (note,) = [each for each in found["findings"] if each["code"].startswith("witness.")]
    assert (note["code"], note["severity"]) == ("witness.accepted", "note")
    assert "the name was corrected" in note["message"]
    assert "the name was corrected" in call("memory", "show", ledger).out


def test_a_change_that_nobody_explains(call: Call, ledger: Path) -> None:
    assert call("memory", "accept", ledger).code == 2
    assert call("memory", "accept", "nosuch", "--why", "x").code == 3


def test_a_ledger_that_is_forgotten(call: Call, ledger: Path) -> None:
    ledger.unlink()
    assert "witness.vanished" in call("verify", ".").out
    assert call("memory", "forget", ledger).code == 0
    assert "witness" not in call("verify", ".").out
    assert listed(call) == []
    assert call("memory", "forget", ledger).code == 3


def test_a_memory_elsewhere(call: Call, ledger: Path) -> None:
    other = Path("other")
    assert json.loads(call("verify", ledger, "--memory", other, "--format", "json").out)["ledgers"][0]["memory"][
        "says"
    ] == ("first look")
    assert listed(call, "--memory", other)[0]["looks"] == 1
    assert len(listed(call)) == 1


def test_no_memory(call: Call, ledger: Path, home: Path) -> None:
    change(ledger)
    result = call("verify", ledger, "--no-memory")
    assert result.code == 0
    assert "the memory was not asked" in " ".join(result.out.split())
    assert call("memory", "--no-memory").code == 2


def test_names_of_origins(call: Call, ledger: Path, home: Path) -> None:
    """The same ledger in another place, by the operator's name for it."""
    config = Path("config.toml")
    config.write_text(f'[origins]\n"{Path.cwd().resolve()}/*/deals.jsonl" = "deals"\n')
    for name in ("one", "two"):
        Path(name).mkdir()
    Path("one/deals.jsonl").write_bytes(ledger.read_bytes())
    assert call("verify", "one/deals.jsonl", "--config", config).code == 0
    change(ledger)
    Path("two/deals.jsonl").write_bytes(ledger.read_bytes())
    assert "witness.edited" in call("verify", "two/deals.jsonl", "--config", config).out
