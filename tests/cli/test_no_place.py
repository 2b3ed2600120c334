"""No place for an index, or for private copies: said in words, and what can be done is done."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from console.sources.sqlite import private_folder
from tests.cli.conftest import Result
from tests.support import full_disk
from tests.support.cli_cases import intact
from tests.support.places import ROOT

Call = Callable[..., Result]
Start = Callable[..., "subprocess.Popen[bytes]"]
NOWHERE = ["/proc/nowhere", "/dev/null", "a.jsonl"]
"""Folders that cannot be made, whoever one is."""


@pytest.fixture(autouse=True)
def ledger(home: Path) -> None:
    intact(Path("a.jsonl"))


@pytest.mark.parametrize("cache", NOWHERE)
def test_without_a_cache_the_index_is_temporary(cache: str, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", os.path.abspath(cache))  # noqa: PTH100
    for command in (("ledgers",), ("streams",), ("events", "--format", "jsonl")):
        result = call(command[0], "a.jsonl", *command[1:])
        assert result.code == 0
        assert result.out.count("\n") > 1
        assert "The index cannot be kept in" in result.err
        assert "temporary folder" in result.err
    assert call("verify", "a.jsonl").err == ""


@pytest.mark.parametrize("place", NOWHERE)
def test_a_named_place_that_cannot_be_had(place: str, call: Call) -> None:
    for command in (("ledgers",), ("events", "--follow")):
        result = call(command[0], "a.jsonl", *command[1:], "--index", f"{place}/index.sqlite")
        assert result.code == 3
        assert "--index :memory:" in result.err or "Not a directory" in result.err
        assert "Errno" not in result.err


def test_a_place_that_was_taken_away(call: Call, home: Path) -> None:
    assert call("ledgers", "a.jsonl").err == ""
    (lock,) = home.rglob("*.lock")
    lock.unlink()
    lock.mkdir()
    result = call("ledgers", "a.jsonl")
    assert result.code == 0
    assert "Is a directory" in result.err


def test_follow_without_a_cache(start: Start, environment: dict[str, str]) -> None:
    nowhere = {**environment, "XDG_CACHE_HOME": NOWHERE[0]}
    process = start("events", "a.jsonl", "--follow", "--limit", "3", "--format", "jsonl", env=nowhere)
    out, err = process.communicate(timeout=60)
    assert len(out.splitlines()) == 3
    assert b"cannot be kept" in err


def test_without_a_temporary_folder(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(ROOT / "sample_ledgers/kernel/portal.db", "portal.db")
    monkeypatch.setattr(tempfile, "tempdir", "/proc/nowhere")
    monkeypatch.setattr(private_folder, "_held", None)
    report = json.loads(call("verify", ".", "--format", "json").out)
    assert (report["exit_code"], report["totals"]["ledgers"]) == (3, 1)
    (found,) = [each for each in report["findings"] if each["severity"] == "error"]
    assert "cannot be copied into a private folder" in found["message"]
    assert call("ledgers", "a.jsonl").code == 0
    result = call("ledgers", "a.jsonl", "--index", ":memory:")
    assert result.code == 3
    assert "the index needs a temporary folder" in result.err
    assert "Errno" not in result.err


def test_a_cache_that_is_full(start: Start, environment: dict[str, str], tmp_path: Path) -> None:
    cache = Path(environment["XDG_CACHE_HOME"])
    full = {**full_disk.environment(cache, 2, tmp_path / "site"), **environment}
    full["PYTHONPATH"] = os.pathsep.join([str(tmp_path / "site"), environment["PYTHONPATH"]])
    for command in (("ledgers",), ("events", "--format", "jsonl"), ("events", "--follow", "--limit", "3")):
        out, err = start(command[0], "a.jsonl", *command[1:], env=full).communicate(timeout=60)
        assert out.count(b"\n") > 1
        assert b"cannot be kept in" in err and b"(database or disk is full)" in err
