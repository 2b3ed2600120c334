"""What ingest leaves in an index: one row a record, the same for any cut, and no work where nothing changed."""

import contextlib
import random
import sqlite3
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from console.engine.ingest import ingest
from console.engine.ingest import portions as decode
from console.engine.ledgers.options import Options
from console.engine.session.headless import indexed as for_command
from console.engine.session.protocol import IndexPlace
from console.model.record import Cursor
from console.sources.record_hash import leaf
from console.sources.text.jsonl import JsonlSource
from console.store import capped_findings
from console.store.opening import store_at
from console.store.sqlite import store as store_module
from tests.support.engine_cases import Deal, append, assert_same, dump, indexed, opened, reading
from tests.support.places import SAMPLES

LEDGERS = [
    "kernel/audit.jsonl",
    "kernel/deals-backup.jsonl.gz",
    "kernel/portal.db",
    "kernel/evidence-pack.zip",
    "maysano/structural-events.json",
    "maysano/batch-setup.sse",
    "smvm/memory/events.json",
    "swarm/simulation.jsonl",
    "zakops/events.db",
]


@pytest.mark.parametrize("name", LEDGERS)
async def test_one_row_for_each_record(name: str, tmp_path: Path) -> None:
    index = tmp_path / "index.sqlite"
    await indexed(index, SAMPLES / name)
    found = dump(index)
    for each in opened(SAMPLES / name):
        records, hashes = [], []
        last = Cursor()
        for batch in each.source.batches():
            last = batch.next
            for at, raw in enumerate(batch.raws):
                records.append((batch.first + at, batch.offsets[at], batch.lengths[at]))
                hashes.append(batch.leaf_of(at) if batch.leaf_of else leaf(raw))
        tail = each.source.tail(last)
        if tail is not None and len(records) < len([row for row in found["event"] if row[0] == each.name]):
            records.append((tail.ordinal, tail.offset, tail.length))
            hashes.append(leaf(tail.raw))
        assert sorted(row[1:4] for row in found["event"] if row[0] == each.name) == records
        assert [row[2] for row in found["leaf"] if row[0] == each.name] == hashes


