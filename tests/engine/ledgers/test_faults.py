"""A reader that fails, for whatever reason, costs its own ledger and no other."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from console.engine.ingest.decoding_process import Unread, decode
from console.engine.ledgers.opening import open_ledgers
from console.engine.verify.report import report
from console.engine.verify.results import Verification
from console.engine.verify.same_bytes import fingerprint
from console.engine.verify.segment_check import Segment, check_segment
from console.engine.verify.verdict import in_words, judge
from console.engine.verify.verification import check_ledger
from console.formats.kernel.format import KernelFormat
from console.formats.kernel.reader import KernelReader
from console.formats.protocol import Sample
from console.model.batch import EventBatch
from console.model.record import Cursor, RecordBatch
from console.sources.content import FileContent
from console.sources.findings import unreadable
from console.sources.protocol import Skipped, SourceError
from console.sources.text.jsonl import JsonlSource
from tests.support.engine_cases import NOW, Deal, append, dump, indexed, opened, reading
from tests.support.executors import Heard
from tests.support.places import SAMPLES

START = Cursor()
POISON = b'"poison":'
ERRORS = [RecursionError("maximum recursion depth exceeded"), MemoryError(), KeyError("\x1b[31m")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two ledgers; the first has its poison in the last of several batches."""
    path = tmp_path / "ledgers"
    path.mkdir()
    deal = Deal()
    (path / "a.jsonl").write_bytes(deal.lines(1000) + deal.event(poison=1) + b"\n" + deal.lines(9))
    (path / "b.jsonl").write_bytes((SAMPLES / "swarm/provenance.jsonl").read_bytes())
    return path


def failing(error: BaseException, inner: Callable[..., EventBatch] = KernelReader.read) -> Callable[..., EventBatch]:
    def read(self: KernelReader, batch: RecordBatch) -> EventBatch:
        if any(POISON in raw for raw in batch.raws):
            raise error
        return inner(self, batch)

    return read


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
async def test_the_other_ledgers_are_read(
    error: Exception, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "index.sqlite"
    with monkeypatch.context() as patch:
        patch.setattr(KernelReader, "read", failing(error))
        for _ in range(2):  # the second start meets the same again
            await indexed(index, folder)
            async with reading(index) as reader:
                failed, other = await reader.ledgers()
                said = [each.finding for each in (await reader.findings())[0] if "reader" in each.finding.code]
            assert (failed.state, other.state) == ("unreadable", "live")
            assert 0 < failed.records < 1001
            assert other.records == len((folder / "b.jsonl").read_bytes().splitlines())
            (found,) = said
            assert found.code == "container.reader-failed"
            assert (found.record, found.offset) == (failed.records + 1, Deal().lines(failed.records).__len__())
            assert type(error).__name__ in found.message
            assert "report" in found.message
            assert "Traceback" not in found.message
            assert str(tmp_path) not in found.message
    append(folder / "a.jsonl", b"")
    await indexed(index, folder)
    await indexed(tmp_path / "whole.sqlite", folder)
    assert dump(index) == dump(tmp_path / "whole.sqlite")


async def test_a_value_that_the_index_cannot_hold(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = KernelReader.read

    def read(self: KernelReader, batch: RecordBatch) -> EventBatch:
        out = inner(self, batch)
        out.sequence = [1 << 70] * len(out)  # type: ignore[assignment]  # what a faulty reader may give
        return out

    monkeypatch.setattr(KernelReader, "read", read)
    await indexed(tmp_path / "index.sqlite", folder)
    async with reading(tmp_path / "index.sqlite") as reader:
        failed, other = await reader.ledgers()
    assert (failed.state, failed.records, other.state) == ("unreadable", 0, "live")


async def test_what_was_read_before_a_disk_error_is_kept(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = JsonlSource.batches
    first = next(inner(JsonlSource(FileContent(str(folder / "a.jsonl"))))).next.ordinal - 1

    def broken(self: JsonlSource, start: Cursor = START) -> Iterator[RecordBatch]:
        yield next(inner(self, start))
        raise unreadable(self.path, "The disk or network reports a read error.")

    monkeypatch.setattr(JsonlSource, "batches", broken)
    await indexed(tmp_path / "index.sqlite", folder / "a.jsonl")
    async with reading(tmp_path / "index.sqlite") as reader:
        (row,) = await reader.ledgers()
    assert (row.state, row.records) == ("unreadable", first)
    assert "read error" in row.note


@pytest.mark.parametrize("where", ["standing", "facts", "irregular"])
async def test_it_fails_behind_the_last_record(
    where: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> Any:
        raise RuntimeError(where)

    append(folder / "a.jsonl", b"{")
    monkeypatch.setattr(KernelReader, where, fail)
    await indexed(tmp_path / "index.sqlite", folder)
    async with reading(tmp_path / "index.sqlite") as reader:
        failed, other = await reader.ledgers()
    assert (failed.state, other.state) == ("unreadable", "live")
    checked = await check_ledger(opened(folder / "a.jsonl")[0], NOW)
    assert where in checked.problem
    assert report(Verification([checked]))["exit_code"] == 3


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
async def test_verify_says_it_and_exits_with_3(error: Exception, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KernelReader, "read", failing(error))
    checked = [await check_ledger(each, NOW) for each in opened(folder)]
    result = report(Verification(checked))
    assert (result["verdict"], result["exit_code"]) == ("incomplete", 3)
    (found,) = [each for each in result["findings"] if each["severity"] == "error"]
    assert found["code"] == "container.reader-failed"
    assert found["record"] > 1
    assert [each.problem != "" for each in checked] == [True, False]
    assert checked[0].records == found["record"] - 1
    evidence = Verification(checked).evidence()
    words = in_words(judge(evidence), evidence)
    assert words.startswith("Incomplete: ")
    assert str(folder / "a.jsonl") in words
    assert f"{checked[0].records:,} verified" in words
    assert "unchained" in words


def test_other_processes_say_it_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KernelReader, "read", failing(ERRORS[0]))
    one = opened(folder / "a.jsonl")[0]
    channel = Heard()
    with pytest.raises(SourceError) as raised:
        decode(channel, Unread(one.source, "kernel", one.context(NOW), Cursor(), []))
    assert (raised.value.path, raised.value.finding.code) == (one.source.path, "container.reader-failed")
    size, half = one.source.state().size, len(Deal().lines(500))
    with pytest.raises(SourceError) as raised:
        check_segment(channel, Segment(one.source, "kernel", one.context(NOW), half, size, fingerprint(one.source)))
    assert (raised.value.path, raised.value.finding.code) == (one.source.path, "container.reader-failed")
    assert (raised.value.finding.offset or 0) >= half


def test_a_format_that_cannot_recognise_stops_nobody(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = KernelFormat.sniff

    def sniff(self: KernelFormat, sample: Sample) -> Any:
        if sample.path.endswith("a.jsonl"):
            raise RecursionError("too deep")
        return inner(self, sample)

    monkeypatch.setattr(KernelFormat, "sniff", sniff)

    def found() -> Iterator[tuple[str, str]]:
        for each in open_ledgers([str(folder)]):
            yield (each.path, each.finding.code) if isinstance(each, Skipped) else (each.source.path, "")

    assert list(found()) == [(str(folder / "a.jsonl"), "container.reader-failed"), (str(folder / "b.jsonl"), "")]
