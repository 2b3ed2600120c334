"""Files that change while they are verified."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from console.engine.verify import verification as checking
from console.engine.verify.report import report
from console.engine.verify.results import LedgerReport, Verification
from console.engine.verify.verification import check_ledger
from console.model.trust import Severity
from tests.support.engine_cases import NOW, Deal, opened

EVENTS = 2000


def _shrink(path: Path) -> None:
    os.truncate(path, 1000)


def _rewrite(path: Path) -> None:
    path.write_bytes(Deal("other").lines(EVENTS + 500))


def _fewer(path: Path) -> None:
    path.write_bytes(Deal("other").lines(10))


def _replace(path: Path) -> None:
    new = path.with_suffix(".new")
    new.write_bytes(Deal("other").lines(10))
    new.replace(path)


def _append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b'{"half": ')


def _copy(path: Path) -> None:
    new = path.with_suffix(".new")
    new.write_bytes(path.read_bytes())
    new.replace(path)


async def _verified(path: Path, change: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch) -> LedgerReport:
    monkeypatch.setattr(checking, "OFTEN", -1)
    waiting = [change]

    def progress(records: int, read: int, broken: int) -> None:
        if waiting:
            waiting.pop()(path)

    (one,) = opened(path)
    checked = await check_ledger(one, NOW, progress)
    assert not waiting
    return checked


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_shrink, "container.shrunk"),
        (_fewer, "container.shrunk"),
        (_rewrite, "container.rewritten"),
        (_replace, "container.replaced"),
    ],
)
async def test_what_changes_meanwhile_is_said(
    change: Callable[[Path], None], code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = tmp_path / "deals.jsonl"
    ledger.write_bytes(Deal().lines(EVENTS))
    checked = await _verified(ledger, change, monkeypatch)
    assert code in [each.code for each in checked.findings]
    assert "while it was read" in checked.problem


async def test_a_ledger_that_shrank_is_not_intact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = tmp_path / "deals.jsonl"
    ledger.write_bytes(Deal().lines(EVENTS))
    result = report(Verification([await _verified(ledger, _shrink, monkeypatch)]))
    assert (result["verdict"], result["exit_code"]) == ("incomplete", 3)


@pytest.mark.parametrize("change", [_append, _copy])
async def test_growing_and_copying_is_no_change(
    change: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = tmp_path / "deals.jsonl"
    ledger.write_bytes(Deal().lines(EVENTS))
    checked = await _verified(ledger, change, monkeypatch)
    assert (checked.problem, checked.trust[1]) == ("", EVENTS)
    assert not [each for each in checked.findings if each.severity >= Severity.WARNING and each.family == "container"]
