"""A PostgreSQL server, asked in one read-only snapshot: which tables it has, and their rows.

Nothing of the database's own is executed: names are searched in the system's catalogue alone, views are not read, and
where a policy would hide rows from this user the server has to say so instead.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from console.sources.postgres.address import Address

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.sql import Composable

CONNECT = 10
"""Seconds to wait for a server."""
_ROWS = 2000
"""Rows that the server sends at a time."""
Row = tuple[str | int | float | bytes | None, ...]


class PostgresError(Exception):
    """A database that cannot be read. The message is for people, and holds no password."""


@dataclass(frozen=True, slots=True)
class ServerTable:
    """A table: its columns with their types, the columns that tell its rows apart (none: nothing does), and the one by
    which they come: a number that rises, or else a time."""

    schema: str
    name: str
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]
    order: str | None

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.columns)


_TABLES = """
SELECT n.nspname, c.relname,
  array(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        ORDER BY a.attnum),
  array(SELECT t.typname::text FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid WHERE a.attrelid = c.oid
        AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum),
  coalesce((SELECT array(SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY k (num, at)
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.num ORDER BY k.at)
     FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL
       AND (i.indisprimary OR NOT EXISTS (SELECT 1 FROM unnest(i.indkey::int2[]) k (num) JOIN pg_attribute a
            ON a.attrelid = c.oid AND a.attnum = k.num WHERE NOT a.attnotnull))
     ORDER BY i.indisprimary DESC, i.indexrelid LIMIT 1), '{}')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
  AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
ORDER BY n.nspname, c.relname
"""
_INTEGERS, _FLOATS = ("int2", "int4", "int8"), ("float4", "float8")
_TIMES = ("timestamptz", "timestamp", "date", "time", "timetz")
_ORDERS = ("created_at", "timestamp", "processed_at", "occurred_at")


@contextmanager
def snapshot(address: Address) -> Iterator["Connection[Any]"]:
    """A connection in a read-only transaction that sees one moment. Raises ``PostgresError``, also for what the server
    reports while it is used."""
    try:
        import psycopg
    except ImportError:
        raise PostgresError(
            "Databases are read with the extra postgres: pip install 'audit-console[postgres]'"
        ) from None
    try:
        with psycopg.connect(
            address.text, autocommit=True, connect_timeout=CONNECT, application_name="audit-console"
        ) as connection:
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            for setting in ("search_path = pg_catalog", "TimeZone = 'UTC'", "DateStyle = 'ISO'", "row_security = off"):
                connection.execute(f"SET LOCAL {setting}")
            yield connection
            connection.execute("ROLLBACK")
    except psycopg.Error as error:
        words = " ".join(str(error).split()) or type(error).__name__
        raise PostgresError(f"{address.shown}: {address.without_secrets(words)}") from None


def tables_on(connection: "Connection[Any]") -> list[ServerTable]:
    """Tables that this user may read."""
    found = []
    for schema, name, names, types, key in connection.execute(_TABLES):
        columns = tuple(zip(names, types, strict=True))
        of_type = dict(columns)
        numbers = [each for each in key if len(key) == 1 and of_type[each] in _INTEGERS]
        times = [each for each in _ORDERS if of_type.get(each, "") in _TIMES]
        found.append(ServerTable(schema, name, columns, tuple(key), next(iter([*numbers, *times]), None)))
    return found


def rows_of(
    connection: "Connection[Any]", table: ServerTable, *, since: str | int | None = None, most: int | None = None
) -> Iterator[Row]:
    """Rows by their order and key, those from ``since`` on: a value of the column of the order as it is shown here."""
    from psycopg import sql

    columns = sql.SQL(", ").join(_cell(name, type) for name, type in table.columns)
    query = sql.SQL("SELECT {} FROM {}").format(columns, sql.Identifier(table.schema, table.name))
    values: list[Any] = []
    if since is not None and table.order is not None:
        kind = dict(table.columns)[table.order]
        query += sql.SQL(" WHERE {} >= %s::{}").format(sql.Identifier(table.order), sql.Identifier(kind))
        values.append(since)
    by = [each for each in (table.order, *table.key) if each is not None]
    if by:
        query += sql.SQL(" ORDER BY {}").format(sql.SQL(", ").join(map(sql.Identifier, dict.fromkeys(by))))
    if most is not None:
        query += sql.SQL(" LIMIT {}").format(sql.Literal(most))
    with connection.cursor(name="audit_console_rows") as cursor:
        cursor.itersize = _ROWS
        cursor.execute(query, values or None)
        yield from cursor


def changes_of(connection: "Connection[Any]", tables: Sequence[ServerTable]) -> dict[tuple[str, str], tuple[int, ...]]:
    """Rows that were ever inserted, and that were changed or deleted, as the server counts them."""
    query = "SELECT schemaname, relname, n_tup_ins, n_tup_upd + n_tup_del FROM pg_stat_all_tables"
    wanted = {(each.schema, each.name) for each in tables}
    found = {(schema, name): counts for schema, name, *counts in connection.execute(query)}
    return {name: tuple(found.get(name, ())) for name in wanted}


def _cell(name: str, type: str) -> "Composable":
    """A column as SQLite can hold it: times in ISO 8601, booleans as 0 and 1, all else that is no number as text."""
    from psycopg import sql

    column = sql.Identifier(name)
    if type in (*_INTEGERS, *_FLOATS, "bytea"):
        return column
    if type == "bool":
        return sql.SQL("{}::int4").format(column)
    if type in _TIMES:
        return sql.SQL("to_json({}) #>> '{{}}'").format(column)
    return sql.SQL("{}::text").format(column)
