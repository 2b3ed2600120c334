"""A ledger in several files is the same for a console that was not there when it was rotated."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from console.engine.verify.verify_paths import verify_paths
from tests.engine.verify.test_equal_verdicts import of_check, of_index
from tests.support.engine_cases import NOW, Console, Deal, append, console, indexed, reading, trust_of
from tests.support.rotated import LEDGERS, NAME, SCHEMES, lines_of, write_volumes


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "index.sqlite"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "ledgers"
    path.mkdir()
    return path


async def whole(one: Console, ledger: Path, records: int) -> None:
    """One ledger of so many verified records, and nothing to be said but that it was rotated."""
    row = await one.records(ledger, records)
    assert [Path(each.path) for each in await one.ledgers() if each.format] == [ledger]
    assert row.trust[1] == records
    assert trust_of(await one.events()) == ["verified"] * records
    assert await one.codes() <= {"container.rotated", "container.compressed"}
    details = [await one.session.details(event.id) for event in await one.events()]
    assert not [each.problem for each in details if each.problem]
    files = [each.volume or ("", 0) for each in details]
    lines = [Path(path).name and _lines(Path(path))[number - 1] for path, number in files]
    assert not any(line and line != each.raw for line, each in zip(lines, details, strict=True))


def _lines(path: Path) -> list[bytes]:
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).splitlines()


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_a_console_that_was_not_there_reads_all_files(folder: Path, index: Path, scheme: str) -> None:
    deal = Deal()
    paths = write_volumes(folder, [deal.lines(3) for _ in range(3)], SCHEMES[scheme], [True])
    async with console(folder, index=index) as one:
        await whole(one, paths[-1], 9)
        assert (await one.ledger(paths[-1])).note == f"earlier records are in {paths[1].name} and 1 more"
        append(paths[-1], deal.lines(2))
        await whole(one, paths[-1], 11)
        assert (await one.ledger(paths[-1])).bytes == sum(path.stat().st_size for path in paths)
    async with console(folder, index=index) as one:
        await whole(one, paths[-1], 11)


async def test_it_goes_on_when_the_ledger_is_rotated_again(folder: Path, index: Path) -> None:
    deal = Deal()
    older, newest = write_volumes(folder, [deal.lines(3), deal.lines(3)], SCHEMES["numbered"])
    async with console(folder, index=index) as one:
        await whole(one, newest, 6)
        older.rename(folder / f"{NAME}.2")
        newest.rename(older)
        newest.write_bytes(deal.lines(2))
        await whole(one, newest, 8)


async def test_rotated_several_times_between_two_starts(folder: Path, index: Path) -> None:
    deal, newest = Deal(), folder / NAME
    newest.write_bytes(deal.lines(3))
    async with console(folder, index=index) as one:
        await whole(one, newest, 3)
    newest.rename(folder / f"{NAME}.3")
    for age in (2, 1):
        (folder / f"{NAME}.{age}").write_bytes(deal.lines(2))
    newest.write_bytes(deal.lines(2))
    async with console(folder, index=index) as one:
        await whole(one, newest, 9)


@pytest.mark.parametrize("live", [True, False], ids=["live", "between starts"])
async def test_the_past_comes_later(folder: Path, index: Path, live: bool) -> None:
    """Brought back from a backup: the chain that began in its middle is whole."""
    deal = Deal()
    past, newest = deal.lines(3), folder / NAME
    newest.write_bytes(deal.lines(3))
    async with console(folder, index=index) as one:
        assert (await one.records(newest, 3)).trust[1] < 3 or await one.codes()
        if live:
            (folder / f"{NAME}.1").write_bytes(past)
            await whole(one, newest, 6)
    if not live:
        (folder / f"{NAME}.1").write_bytes(past)
    async with console(folder, index=index) as one:
        await whole(one, newest, 6)


async def test_the_ledger_itself_comes_later(folder: Path, index: Path) -> None:
    deal = Deal()
    (folder / f"{NAME}.1").write_bytes(deal.lines(3))
    async with console(folder, index=index) as one:
        await whole(one, folder / f"{NAME}.1", 3)
        (folder / NAME).write_bytes(deal.lines(2))
        await whole(one, folder / NAME, 5)


async def test_it_shows_later_that_a_ledger_goes_on(folder: Path, index: Path) -> None:
    """The first record of the new file begins another chain; only the second one goes on from the file before."""
    one_deal, other = Deal(), Deal("another")
    (folder / f"{NAME}.1").write_bytes(one_deal.lines(3))
    (folder / NAME).write_bytes(other.lines(1))
    async with console(folder, index=index) as one:
        assert len(await one.ledgers()) == 2
        append(folder / NAME, one_deal.lines(1))
        await whole(one, folder / NAME, 5)
    async with console(folder, index=index) as one:
        await whole(one, folder / NAME, 5)


async def test_a_file_of_the_past_is_damaged(folder: Path, index: Path) -> None:
    """What was found at the end of an earlier file stays when the next one is read."""
    deal = Deal()
    oldest, newest = write_volumes(folder, [deal.lines(3), deal.lines(3)], SCHEMES["numbered"], [True])
    oldest.write_bytes(gzip.compress(gzip.decompress(oldest.read_bytes())) + b"no gzip")
    async with console(folder, index=index) as one:
        await one.records(newest, 6)
        assert "container.gzip-trailing-data" in await one.codes()


@pytest.mark.parametrize("less", [5, 1, 0], ids=["unfinished", "without its line end", "whole"])
@pytest.mark.parametrize("system", LEDGERS)
async def test_the_index_says_what_verify_says(system: str, less: int, folder: Path, index: Path) -> None:
    lines = lines_of(system)
    third = len(lines) // 3
    unfinished = lines[-1][: len(lines[-1]) - less]  # all that is in the newest file
    parts = [b"".join(lines[:third]), b"".join(lines[third:-1]), unfinished]
    write_volumes(folder, parts, SCHEMES["stamped"], [True])
    await indexed(index, folder)
    async with reading(index) as reader:
        ours: dict[str, Any] = await of_index(reader)
    (checked,) = (await verify_paths([str(folder)], NOW, executor="inline")).ledgers
    assert ours == {str(folder / NAME): of_check(checked)}
