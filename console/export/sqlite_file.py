"""Rows as the bytes of a SQLite database: built in a private folder, because SQLite writes files and nothing else."""

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

Cell = str | int | float | None

_BLOCK = 1024 * 1024


def database(table: str, schema: str, rows: Iterable[tuple[Cell, ...]]) -> Iterator[bytes]:
    """A database with one table; ``schema`` creates it. The same rows give the same bytes."""
    with tempfile.TemporaryDirectory(prefix="audit-console-") as folder:
        path = Path(folder) / "export.db"
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("BEGIN")
            connection.execute(schema)
            for row in rows:
                marks = ", ".join("?" * len(row))
                connection.execute(f'INSERT INTO "{table}" VALUES ({marks})', [*map(_cell, row)])
            connection.execute("COMMIT")
        with path.open("rb") as file:
            while piece := file.read(_BLOCK):
                yield piece


def _cell(value: Cell) -> Cell:
    """Text with half of a surrogate pair, which SQLite cannot hold, as its escape."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
