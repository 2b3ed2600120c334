"""The index and the headless verifier say the same of every ledger, however it came."""

import gzip
import json
import shutil
from collections import Counter
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from console.engine.ingest import ingest
from console.engine.ingest import portions as decode
from console.engine.session.screen_verification import verify_elsewhere
from console.engine.verify.results import LedgerReport
from console.engine.verify.verification import check_ledger, given_or_own
from console.model.finding import Finding
from console.model.record import Cursor, RecordBatch
from console.store.protocol import IndexReader
from tests.support.engine_cases import NOW, append, console, indexed, opened, reading
from tests.support.places import REAL, SAMPLES


def every_ledger() -> list[Any]:
    found = [pytest.param(path, id=f"sample-{path.relative_to(SAMPLES)}") for path in _files(SAMPLES)]
    return found + [pytest.param(path, id=f"real-{path.relative_to(REAL)}") for path in _files(REAL)]


def _files(folder: Path) -> list[Path]:
    names = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix not in (".md", ".txt")]
    return [path for path in names if opened(path)]


def said(findings: list[Finding]) -> Counter[tuple[Any, ...]]:
    return Counter(
        (each.code, each.severity, each.confidence, each.stream, each.record, each.offset, each.count, each.message)
        for each in findings
    )


async def of_index(reader: IndexReader) -> dict[str, Any]:
    """What the index says, by ledger."""
    result = {}
    for ledger in await reader.ledgers():
        streams, _ = await reader.streams(ledger.id, limit=100_000)
        findings, _ = await reader.findings(ledger=ledger.id, limit=100_000)
        result[ledger.name] = {
            "profile": ledger.profile,
            "records": ledger.records,
            "pending": ledger.pending,
            "trust": list(ledger.trust),
            "streams": {(s.kind, s.key): (s.events, list(s.trust), s.first_time, s.last_time) for s in streams},
            "facts": {(s.kind, s.key): (dict(s.state), s.chained, s.chain_intact) for s in streams},
            "findings": said([each.finding for each in findings]),
        }
    return result


def of_check(checked: LedgerReport) -> dict[str, Any]:
    """What the verifier says of one ledger."""
    return {
        "profile": checked.profile,
        "records": checked.records,
        "pending": checked.pending,
        "trust": list(checked.trust),
        "streams": {(s.kind, s.key): (s.events, list(s.trust), s.first_time, s.last_time) for s in checked.streams},
        "facts": {(s.kind, s.key): (dict(s.state), s.chained, s.chain_intact) for s in checked.streams},
        "findings": said(list(checked.findings)),
    }


async def assert_equal(index: Path, path: Path) -> None:
    async with reading(index) as reader:
        ours = await of_index(reader)
    theirs = {each.name: of_check(await check_ledger(each, NOW)) for each in opened(path)}
    assert theirs.keys() <= ours.keys()
    for name, checked in theirs.items():
        for part, value in checked.items():
            assert ours[name][part] == value, part


@pytest.mark.parametrize("path", every_ledger())
async def test_in_one_go(path: Path, tmp_path: Path) -> None:
    await indexed(tmp_path / "index.sqlite", path)
    await assert_equal(tmp_path / "index.sqlite", path)


def pieces(batch: RecordBatch, size: int) -> list[RecordBatch]:
    """The same records in batches of at most ``size``."""
    edges = [*range(0, len(batch), size), len(batch)]
    result = []
    for start, end in pairwise(edges):
        after = batch.offsets[end] if end < len(batch) else batch.next.offset
        lines = b"".join(raw + b"\n" for raw in batch.raws[start:end]) if batch.lines is not None else None
        result.append(
            RecordBatch(
                batch.first + start,
                batch.offsets[start:end],
                batch.lengths[start:end],
                batch.raws[start:end],
                Cursor(batch.first + end, after),
                lines,
                {index - start: leaf for index, leaf in batch.leaves.items() if start <= index < end},
                [] if end < len(batch) else batch.findings,
            )
        )
    return result or [batch]


class CutSource:
    """A source whose batches are small."""

    def __init__(self, source: Any, size: int) -> None:
        self._source, self._size = source, size

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def batches(self, start: Cursor = Cursor()) -> Any:  # noqa: B008 - a frozen value
        for batch in self._source.batches(start):
            yield from pieces(batch, self._size)


