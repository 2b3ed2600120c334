"""What counts, states and progress come to in words: bad things first, nothing rounded away, nothing said too soon."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.app.messages import VerifyMoved
from console.app.screens.base import check_words
from console.app.screens.walk.words import stopped_words
from console.app.widgets.bars import frame
from console.app.widgets.bars.verify_bar import progress_words
from console.app.widgets.tables.ledger_words import trouble, trust_counts, verdict_mark
from console.engine.api import LedgerRow, Progress, Verdict, VerifyProgress
from console.model.trust import Severity, Trust

LEDGER = LedgerRow(
    1, "deals.jsonl", None, "jsonl", "f", "s", None, "live", "", 9, 900, None, None, (0, 9, 0, 0, 0, 0, 0), (0,) * 5
)


def texts(counts: tuple[int, ...], cells: int) -> str:
    return " ".join(text for _, text in trust_counts(counts, cells))


def test_no_rounding_hides_what_is_broken() -> None:
    assert texts((0, 319_997, 0, 0, 0, 0, 3), 13) == "✗3 ✓319,997"
    assert texts((0, 319_997, 0, 0, 0, 0, 3), 9) == "✗3 ✓319k", "rounded down where it does not fit"
    assert texts((0, 999_999, 0, 0, 0, 0, 0), 5) == "✓999k"
    assert texts((0, 1_234_567, 12, 400, 0, 1, 2_000), 100) == "✗2,000 ~400 …1 ≈12 ✓1,234,567"


@given(st.lists(st.integers(0, 10**9), min_size=7, max_size=7).map(tuple), st.integers(1, 60))
def test_broken_comes_first_and_all_fits(counts: tuple[int, ...], cells: int) -> None:
    found = trust_counts(counts, cells)
    assert len(" ".join(text for _, text in found)) <= cells
    if counts[Trust.BROKEN]:
        assert found[0][0] is Trust.BROKEN


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (LEDGER, ""),
        (replace(LEDGER, note="earlier records are in deals.jsonl.1"), "earlier records are in deals.jsonl.1"),
        (replace(LEDGER, state="gone", note="It is not there."), "✗ gone · It is not there."),
        (
            replace(LEDGER, note="the end of what was read is gone", findings=(0, 0, 0, 1, 2)),
            "‼ the end of what was read is gone · 2 critical",
        ),
        (replace(LEDGER, findings=(0, 9, 9, 1, 0)), "✗ 1 error"),
    ],
)
def test_the_head_of_a_stream_names_what_happened(row: LedgerRow, words: str) -> None:
    assert trouble(row) == words


def test_a_good_verdict_waits_until_all_is_read() -> None:
    for verdict in (Verdict.INTACT, Verdict.CONSISTENT, Verdict.INCOMPLETE):
        assert verdict.word in verdict_mark(verdict, Severity.NONE, settled=True)
        assert verdict_mark(verdict, Severity.NONE, settled=False) == "… reading"
    assert verdict_mark(Verdict.FINDINGS, Severity.CRITICAL, settled=False) == "‼ findings"
    assert verdict_mark(Verdict.FINDINGS, Severity.WARNING, settled=True) == "✗ findings"


@pytest.mark.parametrize("broken", [0, 3])
def test_nothing_is_said_to_be_whole_before_the_end(broken: int) -> None:
    progress = VerifyProgress(10, 100, broken, 5.0, 18.0)
    for words in (check_words(VerifyMoved(progress, "all")).plain, progress_words(progress), stopped_words(progress)):
        assert ("✗ 3 broken so far" in words) == bool(broken)
        assert "none" not in words and "0 broken" not in words


@pytest.mark.parametrize(
    ("progress", "words"),
    [
        (Progress("reading", 41, 100), "◐ reading 41 %"),
        (Progress("reading"), "◐ reading …"),
        (Progress("reading", found=1, ledgers=1, done=1, total=2), "◐ reading 50 %"),
        (Progress("reading", found=182), "◐ reading · 182 ledgers found so far"),
        (Progress("reading", found=2_000, ledgers=2_000, read=182), "◐ reading 182 of 2,000 ledgers"),
    ],
)
def test_reading(progress: Progress, words: str) -> None:
    assert frame.progress_words(progress).plain == words
