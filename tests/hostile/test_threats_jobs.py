"""A ledger verified in several processes: the same report to the letter, and words where a process or the file goes."""

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from console.engine.errors import ExecutorError
from console.engine.ledgers.opening import Opened, open_ledgers
from console.engine.ledgers.options import Options
from console.engine.run import processes
from console.engine.run.executor import Channel
from console.engine.run.pool import Pool
from console.engine.run.processes import ProcessSlot
from console.engine.verify import segments
from console.engine.verify.report import report
from console.engine.verify.results import LedgerReport, Verification
from console.engine.verify.segment_check import Segment, check_segment
from console.engine.verify.verification import check_ledger
from console.engine.verify.verify_paths import verify_paths
from console.model.record import RecordBatch
from console.sources.findings import unreadable
from tests.support.places import ROOT

NOW = Options(now=1_795_200_000_000_000)
EVENTS = 6_000
SMALL = 2 << 20


@pytest.fixture(autouse=True)
def cut_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    """Smaller ledgers than usual are cut, so that the tests take less time."""
    monkeypatch.setattr(segments, "SMALL", SMALL)


@pytest.fixture(scope="module", params=["kernel-doc", "kernel-audit"])
def healthy(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Lines of a ledger that is large enough to be cut."""
    command = [sys.executable, "-m", "tests.benchmarks.generate", request.param, str(EVENTS)]
    environment = {**os.environ, "TMPDIR": str(tmp_path_factory.mktemp("made"))}
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    lines = Path(done.stdout.strip()).read_bytes().splitlines(keepends=True)
    assert sum(map(len, lines)) > SMALL * 1.05
    return lines


def opened(path: Path) -> Opened:
    (found,) = open_ledgers([str(path)])
    assert isinstance(found, Opened)
    return found


async def verified(path: Path, workers: int, options: Options = NOW) -> LedgerReport:
    """In this process, or in so many others."""
    if workers == 1:
        return await check_ledger(opened(path), options)
    async with Pool([ProcessSlot() for _ in range(workers)]) as pool:
        return await check_ledger(opened(path), options, executor=pool)


async def said(path: Path, workers: int, options: Options = NOW) -> dict[str, Any]:
    """The whole report, as ``verify --format json`` prints it."""
    checked = await verified(path, workers, options)
    answer: dict[str, Any] = json.loads(json.dumps(report(Verification([checked]), stream=options.stream)))
    return answer


def middle(lines: list[bytes]) -> int:
    """The number of the line in which half of the file's bytes end: the cut is behind it."""
    half, at = sum(map(len, lines)) // 2, 0
    for number, line in enumerate(lines):
        at += len(line)
        if at > half:
            return number
    raise AssertionError


def edited(line: bytes) -> bytes:
    event = json.loads(line)
    event["payload"]["edited"] = True
    return json.dumps(event, separators=(",", ":")).encode() + b"\n"


def tampered(lines: list[bytes], case: str) -> list[bytes]:
    lines, near = list(lines), middle(lines)
    pick = random.Random(case)
    match case:
        case "edits at the cut":
            for number in range(near - 2, near + 3):
                lines[number] = edited(lines[number])
        case "gaps at the cut":
            del lines[near - 1 : near + 2]
        case "duplicates":
            lines.insert(near + 1, lines[near])
            lines.insert(near - 40, lines[near + 40])
            lines.append(lines[3])
        case "out of order over the cut":
            part = lines[near - 300 : near + 300]
            pick.shuffle(part)
            lines[near - 300 : near + 300] = part
        case "bad lines":
            for number in (5, near - 1, near, near + 1, len(lines) - 2):
                bad = [b"\n", b"{\n", b"\xff\xfe\n", b"[]\n", b'{"dealId":1}\n', lines[number][:-9] + b"\n"]
                lines[number] = pick.choice(bad)
            lines[near + 2] = b"[" * 100_000 + b"\n"
            lines[near + 3] = lines[near + 3].replace(b"{", b'{"dealId":"x",', 1)
        case "no line end, CRLF":
            lines[near] = lines[near][:-1] + b"\r\n"
            lines[-1] = lines[-1][:-5]
        case "everything":
            for each in ("edits at the cut", "duplicates", "out of order over the cut", "bad lines", "gaps at the cut"):
                lines = tampered(lines, each)
        case _:
            assert case == "healthy"
    return lines


CASES = (
    *("healthy", "edits at the cut", "gaps at the cut", "duplicates", "out of order over the cut", "bad lines"),
    *("no line end, CRLF", "everything"),
)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
async def test_the_report_does_not_depend_on_the_number_of_processes(
    healthy: list[bytes], tmp_path: Path, case: str
) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(b"".join(tampered(healthy, case)))
    alone = await said(path, 1)
    # Lines that only stand in another order are no fault: each names its place.
    assert alone["findings"] or case in ("healthy", "out of order over the cut")
    assert await said(path, 2 if "cut" in case else 5) == alone


@pytest.fixture
def large(healthy: list[bytes], tmp_path: Path) -> Path:
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(b"".join(healthy))
    return path


def words(checked: LedgerReport) -> dict[str, Any]:
    result = report(Verification([checked]))
    assert (result["verdict"], result["exit_code"]) == ("incomplete", 3)
    assert checked.problem
    return result


def dying_segment(channel: Channel, part: Segment) -> Any:
    """Checks a part; all but the first one are begun by a process that is killed on the way."""
    notes = Path(f"{part.source.path}-{part.begin}")
    if part.begin and not notes.exists():
        notes.touch()
        channel.send((1, 1))
        os.kill(os.getpid(), signal.SIGKILL)
    return check_segment(channel, part)


def deadly_segment(channel: Channel, part: Segment) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def vanishing_segment(channel: Channel, part: Segment) -> Any:
    """Checks a part of a file that goes away just before the part that its name tells of."""
    path = Path(part.source.path)
    place = "first" if part.begin == 0 else "last" if path.exists() and part.end == path.stat().st_size else "middle"
    if place in path.name:
        path.unlink(missing_ok=True)
    return check_segment(channel, part)


@pytest.mark.slow
async def test_a_process_that_is_killed_is_replaced(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = await said(large, 1)
    monkeypatch.setattr(segments, "check_segment", dying_segment)
    assert await said(large, 3) == alone
    assert len(list(large.parent.iterdir())) == 3


@pytest.mark.slow
async def test_a_process_that_is_killed_again_and_again_is_said(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "check_segment", deadly_segment)
    result = words(await verified(large, 2))
    (found,) = result["findings"]
    assert found["code"] == "container.unreadable"
    assert "ended before it was done" in found["message"]
    assert "killed by SIGKILL" in found["message"]


@pytest.mark.slow
@pytest.mark.parametrize("at", ["first", "middle", "last"])
async def test_a_file_that_goes_away_is_said(large: Path, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    path = large.rename(large.with_name(f"at-{at}.jsonl"))
    monkeypatch.setattr(segments, "check_segment", vanishing_segment)
    result = words(await verified(path, 3))
    assert "no such file" in result["findings"][0]["message"]


async def test_where_no_process_is_to_be_had_this_one_verifies(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: Any) -> processes.Child:
        raise OSError(11, "Resource temporarily unavailable")

    alone = await said(large, 1)
    monkeypatch.setattr(processes, "Child", none)
    verification = await verify_paths([str(large)], NOW, executor="processes", jobs=3)
    assert json.loads(json.dumps(report(verification))) == alone
    with pytest.raises(ExecutorError, match="Resource temporarily unavailable"):
        await verified(large, 2)


async def test_what_was_read_before_a_failure_is_counted(
    healthy: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(b"".join(healthy[:2000]))
    target = opened(path)
    batches = target.source.batches

    def broken(*arguments: Any) -> Iterator[RecordBatch]:
        yield next(batches(*arguments))
        raise unreadable(str(path), "The disk or network reports a read error.")

    monkeypatch.setattr(target.source, "batches", broken)
    result = words(await check_ledger(target, NOW))
    assert 100 < result["totals"]["events"] < 2000


@pytest.mark.parametrize("healthy", ["kernel-doc"], indirect=True)
async def test_many_findings_are_counted_exactly(healthy: list[bytes], tmp_path: Path) -> None:
    """Every second event is an edited one, and one deal's events do not come in order.

    Under the other profile each edited event would be searched for.
    """
    lines = [edited(line) if number % 2 else line for number, line in enumerate(healthy[:6000])]
    first = json.loads(lines[-1])["dealId"].encode()
    places = [number for number, line in enumerate(lines) if first in line]
    for number, line in zip(places, [lines[place] for place in reversed(places)], strict=True):
        lines[number] = line
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(b"".join(lines))
    result = await said(path, 1)
    mismatches = [each for each in result["findings"] if each["code"] == "chain.hash-mismatch"]
    assert sum(each["count"] for each in mismatches) == 3000 == result["totals"]["trust"]["broken"]
    assert len(mismatches) <= 1001
