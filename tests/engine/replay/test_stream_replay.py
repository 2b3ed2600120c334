"""The states of a stream of an index: the same as from the raw records, wherever one looks and however it grows."""

import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from console.engine.ledgers.options import Options
from console.engine.replay import stream_replay
from console.engine.replay.states import state_as_of
from console.engine.replay.stream_replay import ReplayedStream, StreamReplay
from console.engine.session.headless import indexed
from console.engine.session.protocol import IndexPlace, StateAfter
from console.engine.session.records import Records
from console.formats.guarded import named
from console.model.event import StreamKey
from console.store.filter import parse
from tests.support import sixth_system
from tests.support.sixth_system import entries, lines


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the ledger goes; pages are small, and few are kept."""
    monkeypatch.setattr(stream_replay, "PAGE", 4)
    monkeypatch.setattr(stream_replay, "KEPT", 2)
    sixth_system.install(tmp_path / "packages")
    with sixth_system.installed(tmp_path / "packages"):
        yield tmp_path / "lamps.jsonl"


@asynccontextmanager
async def replay_of(path: Path) -> AsyncIterator[StreamReplay]:
    async with indexed([str(path)], IndexPlace(str(path.parent / "i.sqlite")), Options()) as reader:
        (row,) = (await reader.streams())[0]
        (of,) = await reader.ledgers()
        records, form = Records(reader), named(of.format)
        view = await reader.view(parse(""), stream=row.id)
        key, context = StreamKey(row.kind, row.key), await records.context(of)
        yield StreamReplay(ReplayedStream(key, form, context, view, reader.events, records.raws, reader.close))


async def grown(path: Path) -> None:
    """The index takes what was appended."""
    async with indexed([str(path)], IndexPlace(str(path.parent / "i.sqlite")), Options()):
        pass


async def all_of(replay: StreamReplay) -> list[StateAfter]:
    while await replay.advance():
        pass
    return await replay.steps(0, replay.count)


def right(path: Path) -> list[Any]:
    """From the raw records."""
    return [
        (step.event.ordinal, step.state, step.changed, step.why) for step in state_as_of([str(path)], "north").steps
    ]


def plain(steps: list[StateAfter]) -> list[Any]:
    found = [(each.row.ordinal, each.state, each.changed, each.why) for each in steps]
    return [each for each in found if each[2] or each[3]]


@pytest.mark.parametrize("seed", range(4))
async def test_any_order_and_any_place(ledger: Path, seed: int) -> None:
    made = entries("north", 30, e9={"event": "trimmed"}, e17={"event": "burnt"})
    if seed:
        random.Random(seed).shuffle(made)
    ledger.write_bytes(lines(made))
    async with replay_of(ledger) as replay:
        assert await replay.steps(0, 5) == [] and await replay.place(1) is None
        whole = await all_of(replay)
        assert plain(whole) == right(ledger)
        assert [each.number for each in whole] == [*range(1, 31)]
        for start, stop in ((0, 1), (3, 9), (26, 40), (14, 15), (29, 30)):
            assert await replay.steps(start, stop) == whole[start:stop]
        assert [await replay.place(each.row.id) for each in whole] == [*range(30)]
        assert replay.names == ("state", "keeper", "flagged")


@pytest.mark.parametrize("turned", [False, True])
async def test_it_keeps_up_with_a_ledger_that_grows(ledger: Path, turned: bool) -> None:
    """Also where what comes counts before what was there."""
    made = entries("north", 23)
    parts = [made[:10], made[10:16], made[16:]]
    ledger.write_bytes(lines(parts[0]))
    async with replay_of(ledger) as replay:
        assert plain(await all_of(replay)) == right(ledger)
        for part in parts[:0:-1] if turned else parts[1:]:
            with ledger.open("ab") as file:
                file.write(lines(part))
            await grown(ledger)
            assert plain(await all_of(replay)) == right(ledger)
        assert replay.done == 23


async def test_as_of_a_time(ledger: Path) -> None:
    ledger.write_bytes(lines(entries("north", 12)))
    async with replay_of(ledger) as replay:
        times = [each.row.time or 0 for each in await all_of(replay)]
        assert [replay.as_of(each) for each in (0, times[0], times[0] + 1, times[7], times[-1] + 1)] == [0, 0, 1, 7, 12]


async def test_a_record_that_changed_says_so_and_changes_nothing(ledger: Path) -> None:
    ledger.write_bytes(lines(entries("north", 6)))
    async with replay_of(ledger) as replay:
        ledger.write_bytes(ledger.read_bytes().replace(b'"number":3,"event":"lit"', b'"number":3,"event":"out"'))
        third = (await all_of(replay))[2]
    assert "not those" in third.why and not third.changed


async def test_a_replayer_that_cannot_be_copied_is_replayed_from_its_beginning(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from beacon_ledgers.lives import LampReplayer  # type: ignore[import-not-found]  # a package that the test installs

    monkeypatch.setattr(LampReplayer, "__deepcopy__", lambda *_: 1 / 0, raising=False)
    ledger.write_bytes(lines(entries("north", 14)))
    async with replay_of(ledger) as replay:
        await all_of(replay)
        assert plain(await replay.steps(0, 3)) == right(ledger)[:3]
        with ledger.open("ab") as file:
            file.write(lines(entries("north", 20)[14:]))
        await grown(ledger)
        assert plain(await all_of(replay)) == right(ledger)
