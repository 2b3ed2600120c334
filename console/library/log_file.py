"""Appending to a file of lines so that no reader and no other writer ever meets half a record.

One write for all lines, with a lock held. A write that the disk cuts short is taken back. Readers that ask for no lock
see the lines, or do not see them: a line end is the last byte.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from console.library.errors import LibraryError

CHUNK = 1 << 20


class LockedLog:
    """A log that this process has to itself. ``size`` is its length; ``identity`` changes with the file."""

    def __init__(self, descriptor: int, path: Path) -> None:
        self._descriptor = descriptor
        self._path = path
        status = os.fstat(descriptor)
        self.size = status.st_size
        self.identity = status.st_dev, status.st_ino

    def read(self, start: int, stop: int) -> bytes:
        """Bytes of the file."""
        parts = []
        while start < stop and (part := os.pread(self._descriptor, min(CHUNK, stop - start), start)):
            parts.append(part)
            start += len(part)
        return b"".join(parts)

    def append(self, lines: Sequence[bytes], *, sync: bool) -> int:
        """Append lines, each without its LF; where they begin. ``sync``: they are on the disk when this returns.

        Raises ``LibraryError`` where the last record is not finished, or the disk is full; nothing is written then.
        """
        if any(b"\n" in line for line in lines):
            raise LibraryError("A record of a log of lines cannot hold a line end.")
        if self.size and self.read(self.size - 1, self.size) != b"\n":
            raise LibraryError(f"{self._path}: the last record is not finished; a line appended to it would be lost.")
        data = b"".join(line + b"\n" for line in lines)
        try:
            written = os.write(self._descriptor, data)
        except OSError as error:
            os.ftruncate(self._descriptor, self.size)
            raise LibraryError(f"{self._path}: {error.strerror}") from error
        if written < len(data):
            os.ftruncate(self._descriptor, self.size)
            raise LibraryError(
                f"{self._path}: only {written} of {len(data)} bytes could be written; they are taken back."
            )
        if sync:
            os.fsync(self._descriptor)
        start, self.size = self.size, self.size + written
        return start


@contextmanager
def locked(path: str | os.PathLike[str]) -> Iterator[LockedLog]:
    """The log with its lock held, created where it is not there. Raises ``LibraryError`` where it cannot be had."""
    place = Path(path)
    try:
        descriptor = os.open(place, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise LibraryError(f"{place}: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield LockedLog(descriptor, place)
    finally:
        os.close(descriptor)
