"""A connection to SQLite in the few ways that the index needs it.

Each question is one way to the connection's thread and back. What SQLite says of a failing index becomes a
``StoreError``; a value that it cannot take is a fault of whoever gave it, and stays the error that it is.
"""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Awaitable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import aiosqlite

from console.store.errors import StoreError

_DAMAGE = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
_NO_PLACE = ("SQLITE_FULL", "SQLITE_READONLY", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_PERM")
_MANY = 1024
"""Rows that are fetched at once where they are too many for one list."""


class SameThread:
    """A connection in the thread that asks, in the words of aiosqlite: for work that has nothing else to do meanwhile.

    The way to another thread and back costs more than a small question.
    """

    def __init__(self, name: str) -> None:
        self._connection = sqlite3.connect(name, isolation_level=None)

    async def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        return self._connection.execute(sql, parameters)

    async def executemany(self, sql: str, rows: Iterable[Iterable[Any]]) -> None:
        self._connection.executemany(sql, rows)  # type: ignore[arg-type]  # rows are lists and tuples

    async def execute_insert(self, sql: str, parameters: Any) -> tuple[int]:
        return (self._connection.execute(sql, parameters).lastrowid or 0,)

    async def execute_fetchall(self, sql: str, parameters: Any = ()) -> list[Any]:
        return self._connection.execute(sql, parameters).fetchall()

    async def interrupt(self) -> None:
        """Nothing runs while its own thread asks for this."""

    async def close(self) -> None:
        self._connection.close()


class Database:
    """Asks and changes; every method may raise ``StoreError``."""

    def __init__(self, connection: aiosqlite.Connection | SameThread) -> None:
        self._connection = connection
        self.salt = b""
        """Of the keys of ids and streams in this index; it never leaves the index and who reads ledgers for it."""

    async def run(self, sql: str, parameters: Iterable[object] = ()) -> int:
        """One statement. The number of rows that it changed."""
        with store_errors():
            cursor = await self._connection.execute(sql, parameters)
            return cursor.rowcount

    async def run_long(self, sql: str) -> None:
        """One statement that may take seconds; it ends where whoever waits for it is cancelled."""
        try:
            await self.run(sql)
        except asyncio.CancelledError:
            await self._connection.interrupt()
            raise

    async def run_many(self, sql: str, rows: Iterable[Iterable[object]]) -> None:
        """One statement for each row of parameters."""
        with store_errors():
            await self._connection.executemany(sql, rows)

    async def insert(self, sql: str, parameters: Iterable[object]) -> int:
        """One new row. Its row id."""
        with store_errors():
            row = await self._connection.execute_insert(sql, parameters)
            assert row is not None
            return int(row[0])

    async def all(self, sql: str, parameters: Iterable[object] = ()) -> list[Any]:
        """All rows of a question."""
        with store_errors():
            return list(await self._connection.execute_fetchall(sql, parameters))

    async def one(self, sql: str, parameters: Iterable[object] = ()) -> Any:
        """The first value of the first row, None where there is no row."""
        return next((row[0] for row in await self.all(sql, parameters)), None)

    async def each(self, sql: str, parameters: Iterable[object] = ()) -> AsyncGenerator[Any, None]:
        """The rows of a question, some at a time."""
        with store_errors():
            cursor = await self._connection.execute(sql, parameters)
        try:
            while rows := await _answered(cursor.fetchmany(_MANY)):
                for row in rows:
                    yield row
        finally:
            await _answered(cursor.close())

    async def close(self) -> None:
        await self._connection.close()


async def _answered(answer: Any) -> Any:
    """What a cursor answers, at once or after a while."""
    with store_errors():
        return await answer if isinstance(answer, Awaitable) else answer


@contextmanager
def store_errors() -> Iterator[None]:
    """Failures of SQLite within become ``StoreError``."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError:
            name = getattr(error, "sqlite_errorname", "")
            damaged, no_place = name.startswith(_DAMAGE), name.startswith(_NO_PLACE)
            raise StoreError(str(error), damaged=damaged, no_place=no_place) from error
        raise


async def connect(name: str, *, uri: bool = False, same_thread: bool = False) -> Database:
    """Open a database; '' is a private one in temporary files. Transactions are the caller's. See ``SameThread``."""
    with store_errors():
        if same_thread:
            return Database(SameThread(name))
        return Database(await aiosqlite.connect(name, uri=uri, isolation_level=None))
