"""What a folder's ledgers are: nothing that promises to be one passes in silence."""

from pathlib import Path

from console.engine.opening import open_ledgers
from console.sources.base import Skipped


def test_a_ledger_whose_beginning_was_destroyed_is_said(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_bytes(b'{"a":\n\x1b]0;x\x07garbage\n')
    (found,) = open_ledgers([str(tmp_path)])
    assert isinstance(found, Skipped)
    assert found.finding.code == "container.not-recognised"
