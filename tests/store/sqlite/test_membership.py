"""Further streams of events are found again, however they alternate and however the rows are cut into portions."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.store.sqlite import membership
from console.store.sqlite.membership import MEMBERS
from console.store.sqlite.store import SqliteStore
from tests.support.index_cases import Pen, Row

ROWS = st.builds(
    Row,
    stream=st.sampled_from(["", "a", "b", "c"]),
    also=st.sampled_from([(), ("x",), ("x", "y"), ("y",), ("y", "z")]),
)


async def noted(folder: Path, portions: Sequence[Sequence[Row]], anew: int) -> dict[str, list[int]]:
    """Ordinals by further stream; the portion of this number fails once before it is written, by a new reader."""
    writer, _ = await SqliteStore(folder / "index").writer()
    try:
        ledger = await writer.add_ledger("x", None, "jsonl", "smvm", "")
        pen = Pen(writer, ledger)
        for number, rows in enumerate(portions):
            if number == anew:
                with pytest.raises(RuntimeError):
                    async with writer.transaction():
                        raise RuntimeError
                pen = Pen(writer, ledger, pen.next)
            await pen.add(*rows)
        found: dict[str, list[int]] = {}
        for name in "xyz":
            sql = f"{MEMBERS} IN (SELECT id FROM stream WHERE key = ?) ORDER BY 1"
            found[name] = [each - (ledger << 32) for (each,) in await writer._db.all(sql, (name,))]
        return found
    finally:
        await writer.close()


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(ROWS, max_size=8), max_size=5), st.sampled_from([1, 2, 10_000]), st.integers(0, 5))
def test_members_are_those_that_were_told(
    tmp_path_factory: pytest.TempPathFactory, portions: list[list[Row]], most: int, anew: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(membership, "_OPEN", most)
        found = asyncio.run(noted(tmp_path_factory.mktemp("index"), portions, anew))
    rows = [row for portion in portions for row in portion]
    assert found == {name: [at for at, row in enumerate(rows, 1) if name in row.also] for name in "xyz"}


async def test_a_stretch_that_goes_on_is_one_row(tmp_path: Path) -> None:
    writer, _ = await SqliteStore(tmp_path / "index").writer()
    pen = Pen(writer, await writer.add_ledger("x", None, "jsonl", "smvm", ""))
    for name in "aabab":
        await pen.add(Row(stream=name, also=("x", name * 2)))
    assert await writer._db.one("SELECT count(*) FROM membership") == 4
    await writer.close()
