"""SQLite's own check of a database: rows can be missing from a damaged page without any error.

Only what speaks of pages is damage: values that break a constraint are the writer's affair, and constraints may call
functions that are not there.
"""

import re
import sqlite3

_DAMAGE = re.compile(r"page|freelist|tree |cell|out of order|malformed|fragment|depth", re.IGNORECASE)
_LINES = 20


def damage(connection: sqlite3.Connection) -> str:
    """What is wrong with the pages, in SQLite's words; '' if nothing is. Costs one reading of the file."""
    try:
        connection.execute("PRAGMA ignore_check_constraints=ON").close()
        rows = connection.execute(f"PRAGMA main.quick_check({_LINES})").fetchall()
    except sqlite3.DatabaseError as error:
        return "" if isinstance(error, sqlite3.OperationalError) else str(error)
    except (UnicodeDecodeError, MemoryError):
        return ""
    found = " ".join(str(line) for (line,) in rows if _DAMAGE.search(str(line)))
    return re.sub(r"\s+", " ", found.replace("*** in database main ***", "")).strip()[:200]
