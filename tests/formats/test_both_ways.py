"""Reading many records at once gives what reading each of them the careful way gives, on whatever records."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from both_ways import told, told_carefully
from hypothesis import given, settings
from hypothesis import strategies as st
from mangled import ledgers

from console.formats.base import Context
from console.formats.instant import parse
from console.formats.registry import by_name

SAMPLES = Path(__file__).parents[2] / "sample_ledgers"
NOW = parse("2026-01-20T00:00:00Z").micros  # type: ignore[union-attr]  # the text is a time


@dataclass(frozen=True)
class Case:
    """A shape of one system, and a sample with such records."""

    system: str
    shape: str
    sample: str

    def __str__(self) -> str:
        return f"{self.system}-{self.shape}"

    @property
    def pool(self) -> list[dict[str, Any]]:
        """Its documents, some hundred."""
        text = (SAMPLES / self.sample).read_text(encoding="utf-8")
        return json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.splitlines()][:400]


CASES = (
    Case("swarm", "event", "swarm/simulation.jsonl"),
    Case("swarm", "event", "swarm/provenance.jsonl"),
    Case("swarm", "event", "swarm/harbour-point.jsonl"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_many_at_once_like_one_by_one(case: Case) -> None:
    form = by_name(case.system)
    reader = import_module(f"console.formats.{case.system}.reader")

    def make() -> Any:
        return form.reader(Context(case.shape, NOW))

    @settings(max_examples=150, deadline=None)
    @given(ledgers(case.pool), st.lists(st.integers(0, 12), max_size=2))
    def same(raws: Sequence[bytes], cuts: Sequence[int]) -> None:
        carefully = told_carefully(reader, make, raws)
        assert told(make, raws) == carefully
        cut = told(make, raws, [min(each, len(raws)) for each in cuts])
        assert cut == carefully

    same()
