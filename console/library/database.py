"""Rows of a system's tables, written in one transaction and judged by its rules before they are."""

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from console.formats.protocol import Context, Sample
from console.formats.registry import by_name
from console.library.errors import LibraryError
from console.library.judging import found_in, standing_counts
from console.model.finding import Finding
from console.model.record import Cursor, RecordBatch

Database = str | os.PathLike[str] | sqlite3.Connection
"""A file, or a connection whose owner commits."""
_WAIT = 30


@contextmanager
def transaction(database: Database) -> Iterator[sqlite3.Connection]:
    """All of what happens inside is written, or nothing of it. A file is committed at the end; on a connection it is a
    part of the transaction that its owner has begun, or begins with it. Raises ``LibraryError``."""
    try:
        if isinstance(database, sqlite3.Connection):
            yield from _within(database)
            return
        connection = sqlite3.connect(os.fspath(database), timeout=_WAIT, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        finally:
            connection.close()  # what is not committed is taken back
    except sqlite3.Error as error:
        raise LibraryError(str(error)) from error


def _within(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    if not connection.in_transaction:
        connection.execute("BEGIN")
    connection.execute("SAVEPOINT audit_console")
    try:
        yield connection
    except BaseException:
        connection.execute("ROLLBACK TO audit_console")
        raise
    finally:
        connection.execute("RELEASE audit_console")


def rows(connection: sqlite3.Connection, table: str, where: str, values: Sequence[Any]) -> list[dict[str, Any]]:
    """Rows as objects, in the order of their making. ``where`` is the caller's own SQL."""
    cursor = connection.execute(f"SELECT * FROM {table} WHERE {where} ORDER BY rowid", values)
    names = [each[0] for each in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def insert(connection: sqlite3.Connection, table: str, row: Mapping[str, Any]) -> None:
    """One row; values are given as they are stored."""
    names = ", ".join(row)
    marks = ", ".join("?" for _ in row)
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", [*row.values()])


def against(
    format: str,
    table: str,
    past: Sequence[Mapping[str, Any]],
    new: Mapping[str, Any],
    *,
    now: int,
) -> list[Finding]:
    """What the rules have against a row of a table, behind these, as of ``now`` (UTC microseconds)."""
    lines = [json.dumps(row).encode() for row in (*past, new)]
    form = by_name(format)
    claim = form.sniff(Sample("", "sqlite", table, lines))
    if claim is None:
        raise LibraryError(f"The table {table} is not one of {form.title}.")
    reader = form.reader(Context(claim.shape, now))
    reader.read(_batch(lines[:-1], 1))
    before = standing_counts(reader.standing())
    out = reader.read(_batch(lines[-1:], len(lines)))
    return found_in(out, before, standing_counts(reader.standing()))


def _batch(lines: list[bytes], first: int) -> RecordBatch:
    offsets = [0] * len(lines)
    return RecordBatch(first, offsets, [*map(len, lines)], lines, Cursor(first + len(lines), 0))
