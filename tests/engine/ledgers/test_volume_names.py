"""Which names may be those of one ledger's files."""

import pytest

from console.engine.ledgers.volume_names import base_name, beginning_of


@pytest.mark.parametrize(
    "name",
    [
        *("L.jsonl.1", "L.jsonl.2.gz", "L.jsonl-20260301", "L.jsonl.20260301", "L.jsonl-20260301.gz", "L.jsonl.1.zst"),
        *("L.20251013_090000.jsonl", "L.cleared_20251013_090000.jsonl", "L.cleared_20251013.jsonl", "L.1.jsonl"),
        *("L-2026-03-01.jsonl", "L.jsonl.2026-03-01T10-20-30", "L.jsonl-1772323200", "L.jsonl.old", "L.jsonl.bak"),
        *("L.jsonl~", "L.jsonl.gz", "L.jsonl.1.gz.old", "L.jsonl-20260301-1772323200.gz", "L.jsonl"),
    ],
)
def test_rotated(name: str) -> None:
    assert base_name(name) == "L.jsonl"
    assert name.startswith(beginning_of("L.jsonl"))


@pytest.mark.parametrize("name", ["events.jsonl", "v2.jsonl", "run_12.jsonl", ".1", "1", ".gz", "a.b.c", "a-7.jsonl"])
def test_nothing_was_added(name: str) -> None:
    assert base_name(name) == name
