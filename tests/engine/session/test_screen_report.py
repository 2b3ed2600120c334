"""What screens ask of a session for reports and replays is what commands answer on the same ledgers."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.engine.api import make_report, state_as_of
from tests.support import sixth_system
from tests.support.engine_cases import console
from tests.support.sixth_system import entries, lines


@pytest.fixture
def ledgers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The sixth system is installed here and in the processes that the console starts."""
    packages = tmp_path / "packages"
    sixth_system.install(packages)
    monkeypatch.setenv("PYTHONPATH", str(packages), prepend=":")
    with sixth_system.installed(packages):
        folder = tmp_path / "work"
        folder.mkdir()
        mixed = entries("north", 20, e7={"event": "trimmed"})
        random.Random(1).shuffle(mixed)
        (folder / "north.jsonl").write_bytes(lines(mixed))
        (folder / "south.jsonl").write_bytes(lines(entries("south", 9, e9={"note": {"oil": 3}})))
        yield folder


async def test_as_the_commands_answer(ledgers: Path, tmp_path: Path) -> None:
    async with console(ledgers, index=tmp_path / "i.sqlite") as one:
        session = one.session
        assert [each.name for each in await session.reports()] == ["lamps"]
        shown = await session.report("lamps")
        said = make_report([str(ledgers)], "lamps", now=shown.now)
        assert (shown.table, shown.ledgers) == (said.table, said.ledgers)
        row = shown.table.rows[0]
        assert row.ledger is not None and row.ordinal == 9
        event = await session.event_at(row.ledger, row.ordinal)
        assert event is not None
        details = await session.details(event)
        assert details.event.document["note"] == {"oil": 3}
        assert await session.event_at(row.ledger, 99) is None and await session.event_at("nowhere", 1) is None
        north = next(row for row in await one.ledgers() if row.name.endswith("north.jsonl"))
        stream = (await session.streams(north.id))[0][0]
        replay = await session.replay(stream.id)
        assert replay is not None
        while await replay.advance():
            pass
        last = (await replay.steps(19, 20))[0]
        assert last.state == state_as_of([str(ledgers)], "north").state
        again = await session.replay(stream.id)  # another screen: nothing is replayed a second time
        assert again is not None and again.done == 20
        await replay.close()
        await replay.close()
        assert await again.steps(19, 20) == [last]
        await again.close()
        anew = await session.replay(stream.id)
        assert anew is not None and anew.done == 0
        await anew.close()
