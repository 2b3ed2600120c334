"""Opening files that someone else may have prepared: never blocking, regular files only, never written."""

import errno
import functools
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from console.sources.findings import unreadable
from console.sources.protocol import FileState, SourceError

_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe (FIFO)",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
}

_WORDS = {
    errno.ENOENT: "There is no such file.",
    errno.ENOTDIR: "There is no such file.",
    errno.EACCES: "Permission to read the file is denied.",
    errno.EPERM: "Permission to read the file is denied.",
    errno.ELOOP: "Symbolic links lead in a circle.",
    errno.ENAMETOOLONG: "The path is too long.",
    errno.EIO: "The disk or network reports a read error.",
    errno.ESTALE: "The network file system lost the file.",
    errno.EMFILE: "Too many files are open.",
    errno.ENFILE: "Too many files are open.",
    errno.ENXIO: "The path is a socket or device without anything behind it.",
    errno.EISDIR: "The path is a folder, not a regular file.",
}


def in_words(path: str, error: OSError | ValueError) -> SourceError:
    """The same error as ``container.unreadable``, for people."""
    if isinstance(error, ValueError):
        return unreadable(path, "The path cannot name a file.")
    message = _WORDS.get(error.errno or 0) or f"The operating system reports: {error.strerror or 'unknown error'}."
    return unreadable(path, message)


@functools.cache
def _system_devices() -> frozenset[int]:
    """Device numbers of /proc and /sys: their 'files' are windows into the running system, some without end."""
    found = set()
    for place in ("/proc", "/sys"):
        try:
            found.add(os.stat(place).st_dev)  # noqa: PTH116 - descriptors and os.stat throughout this module
        except OSError:
            continue
    return frozenset(found)


def _check(path: str, status: os.stat_result) -> None:
    kind = stat.S_IFMT(status.st_mode)
    if kind != stat.S_IFREG:
        raise unreadable(path, f"The path is {_KINDS.get(kind, 'something else')}, not a regular file.")
    if status.st_dev in _system_devices():
        raise unreadable(path, "The path is a window into the running system (/proc, /sys), not a stored file.")


def open_regular(path: str) -> int:
    """A descriptor of a regular file, for reading; the caller closes it.

    Never blocks. Looks before it opens (opening a device can act on it) and again on the descriptor.
    Raises SourceError for anything else than a readable regular file; a symbolic link to one is read.
    """
    try:
        _check(path, os.stat(path))  # noqa: PTH116
        descriptor = os.open(path, _FLAGS)
    except (OSError, ValueError) as error:
        raise in_words(path, error) from error
    try:
        _check(path, os.fstat(descriptor))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


@contextmanager
def opened(path: str) -> Iterator[int]:
    """``open_regular`` for the length of a with block."""
    descriptor = open_regular(path)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def read_at(path: str, descriptor: int, offset: int, size: int) -> bytes:
    """Exactly ``size`` bytes from ``offset``, fewer only at the end. Raises SourceError."""
    try:
        block = os.pread(descriptor, size, offset)
        if len(block) == size or not block:
            return block
        pieces = [block]
        got = len(block)
        while got < size and (block := os.pread(descriptor, size - got, offset + got)):
            pieces.append(block)
            got += len(block)
    except (OSError, OverflowError) as error:
        if isinstance(error, OverflowError):
            return b""
        raise in_words(path, error) from error
    return b"".join(pieces)


def read_into(path: str, descriptor: int, buffer: bytearray, offset: int) -> int:
    """Fill the buffer from ``offset``: how many bytes came, which may be fewer than there are. Raises SourceError."""
    try:
        return os.preadv(descriptor, [buffer], offset)
    except OverflowError:
        return 0
    except OSError as error:
        raise in_words(path, error) from error


def state_of(status: os.stat_result) -> FileState:
    return FileState(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def file_state(path: str) -> FileState:
    """Size and identity of a regular file now. Raises SourceError."""
    try:
        status = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError) as error:
        raise in_words(path, error) from error
    _check(path, status)
    return state_of(status)


def read_small(path: str, limit: int) -> bytes | None:
    """The whole file, or None if it is larger than ``limit`` bytes. Raises SourceError."""
    with opened(path) as descriptor:
        data = read_at(path, descriptor, 0, limit + 1)
    return None if len(data) > limit else data
