"""The fuzzer itself: a few rounds of it run everywhere, and it notices a scanner that differs."""

from types import SimpleNamespace
from typing import Any

import pytest

from console.formats.json import pure_scan
from tests.fuzz.fuzz_scan import compare, fuzz
from tests.support.scanners import SCANNERS


def test_scanners_agree_on_mutated_records() -> None:
    rounds, kept, _ = fuzz(SCANNERS[-1], None, seconds=60, seed=1, most=400)
    assert rounds == 400 and kept > 300


def test_a_scanner_that_differs_is_noticed() -> None:
    def flags(*_: Any) -> int:
        return 0

    wrong: Any = SimpleNamespace(**{**vars(pure_scan), "flags": flags})
    with pytest.raises(AssertionError, match="one record"):
        compare(wrong, b"[]\n", thorough=False)
