"""``drill``: writes, and shows afterwards what it planted."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from console.samples.drill.deals import DealsDrill
from console.samples.drill.logs import TracesDrill
from console.samples.drill.planted import DrillWriter, RisingClock
from console.samples.pen import Dice


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


def test_it_takes_the_options_of_every_command(call: Any, tmp_path: Path) -> None:
    options = "--no-color", "--index", ":memory:", "--no-memory", "--memory", tmp_path / "memory"
    done = call("drill", tmp_path / "absent", "--reveal", *options)
    assert done.code == 2 and "no such option" not in done.err.lower()
    assert "--rate N" in call("drill", "-h").out and "--faults N" in call("drill", "-h").out


def test_an_edited_past_is_found_by_who_saw_it_before(call: Any, tmp_path: Path) -> None:
    clock = RisingClock(lambda: datetime.now(UTC))
    writers: list[DrillWriter] = [
        made(tmp_path / "d", Dice(made.__name__), clock) for made in (DealsDrill, TracesDrill)
    ]
    for _ in range(12):
        for writer in writers:
            writer.healthy()
    assert call("verify", tmp_path / "d", "--memory", tmp_path / "memory").code == 0
    planted = [writer.faults["past"]() for writer in writers]
    done = call("verify", tmp_path / "d", "--memory", tmp_path / "memory", "--format", "json")
    found = {(each["code"], each["ledger"], each["record"]) for each in json.loads(done.out)["findings"]}
    assert {("witness.edited", str(tmp_path / "d" / each.ledger), each.record) for each in planted} <= found
