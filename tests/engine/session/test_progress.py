"""What commands hear while they read and verify: how many of the ledgers are done, and what is broken so far."""

from pathlib import Path

from console.engine.ledgers.options import Options
from console.engine.session.headless import indexed
from console.engine.session.protocol import MEMORY, IndexPlace, ReadSoFar
from console.engine.verify.results import VerifiedSoFar
from console.engine.verify.verify_paths import verify_paths
from tests.support.cli_cases import broken, intact


async def test_reading_counts_ledgers(tmp_path: Path) -> None:
    for number in range(5):
        intact(tmp_path / f"{number}.jsonl")
    heard: list[ReadSoFar] = []
    async with indexed([str(tmp_path)], IndexPlace(MEMORY), Options(), progress=heard.append):
        pass
    assert heard[-1] == ReadSoFar(25, 5, 5)
    assert [each.done for each in heard] == sorted(each.done for each in heard)
    assert all(each.done <= each.found == 5 for each in heard)


async def test_verifying_counts_ledgers_and_what_is_broken_in_all_of_them(tmp_path: Path) -> None:
    for number in range(5):
        broken(tmp_path / f"{number}.jsonl")
    heard: list[VerifiedSoFar] = []
    await verify_paths([str(tmp_path)], Options(), executor="inline", progress=heard.append)
    last = heard[-1]
    assert (last.done, last.found, last.broken, last.searching) == (5, 5, 5, False)
    assert [each.broken for each in heard] == sorted(each.broken for each in heard)
