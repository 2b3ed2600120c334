"""Two writers of one ledger who know nothing of each other, under a real console."""

import asyncio
import json
import os
import random
from bisect import bisect
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.model.trust import Severity
from tests.support.engine_cases import Deal, append, console, dump, following, indexed, reading


def pieces(text: bytes, dice: random.Random) -> Iterator[bytes]:
    """What one writer hands to the system at a time: lines, some of them in two parts."""
    for line in text.splitlines(keepends=True):
        cut = dice.randrange(1, len(line)) if dice.random() < 0.2 else len(line)
        yield line[:cut]
        if cut < len(line):
            yield line[cut:]


@pytest.mark.parametrize("seed", range(3))
async def test_lines_torn_by_two_writers(seed: int, tmp_path: Path) -> None:
    """What is whole is verified, what is torn is said, every byte is accounted for, live as in one pass."""
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_bytes(Deal("first").lines(2))
    dice = random.Random(seed)
    texts = [Deal(name).lines(300) for name in "ab"]
    async with console(ledger, index=tmp_path / "live.sqlite") as one:
        await one.records(ledger, 2)
        with ledger.open("ab", buffering=0) as first, ledger.open("ab", buffering=0) as second:
            writers = [(file, pieces(text, dice)) for file, text in zip((first, second), texts, strict=True)]
            while writers:
                writer = dice.choice(writers)
                piece = next(writer[1], None)
                if piece is None:
                    writers.remove(writer)
                else:
                    writer[0].write(piece)
                    await asyncio.sleep(0)
        data = ledger.read_bytes()
        records = await indexed(tmp_path / "whole.sqlite", ledger)
        found = dump(tmp_path / "whole.sqlite")

        async def same() -> bool:
            return dump(tmp_path / "live.sqlite") == found

        await one.records(ledger, records)
        await one.until(same)  # chains whose events come out of order are walked again at the end
    lines = data.splitlines(keepends=True)
    whole = {line for text in texts for line in text.splitlines(keepends=True)}
    torn = [number for number, line in enumerate(lines[2:], 3) if line not in whole]
    assert len(torn) > 50
    pieces_of = sorted(row[1:4] for row in found["event"])
    assert [number for number, _, _ in pieces_of] == [*range(1, records + 1)]
    covered = bytearray(len(data))
    for _, offset, length in pieces_of:
        covered[offset : offset + length] = b"x" * length
    assert {data[at] for at, known in enumerate(covered) if not known} == set(b"\n")
    starts = [sum(map(len, lines[: number - 1])) for number in torn]
    noted = [row[2] for row in found["finding"] if row[3].startswith("record.") or row[4] >= Severity.ERROR]
    assert {bisect(starts, pieces_of[record - 1][1]) for record in noted if record} >= {*range(1, len(torn) + 1)}
    (row,) = found["ledger"]
    trust = json.loads(row[-1])
    assert trust[1] + trust[6] + trust[0] + trust[4] == records
    assert trust[1] > 100


async def test_a_hole_that_is_filled_a_moment_later_accuses_nobody(tmp_path: Path) -> None:
    """Two writers that reserve their places first: for a moment there are zeros where the first one's line will be."""
    deal, ledger = Deal(), tmp_path / "ledger.jsonl"
    ledger.write_bytes(deal.lines(2))
    index = tmp_path / "index.sqlite"
    async with following(index, ledger) as (follower, steps):
        with ledger.open("r+b", buffering=0) as file:
            for _ in range(10):
                first, second = deal.lines(1), deal.lines(1)
                end = file.seek(0, os.SEEK_END)
                os.pwrite(file.fileno(), second, end + len(first))
                steps.clear()
                await follower.look(str(ledger))
                assert sum(step.events for step in steps) == 0
                os.pwrite(file.fileno(), first, end)
                await follower.look(str(ledger))
                assert [step.events for step in steps if step.events] == [2]
        async with reading(index) as reader:
            (row,) = await reader.ledgers()
            assert row.trust[1] == row.records == 22
            assert all(each.finding.family == "schema" for each in (await reader.findings())[0])


async def test_zeros_that_stay_are_said(tmp_path: Path) -> None:
    deal, ledger = Deal(), tmp_path / "ledger.jsonl"
    ledger.write_bytes(deal.lines(2))
    async with console(ledger, index=tmp_path / "index.sqlite") as one:
        append(ledger, bytes(300) + b"\n" + deal.lines(1))
        await one.records(ledger, 4)
        assert await one.found("record.nul-byte")
        assert (await one.ledger(ledger)).trust[1] == 3
