"""An index in a file of SQLite: made, made again where it must be, and opened by one writer and many readers."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from os import urandom
from pathlib import Path

from console.sources.sqlite.own_index import APPLICATION_ID
from console.store.errors import StoreError
from console.store.sqlite.database import Database, connect
from console.store.sqlite.lock import FileLock
from console.store.sqlite.read.reader import SqliteReader
from console.store.sqlite.schema import AT_ONCE, EVENT_INDEXES, PRAGMAS, SCHEMA_VERSION, TABLES
from console.store.sqlite.write.writer import SqliteWriter

_CHECKED = 64 << 20
"""Bytes of an index up to which all of it is checked before it is written."""


class SqliteStore:
    """See ``IndexStore``."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def lock(self) -> FileLock:
        return FileLock(self.path)

    async def writer(self) -> tuple[SqliteWriter, str]:
        """An index of another version, or one that is damaged, is rebuilt: it holds nothing that the ledgers do not."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        note = ""
        if self.path.exists():
            problem = _problem(self.path)
            if problem:
                note = f"The index is rebuilt: {problem}."
                self.discard()
        try:
            return await self._opened(), note
        except StoreError as error:
            if not error.damaged:
                raise
            self.discard()
            return await self._opened(), f"The index is rebuilt: it cannot be read ({error})."

    async def _opened(self) -> SqliteWriter:
        fresh = not self.path.exists()
        db = await connect(str(self.path))
        try:
            if fresh:
                await db.run("PRAGMA page_size=8192")
                await db.run(f"PRAGMA application_id={APPLICATION_ID}")
            for pragma in PRAGMAS:
                await db.run(pragma)
            if fresh:
                await make_tables(db, AT_ONCE)
            writer = SqliteWriter(db)
            await writer.load()
        except BaseException:
            # Its thread would outlive this process's work.
            await db.close()
            raise
        return writer

    async def reader(self) -> SqliteReader | None:
        if not self.path.exists():
            return None
        db = await connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            await db.run("PRAGMA temp_store=MEMORY")
            await db.run("PRAGMA cache_size=-8192")
            version = await db.one("SELECT value FROM meta WHERE key = 'schema_version'")
        except StoreError:
            version = None
        if version != str(SCHEMA_VERSION):
            await db.close()
            return None
        return SqliteReader(db)

    def identity(self) -> object:
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino

    def discard(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)


async def make_tables(db: Database, indexes: Iterable[str]) -> None:
    """The tables of a new index, and these indexes of events."""
    await db.run("BEGIN IMMEDIATE")
    for statement in (*TABLES.split(";\n"), *(EVENT_INDEXES[each] for each in indexes)):
        if statement.strip():
            await db.run(statement)
    db.salt = urandom(16)
    rows = [("schema_version", str(SCHEMA_VERSION)), ("salt", db.salt.hex())]
    await db.run_many("INSERT INTO meta VALUES (?, ?)", rows)
    await db.run("COMMIT")


def _problem(path: Path) -> str:
    """Why this index cannot be used; '' if it can."""
    try:
        with closing(sqlite3.connect(path)) as db:
            row = db.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()
            if row is None or row[0] != str(SCHEMA_VERSION):
                return f"it has version {row[0] if row else 'none'}, this console writes {SCHEMA_VERSION}"
            if path.stat().st_size < _CHECKED and db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                return "it is damaged"
    except sqlite3.DatabaseError as error:
        return f"it cannot be read ({error})"
    return ""
