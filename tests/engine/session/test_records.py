"""Records shown: read again from the ledger, and checked against what was read."""

import os
import signal
from pathlib import Path

import pytest

from tests.support.engine_cases import Deal, console
from tests.support.writers.kernel import doc, jsonl


async def test_bytes_that_changed_are_said(tmp_path: Path) -> None:
    ledger = tmp_path / "deals.jsonl"
    ledger.write_bytes(Deal().lines(3))
    content = ledger.read_bytes()
    async with console(ledger, index=tmp_path / "i.sqlite") as one:
        events = await one.events()
        details = await one.session.details(events[1].id)
        assert (details.intact, details.problem, details.raw) == (True, "", content.splitlines()[1])
        assert details.proof is not None
        assert details.event.sequence == 2
        # The console must not notice by itself, so that the check at reading is what is tried.
        worker = one.session.worker
        assert worker is not None
        os.kill(worker, signal.SIGSTOP)
        try:
            ledger.write_bytes(content.replace(b'"anna"', b'"anne"'))
            details = await one.session.details(events[1].id)
            assert not details.intact
            assert "not those" in details.problem
            assert details.event.actor == "anne"
            ledger.write_bytes(content[:500])
            details = await one.session.details(events[2].id)
            assert not details.intact
            assert details.problem
            assert details.raw == b""
            ledger.unlink()
            for event in events:
                details = await one.session.details(event.id)
                assert not details.intact
                assert details.problem
            ledger.mkdir()
            assert (await one.session.details(events[0].id)).problem
            ledger.rmdir()
            ledger.write_bytes(content)
            assert (await one.session.details(events[0].id)).intact
        finally:
            os.kill(worker, signal.SIGCONT)
    with pytest.raises(LookupError):
        async with console(ledger, index=tmp_path / "i.sqlite") as one:
            await one.session.details(99 << 32)


async def test_a_gate_is_judged_by_its_deal(tmp_path: Path) -> None:
    ledger = tmp_path / "deals.jsonl"
    ledger.write_bytes(jsonl(doc()))
    async with console(ledger, index=tmp_path / "i.sqlite") as one:
        gate = next(each for each in await one.events() if each.type == "ClosingReadinessAttested")
        details = await one.session.details(gate.id)
    (tab,) = [each for each in details.panels if each.title == "Authority"]
    assert ("approvals", "✓ 2 of 2") in [(each.name, each.value) for each in tab.fields]
