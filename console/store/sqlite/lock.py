"""One writer per index: an advisory lock that the system drops when its holder dies, however it dies."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType


class FileLock:
    """See ``WriterLock``: ``flock`` on a file beside the index."""

    def __init__(self, index: Path) -> None:
        self._path = index.with_name(index.name + ".lock")
        self._fd: int | None = None

    def acquire(self, purpose: str = "") -> bool:
        """True if this process is the writer now, False if another one is."""
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return False
        os.ftruncate(fd, 0)
        with suppress(OSError):  # on a full disk nobody learns the purpose
            os.pwrite(fd, purpose.encode("utf-8", "surrogateescape"), 0)
        self._fd = fd
        return True

    def purpose(self) -> str | None:
        """What its holder gave as its purpose; None while nobody holds it."""
        try:
            fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            return None
        try:
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return os.pread(fd, 1 << 20, 0).decode("utf-8", "surrogateescape")
        finally:
            os.close(fd)
        return None

    def release(self) -> None:
        """Give the lock back; nothing happens if it is not held."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def __enter__(self) -> "FileLock":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
