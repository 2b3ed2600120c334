"""Ledgers share the worker: what is appended to a good one is seen soon, whatever lies beside it."""

import asyncio
import gzip
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from console.engine.follow import ledger_work
from console.engine.follow.ledger import FollowedLedger
from console.engine.follow.ledger_tasks import LedgerTask, LedgerTasks
from console.engine.ingest.ingest import Reading
from console.engine.ingest.turns import Turns
from console.store.sqlite.write.writer import SqliteWriter
from tests.support.engine_cases import Deal, append, console, following, opened, reading
from tests.support.places import SAMPLES

MIB = 1 << 20


def short_lines(folder: Path, count: int) -> Path:
    path = folder / "bad.jsonl"
    path.write_bytes(Deal("x").lines(1) + b"1\n" * count)
    return path


def four_mib_of_short_lines(folder: Path) -> Path:
    return short_lines(folder, 2 * MIB)


def gzip_of_line_ends(folder: Path) -> Path:
    path = folder / "bad.jsonl.gz"
    with gzip.open(path, "wb") as file:
        file.write(Deal("x").lines(1))
        for _ in range(300):
            file.write(b"\n" * MIB)
    return path


def equal_ids(folder: Path) -> Path:
    """20,000 events of one id, each of them its own cause."""
    path = folder / "bad.jsonl"
    lines = (SAMPLES / "zakops" / "agent_events.jsonl").read_bytes().splitlines()[:20]
    ids = re.compile(rb'"(event_id|causation_id|parent_event_id)":\s*"[^"]*"')
    lines = [ids.sub(rb'"\1": "00000000-0000-4000-8000-000000000001"', line) for line in lines]
    path.write_bytes(b"\n".join(lines * 1000) + b"\n")
    return path


async def appends_beside(hostile: Path, index: Path) -> int:
    """Append five times to a good ledger while a hostile one is read that comes beside it, and see each of them. The
    records of the hostile ledger that were read by then."""
    folder = hostile.parent / "ledgers"
    folder.mkdir()
    deal, good, bad = Deal(), folder / "good.jsonl", folder / hostile.name
    good.write_bytes(deal.lines(3))
    async with console(folder, index=index) as one:
        hostile.rename(bad)
        for _ in range(5):
            append(good, deal.lines(1))
            row = await one.records(good, deal.sequence)
            assert row.trust[1] == deal.sequence
        return sum(each.records for each in await one.ledgers() if each.path == str(bad))


@pytest.mark.parametrize("hostile", [four_mib_of_short_lines, pytest.param(gzip_of_line_ends, marks=pytest.mark.slow)])
async def test_appends_are_seen_before_all_short_lines_are_read(
    hostile: Callable[[Path], Path], tmp_path: Path
) -> None:
    assert await appends_beside(hostile(tmp_path), tmp_path / "i.sqlite") < 2 * MIB


@pytest.mark.slow
async def test_appends_are_seen_beside_equal_ids(tmp_path: Path) -> None:
    assert await appends_beside(equal_ids(tmp_path), tmp_path / "i.sqlite") <= 20_000


async def test_who_is_behind_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it is read, and not any more when all of it was."""
    monkeypatch.setattr(ledger_work, "BEHIND", 0.0)
    states: list[str] = []
    describe = SqliteWriter.describe

    async def noted(self: SqliteWriter, ledger: int, **changes: Any) -> None:
        states.extend([changes["state"]] if "state" in changes else [])
        await describe(self, ledger, **changes)

    monkeypatch.setattr(SqliteWriter, "describe", noted)
    bad = short_lines(tmp_path, 100_000)
    index = tmp_path / "i.sqlite"
    async with following(index, bad) as (follower, steps), reading(index) as reader:
        assert [step.more for step in steps][:: len(steps) - 1] == [True, False]
        append(bad, b"1\n")
        await follower.look(str(bad))
        (row,) = await reader.ledgers()
    assert row.state == "live"
    assert states == ["behind", "live"]


async def test_the_console_hears_who_is_behind(tmp_path: Path) -> None:
    bad = short_lines(tmp_path, MIB // 8)
    async with console(bad, index=tmp_path / "i.sqlite", wait=False) as one:
        for expected in (1, 0):

            async def there(expected: int = expected) -> bool:
                return one.session.progress.behind == expected

            await one.until(there)


async def test_turns_are_given_in_the_order_of_asking() -> None:
    turns, order = Turns(2), []

    async def work(name: int) -> None:
        async with turns:
            order.append(name)
            await asyncio.sleep(0)

    tasks = [asyncio.create_task(work(name)) for name in range(6)]
    await asyncio.sleep(0)
    assert (turns.full, turns.waiting) == (True, 4)
    await asyncio.gather(*tasks)
    assert order == list(range(6))
    assert (turns.full, turns.waiting) == (False, 0)


@pytest.fixture
def ledger(tmp_path: Path) -> FollowedLedger:
    path = tmp_path / "deals.jsonl"
    path.write_bytes(Deal().lines(1))
    return FollowedLedger(str(path), None, opened(path)[0], Reading(1))


async def test_what_happens_during_a_look_is_one_more_look(ledger: FollowedLedger) -> None:
    looks, go_on = 0, asyncio.Event()

    async def look(task: LedgerTask) -> None:
        nonlocal looks
        looks += 1
        task.decided()
        await go_on.wait()

    tasks = LedgerTasks(look)
    await tasks.of(ledger).decision()
    for _ in range(1000):
        tasks.of(ledger).wake()
    later = tasks.of(ledger).decision()
    assert not later.done()  # the present look began before it was asked for
    go_on.set()
    await tasks.guard(later)
    await tasks.until_rest()
    assert looks == 2
    await tasks.close()


async def test_a_failure_reaches_whoever_waits(ledger: FollowedLedger) -> None:
    async def look(_: LedgerTask) -> None:
        raise ValueError("the index")

    tasks = LedgerTasks(look)
    tasks.of(ledger).wake()
    with pytest.raises(ValueError, match="the index"):
        await tasks.until_rest()
    await tasks.close()
