"""An index that is made again under a console that reads it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from console.store.opening import store_at
from tests.support.engine_cases import Deal, append, console, indexed
from tests.support.places import ROOT, SAMPLES


async def _is(value: Any) -> Any:
    return value


async def test_another_process_makes_it_again(tmp_path: Path) -> None:
    deal, folder, index = Deal(), tmp_path / "ledgers", tmp_path / "index.sqlite"
    folder.mkdir()
    ledger = folder / "deals.jsonl"
    ledger.write_bytes(deal.lines(3))
    await indexed(index, folder)
    with store_at(index).lock() as lock:
        assert lock.acquire()
        async with console(folder, index=index, wait=False) as one:
            await one.records(ledger, 3)
            (event,) = await one.events("seq:3")
            assert (await one.session.details(event.id)).intact
            (folder / "a-first.jsonl").write_bytes((SAMPLES / "swarm/provenance.jsonl").read_bytes())
            append(ledger, deal.lines(2))
            store_at(index).discard()
            await indexed(index, folder)
            await one.records(ledger, 5)
            await one.until(lambda: _is(one.new_index == 1))
            assert any("made again" in note for note in one.notes)
            (event,) = await one.events("seq:5 format:kernel")
            details = await one.session.details(event.id)
            assert (details.ledger.path, details.intact) == (str(ledger), True)


async def test_its_own_worker_makes_it_again(tmp_path: Path) -> None:
    deal, ledger, index = Deal(), tmp_path / "deals.jsonl", tmp_path / "index.sqlite"
    ledger.write_bytes(deal.lines(3))
    async with console(ledger, index=index) as one:
        await one.records(ledger, 3)
        worker = one.session.worker
        assert worker is not None
        store_at(index).discard()
        os.kill(worker, signal.SIGKILL)
        append(ledger, deal.lines(2))
        assert (await one.records(ledger, 5)).trust[1] == 5
        await one.until(lambda: _is(one.new_index == 1))
        append(ledger, deal.lines(1))
        await one.records(ledger, 6)


async def test_followed_events_are_printed_once(tmp_path: Path) -> None:
    deal, ledger, index = Deal(), tmp_path / "deals.jsonl", tmp_path / "index.sqlite"
    ledger.write_bytes(deal.lines(3))
    await indexed(index, ledger)
    with store_at(index).lock() as lock:
        assert lock.acquire()
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "console", "events", str(ledger), "--follow", "--format", "jsonl"),
                *("--limit", "5", "--index", str(index)),
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdout is not None
        seen = [json.loads(process.stdout.readline())["sequence"] for _ in range(3)]
        append(ledger, deal.lines(2))
        store_at(index).discard()
        await indexed(index, ledger)
        out, err = process.communicate(timeout=60)
    assert seen + [json.loads(line)["sequence"] for line in out.splitlines()] == [1, 2, 3, 4, 5]
    assert b"made again" in err
    assert b"at its beginning" not in err
