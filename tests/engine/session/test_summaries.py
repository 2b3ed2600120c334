"""What events did, in words of the records that their ledgers hold."""

from pathlib import Path

from tests.support.engine_cases import console
from tests.support.places import SAMPLES


async def test_words_of_the_records(tmp_path: Path) -> None:
    ledger = tmp_path / "deals.jsonl"
    ledger.write_bytes((SAMPLES / "kernel" / "audit.jsonl").read_bytes())
    async with console(ledger, index=tmp_path / "index.sqlite") as one:
        await one.records(ledger, 186)
        rows = await (await one.session.view()).rows(0, 3)
        found = await one.session.summaries(rows)
        assert [found[row.id] != "" for row in rows] == [True] * 3
        assert found[rows[0].id].startswith("created ")


async def test_a_ledger_that_is_gone_costs_only_the_words(tmp_path: Path) -> None:
    ledger = tmp_path / "deals.jsonl"
    ledger.write_bytes((SAMPLES / "kernel" / "audit.jsonl").read_bytes())
    async with console(ledger, index=tmp_path / "index.sqlite") as one:
        await one.records(ledger, 186)
        rows = await (await one.session.view()).rows(0, 3)
        ledger.unlink()
        assert await one.session.summaries(rows) == {}
