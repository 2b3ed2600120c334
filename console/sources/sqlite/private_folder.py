"""Folders for private copies. However a process ends, what it leaves is removed by the next one that looks.

A copy holds what a ledger holds, and a killed process cannot clean up. So a process has one such folder and holds a
lock on it, which the system drops when the process dies.
"""

import atexit
import fcntl
import os
import re
import shutil
import stat
import tempfile
import threading
import weakref
from contextlib import suppress

_PREFIX = "audit-console-private-"
_NAME = re.compile(re.escape(_PREFIX) + r"[a-z0-9_]{8}")
_lock = threading.Lock()
_held: tuple[str, int] | None = None
"""This process's folder, and the descriptor that holds its lock."""


class PrivateFolder:
    """A new empty folder that only this user may enter, removed with this object. Raises ``OSError``."""

    def __init__(self) -> None:
        self.path = tempfile.mkdtemp(dir=_home())
        self.remove = weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


def sweep() -> None:
    """Remove the folders of processes that are gone."""
    with suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for entry in entries:
            if _NAME.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                _remove_if_left(entry.path)


def _home() -> str:
    global _held
    with _lock:
        if _held is None or not os.path.isdir(_held[0]):  # noqa: PTH112 - a cleaner of /tmp may have been here
            sweep()
            _held = _locked()
            atexit.register(shutil.rmtree, _held[0], ignore_errors=True)
        return _held[0]


def _locked() -> tuple[str, int]:
    while True:
        folder = tempfile.mkdtemp(prefix=_PREFIX)
        with suppress(OSError):
            descriptor = _open(folder)
            with suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.path.samestat(os.stat(folder), os.fstat(descriptor)):  # noqa: PTH116
                    return folder, descriptor
            os.close(descriptor)
        # Another process took it for one that was left, in the moment before it was locked.


def _remove_if_left(folder: str) -> None:
    with suppress(OSError):
        descriptor = _open(folder)
        try:
            status = os.fstat(descriptor)
            if status.st_uid == os.getuid() and stat.S_IMODE(status.st_mode) == stat.S_IRWXU:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(descriptor)


def _open(folder: str) -> int:
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
