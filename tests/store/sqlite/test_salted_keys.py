"""Ids that were made to share their keys share them in no index: each has a salt of its own."""

import asyncio
import json
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from console.engine.ledgers.opening import Opened, open_ledgers
from console.engine.ledgers.options import Options
from console.formats.protocol import Context, key64
from console.formats.swarm import FORMAT
from console.model.event import StreamKey
from console.model.record import Cursor, RecordBatch
from console.store.sqlite.store import SqliteStore
from console.store.sqlite.streams import named
from tests.support.places import SAMPLES
from tests.support.swarm_cases import line


def keys(salt: bytes, documents: Sequence[dict[str, Any]]) -> tuple[list[int], list[int], list[int]]:
    raws = [json.dumps(each).encode() for each in documents]
    lengths = [len(raw) for raw in raws]
    batch = RecordBatch(1, [0] * len(raws), lengths, raws, Cursor(len(raws) + 1, sum(lengths)))
    out = FORMAT.reader(Context("event", 0, salt=salt)).read(batch)
    return list(out.key), list(out.alias), list(out.parent)


def test_keys_are_made_with_the_salt_of_the_context() -> None:
    documents = [line(at, provenance_id=f"p{at}", parent_event_id="p1") for at in range(5)]
    salted = keys(b"secret", documents)
    assert salted == keys(b"secret", documents)
    assert salted[0] == [key64(each["provenance_id"], b"secret") for each in documents]
    for ours, others in zip(salted, keys(b"another", documents), strict=True):
        assert not {*ours} & {*others} - {0}


def test_every_index_and_every_check_has_its_own(tmp_path: Path) -> None:
    async def salts() -> list[bytes]:
        found = []
        for name in ("a", "b", "a"):
            writer, _ = await SqliteStore(tmp_path / name).writer()
            found.append(writer.salt)
            await writer.close()
        return found

    first, second, again = asyncio.run(salts())
    assert len(first) == len(second) == 16
    assert first == again != second
    assert Options().salt != Options().salt
    assert Options() == Options()


def test_streams_that_share_a_hash_in_one_index_do_not_in_another(tmp_path: Path) -> None:
    async def hashes(name: str, streams: Sequence[StreamKey]) -> list[int]:
        writer, _ = await SqliteStore(tmp_path / name).writer()
        try:
            return [named(writer._db, 1, each)[1] for each in streams]
        finally:
            await writer.close()

    streams = [StreamKey("agent", f"a{number}") for number in range(50)]
    assert asyncio.run(hashes("a", streams)) != asyncio.run(hashes("b", streams))


@pytest.mark.parametrize("path", ["swarm", "zakops", "maysano", "smvm"])
def test_every_format_that_makes_keys_salts_them(path: str) -> None:
    """One by one and in bulk, and both ways alike."""
    for opened in open_ledgers([str(SAMPLES / path)]):
        assert isinstance(opened, Opened)
        columns: list[array[int]] = []
        for salt in (b"one", b"two", b"one"):
            context = Context(opened.claim.shape, 0, companions=opened.companions, salt=salt)
            reader = opened.format.reader(context)
            found: array[int] = array("q")
            for batch in opened.source.batches():
                out = reader.read(batch)
                found.extend(out.key)
                found.extend(out.parent)
            columns.append(found)
        assert columns[0] == columns[2]
        assert not {*columns[0]} & {*columns[1]} - {0}, opened.name
