"""Streams are the same ones again for every reader, whatever their keys look like, and keep what is told of them."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.model.event import StreamKey
from console.model.ledger import StreamFacts
from console.store.counts import Count
from console.store.sqlite import streams as streams_module
from console.store.sqlite.store import SqliteStore
from console.store.sqlite.streams import StreamRows

KEYS = st.builds(StreamKey, st.sampled_from(["run", "deal"]), st.sampled_from(["", "a", "a\0", "a\0b", "é", "ä"]))


async def written(folder: Path, rounds: list[list[StreamKey]]) -> dict[StreamKey, tuple[int, int, str, bytes]]:
    """Each round's streams, by a writer that knows of no other round: id, events, state and what was carried."""
    writer, _ = await SqliteStore(folder / "index").writer()
    try:
        for number, keys in enumerate(rounds):
            rows = StreamRows(writer._db)
            ids = await rows.ids(1, keys)
            assert await rows.ids(1, keys) == ids
            facts = [StreamFacts(key.kind, key.key, {"round": str(number)}) for key in keys]
            counts = {each: Count([1, 0, 0, 0, 0, 0, 0], number, number) for each in ids}
            await rows.add(1, counts, ids[:1], facts, {key: bytes((number,)) for key in keys})
        found = await writer._db.all("SELECT kind, key, id, events, state, carried FROM stream")
        return {StreamKey(row[0], row[1]): (row[2], row[3], row[4], row[5]) for row in found}
    finally:
        await writer.close()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(KEYS, unique=True, max_size=4), min_size=1, max_size=4), st.booleans())
def test_streams_of_several_readers(
    tmp_path_factory: pytest.TempPathFactory, rounds: list[list[StreamKey]], alike: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        if alike:  # every hash is the same
            patch.setattr(streams_module, "key64", lambda text, salt: 1 << 40)
        found = asyncio.run(written(tmp_path_factory.mktemp("index"), rounds))
    assert {*found} == {key for keys in rounds for key in keys}
    assert len({each[0] for each in found.values()}) == len(found)
    for key, (_, events, state, carried) in found.items():
        last = max(number for number, keys in enumerate(rounds) if key in keys)
        assert (events, state, carried) == (
            sum(key in keys for keys in rounds),
            f'{{"round": "{last}"}}',
            bytes((last,)),
        )
