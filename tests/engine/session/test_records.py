"""Records shown: read again from the ledger, and checked against what was read."""

import os
import signal
from pathlib import Path

import pytest

from tests.support.engine_cases import Deal, console


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
