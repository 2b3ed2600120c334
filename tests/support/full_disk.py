"""Places where SQLite finds no room, for processes that are started: real errors of SQLite, without a full disk.

A module ``sitecustomize`` that every process of ours imports gives databases in one folder a most number of pages.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

PATIENCE = 30
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


@contextmanager
def small_file_system(folder: Path) -> Iterator[Path]:
    """A real file system of 64 KiB. Raises where it cannot be mounted: for root only, and not everywhere."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    subprocess.run(mount, capture_output=True, timeout=PATIENCE, check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], timeout=PATIENCE, check=True)


def may_mount() -> bool:
    """True where ``small_file_system`` works."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            with small_file_system(Path(folder) / "small"):
                return True
        except (OSError, subprocess.SubprocessError):
            return False
