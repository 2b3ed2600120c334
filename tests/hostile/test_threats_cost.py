"""Hostile input costs its own size: counted in rows, bytes and steps, never in seconds."""

import gzip
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

import console.sources.compressed.gzip as gzip_stream
from console.engine.verify.results import LedgerReport
from console.engine.verify.verification import check_ledger
from console.sources import files
from console.sources.content import MemoryWindow
from console.sources.text.json_ends import JsonPlace
from tests.support.engine_cases import NOW, Deal, indexed, opened, reading

MIB = 1 << 20


async def measured(path: Path) -> tuple[LedgerReport, int]:
    """The report, and the most bytes that Python held."""
    (ledger,) = opened(path)
    tracemalloc.start()
    report = await check_ledger(ledger, NOW)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return report, peak


@pytest.mark.parametrize("line", [b"\n", b" \r\n"])
async def test_blank_lines_are_one_row_and_one_finding(line: bytes, tmp_path: Path) -> None:
    deal = Deal()
    path, index = tmp_path / "a.jsonl", tmp_path / "index.sqlite"
    begin, end = deal.lines(2), deal.lines(2)
    sizes = []
    for count in (1000, 400_000):
        path.write_bytes(begin + line * count + end)
        index.unlink(missing_ok=True)
        await indexed(index, path)
        sizes.append(index.stat().st_size)
        async with reading(index) as reader:
            (row,) = await reader.ledgers()
            found = [each.finding for each in (await reader.findings())[0]]
        assert row.records == 5
        (blank,) = [each for each in found if each.code == "record.blank-line"]
        assert (blank.record, blank.count, f"{count:,}" in blank.message) == (3, count, True)
    assert sizes[0] == sizes[1]


@pytest.mark.parametrize("unit", [b"\n", b"\0", b"["], ids=["line ends", "zeros", "brackets"])
async def test_memory_does_not_grow_with_what_says_nothing(unit: bytes, tmp_path: Path) -> None:
    peaks = []
    for size in (1, 8):
        path = tmp_path / f"{size}.jsonl"
        path.write_bytes(Deal().lines(3) + unit * (size * MIB) + b"\n")
        report, peak = await measured(path)
        assert report.records in (3, 4)
        peaks.append(peak)
    assert peaks[1] < peaks[0] + 5 * 8 * MIB


async def test_empty_members_are_read_by_the_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = []
    read_at = files.read_at

    def counted(path: str, descriptor: int, offset: int, size: int) -> bytes:
        found = read_at(path, descriptor, offset, size)
        stored.append(len(found))
        return found

    monkeypatch.setattr(gzip_stream, "read_at", counted)
    path = tmp_path / "a.jsonl.gz"
    sums = []
    for members in (5_000, 20_000):
        path.write_bytes(gzip.compress(Deal().lines(3)) + gzip.compress(b"") * members)
        stored.clear()
        report, _ = await measured(path)
        assert (report.records, report.findings and report.findings[0].family == "container") == (3, False)
        sums.append(sum(stored) / path.stat().st_size)
    assert sums[1] < 2 * sums[0]


async def test_invalid_elements_are_named_once(tmp_path: Path) -> None:
    peaks = []
    for count in (20_000, 100_000):
        event = Deal().event(n=1)
        many = b"[" + b",".join([b"1"] * count) + b"]"
        path = tmp_path / f"{count}.jsonl"
        path.write_bytes(Deal().lines(3) + event.replace(b'"evidenceRefs":[]', b'"evidenceRefs":' + many) + b"\n")
        report, peak = await measured(path)
        assert [each.code for each in report.findings].count("schema.wrong-type") == 1
        peaks.append(peak)
    assert peaks[1] < peaks[0] + 80_000 * 60


async def test_a_payload_of_many_objects_is_searched_in_bounded_memory(tmp_path: Path) -> None:
    inner: dict[str, Any] = {f"k{n}": {"a": n, "b": {"x": "t", "z": [1, 2]}, "c": {"p": 1, "q": 2}} for n in range(600)}
    line = Deal().event(**inner).replace(b'"a":7,', b'"a":8,')
    path = tmp_path / "a.jsonl"
    path.write_bytes(line + b"\n" + Deal("other").lines(2))
    report, peak = await measured(path)
    assert json.loads(line)["payload"]["k7"]["a"] == 8
    assert report.records == 3
    assert peak < 60 * MIB


def test_runs_of_brackets_are_steps_of_their_own() -> None:
    place = JsonPlace(MemoryWindow(b"[" * (2 * MIB) + b"]" * (2 * MIB) + b" "), 0)
    assert place.composite()
    assert place.at == 4 * MIB
