"""Records read together are what each is alone, in every container, and the file is opened once."""

import gzip
import io
import json
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from console.sources import files
from console.sources.discover import open_sources
from console.sources.many_records import read_each
from console.sources.protocol import Skipped, Source, SourceError

LINES = [json.dumps({"n": number, "text": "x" * (number % 50)}) for number in range(200)]


def tar(data: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo("a.jsonl")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def table(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("CREATE TABLE t (line TEXT)")
        db.executemany("INSERT INTO t VALUES (?)", [(line,) for line in LINES])


def joined(lines: list[str]) -> bytes:
    return "".join(line + "\n" for line in lines).encode()


CONTAINERS: dict[str, Callable[[Path], object]] = {
    "jsonl": lambda path: path.write_bytes(joined(LINES)),
    "json": lambda path: path.write_text(json.dumps([json.loads(line) for line in LINES])),
    "gzip": lambda path: path.write_bytes(gzip.compress(joined(LINES))),
    "tar": lambda path: path.write_bytes(gzip.compress(tar(joined(LINES)))),
    "cri": lambda path: path.write_bytes(joined([f"2026-03-01T10:00:01.123Z stdout F {line}" for line in LINES])),
    "sqlite": table,
}


@pytest.mark.parametrize("kind", CONTAINERS)
def test_together_as_alone(kind: str, tmp_path: Path) -> None:
    CONTAINERS[kind](tmp_path / "x")
    source = one(tmp_path / "x")
    places = [
        (offset, length)
        for batch in source.batches()
        for offset, length in zip(batch.offsets, batch.lengths, strict=True)
    ][::-3]
    nowhere = (10**9, 10)
    found = read_each(source, [*places, nowhere])
    assert found[:-1] == [source.read(*place) for place in places]
    assert isinstance(found[-1], SourceError)
    (tmp_path / "x").unlink()
    assert all(isinstance(each, SourceError) for each in read_each(source, places))


def one(path: Path) -> Source:
    (source,) = open_sources(str(path))
    assert not isinstance(source, Skipped)
    return source


@pytest.mark.parametrize("kind", ["jsonl", "json", "gzip", "tar"])
def test_the_file_is_opened_once(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    CONTAINERS[kind](tmp_path / "x")
    source = one(tmp_path / "x")
    places = [
        (offset, length)
        for batch in source.batches()
        for offset, length in zip(batch.offsets, batch.lengths, strict=True)
    ]
    opened: list[str] = []
    real = files.open_regular

    def counted(path: str) -> int:
        opened.append(path)
        return real(path)

    monkeypatch.setattr(files, "open_regular", counted)
    assert len(read_each(source, places)) == len(LINES)
    assert len(opened) == 1
