"""Schemas that call functions: in checks, in indexes over expressions, in generated columns.

SQLite refuses a whole database whose schema calls a function that it holds for unsafe in foreign hands, JSON's among
them. Those are known and do nothing but compute, so a schema that calls no others is trusted; any other one is refused
by its name, before a row is read.
"""

import re
import sqlite3

_COMPUTING = re.compile(r"json(b|_\w+|b_\w+)?|->>?")
"""Names of functions that may be called: none of them reads, writes or loads anything."""
_INNOCUOUS = 0x200000
"""A flag of ``PRAGMA function_list``: SQLite itself lets any schema call the function."""
_UNSAFE = "unsafe use of "
_WORD = re.compile(r"\w+")


class UnreadableSchemaError(Exception):
    """A schema that is not read, which says nothing of damage. The message is a sentence for people."""


def load_schema(connection: sqlite3.Connection) -> None:
    """Let the connection read its schema, trusted as far as it must be.

    Raises ``UnreadableSchemaError``; of damage and of a file that is no database ``sqlite3.DatabaseError``.
    """
    error = _problem(connection)
    if error is not None and _UNSAFE in str(error):
        connection.execute("PRAGMA trusted_schema=ON").close()
        error = _problem(connection)
        called = [str(error).rpartition(_UNSAFE)[2].rstrip("()")] if error is not None else _called(connection)
        if called:
            raise UnreadableSchemaError(
                f"The schema of this database calls {', '.join(called)}, which is not run here; nothing of it was read."
            ) from error
    if error is None:
        return
    if not str(error).startswith("malformed database schema"):
        raise error
    raise UnreadableSchemaError(
        f"SQLite {sqlite3.sqlite_version} cannot read the schema of this database ({error}): a newer SQLite may have"
        " written it, or it was changed by hand. Nothing of it was read."
    ) from error


def _problem(connection: sqlite3.Connection) -> sqlite3.DatabaseError | None:
    """What hinders the schema from being read."""
    try:
        connection.execute("SELECT 1 FROM main.sqlite_master LIMIT 1").close()
    except sqlite3.DatabaseError as error:
        return error
    except UnicodeDecodeError:
        # Python cannot read SQLite's words, because they hold a name of the schema that is not UTF-8.
        return sqlite3.DatabaseError("malformed database schema (a name in it is not UTF-8)")
    return None


def _called(connection: sqlite3.Connection) -> list[str]:
    """Functions that tables and indexes may call and that are not known to be harmless, by name."""
    listed = connection.execute("PRAGMA function_list").fetchall()
    unsafe = {row[0].lower() for row in listed if not row[5] & _INNOCUOUS and not _COMPUTING.fullmatch(row[0])}
    schema = connection.execute("SELECT sql FROM main.sqlite_master WHERE type IN ('table', 'index')")
    return sorted({word for (sql,) in schema for word in _WORD.findall(str(sql).lower()) if word in unsafe})
