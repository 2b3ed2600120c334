"""Acts are appended whole, one after the other, whoever else appends; and the file is nobody else's."""

import fcntl
import json
import multiprocessing
import stat
from pathlib import Path

import pytest

from console.engine.api import Options, Policy, report, verify
from console.engine.custody.log import LEDGERS, record
from console.engine.custody.place import CustodyPlace
from console.engine.errors import EngineError
from console.engine.questions import recorded_acts


@pytest.fixture
def place(tmp_path: Path) -> CustodyPlace:
    return CustodyPlace(str(tmp_path / "state/custody"), "anna", "auditor")


async def verdict(place: CustodyPlace) -> str:
    found = report(await verify([place.path], Options(), executor="inline"), Policy())
    word: str = found["verdict"]
    return word


async def test_acts_are_linked_and_the_file_is_private(place: CustodyPlace) -> None:
    record(place, "verify", ["a.jsonl", "/b\udcff.jsonl"], "intact")
    record(place, "open", [], "begun", {"arguments": ["\x1b]0;x\x07", "\ud800"]})
    acts = recorded_acts(place.path)[0]
    assert [(each["number"], each["entry"]["action"]) for each in acts] == [(1, "verify"), (2, "open")]
    assert acts[0]["entry"]["ledgers"] == [f"{Path.cwd()}/a.jsonl", "/b\\xff.jsonl"]
    assert await verdict(place) == "intact"
    mode = Path(place.path).stat().st_mode
    assert stat.S_IMODE(mode) == 0o600 and stat.S_IMODE(Path(place.folder).stat().st_mode) == 0o700


def test_of_very_many_ledgers_some_are_named(place: CustodyPlace) -> None:
    record(place, "verify", [f"/{each}" for each in range(LEDGERS + 5)], "intact")
    record(place, "open", [], "begun")
    (act, other), total = recorded_acts(place.path)
    assert total == 2 and recorded_acts(place.path, 1) == ([other], 2)
    assert (len(act["entry"]["ledgers"]), act["entry"]["of_ledgers"]) == (LEDGERS, LEDGERS + 5)


async def test_a_line_that_broke_off_stays_and_the_chain_goes_on(place: CustodyPlace) -> None:
    record(place, "verify", [], "intact")
    with Path(place.path).open("ab") as file:
        file.write(b'{"log":"x","num')
    record(place, "verify", [], "intact")
    record(place, "verify", [], "intact")
    lines = Path(place.path).read_bytes().splitlines()
    assert [json.loads(lines[at])["number"] for at in (0, 2, 3)] == [1, 2, 3]
    found = report(await verify([place.path], Options(), executor="inline"), Policy())
    assert [each["code"] for each in found["findings"]] == ["record.invalid-json"]


def test_an_entry_longer_than_what_is_read_at_a_time(place: CustodyPlace) -> None:
    record(place, "verify", [], "intact", {"text": "x" * 300_000})
    record(place, "verify", [], "intact")
    assert [each["number"] for each in recorded_acts(place.path)[0]] == [1, 2]


def _many(place: CustodyPlace) -> None:
    for _ in range(10):
        record(place, "verify", [], "intact")


async def test_several_processes_at_once(place: CustodyPlace) -> None:
    context = multiprocessing.get_context("fork")
    started = [context.Process(target=_many, args=(place,)) for _ in range(3)]
    for each in started:
        each.start()
    for each in started:
        each.join()
    assert [each["number"] for each in recorded_acts(place.path)[0]] == [*range(1, 31)]
    assert await verdict(place) == "intact"


def test_a_place_that_is_not_ones_own_is_refused(place: CustodyPlace, tmp_path: Path) -> None:
    record(place, "verify", [], "intact")
    before = Path(place.path).read_bytes()
    Path(place.path).rename(tmp_path / "elsewhere")
    Path(place.path).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(EngineError, match="The chain of custody "):
        record(place, "verify", [], "intact")
    assert (tmp_path / "elsewhere").read_bytes() == before
    Path(place.path).unlink()
    Path(place.folder).chmod(0o777)
    with pytest.raises(EngineError, match="can be written by others"):
        record(place, "verify", [], "intact")


def test_a_process_that_was_stopped_keeps_nobody_waiting(place: CustodyPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.engine.custody.log.PATIENCE", 0.0)
    record(place, "verify", [], "intact")
    with Path(place.path).open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(EngineError, match="is being written by another process"):
            record(place, "verify", [], "intact")


def test_no_chain_is_no_acts(tmp_path: Path) -> None:
    assert recorded_acts(str(tmp_path / "nothing.jsonl")) == ([], 0)
