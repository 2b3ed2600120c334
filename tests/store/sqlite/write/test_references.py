"""Ids and parents: what is found does not depend on how the records are cut into batches."""

import asyncio
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from console.store import facts
from console.store.facts import ResolvedReferences
from console.store.sqlite.write import references
from tests.support.index_cases import Row, new_index

Said = dict[str, list[tuple[int, int]]]


Ids = tuple[str, str, str]
"""A record's id, its parent's, and its second id."""


def expected(records: Sequence[Ids]) -> tuple[Said, list[int]]:
    """The same from plain lists: each record judged by itself and those before it."""
    said: Said = {"duplicates": [], "ambiguous": [], "late": [], "cycles": []}
    waiting: dict[int, str] = {}
    for at, (name, parent, second) in enumerate(records, 1):
        earlier = [other for other, (each, *_) in enumerate(records[: at - 1], 1) if each == name and name]
        if earlier:
            said["duplicates"].append((at, earlier[0]))
        carriers = [other for other, (each, *_) in enumerate(records[:at], 1) if each == parent and parent]
        if len(carriers) > 1:
            said["ambiguous"].append((at, len(carriers)))
        if parent and parent == name:
            said["cycles"].append((at, at))
        elif parent and not carriers and not any(parent == each for *_, each in records[:at]):
            waiting[at] = parent
        for child in [child for child, wanted in waiting.items() if wanted == name]:
            del waiting[child]
            said["cycles" if child in ancestors(records[:at], at) else "late"].append((child, at))
        waiting = {child: wanted for child, wanted in waiting.items() if not second or wanted != second}
    return {kind: sorted(pairs) for kind, pairs in said.items()}, sorted(waiting)


def ancestors(records: Sequence[Ids], start: int) -> set[int]:
    found: set[int] = set()
    waiting = [start]
    while waiting:
        parent = records[waiting.pop() - 1][1]
        for at, (name, *_) in enumerate(records, 1):
            if name and name == parent and at not in found:
                found.add(at)
                waiting.append(at)
    return found


async def resolved(path: Path, records: Sequence[Ids], cuts: Sequence[int]) -> tuple[Said, list[int]]:
    """What the index finds when the records come in batches. Another ledger with the same ids stands beside."""
    path.unlink(missing_ok=True)
    writer, (other, pen) = await new_index(path, "other", "one")
    said: Said = {"duplicates": [], "ambiguous": [], "late": [], "cycles": []}
    try:
        await other.add(*(Row(id=name) for name in "abcde"))
        edges = [0, *sorted({cut % (len(records) + 1) for cut in cuts}), len(records)]
        for start, end in pairwise(edges):
            await pen.add(*(Row(id=name, parent=parent, alias=second) for name, parent, second in records[start:end]))
            async with writer.transaction():
                found = await writer.resolve(pen.ledger)
            for kind, pairs in said.items():
                pairs += getattr(found, kind).listed if found else []
        orphans = await writer.orphans(pen.ledger)
    finally:
        await writer.close()
    assert orphans.count == len(orphans.listed)
    return {kind: sorted(pairs) for kind, pairs in said.items()}, sorted(orphans.listed)


IDS, SECOND = st.sampled_from(["", "a", "b", "c", "d", "e"]), st.sampled_from(["", "", "p", "q"])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(IDS, IDS | SECOND, SECOND), max_size=9), st.lists(st.integers(0, 9), max_size=4))
@example([("a", "b", ""), ("b", "c", ""), ("c", "a", "")], [1, 2])
@example([("x", "a", ""), ("a", "", ""), ("a", "", "")], [])
@example([("a", "b", ""), ("b", "a", ""), ("b", "b", "")], [1])
@example([("a", "p", ""), ("b", "", "p"), ("c", "p", ""), ("d", "q", "")], [1, 2, 3])
def test_any_cut_gives_the_same(tmp_path_factory: "object", records: list[Ids], cuts: list[int]) -> None:
    path = Path(str(tmp_path_factory.getbasetemp())) / "references.sqlite"  # type: ignore[attr-defined]  # pytest's
    assert asyncio.run(resolved(path, records, cuts)) == expected(records)


async def test_a_long_line_of_ancestors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "LISTED", 5000)
    names = [str(number) for number in range(3000)]
    records = [*zip(names, ["", *names], [""] * len(names), strict=False)]
    said, waiting = await resolved(tmp_path / "long.sqlite", [*records[::-1]], [])
    assert len(said["late"]) == 2999
    assert not said["cycles"]
    assert not waiting


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
