"""A drill's ledgers are healthy but for what was planted, and what was planted is found where it is."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from console.samples.drill.run import WRITERS, DrillError, notes_of, planted_in, run, schedule
from tests.support.verdicts import judge

START = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
EVENTS = 84
END = "2026-11-01T09:05:00Z"
"""Some minutes later: what is open then is not old."""


def drilled(folder: Path, *, faults: int, seed: str = "s") -> None:
    """A drill that waits for nothing; its clock goes on by a fifth of a second with each look."""
    time = START

    def now() -> datetime:
        nonlocal time
        time += timedelta(milliseconds=200)
        return time

    assert run(folder, seed, EVENTS, faults, lambda _: None, now) == faults


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drill") / "ledgers"
    drilled(folder, faults=30)
    return folder


def test_without_faults_nothing_is_found(tmp_path: Path) -> None:
    drilled(tmp_path / "quiet", faults=0)
    verdict = judge(tmp_path / "quiet", "--now", END)
    found = [(each["code"], each["record"], each["message"]) for each in verdict.findings if each["severity"] != "note"]
    # The capture that is still growing has no end yet.
    assert not [each for each in found if each[0] != "operation.interrupted"]
    assert {ledger["format"] for ledger in verdict.report["ledgers"]} == {
        "kernel", "swarm", "smvm", "maysano", "zakops",
    }  # fmt: skip


def test_every_fault_is_found_where_it_is(planted: Path) -> None:
    verdict = judge(planted, "--now", END)
    found = {
        (each["code"], str(each["ledger"]).partition("#")[0].removeprefix(f"{planted}/"), each["record"])
        for each in verdict.findings
    }
    faults = planted_in(planted)
    assert len(faults) == 30 and len({each.code for each in faults}) >= 17
    for each in faults:
        if each.code.startswith("witness."):
            continue  # only who saw the ledger before can know
        assert (each.code, each.ledger, each.record) in found, each


def test_the_same_seed_plants_the_same_faults(planted: Path, tmp_path: Path) -> None:
    drilled(tmp_path / "again", faults=30)
    one, other = (
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*.jsonl")}
        for root in (planted, tmp_path / "again")
    )
    assert one == other
    assert planted_in(planted) == planted_in(tmp_path / "again")
    assert schedule("other", EVENTS, 30) != schedule("s", EVENTS, 30)


def test_every_writer_has_its_turn() -> None:
    assert {*schedule("x", 1000, 6).values()} == {*range(len(WRITERS))}
    assert len(schedule("x", 10, 30)) == 30


def test_what_was_planted_stands_beside_the_folder(planted: Path) -> None:
    assert notes_of(planted).parent == planted.parent
    assert planted.parent not in [each.parent for each in planted.rglob("*.drill")]


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x", encoding="utf-8")
    with pytest.raises(DrillError, match="empty folder"):
        drilled(tmp_path, faults=1)
    with pytest.raises(DrillError, match="no drill"):
        planted_in(tmp_path)
    assert [*tmp_path.iterdir()] == [tmp_path / "mine"]
