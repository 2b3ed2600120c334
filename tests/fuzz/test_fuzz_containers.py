"""The fuzzer itself: a few rounds of it run everywhere, and it notices what fails and what is silent."""

from pathlib import Path

import pytest

from tests.fuzz import fuzz_containers
from tests.fuzz.fuzz_containers import KINDS, LINES, RECORDS, check, fuzz


def test_no_changed_ledger_fails_or_is_silent(tmp_path: Path) -> None:
    assert fuzz(tmp_path, seconds=60, seed=3, most=200) > 50


@pytest.mark.parametrize("kind", KINDS)
def test_a_ledger_that_lost_records_without_a_word_is_noticed(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / kind).write_bytes(KINDS[kind](LINES))
    usual = check(tmp_path / kind, kind)
    monkeypatch.setattr(fuzz_containers, "RECORDS", RECORDS + 1)
    if kind in fuzz_containers.QUIET:
        check(tmp_path / kind, kind, usual)
    else:
        with pytest.raises(AssertionError, match="nothing said"):
            check(tmp_path / kind, kind, usual)
