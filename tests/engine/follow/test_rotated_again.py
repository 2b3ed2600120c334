"""A rotated ledger is verified over all its files, and what is not there is named."""

import gzip
import os
from pathlib import Path

import pytest

from console.engine.ledgers.rotated_source import RotatedSource, source_at
from console.model.record import Cursor
from console.sources.protocol import Source
from tests.support.engine_cases import Console, Deal, console


async def rotated(folder: Path, index: Path) -> None:
    """Rotated twice under a console; nine events in three files."""
    deal, ledger = Deal(), folder / "deals.jsonl"
    ledger.write_bytes(deal.lines(3))
    async with console(folder, index=index) as one:
        for turn in (1, 2):
            if turn == 2:
                (folder / "deals.jsonl.1").rename(folder / "deals.jsonl.2")
            ledger.rename(folder / "deals.jsonl.1")
            ledger.write_bytes(deal.lines(3))
            await one.records(ledger, 3 + 3 * turn)


async def verdict(one: Console) -> str:
    return [each async for each in one.session.verify()][-1].verdict


@pytest.mark.slow
async def test_all_files_are_read_again(tmp_path: Path) -> None:
    folder, index = tmp_path / "ledgers", tmp_path / "index.sqlite"
    folder.mkdir()
    await rotated(folder, index)
    ledger, one_back, two_back = (folder / name for name in ("deals.jsonl", "deals.jsonl.1", "deals.jsonl.2"))
    async with console(folder, index=index) as one:
        assert (await verdict(one)).startswith("Intact: 9 verified")
        # The middle file is edited, and its time put back: the verifier reads it all the same.
        status, data = one_back.stat(), one_back.read_bytes()
        one_back.write_bytes(data.replace(b'"number":1', b'"number":7'))
        os.utime(one_back, ns=(status.st_atime_ns, status.st_mtime_ns))
        assert (await verdict(one)).startswith("Findings: 1 event broken; ")
        one_back.write_bytes(data)
        stored = two_back.read_bytes()
        two_back.unlink()
        words = await verdict(one)
        assert "records 1 to 3 of deals.jsonl were not read again" in words
        assert "deals.jsonl.2" in words
        two_back.write_bytes(Deal("another").lines(3))
        assert "records 1 to 3 of deals.jsonl were not read again" in await verdict(one)
        two_back.write_bytes(stored)
        assert (await verdict(one)).startswith("Intact: 9 verified")
        ledger.unlink()
        assert (await verdict(one)).startswith("Incomplete: records 7 to 9 of deals.jsonl were not read again")


async def test_a_ledger_that_is_gone_is_not_praised(tmp_path: Path) -> None:
    ledger = tmp_path / "deals.jsonl"
    ledger.write_bytes(Deal().lines(3))
    async with console(ledger, index=tmp_path / "index.sqlite") as one:
        await one.records(ledger, 3)
        ledger.unlink()
        assert (await verdict(one)).startswith("Incomplete: records 1 to 3 of deals.jsonl were not read again")


def test_files_in_a_row_are_one_source(tmp_path: Path) -> None:
    lines = [b'{"n":%d}' % number for number in range(9)]
    (tmp_path / "c").write_bytes(gzip.compress(b"\n".join(lines[:3]) + b"\n"))
    (tmp_path / "b").write_bytes(b"\n".join(lines[3:6]))
    (tmp_path / "a").write_bytes(b"\n".join(lines[6:8]) + b"\n" + lines[8])
    sources = [(first, source_at(str(tmp_path / name), None)) for first, name in ((1, "c"), (4, "b"), (7, "a"))]
    known: list[tuple[int, Source]] = [(first, source) for first, source in sources if source is not None]
    whole = RotatedSource(known)
    seen = []
    cursor = Cursor()
    for batch in whole.batches():
        for at, raw in enumerate(batch.raws):
            seen.append(raw)
            assert batch.first + at == len(seen)
            assert whole.read(batch.offsets[at], batch.lengths[at]) == raw
        cursor = batch.next
        assert [raw for rest in whole.batches(cursor) for raw in rest.raws] == lines[len(seen) : 8]
    tail = whole.tail(cursor)
    assert tail is not None
    assert [*seen, tail.raw] == lines
    assert (tail.ordinal, whole.read(tail.offset, tail.length)) == (9, lines[8])
