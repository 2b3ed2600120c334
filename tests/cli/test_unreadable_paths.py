"""Paths that were given and cannot be read: said and skipped, and the others are dealt with."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Result
from tests.support.cli_cases import broken, intact

Call = Callable[..., Result]


@pytest.fixture
def unread(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ledger without the right to read it, also where the tests may read everything."""
    path = intact(Path("unread.jsonl"))
    path.chmod(0)
    own_access, own_open = os.access, os.open

    def access(file: Any, *more: Any, **words: Any) -> bool:
        return Path(file).name != path.name and own_access(file, *more, **words)

    def opening(file: Any, *more: Any, **words: Any) -> int:
        if isinstance(file, str) and Path(file).name == path.name:
            raise PermissionError(13, "Permission denied", file)
        return own_open(file, *more, **words)

    monkeypatch.setattr(os, "access", access)
    monkeypatch.setattr(os, "open", opening)
    return path


def test_verify_goes_on(call: Call, unread: Path) -> None:
    good, bad = intact(Path("good.jsonl")), broken(Path("bad.jsonl"))
    result = call("verify", good, unread, "--format", "json")
    report = json.loads(result.out)
    assert (result.code, report["totals"]["events"]) == (3, 5)
    assert [(each["code"], each["ledger"]) for each in report["findings"]] == [("container.unreadable", str(unread))]
    assert call("verify", unread, bad).code == 1


@pytest.mark.parametrize("command", ["streams", "ledgers", "events"])
def test_listing_goes_on(call: Call, unread: Path, command: str) -> None:
    good = intact(Path("good.jsonl"))
    result = call(command, good, unread)
    assert (result.code, "good.jsonl" in result.out or "DataDisputed" in result.out) == (3, True)
    assert "unread.jsonl: Permission to read the file is denied." in result.err


@pytest.mark.usefixtures("home")
def test_the_memory_and_the_index_in_a_watched_folder_are_no_ledgers(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("STATE", "CACHE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(Path.cwd() / name.lower()))
    intact(Path("a.jsonl"))
    for command in ("verify", "ledgers", "verify"):
        result = call(command, ".")
        assert (result.code, result.err) == (0, ""), result
    assert [*Path.cwd().rglob("observations")]
    assert [*Path.cwd().rglob("*.sqlite")]
