"""A writer's clock proves nothing: where it shows local time it goes back by an hour each autumn. The same for all."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from console.formats import registry
from console.model.finding import Finding
from console.model.trust import Confidence, Severity
from tests.support.both_ways import outcome
from tests.support.format_cases import LedgerCase, samples
from tests.support.verdicts import judge

TIMES = ("timestamp", "createdAt", "created_at")
START = datetime(2025, 10, 26, 2, 59, 59)
REGRESSION = "order.time-regression"


def found(case: LedgerCase, field: str, back: timedelta, zone: str) -> list[Finding]:
    """Findings of two events, of which the second is so much earlier."""
    first: dict[str, Any] = case.documents[0]
    times = [START, START - back]
    raws = [json.dumps(first | {field: time.isoformat() + zone}).encode() for time in times]
    out = outcome(case.make(), raws)
    assert out == outcome(case.make(bulk=False), raws)
    return [each for each in out["findings"] if each.code == REGRESSION and each.field in (field, None)]


def dated() -> Iterator[tuple[LedgerCase, str]]:
    for name in registry.own_names():
        for case in samples(name):
            field = next((each for each in TIMES if case.documents and each in case.documents[0]), None)
            # The Kernel orders by numbers, and lists that are written newest first are not read in order of time.
            if field is not None and found(case, field, timedelta(hours=2), ""):
                yield case, field


CASES = [pytest.param(*each, id=f"{each[0].format.name} {each[0].shape} {each[0].container}") for each in dated()]


@pytest.mark.parametrize(("case", "field"), CASES)
def test_an_hour_back_without_a_zone_is_a_change_of_the_clock(case: LedgerCase, field: str) -> None:
    for back in (timedelta(seconds=1), timedelta(minutes=59), timedelta(hours=1)):
        (one,) = found(case, field, back, "")
        assert (one.severity, one.confidence) == (Severity.WARNING, Confidence.HEURISTIC)
        assert "summer time" in one.message
    (further,) = found(case, field, timedelta(hours=1, seconds=1), "")
    (zoned,) = found(case, field, timedelta(minutes=59), "Z")
    for one in (further, zoned):
        assert one.confidence is Confidence.HEURISTIC and "summer time" not in one.message
        assert one.severity is Severity.ERROR or "transactions" in one.message


def test_most_systems_were_asked() -> None:
    assert {case.format.name for case, _ in dated()} == {"maysano", "smvm", "swarm", "zakops"}


def test_the_case_that_was_given(cases: Path) -> None:
    verdict = judge(cases / "dst-naive-time" / "dst.jsonl")
    (one,) = [each for each in verdict.findings if each["code"] == REGRESSION]
    assert (one["severity"], one["confidence"], verdict.code) == ("warning", "heuristic", 0)
