"""A ledger is indexed once, whatever was typed to reach it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from console.config.places import index_apart, index_path
from console.engine.session.index_place import purpose_of
from console.store.opening import store_at
from tests.support.engine_cases import Deal

Call = Callable[..., Any]


def names(call: Call, *paths: object) -> list[str]:
    return [each["path"] for each in json.loads(call("ledgers", *paths, "--format", "json").out)]


def test_the_same_ledger_by_other_paths(call: Call, home: Path) -> None:
    folder = Path("folder")
    folder.mkdir()
    for name in ("a", "b"):
        (folder / f"{name}.jsonl").write_bytes(Deal(name).lines(3))
    for paths in (["folder"], ["folder/a.jsonl"], ["folder/b.jsonl", "folder/a.jsonl"], [folder.resolve()], ["folder"]):
        assert len(names(call, *paths)) == (1 if paths == ["folder/a.jsonl"] else 2)
    assert len([*(home / "cache/audit-console").glob("*.sqlite")]) == 1


def test_while_another_process_writes_it_for_other_paths(call: Call, home: Path) -> None:
    folder = Path("folder")
    folder.mkdir()
    for name in ("a", "b"):
        (folder / f"{name}.jsonl").write_bytes(Deal(name).lines(3))
    assert names(call, "folder/a.jsonl") == ["folder/a.jsonl"]
    with store_at(index_path(["folder"])).lock() as lock:
        assert lock.acquire(purpose_of(["folder/a.jsonl"]))
        assert len(names(call, "folder")) == 2
        assert index_apart(["folder"]).exists()
        assert names(call, "folder/a.jsonl") == ["folder/a.jsonl"], "it is read as that one left it"
