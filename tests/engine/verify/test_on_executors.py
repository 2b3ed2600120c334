"""Wherever ledgers are verified, the report is the same to the byte; and a worker with other files gives none."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from console.engine.api import verify
from console.engine.errors import ExecutorError
from console.engine.run import choice, processes
from console.engine.run.executor import Channel
from console.engine.run.processes import ProcessSlot
from console.engine.verify import many_ledgers, segments
from console.engine.verify.many_ledgers import Unverified, verify_piece
from console.engine.verify.report import report
from console.engine.verify.results import LedgerReport
from console.engine.verify.segment_check import Segment, check_segment
from console.sources.content import FileContent
from console.sources.text.jsonl import JsonlSource
from tests.support.engine_cases import NOW, Deal
from tests.support.places import ROOT, SAMPLES

APART = ["processes", pytest.param("dask", marks=pytest.mark.slow)]


@pytest.fixture
def executor(request: pytest.FixtureRequest) -> str:
    """The name of an executor, as the command takes it."""
    return f"dask://{request.getfixturevalue('cluster')}" if request.param == "dask" else request.param


apart = pytest.mark.parametrize("executor", APART, indirect=True)


async def answer(path: Path, executor: str, jobs: int | None = 3) -> str:
    """The report as JSON."""
    verification = await verify([str(path)], NOW, executor=executor, jobs=jobs)
    return json.dumps(report(verification), indent=1)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a ledger that is cut, with faults all over it, between small ones."""
    folder = tmp_path_factory.mktemp("large")
    dice = random.Random(5)
    deals = [Deal(f"deal-{number}") for number in range(40)]
    lines = [dice.choice(deals).event(number=number, text="x" * dice.randrange(200)) for number in range(18_000)]
    for at in dice.sample(range(len(lines) - 1), 60):
        spoiled = [
            lines[at].replace(b"anna", b"anne"),
            lines[at].replace(b'"number":', b'"n":'),
            b"{torn",
            b"",
            b"\xff",
        ]
        lines[at] = dice.choice(spoiled)
    for at in dice.sample(range(len(lines) - 1), 20):
        lines[at], lines[at + 1] = lines[at + 1], lines[at]
    (folder / "b.jsonl").write_bytes(b"\n".join(lines) + b'\n{"unfinished":')
    assert (folder / "b.jsonl").stat().st_size > segments.SMALL
    for name in ("a", "c", "d"):
        (folder / f"{name}.jsonl").write_bytes(Deal(name).lines(20))
    return folder


