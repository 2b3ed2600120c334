"""No room for the index: named, and the console goes on with one in a temporary folder."""

import os
import tempfile
from pathlib import Path

import pytest

from console.engine.session.client import open_session
from console.engine.session.protocol import IndexPlace
from tests.support.engine_cases import NOW, Console, Deal, append
from tests.support.full_disk import full_after


async def opened(ledger: Path, index: Path, *, named: bool = False) -> Console:
    return Console(await open_session([str(ledger)], IndexPlace(str(index), named=named), NOW))


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "deals.jsonl"
    path.write_bytes(Deal().lines(50))
    return path


@pytest.mark.parametrize("pages", [2, 12, 24])
async def test_full_from_the_start(pages: int, ledger: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    with full_after(cache, pages, tmp_path / "site"):
        one = await opened(ledger, cache / "i.sqlite")
        try:
            await one.records(ledger, 50)
            await one.following()
            append(ledger, Deal("deal-2").lines(5))
            await one.records(ledger, 55)
        finally:
            await one.close()
    (note,) = [note for note in one.notes if "cannot be kept" in note]
    assert f"The index cannot be kept in {cache} (database or disk is full)" in note
    assert "temporary folder" in note
    assert "died" not in "".join(one.notes)


async def test_full_while_following(ledger: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    with full_after(cache, 60, tmp_path / "site"):
        one = await opened(ledger, cache / "i.sqlite")
        try:
            await one.records(ledger, 50)
            await one.following()
            assert not any("cannot be kept" in note for note in one.notes)
            append(ledger, Deal("deal-2").lines(9_000))
            await one.records(ledger, 9_050)
            await one.following()
        finally:
            await one.close()
    assert any("disk is full" in note for note in one.notes)
    assert one.new_index == 1, "what is shown comes from another index"


async def test_a_named_place_is_not_replaced(ledger: Path, tmp_path: Path) -> None:
    with full_after(tmp_path / "own", 2, tmp_path / "site"):
        one = await opened(ledger, tmp_path / "own/i.sqlite", named=True)
        try:
            with pytest.raises(OSError, match=r"cannot be written \(database or disk is full\): name another place"):
                await one.ledgers()
            assert one.session.progress.phase == "stopped"
        finally:
            await one.close()


async def test_no_room_anywhere(ledger: Path, tmp_path: Path) -> None:
    with full_after(Path(tempfile.gettempdir()), 2, tmp_path / "site"):
        one = await opened(ledger, tmp_path / "cache/i.sqlite")
        try:
            with pytest.raises(OSError, match=r"disk is full.*there is no other place"):
                await one.ledgers()
        finally:
            await one.close()


@pytest.mark.parametrize("left", [65536, 4096, 0])
async def test_a_real_file_system_that_is_full(left: int, small_disk: Path, ledger: Path) -> None:
    fill = os.statvfs(small_disk).f_bavail * 4096 - left
    (small_disk / "fill").write_bytes(bytes(max(fill, 0)))
    one = await opened(ledger, small_disk / "audit-console/i.sqlite")
    try:
        await one.records(ledger, 50)
        await one.following()
    finally:
        await one.close()
    assert any(str(small_disk) in note and "temporary folder" in note for note in one.notes)