@pytest.mark.slow
@pytest.mark.parametrize("path", every_ledger())
async def test_in_many_portions(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(source: Any, *arguments: Any, **more: Any) -> Any:
        return decode.portions(CutSource(source, 3), *arguments, rows=7, **more)

    monkeypatch.setattr(ingest, "portions", cut)
    await indexed(tmp_path / "index.sqlite", path)
    await assert_equal(tmp_path / "index.sqlite", path)


def growing() -> list[Any]:
    names = [each for each in every_ledger() if Path(each.values[0]).name.endswith((".jsonl", ".jsonl.gz"))]
    return [each for each in names if Path(each.values[0]).stat().st_size < 400_000]


def lines_of(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def beside(path: Path, folder: Path) -> Path:
    """A copy of the ledger's folder, for its companions; the ledger itself is not there yet."""
    if path.is_relative_to(SAMPLES / "smvm") or "smvm" in path.parts:
        shutil.copytree(path.parent, folder, dirs_exist_ok=True, ignore=lambda _, names: [path.name])
    return folder / path.name.removesuffix(".gz")


@pytest.mark.slow
@pytest.mark.parametrize("path", growing())
async def test_grown_between_starts(path: Path, tmp_path: Path) -> None:
    """Cut at any byte; each time another process would go on."""
    data = lines_of(path)
    (tmp_path / "ledger").mkdir()
    ledger = beside(path, tmp_path / "ledger")
    index = tmp_path / "index.sqlite"
    edges = [0, *(len(data) * part // 7 + part for part in range(1, 7)), len(data)]
    for start, end in pairwise(edges):
        append(ledger, data[start:end])
        await indexed(index, ledger)
    await assert_equal(index, ledger)


LIVE = ["kernel/audit-forked.jsonl", "kernel/deals.jsonl", "swarm/provenance.jsonl", "zakops/agent_events.jsonl"]


@pytest.mark.slow
@pytest.mark.parametrize("name", LIVE)
async def test_after_live_appends(name: str, tmp_path: Path) -> None:
    data = (SAMPLES / name).read_bytes()
    lines = data.count(b"\n")
    ledger, index = tmp_path / "live.jsonl", tmp_path / "index.sqlite"
    first = data.find(b"\n", len(data) // 3) + 1
    ledger.write_bytes(data[:first])
    async with console(ledger, index=index) as one:
        for start in range(first, len(data), 7001):
            append(ledger, data[start : start + 7001])
        await one.records(ledger, lines)
        await one.until(partial(_no_pending, one, ledger))
    await assert_equal(index, ledger)


async def _no_pending(one: Any, ledger: Path) -> bool:
    return not (await one.ledger(ledger)).pending


async def test_out_of_order_in_any_portion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Newest first: every chain is walked again."""
    source = SAMPLES / "kernel" / "audit.jsonl"
    ledger = tmp_path / "backwards.json"
    rows = [json.loads(line) for line in source.read_bytes().splitlines()]
    ledger.write_text(json.dumps(rows[::-1]), "utf-8")

    def cut(source: Any, *arguments: Any, **more: Any) -> Any:
        return decode.portions(CutSource(source, 10), *arguments, rows=50, **more)

    monkeypatch.setattr(ingest, "portions", cut)
    await indexed(tmp_path / "index.sqlite", ledger)
    await assert_equal(tmp_path / "index.sqlite", ledger)


@pytest.mark.parametrize("name", ["kernel/audit-forked.jsonl", "zakops/events.db", "kernel/evidence-pack.zip"])
async def test_verified_elsewhere(name: str) -> None:
    targets = opened(SAMPLES / name)
    checked = [await check_ledger(each, NOW) for each in targets]
    records = sum(each.records for each in checked)
    last = None
    pairs = [(each.records, one) for each, one in zip(checked, targets, strict=True)]
    async for last in verify_elsewhere(pairs, NOW, None):
        assert last.done <= records
    assert last is not None
    assert last.finished
    assert (last.done, last.total) == (records, records)
    assert last.broken == sum(each.trust[6] for each in checked)


async def test_an_unfinished_record_behind_a_chain_that_is_walked_again(tmp_path: Path) -> None:
    """What is stated of the ledger's end stands beside what its reader states after the walk."""
    ledger = tmp_path / "backwards.jsonl"
    lines = (SAMPLES / "kernel" / "audit.jsonl").read_bytes().splitlines(keepends=True)
    ledger.write_bytes(b"".join(lines[::-1]) + b'{"half')
    await indexed(tmp_path / "index.sqlite", ledger)
    async with reading(tmp_path / "index.sqlite") as reader:
        assert "record.partial-tail" in {row.finding.code for row in (await reader.findings())[0]}
    await assert_equal(tmp_path / "index.sqlite", ledger)


async def test_more_findings_than_are_listed(tmp_path: Path) -> None:
    """Of a chain that is walked again, of bad lines, and of both after one another."""
    ledger = tmp_path / "many.jsonl"
    lines = (SAMPLES / "kernel" / "audit.jsonl").read_bytes().splitlines(keepends=True)
    ledger.write_bytes(b"".join(lines[::-1]) + b"{bad\n" * 1500 + b"[]\n" * 1500 + b"{bad\n" * 7)
    await indexed(tmp_path / "index.sqlite", ledger)
    await assert_equal(tmp_path / "index.sqlite", ledger)
    (checked,) = [await check_ledger(each, NOW) for each in opened(ledger)]
    counts = Counter(dict.fromkeys(("record.invalid-json", "record.not-an-object"), 0))
    for found in checked.findings:
        counts[found.code] += found.count
    assert (counts["record.invalid-json"], counts["record.not-an-object"]) == (1507, 1500)


async def test_one_scratch_store_serves_many_ledgers() -> None:
    names = ("kernel/audit-forked.jsonl", "zakops/events.db", "kernel/evidence-pack.zip", "swarm/provenance.jsonl")
    ledgers = [each for name in names for each in opened(SAMPLES / name)]
    alone = [of_check(await check_ledger(each, NOW)) for each in ledgers]
    async with given_or_own() as scratch:
        for _ in range(2):
            assert [of_check(await check_ledger(each, NOW, scratch=scratch)) for each in ledgers] == alone