@pytest.mark.slow
@apart
async def test_the_report_on_sample_ledgers(executor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = await answer(SAMPLES, "inline")
    assert await answer(SAMPLES, executor) == alone
    monkeypatch.setattr(many_ledgers, "MANY", 1)  # every ledger is a piece of work of its own
    assert await answer(SAMPLES, executor) == alone


@pytest.mark.slow
def test_the_report_does_not_depend_on_the_order_of_sets() -> None:
    """Python's own order of strings in a set is another one in every process."""
    command = [
        sys.executable,
        "-m",
        "console",
        "verify",
        str(SAMPLES),
        "--no-memory",
        "--now",
        "2026-11-20",
        "--format",
        "json",
    ]
    answers = {
        subprocess.run(
            [*command, "--format", "json", "--executor", "inline"],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            stdout=subprocess.PIPE,
            check=False,
        ).stdout
        for seed in (1, 2, 3)
    }
    assert len(answers) == 1


@pytest.mark.slow
@apart
async def test_the_report_on_a_ledger_that_is_cut(executor: str, large: Path) -> None:
    alone = await answer(large, "inline")
    found = json.loads(alone)
    assert [Path(each["path"]).name for each in found["ledgers"]] == ["a.jsonl", "b.jsonl", "c.jsonl", "d.jsonl"]
    assert len({each["code"] for each in found["findings"]}) > 5
    assert await answer(large, executor) == alone


async def test_a_small_input_starts_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abcd":
        (tmp_path / f"{name}.jsonl").write_bytes(Deal(name).lines(100))
    monkeypatch.setattr(processes, "Child", None)
    assert json.loads(await answer(tmp_path, "processes", jobs=None))["totals"]["events"] == 400


def die_once(path: str, channel: Channel) -> None:
    """Kill this worker on its way, the first time that it comes by one of the ledgers of this path's folder."""
    note = Path(path).parent.with_name(f"{Path(path).name} was begun")
    channel.send((0, 1, 0) if path.endswith("c.jsonl") else (1, 1))
    if not note.exists():
        note.touch()
        os.kill(os.getpid(), signal.SIGKILL)


def dying_segment(channel: Channel, part: Segment) -> Any:
    if part.begin:
        die_once(part.source.path, channel)
    return check_segment(channel, part)


def dying_piece(channel: Channel, piece: list[Unverified]) -> Any:
    if piece[0].opened.source.path.endswith("c.jsonl"):
        die_once(piece[0].opened.source.path, channel)
    return verify_piece(channel, piece)


@pytest.mark.slow
@apart
async def test_workers_that_are_killed_on_the_way(
    executor: str, large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(large, tmp_path / "ledgers"))
    alone = await answer(folder, "inline")
    monkeypatch.setattr(segments, "check_segment", dying_segment)
    monkeypatch.setattr(many_ledgers, "verify_piece", dying_piece)
    monkeypatch.setattr(choice, "ThisProcess", ProcessSlot)  # this one is not to be killed
    assert await answer(folder, executor) == alone
    assert {each.name for each in tmp_path.iterdir()} == {"ledgers", "b.jsonl was begun", "c.jsonl was begun"}


def deadly_piece(channel: Channel, piece: list[Unverified]) -> Any:
    if any(each.opened.source.path.endswith("c.jsonl") for each in piece):
        os.kill(os.getpid(), signal.SIGKILL)
    return verify_piece(channel, piece)


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["processes"], indirect=True)
async def test_a_ledger_that_kills_its_workers_costs_no_other(
    executor: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abcd":
        (tmp_path / f"{name}.jsonl").write_bytes(Deal(name).lines(20))
    monkeypatch.setattr(many_ledgers, "verify_piece", deadly_piece)
    monkeypatch.setattr(choice, "ThisProcess", ProcessSlot)
    found = json.loads(await answer(tmp_path, executor))
    assert [(Path(each["path"]).name, each["records"]) for each in found["ledgers"]] == [
        ("a.jsonl", 20),
        ("b.jsonl", 20),
        ("c.jsonl", 0),
        ("d.jsonl", 20),
    ]
    (finding,) = [each for each in found["findings"] if each["code"].startswith("container.")]
    assert (finding["ledger"], finding["code"]) == (str(tmp_path / "c.jsonl"), "container.unreadable")
    assert "killed by SIGKILL" in finding["message"]
    assert found["exit_code"] == 3


def elsewhere(each: Unverified) -> Unverified:
    """As on a machine where another file stands under the path, or none, by the name of the file."""
    assert each.file is not None
    name = Path(each.opened.source.path).name
    if name.startswith("other"):
        return replace(each, file=replace(each.file, head=b"other"))
    if name.startswith("short"):
        return replace(each, file=replace(each.file, size=each.file.size + 1))
    if name.startswith("absent"):
        absent = JsonlSource(FileContent(each.opened.source.path + "/absent"))
        return replace(each, opened=replace(each.opened, source=absent))
    return each


def piece_elsewhere(channel: Channel, piece: list[Unverified]) -> Any:
    return verify_piece(channel, [elsewhere(each) for each in piece])


def segment_elsewhere(channel: Channel, part: Segment) -> Any:
    return check_segment(channel, replace(part, file=replace(part.file, head=b"other")))


CASES = [
    ("other", "reads other bytes at {}: its beginning is another"),
    ("short", "reads other bytes at {}: "),
    ("absent", "cannot read {}/absent: "),
]


@apart
@pytest.mark.parametrize(("name", "words"), CASES)
async def test_a_worker_with_other_files_gives_no_verdict(
    executor: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: str
) -> None:
    (tmp_path / "right.jsonl").write_bytes(Deal().lines(10))
    path = tmp_path / f"{name}.jsonl"
    path.write_bytes(Deal(name).lines(10))
    monkeypatch.setattr(many_ledgers, "verify_piece", piece_elsewhere)
    with pytest.raises(ExecutorError) as raised:
        await answer(tmp_path, executor)
    assert "worker tcp://127.0.0.1:" in str(raised.value) or executor == "processes"
    assert words.format(path) in str(raised.value)


@pytest.mark.slow
@apart
async def test_a_worker_with_another_large_file_gives_no_verdict(
    executor: str, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segments, "check_segment", segment_elsewhere)
    with pytest.raises(ExecutorError, match=r"reads other bytes at .*b\.jsonl: its beginning is another"):
        await answer(large, executor)


def piece_after_an_edit(channel: Channel, piece: list[Unverified]) -> Any:
    """The file is edited between being found and being verified."""
    path = Path(piece[0].opened.source.path)
    path.write_bytes(path.read_bytes().replace(b"anna", b"anne"))
    return verify_piece(channel, piece)


@apart
async def test_a_file_that_changed_for_all_is_verified_as_it_is(
    executor: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(Deal().lines(10))
    monkeypatch.setattr(many_ledgers, "verify_piece", piece_after_an_edit)
    found = await answer(tmp_path, executor)
    assert found == await answer(tmp_path, "inline")
    assert json.loads(found)["totals"]["events"] == 10


def unreadable_piece(channel: Channel, piece: list[Unverified]) -> list[LedgerReport]:
    """The disk of another machine fails behind the first bytes."""
    problem = "The disk or network reports a read error." if channel.worker.startswith("tcp:") else ""
    return [replace(each, problem=problem) for each in verify_piece(channel, piece)]


@pytest.mark.parametrize("executor", APART[1:], indirect=True)
async def test_what_another_machine_cannot_read_to_the_end_is_read_here(
    executor: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(Deal().lines(10))
    monkeypatch.setattr(many_ledgers, "verify_piece", unreadable_piece)
    with pytest.raises(ExecutorError, match=r"worker tcp://\S+ cannot read .*a\.jsonl: The disk or network"):
        await answer(tmp_path, executor)
