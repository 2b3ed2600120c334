"""The check on the screen says what the command says: with the memory, of a ledger and of one stream of it."""

from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import pytest

from console.engine.api import IndexPlace, MemoryPlace, VerifyProgress, report, verdict_of_all, verify
from console.engine.session.client import open_session
from console.engine.verify.verdict import USUAL
from tests.support.engine_cases import NOW, Console, Deal


def _as_it_was(path: Path) -> None:
    path.touch()


def _cut(path: Path) -> None:
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:30]))


def _edit(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"number":7', b'"number":8'))


def _chain_anew(path: Path) -> None:
    path.write_bytes(Deal("deal-2").lines(50))


@pytest.mark.parametrize("change", [_as_it_was, _cut, _edit, _chain_anew])
async def test_one_truth(change: Callable[[Path], None], tmp_path: Path) -> None:
    ledger = tmp_path / "deals.jsonl"
    ledger.write_bytes(Deal().lines(50))
    memory = MemoryPlace(str(tmp_path / "memory"), "test")
    await verify([str(ledger)], NOW, executor="inline", memory=memory)
    change(ledger)
    place = IndexPlace(str(tmp_path / "i.sqlite"), memory=memory)
    one = Console(await open_session([str(ledger)], place, NOW))
    try:
        await one.following()
        rows = await one.ledgers()
        shown = verdict_of_all(rows).verdict.word
        whole = await _checked(one, ledger=rows[0].id)
        stream = (await one.session.streams(rows[0].id))[0][0]
        part = await _checked(one, stream=stream.id)
    finally:
        await one.close()
    said = report(await verify([str(ledger)], NOW, executor="inline", memory=memory), USUAL)["verdict"]
    assert (whole, part, shown) == (said, said, said)
    assert said == ("intact" if change is _as_it_was else "findings")


async def _checked(one: Console, **of: int) -> str:
    """The verdict's word at the end of a check."""
    last: VerifyProgress | None = None
    async with aclosing(one.session.verify(**of)) as steps:  # type: ignore[type-var] # it is an async generator
        async for step in steps:
            last = step
    assert last is not None and last.finished and last.judged is not None
    word = last.judged.verdict.word
    assert last.verdict.lower().startswith(word)
    return word
