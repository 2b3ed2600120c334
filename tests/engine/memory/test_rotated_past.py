"""A rotated ledger stays under watch: all its files are one ledger to the memory, whichever was asked for."""

import gzip
from pathlib import Path

import pytest

from console.engine.memory.remembered import Standing
from console.store.sqlite.schema import row_id
from console.witness.place import MemoryPlace
from tests.support.engine_cases import Deal, following, reading, trust_of
from tests.support.looks import as_lines, edited, look

DEAL = Deal()
RECORDS = [DEAL.event(number=number) for number in range(12)]


@pytest.fixture
def rotated(tmp_path: Path) -> Path:
    """A ledger that was seen, rotated twice, and seen after each time; its folder."""
    folder, memory = tmp_path / "ledgers", tmp_path / "memory"
    folder.mkdir()
    ledger = folder / "deals.jsonl"
    ledger.write_bytes(as_lines(RECORDS[:6]))
    assert look(memory, folder).memory.standing is Standing.FIRST_LOOK
    ledger.rename(folder / "deals.jsonl.1")
    ledger.write_bytes(as_lines(RECORDS[6:9]))
    assert look(memory, folder).memory.standing is Standing.AGREES
    (folder / "deals.jsonl.2.gz").write_bytes(gzip.compress((folder / "deals.jsonl.1").read_bytes()))
    ledger.rename(folder / "deals.jsonl.1")
    ledger.write_bytes(as_lines(RECORDS[9:11]))
    return folder


def test_every_way_to_it_agrees(rotated: Path, tmp_path: Path) -> None:
    for path, records in ((rotated, 11), (rotated / "deals.jsonl", 11), (rotated / "deals.jsonl.1", 9), (rotated, 11)):
        found = look(tmp_path / "memory", path)
        assert (found.memory.standing, found.codes) == (Standing.AGREES, [])
        assert found.verification.ledgers[0].records == records


def test_an_edit_while_it_was_compressed(rotated: Path, tmp_path: Path) -> None:
    (rotated / "deals.jsonl.2.gz").write_bytes(gzip.compress(as_lines([RECORDS[0], edited(RECORDS[1]), *RECORDS[2:6]])))
    for path in (rotated, rotated / "deals.jsonl", rotated / "deals.jsonl.1"):
        assert look(tmp_path / "memory", path).places == [("edited", 2)]


@pytest.mark.parametrize("packed", [False, True])
async def test_an_edited_file_of_the_past_takes_the_trust_of_its_rows(
    rotated: Path, tmp_path: Path, packed: bool
) -> None:
    index, place = tmp_path / "index.sqlite", MemoryPlace(str(tmp_path / "memory"), "test")

    async def trusts() -> list[str]:
        async with following(index, rotated, follow=False, memory=place), reading(index) as reader:
            (ledger,) = [each for each in await reader.ledgers() if each.format]
            return trust_of(await reader.events([row_id(ledger.id, at) for at in range(1, ledger.records + 1)]))

    old = rotated / ("deals.jsonl.2.gz" if packed else "deals.jsonl.2")
    if not packed:
        (rotated / "deals.jsonl.2.gz").unlink()
        old.write_bytes(as_lines(RECORDS[:6]))
    assert await trusts() == ["verified"] * 11
    lines = as_lines(RECORDS[:6]).replace(b'"number":1', b'"number":7')
    old.write_bytes(gzip.compress(lines) if packed else lines)
    found = await trusts()
    assert found[1] == "broken" and found[6:] == ["verified"] * 5
    assert await trusts() == found


def test_a_file_of_the_past_that_is_gone(rotated: Path, tmp_path: Path) -> None:
    (rotated / "deals.jsonl.2.gz").unlink()
    assert look(tmp_path / "memory", rotated).places == [("deleted", 1)]


def test_another_ledger_of_such_a_name(rotated: Path, tmp_path: Path) -> None:
    """Names propose, content decides."""
    other = rotated / "deals.jsonl.9"
    other.write_bytes(Deal("other").lines(3))
    found = look(tmp_path / "memory", other)
    assert (found.memory.standing, found.codes) == (Standing.FIRST_LOOK, [])
