"""What every sample is written with: a repeatable source of chance, a clock, JSON forms and containers.

The samples are committed, so the same bytes must come out on every machine: nothing here asks for the time or the
platform.
"""

import gzip
import io
import json
import sqlite3
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")
Document = dict[str, Any]


class Dice:
    """Chance from a seed text. Draws on ``random()`` and ``getrandbits()`` alone, the two whose sequence is kept the
    same from one Python version to the next."""

    def __init__(self, seed: str) -> None:
        self._random = Random(seed)

    def below(self, n: int) -> int:
        """An integer from 0 to n - 1."""
        return int(self._random.random() * n)

    def between(self, low: int, high: int) -> int:
        """An integer from low to high, both included."""
        return low + self.below(high - low + 1)

    def share(self, low: float = 0.0, high: float = 1.0) -> float:
        """A number with two decimals."""
        return round(low + (high - low) * self._random.random(), 2)

    def pick(self, choices: Sequence[T]) -> T:
        return choices[self.below(len(choices))]

    def hex(self, digits: int) -> str:
        return f"{self._random.getrandbits(digits * 4):0{digits}x}"

    def uuid(self) -> str:
        """A version 4 UUID."""
        h = self.hex(32)
        return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-{'89ab'[int(h[16], 16) & 3]}{h[17:20]}-{h[20:]}"


def at(text: str) -> datetime:
    """A UTC time from ``2025-10-14 16:05``, with seconds if they are given."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def millis(time: datetime) -> str:
    """As JavaScript's toISOString writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03d}Z"


def micros(time: datetime) -> str:
    """As Python's isoformat writes it, with Z: the fraction is left out where it is 0."""
    return time.replace(tzinfo=None).isoformat() + "Z"


def seconds(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def after(time: datetime, seconds: float) -> datetime:
    return time + timedelta(seconds=seconds)


def digest(text: str) -> str:
    """SHA-256 of UTF-8, lower-case hex."""
    return sha256(text.encode()).hexdigest()


def compact(value: object) -> str:
    """JSON as JavaScript's stringify writes it, for values without floats and integer-like keys."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def lines(texts: Iterable[str]) -> bytes:
    """JSON lines, each with its LF."""
    return "".join(text + "\n" for text in texts).encode()


def gzipped(data: bytes, time: datetime) -> bytes:
    out = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=int(time.timestamp())) as file:
        file.write(data)
    return out.getvalue()


def zipped(members: Mapping[str, bytes], time: datetime) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, (time.year, time.month, time.day, time.hour, time.minute, time.second))
            info.create_system = 3
            info.external_attr = 0o644 << 16
            archive.writestr(info, data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def database(path: Path, schema: str, tables: Mapping[str, Iterable[Sequence[object]]]) -> None:
    """A SQLite file with these rows, in a rollback journal so that the file stands alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("PRAGMA page_size=1024;" + schema)
        for table, rows in tables.items():
            for row in rows:
                connection.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(row))})", row)
        connection.commit()
