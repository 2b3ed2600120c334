"""Places where SQLite finds no room, for processes that are started: real errors of SQLite, without a full disk.

A module ``sitecustomize`` that every process of ours imports gives databases in one folder a most number of pages.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

_SITE = """
import sqlite3
_connect = sqlite3.connect
def connect(name, *arguments, **options):
    db = _connect(name, *arguments, **options)
    if {folder!r} in str(name):
        db.execute("PRAGMA max_page_count={pages}")
    return db
sqlite3.connect = connect
"""


def environment(folder: Path, pages: int, beside: Path) -> dict[str, str]:
    """An environment whose processes find room for so many pages of databases in ``folder``; ``beside`` holds files."""
    beside.mkdir(exist_ok=True)
    (beside / "sitecustomize.py").write_text(_SITE.format(folder=f"{folder}/", pages=pages))
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(beside), os.environ.get("PYTHONPATH", "")])}


@contextmanager
def full_after(folder: Path, pages: int, beside: Path) -> Iterator[None]:
    """The same for processes that are started within the block."""
    with patch.dict(os.environ, environment(folder, pages, beside)):
        yield
