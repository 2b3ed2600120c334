"""Files that only this user may write, opened so that a planted link, or another user's file, is refused.

Every name is opened within a folder that is open already, never through a path, so that no folder above can be
exchanged in between. The path of the memory itself is resolved once, by the system.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from console.witness.errors import NoMemoryError

_OTHERS_WRITE = 0o022
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class OwnFolder:
    """An open folder. ``own``: it is this user's, and may be written; else it is only read, and may also be root's."""

    def __init__(self, descriptor: int, path: str, *, own: bool) -> None:
        self.descriptor = descriptor
        self.path = path
        self.own = own
        try:
            self._check(os.fstat(descriptor), path, folder=True)
        except NoMemoryError:
            os.close(descriptor)
            raise

    @classmethod
    def at(cls, path: str, *, own: bool) -> "OwnFolder":
        """The folder at a path, made if it is to be written. Raises ``NoMemoryError``."""
        try:
            if own:
                os.makedirs(path, 0o700, exist_ok=True)  # noqa: PTH103 - the text of the path
            return cls(os.open(path, _FOLDER), path, own=own)
        except OSError as error:
            raise in_words(error, path) from error

    def below(self, name: str, *, make: bool = True) -> "OwnFolder":
        """A folder in it, made if it is to be written, unless ``make`` is false. Raises ``NoMemoryError``, and
        ``FileNotFoundError`` where there is none."""
        path = f"{self.path}/{name}"
        try:
            if self.own and make:
                try:
                    os.mkdir(name, 0o700, dir_fd=self.descriptor)
                    os.fsync(self.descriptor)
                except FileExistsError:
                    pass
            return OwnFolder(os.open(name, _FOLDER, dir_fd=self.descriptor), path, own=self.own)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise in_words(error, path) from error

    @contextmanager
    def file(self, name: str, *, write: bool = False) -> Iterator[int]:
        """A descriptor of a file in it, made if it is to be written. Raises ``NoMemoryError``, and
        ``FileNotFoundError`` where there is none."""
        path = f"{self.path}/{name}"
        flags = os.O_RDWR | os.O_CREAT if write else os.O_RDONLY
        try:
            descriptor = os.open(name, flags | _FILE, 0o600, dir_fd=self.descriptor)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise in_words(error, path) from error
        try:
            self._check(os.fstat(descriptor), path, folder=False)
            yield descriptor
        except OSError as error:
            raise in_words(error, path) from error
        finally:
            os.close(descriptor)

    def names(self) -> list[str]:
        """What is in it, in order."""
        try:
            return sorted(os.listdir(self.descriptor))  # noqa: PTH208 - of a descriptor
        except OSError as error:
            raise in_words(error, self.path) from error

    def remove(self, name: str) -> None:
        """Remove a file in it."""
        os.unlink(name, dir_fd=self.descriptor)

    def rename(self, name: str, other: str) -> None:
        """Give a file in it the name of another one, which is gone then, and wait until that lasts. Raises
        ``NoMemoryError``."""
        try:
            os.rename(name, other, src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor)
            os.fsync(self.descriptor)
        except OSError as error:
            raise in_words(error, f"{self.path}/{other}") from error

    def remove_folder(self, name: str) -> None:
        """Remove an empty folder in it, and wait until that lasts."""
        os.rmdir(name, dir_fd=self.descriptor)
        os.fsync(self.descriptor)

    def close(self) -> None:
        os.close(self.descriptor)

    def __enter__(self) -> "OwnFolder":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _check(self, status: os.stat_result, path: str, *, folder: bool) -> None:
        if not folder and not stat.S_ISREG(status.st_mode):
            raise NoMemoryError(f"holds something that is no file: {path}")
        owners = {os.geteuid()} if self.own else {os.geteuid(), 0}
        if status.st_uid not in owners:
            raise NoMemoryError(f"is not this user's: {path}")
        if status.st_mode & _OTHERS_WRITE:
            raise NoMemoryError(f"can be written by others: {path}")
        if not folder and status.st_nlink > 1:
            raise NoMemoryError(f"holds a file that has another name elsewhere: {path}")


def in_words(error: OSError, path: str) -> NoMemoryError:
    """An error of the system, for people."""
    if error.errno in (errno.ELOOP, errno.ENOTDIR):
        return NoMemoryError(f"is not a folder of its own, or a link: {path}")
    return NoMemoryError(f"cannot be kept at {path}: {error.strerror or error}")


def read_all(descriptor: int) -> bytes:
    """All bytes of an open file."""
    pieces = []
    at = 0
    while piece := os.pread(descriptor, 1 << 22, at):
        pieces.append(piece)
        at += len(piece)
    return b"".join(pieces)


def write_all(descriptor: int, data: bytes, at: int) -> None:
    """Write at an offset, and wait until it lasts; what was written of it is cut away where the disk is full."""
    size, view = at, memoryview(data)
    try:
        while view:
            wrote = os.pwrite(descriptor, view, at)
            view, at = view[wrote:], at + wrote
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, size)
        raise