@pytest.mark.parametrize("seed", range(4))
async def test_any_cut_gives_the_same_index(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Portions of any size, starts at any byte: every table says the same."""
    dice = random.Random(seed)
    data = (SAMPLES / "kernel" / "audit-forked.jsonl").read_bytes() + (SAMPLES / "kernel" / "audit.jsonl").read_bytes()
    data = data.replace(b'"createdAt":"2025-09-02', b'"createdAt":"nonsense', 3)
    ledger = tmp_path / "deals.jsonl"
    ledger.write_bytes(data)
    await indexed(tmp_path / "once.sqlite", ledger)
    whole = dump(tmp_path / "once.sqlite")
    ledger.unlink()

    def cut(*arguments: Any, **more: Any) -> Any:
        return decode.portions(*arguments, rows=dice.randrange(1, 40), **more)

    monkeypatch.setattr(ingest, "portions", cut)
    edges = [0, *sorted(dice.sample(range(30_000, len(data)), 5)), len(data)]
    for start, end in pairwise(edges):
        append(ledger, data[start:end])
        await indexed(tmp_path / "parts.sqlite", ledger)
    assert_same(dump(tmp_path / "parts.sqlite"), whole)


async def test_nothing_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deal, ledger, index = Deal(), tmp_path / "deals.jsonl", tmp_path / "index.sqlite"
    ledger.write_bytes(deal.lines(3000))
    assert await indexed(index, ledger) == 3000
    starts: list[Cursor] = []
    batches = JsonlSource.batches

    def noted(self: JsonlSource, start: Cursor = Cursor()) -> Any:  # noqa: B008 - a frozen value
        for batch in batches(self, start):
            starts.append(Cursor(batch.first, 0))
            yield batch

    monkeypatch.setattr(JsonlSource, "batches", noted)
    assert await indexed(index, ledger) == 0
    assert {each.ordinal for each in starts} == {1}  # the samples by which it is recognised and its files are found
    append(ledger, deal.lines(2))
    assert await indexed(index, ledger) == 2


async def test_findings_are_capped_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capped_findings, "DETAIL", 5)
    ledger, index = tmp_path / "deals.jsonl", tmp_path / "index.sqlite"
    ledger.write_bytes(Deal().lines(20) + b"{broken\n" * 7)
    await indexed(index, ledger)
    append(ledger, b"{broken\n" * 9)
    await indexed(index, ledger)
    async with reading(index) as reader:
        findings = [each.finding for each in (await reader.findings(limit=100))[0]]
        (row,) = await reader.ledgers()
    broken = [each for each in findings if each.code == "record.invalid-json"]
    assert [each.record for each in broken if each.record is not None] == [21, 22, 23, 24, 25]
    assert sum(each.count for each in broken) == 16
    assert row.findings[3] >= 16


async def test_standing_findings_are_replaced(tmp_path: Path) -> None:
    deal, ledger, index = Deal(), tmp_path / "deals.jsonl", tmp_path / "index.sqlite"
    lines = deal.lines(5).splitlines(keepends=True)
    ledger.write_bytes(b"".join([*lines[:2], lines[3]]) + lines[4][:50])
    await indexed(index, ledger)
    first = {row[3] for row in dump(index)["finding"]}
    assert {"record.partial-tail", "chain.sequence-gap"} <= first
    append(ledger, lines[4][50:] + lines[2])
    await indexed(index, ledger)
    found = dump(index)
    assert not {"record.partial-tail", "chain.sequence-gap"} & {row[3] for row in found["finding"]}
    (trust,) = [row[-1] for row in found["ledger"]]
    assert trust == "[0,5,0,0,0,0,0]"


async def test_an_index_of_another_version_is_rebuilt(tmp_path: Path) -> None:
    ledger, index = tmp_path / "deals.jsonl", tmp_path / "index.sqlite"
    ledger.write_bytes(Deal().lines(3))
    await indexed(index, ledger)
    whole = dump(index)
    with sqlite3.connect(index) as db:
        db.execute("UPDATE meta SET value = '0' WHERE key = 'schema_version'")
    db.close()
    writer, note = await store_at(index).writer()
    await writer.close()
    assert note.startswith("The index is rebuilt: it has version 0")
    await indexed(index, ledger)
    assert_same(dump(index), whole)


@pytest.mark.parametrize("where", ["head", "middle", "all", "cut", "empty"])
async def test_a_damaged_index_is_rebuilt(where: str, tmp_path: Path) -> None:
    ledger, index = tmp_path / "deals.jsonl", tmp_path / "index.sqlite"
    ledger.write_bytes(Deal().lines(300))
    await indexed(index, ledger)
    whole = dump(index)
    data = bytearray(index.read_bytes())
    match where:
        case "head":
            data[:16] = bytes(16)
        case "middle":
            data[8192:-4096] = b"\xa5" * (len(data) - 12288)
        case "all":
            data[:] = b"\0" * len(data)
        case "cut":
            del data[8192 * 3 + 100 :]
        case "empty":
            data.clear()
    index.write_bytes(data)
    writer, note = await store_at(index).writer()
    await writer.close()
    assert note.startswith("The index is rebuilt")
    assert note.count(".") >= 1
    await indexed(index, ledger)
    assert_same(dump(index), whole)


async def test_damage_found_while_writing_is_rebuilt_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for an index too large to be checked whole at each start."""
    deal, ledger, index = Deal(), tmp_path / "deals.jsonl", tmp_path / "index.sqlite"
    ledger.write_bytes(deal.lines(300))
    await indexed(index, ledger)
    data = bytearray(index.read_bytes())
    data[8192 * 2 : -4096] = b"\xa5" * (len(data) - 8192 * 2 - 4096)
    index.write_bytes(data)
    append(ledger, deal.lines(1))
    monkeypatch.setattr(store_module, "_problem", lambda path: "")
    with contextlib.suppress(OSError):
        async with for_command([str(ledger)], IndexPlace(str(index)), Options()) as reader:
            assert [row.records for row in await reader.ledgers()] == [301]
    async with for_command([str(ledger)], IndexPlace(str(index)), Options()) as reader:
        assert [row.records for row in await reader.ledgers()] == [301]


async def test_a_ledger_is_recognised_again_as_it_grows(tmp_path: Path) -> None:
    """One line of any system may be taken for another's; more of them decide."""
    ledger, index = tmp_path / "events.jsonl", tmp_path / "index.sqlite"
    for line in (SAMPLES / "kernel" / "audit.jsonl").read_bytes().splitlines(keepends=True)[:25]:
        append(ledger, line)
        await indexed(index, ledger)
    parts = dump(index)
    await indexed(tmp_path / "once.sqlite", ledger)
    assert_same(parts, dump(tmp_path / "once.sqlite"))


async def test_bytes_per_event(tmp_path: Path) -> None:
    ledger, index = tmp_path / "deals.jsonl", tmp_path / "index.sqlite"
    ledger.write_bytes(Deal().lines(20_000))
    await indexed(index, ledger)
    print(f"{index.stat().st_size / 20_000:.0f} bytes an event")  # noqa: T201 - to be read, not judged
    assert index.stat().st_size < ledger.stat().st_size


async def test_an_event_without_its_parent_is_marked(tmp_path: Path) -> None:
    """A finding that rests on other records shows on the event's row, so that `n` and `severity:` find it."""
    index = tmp_path / "index.sqlite"
    await indexed(index, SAMPLES / "swarm" / "harbour-point.jsonl")
    async with reading(index) as reader:
        findings, _ = await reader.findings()
        (orphan,) = [each for each in findings if each.finding.code == "reference.orphan-parent"]
        assert orphan.event is not None
        (row,) = await reader.events([orphan.event])
    assert row.worst >= orphan.finding.severity
