"""Opens an index for writing: makes it, or makes it anew."""

import sqlite3
from pathlib import Path

import aiosqlite

from console.store.sqlite.schema import APPLICATION_ID, PRAGMAS, SCHEMA_VERSION, TABLES
from console.store.sqlite.writer import IndexWriter


async def open_index(path: Path) -> tuple[IndexWriter, str]:
    """Open an index for writing, making or remaking it where needed. Also a note for people, '' if there is none.

    An index of another version, or one that is damaged, is rebuilt: it holds nothing that the ledgers do not.
    Raises ``OSError`` where the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    note = ""
    if path.exists():
        problem = _problem(path)
        if problem:
            note = f"The index is rebuilt: {problem}."
            discard(path)
    try:
        return await _opened(path), note
    except sqlite3.DatabaseError as error:
        if not damaged(error):
            raise
        discard(path)
        return await _opened(path), f"The index is rebuilt: it cannot be read ({error})."


async def _opened(path: Path) -> IndexWriter:
    fresh = not path.exists()
    db = await aiosqlite.connect(path, isolation_level=None)
    try:
        if fresh:
            await db.execute("PRAGMA page_size=8192")
            await db.execute(f"PRAGMA application_id={APPLICATION_ID}")
        for pragma in PRAGMAS:
            await db.execute(pragma)
        if fresh:
            await db.execute("BEGIN IMMEDIATE")
            for statement in TABLES.split(";\n"):
                if statement.strip():
                    await db.execute(statement)
            await db.execute("INSERT INTO meta VALUES ('schema_version', ?)", (str(SCHEMA_VERSION),))
            await db.execute("COMMIT")
        writer = IndexWriter(db)
        await writer.findings.load()
    except BaseException:
        # Its thread would outlive this process's work.
        await db.close()
        raise
    return writer


def discard(path: Path) -> None:
    """Remove an index: the next start builds it anew."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def damaged(error: sqlite3.Error) -> bool:
    """Whether an error says that the index itself is damaged, not that there is no room or no right to write."""
    return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))


def _problem(path: Path) -> str:
    """Why this index cannot be used; '' if it can."""
    try:
        db = sqlite3.connect(path)
        try:
            row = db.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()
            if row is None or row[0] != str(SCHEMA_VERSION):
                return f"it has version {row[0] if row else 'none'}, this console writes {SCHEMA_VERSION}"
            if path.stat().st_size < 64 << 20 and db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                return "it is damaged"
        finally:
            db.close()
    except sqlite3.DatabaseError as error:
        return f"it cannot be read ({error})"
    return ""
