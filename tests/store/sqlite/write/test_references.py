"""References in the tables: long lines of parents, second ids far back, equal ids, records in pieces."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from console.store import facts
from console.store.facts import ResolvedReferences
from console.store.sqlite.write import references
from tests.support.index_cases import Row, new_index


async def test_a_long_line_of_ancestors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "LISTED", 5000)
    writer, (pen,) = await new_index(tmp_path / "long.sqlite", "one")
    try:
        await pen.add(*(Row(id=str(each), parent=str(each - 1) if each else "") for each in range(2999, -1, -1)))
        async with writer.transaction():
            found = await writer.resolve(pen.ledger)
        assert found is not None
        assert (len(found.late.listed), found.late.count, found.cycles.count) == (2999, 2999, 0)
        assert (await writer.orphans(pen.ledger)).count == 0
    finally:
        await writer.close()


async def test_second_ids_far_back_are_found(tmp_path: Path) -> None:
    writer, (pen,) = await new_index(tmp_path / "far.sqlite", "one")
    try:
        await pen.add(*(Row(id=f"a{number}", alias=f"p{number}") for number in range(3000)))
        for parents in (["p7"], [f"p{number}" for number in range(0, 3000, 250)], ["nobody", "p2999"]):
            await pen.add(*(Row(parent=each) for each in parents))
            async with writer.transaction():
                await writer.resolve(pen.ledger)
        assert (await writer.orphans(pen.ledger)).count == 1
    finally:
        await writer.close()


@pytest.mark.parametrize(
    "ids",
    [
        lambda at: ("a", "a"),
        lambda at: ("ab"[at % 2], "ba"[at % 2]),
        lambda at: (f"child-{at}", "a") if at < 10_000 else ("a", ""),
        lambda at: (f"{at}", f"{at + 1}"),
    ],
    ids=["one id, its own parent", "two ids in turn", "many parents of many", "each before its parent"],
)
async def test_equal_ids_cost_what_their_records_cost(ids: Callable[[int], tuple[str, str]], tmp_path: Path) -> None:
    """Against as many records that name nothing twice; squares would be a thousand times as much."""
    usual = await seconds(tmp_path / "usual.sqlite", [(f"{at}", f"{at - 1}") for at in range(20_000)])
    assert await seconds(tmp_path / "hostile.sqlite", [ids(at) for at in range(20_000)]) < 30 * usual


async def seconds(path: Path, records: Sequence[tuple[str, str]]) -> float:
    """Of the processor, to resolve these ids and parents."""
    writer, (pen,) = await new_index(path, "one")
    try:
        await pen.add(*(Row(id=name, parent=parent) for name, parent in records))
        began = time.process_time()
        async with writer.transaction():
            found = await writer.resolve(pen.ledger)
        assert found is not None
        return time.process_time() - began
    finally:
        await writer.close()


async def test_many_records_are_resolved_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found is the same, and what is left is asked for again."""
    monkeypatch.setattr(references, "ROWS", 7)
    writer, (pen,) = await new_index(tmp_path / "pieces.sqlite", "one")
    try:
        await pen.add(*(Row(id=f"{at % 10}") for at in range(20)))
        found: list[ResolvedReferences] = []
        while not found or found[-1].more:
            async with writer.transaction():
                some = await writer.resolve(pen.ledger)
            assert some is not None
            found.append(some)
        async with writer.transaction():
            assert await writer.resolve(pen.ledger) is None
    finally:
        await writer.close()
    assert [each.duplicates.count for each in found] == [0, 4, 6]
