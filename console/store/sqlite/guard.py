"""A path that an operator names for the index may hold something else, a ledger even: that is left alone."""

import errno
import re
import stat
from pathlib import Path

from console.sources.sqlite.own_index import APPLICATION_ID

_MAGIC = b"SQLite format 3\0"
_AT = slice(68, 72)
"""Of the application id in a database's header (sqlite.org/fileformat2.html)."""
_OWN_NAME = re.compile(r".*-[0-9a-f]{16}\.sqlite")
"""As the console names an index itself. Such a file is rebuilt even where damage took its header."""


def refuse_foreign(path: Path) -> None:
    """Raise ``OSError`` unless there is nothing at this path, an empty file, or an index of the console."""
    if _OWN_NAME.fullmatch(path.name):
        return
    try:
        found = path.stat()
    except FileNotFoundError:
        return
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "not a regular file: an index cannot be kept here", str(path))
    with path.open("rb") as file:
        head = file.read(100)
    if head and not (head.startswith(_MAGIC) and head[_AT] == APPLICATION_ID.to_bytes(4, "big")):
        raise OSError(errno.EEXIST, "not an index of this console: it is left alone; name another path", str(path))
