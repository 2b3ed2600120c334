"""``state``: what held at a moment, and the events that made it so."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import sixth_system
from tests.support.sixth_system import entries, lines


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Path]:
    """Two lamps, interleaved; the sixth entry of one is at a lamp that is out."""
    sixth_system.install(tmp_path / "packages")
    with sixth_system.installed(tmp_path / "packages"):
        north, south = entries("north", 8, e7={"event": "trimmed"}), entries("so\x1buth", 4)
        mixed = [each for pair in zip(north, south + [None] * 4, strict=True) for each in pair if each is not None]
        (tmp_path / "lamps.jsonl").write_bytes(lines(mixed))
        yield tmp_path / "lamps.jsonl"


def state(call: Any, *arguments: object) -> Any:
    done = call("state", *arguments, "--format", "json")
    assert (done.code, done.err) == (0, "")
    return json.loads(done.out)


def test_now_with_what_made_it(call: Any, ledger: Path) -> None:
    found = state(call, ledger, "--stream", "north")
    assert (found["events"], found["taken"], found["as_of"]["sequence"]) == (8, 8, 8)
    assert found["state"] == {"state": "out", "keeper": "ada", "flagged": "dark"}
    assert [each["sequence"] for each in found["made_by"]] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert found["made_by"][3]["changed"]["keeper"] == {"from": "ada", "to": "grace"}
    assert [each["why_not"] for each in found["made_by"] if each["why_not"]] == ["the lamp is out", "the lamp is out"]


@pytest.mark.parametrize(
    ("options", "taken"),
    [
        (("--seq", "3"), 3),
        (("--seq", "0"), 0),
        (("--seq", "99"), 8),
        (("--at", "2026-03-02"), 4),
        (("--at", "2026-03-02T06:00:00Z"), 3),
        (("--at", "2026-03-02T05:59"), 2),
        (("--at", "2020"), 0),
    ],
)
def test_as_of_a_moment(call: Any, ledger: Path, options: tuple[str, ...], taken: int) -> None:
    assert state(call, ledger, "--stream", "lamp:north", *options)["taken"] == taken


def test_for_people(call: Any, ledger: Path) -> None:
    done = call("state", ledger, "--stream", "so\x1buth", "--seq", "2")
    assert done.code == 0 and "lamp so␛uth" in done.out
    assert "after 2 of 4 events, sequence 2" in done.out and "state lit → out" in done.out
    assert "before the first of 4 events" in call("state", ledger, "--stream", "so\x1buth", "--at", "2020").out


def test_order_is_the_systems_own(call: Any, ledger: Path, tmp_path: Path) -> None:
    """The lines stand in another order; entries count by their numbers."""
    made = entries("north", 6)
    (tmp_path / "mixed.jsonl").write_bytes(lines([made[at] for at in (3, 0, 5, 1, 4, 2)]))
    found = state(call, tmp_path / "mixed.jsonl", "--stream", "north")
    assert [each["record"] for each in found["made_by"]] == [2, 4, 6, 1, 5, 3]


def test_what_cannot_be_answered(call: Any, ledger: Path, tmp_path: Path) -> None:
    done = call("state", ledger, "--stream", "nobody")
    assert done.code == 3 and "There is no stream nobody here" in done.err
    (tmp_path / "copy.jsonl").write_bytes(ledger.read_bytes())
    done = call("state", ledger, tmp_path / "copy.jsonl", "--stream", "north")
    assert done.code == 2 and "The lamp north is in 2 ledgers, give one of them" in done.err
    done = call("state", ledger, tmp_path / "copy.jsonl", "--stream", "lamp:north")
    assert done.code == 2 and "The lamp north is in 2 ledgers, give one of them" in done.err
    assert call("state", ledger, "--stream", "north", "--at", "9999-12-31").code == 0
    assert call("state", ledger, "--stream", "north", "--at", "2020", "--seq", "1").code == 2
    assert call("state", ledger, "--stream", "north", "--at", "never").code == 2
    (tmp_path / "torn.jsonl").write_bytes(lines(entries("east", 3)) + b"{broken\n")
    done = call("state", tmp_path / "torn.jsonl", "--stream", "east")
    assert done.code == 3 and "1 record passed over" in done.err


def test_a_replayer_that_fails_says_so(call: Any, ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from beacon_ledgers.lives import LampReplayer  # type: ignore[import-not-found]  # a package that the test installs

    monkeypatch.setattr(LampReplayer, "take", lambda *_: 1 / 0)
    found = state(call, ledger, "--stream", "north")
    assert "its format failed to replay it: ZeroDivisionError" in found["made_by"][0]["why_not"]
