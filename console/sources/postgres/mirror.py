"""The mirror of a schema's tables in a SQLite file, brought in step with the server; see the package."""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager

from console.sources.postgres.server import PostgresError, Row, ServerTable
from console.sources.sqlite.tables import quoted

_WAIT = 30
"""Seconds to wait for another process that brings the same mirror in step."""


class Mirror:
    """One file. The folder is the user's alone, because the rows of other people's databases lie in it."""

    def __init__(self, path: str) -> None:
        self.path = path

    @contextmanager
    def opened(self) -> Iterator[sqlite3.Connection]:
        """A connection in one transaction, kept if nothing fails. Raises ``PostgresError``."""
        try:
            with self._opened() as connection:
                yield connection
        except (OSError, sqlite3.Error) as error:
            raise PostgresError(f"The mirror {self.path} cannot be written ({error}).") from error

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)  # noqa: PTH103, PTH120 - exact text
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
        with closing(sqlite3.connect(self.path, timeout=_WAIT, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")


def prepare(connection: sqlite3.Connection, tables: Sequence[ServerTable]) -> None:
    """Make the tables, again where their columns or keys changed; drop those that the server has no more."""
    known = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    wanted = {each.name: each for each in tables}
    for name in known - wanted.keys():
        connection.execute(f"DROP TABLE {quoted(name)}")
    for name, table in wanted.items():
        columns = tuple(row[1] for row in connection.execute(f"PRAGMA table_info({quoted(name)})"))
        index = [row[2] for row in connection.execute(f"PRAGMA index_info({quoted(_index(table))})")]
        if columns == table.names and tuple(index) == table.key:
            continue
        connection.execute(f"DROP TABLE IF EXISTS {quoted(name)}")
        connection.execute(f"CREATE TABLE {quoted(name)} ({', '.join(map(quoted, table.names))})")
        if table.key:
            columns_of_key = ", ".join(map(quoted, table.key))
            connection.execute(f"CREATE UNIQUE INDEX {quoted(_index(table))} ON {quoted(name)} ({columns_of_key})")


def bring_in_step(connection: sqlite3.Connection, table: ServerTable, rows: Iterable[Row], *, whole: bool) -> int:
    """Take over rows of the server: all of them, or with ``whole`` false some that may be new. How many came new."""
    if not table.key:
        return _replace(connection, table, rows) if whole else 0
    name = quoted(table.name)
    at = [table.names.index(each) for each in table.key]
    key = " AND ".join(f"{quoted(each)} = ?" for each in table.key)
    find = f"SELECT rowid, {', '.join(map(quoted, table.names))} FROM {name} WHERE {key}"
    insert = f"INSERT INTO {name} VALUES ({', '.join('?' * len(table.columns))})"
    update = f"UPDATE {name} SET {', '.join(f'{quoted(each)} = ?' for each in table.names)} WHERE rowid = ?"
    (before,) = connection.execute(f"SELECT count(*) FROM {name}").fetchone()
    seen, new = set[int](), 0
    for row in rows:
        found = connection.execute(find, [row[each] for each in at]).fetchone()
        if found is None:
            connection.execute(insert, row)
            new += 1
            continue
        seen.add(found[0])
        if found[1:] != row:
            connection.execute(update, (*row, found[0]))
    if whole and len(seen) < before:
        last = connection.execute(f"SELECT max(rowid) FROM {name}").fetchone()[0] - new
        gone = [each for (each,) in connection.execute(f"SELECT rowid FROM {name} WHERE rowid <= ?", (last,))]
        connection.executemany(f"DELETE FROM {name} WHERE rowid = ?", [(each,) for each in gone if each not in seen])
    return new


def last_of(connection: sqlite3.Connection, table: ServerTable) -> str | int | None:
    """The largest value of the column of the order; None without one."""
    if table.order is None:
        return None
    (found,) = connection.execute(f"SELECT max({quoted(table.order)}) FROM {quoted(table.name)}").fetchone()
    return found if isinstance(found, str | int) else None


def _replace(connection: sqlite3.Connection, table: ServerTable, rows: Iterable[Row]) -> int:
    """Rows that nothing tells apart: those from the first difference on are written again."""
    name = quoted(table.name)
    known = connection.execute(f"SELECT rowid, * FROM {name} ORDER BY rowid")
    insert = f"INSERT INTO {name} VALUES ({', '.join('?' * len(table.columns))})"
    before = next(known, None)
    new = 0
    for row in rows:
        if before is not None and before[1:] == row:
            before = next(known, None)
            continue
        if before is not None:
            connection.execute(f"DELETE FROM {name} WHERE rowid >= ?", (before[0],))
            before = None
        connection.execute(insert, row)
        new += 1
    if before is not None:
        connection.execute(f"DELETE FROM {name} WHERE rowid >= ?", (before[0],))
    return new


def _index(table: ServerTable) -> str:
    return f"key of {table.name}"
