"""One memory for every door: who looked first does not matter, and all say the same."""

import itertools
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.engine_cases import Deal
from tests.support.looks import CONTAINERS, as_lines, edited

Call = Callable[..., Any]
DEAL = Deal()
RECORDS = [DEAL.event(number=number) for number in range(12)]


def by_verify(call: Call, path: Path) -> tuple[set[tuple[str, int | None]], str, list[str]]:
    report = json.loads(call("verify", path, "--format", "json").out)
    found = {(each["code"], each["record"]) for each in report["findings"] if each["code"].startswith("witness.")}
    return found, report["verdict"], report["cannot_rule_out"]


def by_ledgers(call: Call, path: Path) -> tuple[set[tuple[str, int | None]], str, list[str]]:
    (row,) = json.loads(call("ledgers", path, "--format", "json").out)
    causes = json.loads(call("findings", path, "--format", "json").out)["causes"]
    found = {(each["code"], each["record"]) for cause in causes for each in cause["findings"]}
    return {each for each in found if each[0].startswith("witness.")}, row["verdict"], row["cannot_rule_out"]


def by_events(call: Call, path: Path) -> tuple[set[tuple[str, int | None]], str, list[str]]:
    call("events", path)
    return by_ledgers(call, path)


DOORS = {"verify": by_verify, "ledgers": by_ledgers, "events": by_events}


@pytest.mark.parametrize("name", CONTAINERS)
@pytest.mark.parametrize(("first", "second"), [*itertools.product(DOORS, DOORS)])
def test_whoever_looked_first(call: Call, name: str, first: str, second: str) -> None:
    path, write = Path(name), CONTAINERS[name]
    path.write_bytes(write(RECORDS[:9]))
    DOORS[first](call, path)
    path.write_bytes(write(RECORDS))
    found, verdict, clauses = DOORS[second](call, path)
    assert (found, verdict) == (set(), "intact")
    assert "before now" not in clauses[0], "this is no first look"
    path.write_bytes(write([*RECORDS[:4], edited(RECORDS[4]), *RECORDS[5:]]))
    for door in (second, first):
        found, verdict, _ = DOORS[door](call, path)
        assert (found, verdict) == ({("witness.edited", 5)}, "findings")
    path.write_bytes(write(RECORDS))
    for door in (first, second):
        assert DOORS[door](call, path)[:2] == (set(), "intact")


@pytest.mark.parametrize("door", DOORS)
def test_an_edit_behind_an_append(call: Call, door: str) -> None:
    """Of the same length, so that first and last record stand where they stood."""
    path = Path("deals.jsonl")
    path.write_bytes(as_lines(RECORDS[:9]))
    DOORS[door](call, path)
    changed = RECORDS[4].replace(b'"anna"', b'"otto"')
    path.write_bytes(as_lines([*RECORDS[:4], changed, *RECORDS[5:]]))
    assert DOORS[door](call, path)[0] == {("witness.edited", 5)}


@pytest.mark.parametrize("door", DOORS)
def test_the_place_is_the_same_however_it_is_typed(call: Call, door: str) -> None:
    Path("folder").mkdir()
    path = Path("folder/deals.jsonl")
    path.write_bytes(as_lines(RECORDS))
    DOORS[door](call, Path("folder"))
    path.write_bytes(as_lines([edited(RECORDS[0]), *RECORDS[1:]]))
    Path("link").symlink_to("folder")
    for typed in (path, path.resolve(), Path("folder"), Path("link/deals.jsonl")):
        assert DOORS[door](call, typed)[0] == {("witness.edited", 1)}


@pytest.mark.parametrize("door", DOORS)
def test_a_ledger_that_is_gone(call: Call, door: str) -> None:
    Path("folder").mkdir()
    (Path("folder") / "other.jsonl").write_bytes(Deal("other").lines(3))
    path = Path("folder/deals.jsonl")
    path.write_bytes(as_lines(RECORDS))
    call("verify", "folder")
    path.unlink()
    if door == "verify":
        assert by_verify(call, Path("folder"))[0] == {("witness.vanished", None)}
    else:
        causes = json.loads(call("findings", "folder", "--format", "json").out)["causes"]
        assert "witness.vanished" in {each["code"] for cause in causes for each in cause["findings"]}


@pytest.mark.parametrize("door", DOORS)
def test_a_memory_that_cannot_be_written(call: Call, home: Path, door: str) -> None:
    path = Path("deals.jsonl")
    path.write_bytes(as_lines(RECORDS))
    home.mkdir()
    (home / "state").write_text("no folder")
    found, verdict, clauses = DOORS[door](call, path)
    assert (found, verdict) == (set(), "intact")
    assert any("the memory cannot be kept" in each or "not a folder" in each for each in clauses)
    os.unlink(home / "state")  # noqa: PTH108
