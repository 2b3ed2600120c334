"""The console's own databases, which may lie in a folder that is watched: they are no ledgers.

Anybody can write an application id into a ledger to hide it. So a database is only passed over if it also holds no
table but ours: none of these could be a ledger.
"""

import sqlite3
import urllib.parse

from console.sources.sqlite.schema_trust import UnreadableSchemaError, load_schema

APPLICATION_ID = 0x41754378
"""In the header of every index (``AuCx``): by it the console knows a file that it may write to or replace."""
TABLES = frozenset(
    (
        *("meta", "ledger", "volume", "type", "actor", "stream", "event", "membership", "leaf", "alias", "mention"),
        *("orphan", "finding", "state", "sqlite_sequence"),
    )
)
"""Every table of an index."""
_PLACE = slice(68, 72)
"""Of the application id in a database's header (sqlite.org/fileformat2.html, 1.3)."""


def is_own_index(path: str, first: bytes) -> bool:
    """True for an index of the console. ``first`` are the file's first bytes; nothing is written beside it."""
    if first[_PLACE] != APPLICATION_ID.to_bytes(4, "big"):
        return False
    uri = f"file:{urllib.parse.quote(path)}?mode=ro&immutable=1"
    try:
        connection = sqlite3.connect(uri, uri=True)
        try:
            connection.execute("PRAGMA trusted_schema=OFF").close()
            load_schema(connection)
            names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        finally:
            connection.close()
    except (sqlite3.Error, UnreadableSchemaError):
        return False
    return names <= TABLES
