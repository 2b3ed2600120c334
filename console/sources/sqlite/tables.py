"""Which tables of a SQLite database are real: nothing that runs code of anyone's is looked into."""

import sqlite3
from dataclasses import dataclass

_TABLES = 1000


@dataclass(frozen=True, slots=True)
class Table:
    """A real table. ``rowid`` is the name its row id answers to, '' where rows are only known by ``order``."""

    name: str
    columns: tuple[str, ...]
    rowid: str
    order: tuple[str, ...]


def tables_of(connection: sqlite3.Connection) -> list[Table]:
    """Real tables only: no views, no virtual tables and none that serve one, nothing of SQLite's own."""
    listed = [row for row in connection.execute("PRAGMA table_list") if row[0] == "main"]
    if listed:
        names = [(name, bool(without)) for _, name, kind, _, without, *_ in listed if kind == "table"]
    else:
        names = _of_old(connection)
    names = [(name, without) for name, without in names if not name.lower().startswith("sqlite_") and _sound(name)]
    tables = []
    for name, without in sorted(names)[:_TABLES]:
        info = connection.execute(f"PRAGMA table_info({quoted(name)})").fetchall()
        columns = tuple(row[1] for row in info if _sound(row[1]))
        taken = {column.lower() for column in columns}
        free = [alias for alias in ("rowid", "_rowid_", "oid") if alias not in taken]
        order = tuple(row[1] for row in sorted(info, key=lambda row: row[5]) if row[5]) or columns
        if columns:
            tables.append(Table(name, columns, "" if without or not free else free[0], order))
    return tables


def _of_old(connection: sqlite3.Connection) -> list[tuple[str, bool]]:
    """The same from the schema, for SQLite before 3.37: names, and True for a table without row ids."""
    rows = connection.execute("SELECT name, sql FROM main.sqlite_master WHERE type = 'table'").fetchall()
    virtual = tuple(name + "_" for name, sql in rows if str(sql).upper().startswith("CREATE VIRTUAL"))
    real = [name for name, _ in rows if _sound(name) and not (name + "_").startswith(virtual or ("\0",))]
    found = []
    for name in real:
        try:
            connection.execute(f"SELECT rowid FROM main.{quoted(name)} LIMIT 0").close()
            found.append((name, False))
        except sqlite3.OperationalError:
            found.append((name, True))
    return found


def holds_rows(connection: sqlite3.Connection, table: Table) -> bool:
    """True if a table has at least one row, be it one that cannot be read."""
    try:
        return connection.execute(f"SELECT 1 FROM main.{quoted(table.name)} LIMIT 1").fetchone() is not None
    except sqlite3.DatabaseError as error:
        raise_unless_damage(error)
        return True


def _sound(name: str) -> bool:
    """True if a name can stand in SQL."""
    return name.isprintable() or not any("\ud800" <= letter <= "\udfff" or letter == "\0" for letter in name)


def raise_unless_damage(error: sqlite3.DatabaseError) -> None:
    """A statement that was stopped for its length counts as damage; other operational errors are not the rows'."""
    if isinstance(error, sqlite3.OperationalError) and "interrupted" not in str(error):
        raise error


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'
