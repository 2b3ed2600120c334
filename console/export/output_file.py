"""A file that is either there as a whole or not at all: written beside its place under another name, then moved there.

An existing file stays as it is unless its loss is wanted. The check and the move are one step (a hard link fails where
the name is taken), so that nothing that appears meanwhile is lost.
"""

import os
import secrets
import stat
from collections.abc import Iterable
from pathlib import Path


class OutputError(Exception):
    """A file cannot be written. The message is for people; ``refused``: nothing was tried."""

    def __init__(self, message: str, *, refused: bool = False) -> None:
        super().__init__(message)
        self.refused = refused


def ensure_free(path: str, *, force: bool, never: Iterable[str] = ()) -> None:
    """Raises ``OutputError`` for a name that is taken, or that is one of the files ``never`` to be written, and for one
    in a folder that is not there."""
    try:
        there = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        folder = os.path.dirname(path)  # noqa: PTH120 - any text may be given for a path
        if folder and not os.path.isdir(folder):  # noqa: PTH112
            raise OutputError(f"{path}: there is no folder {folder}.", refused=True) from None
        return
    except (OSError, ValueError) as error:
        raise OutputError(f"{path}: {_words(error)}") from error
    if any(_is_same(path, each) for each in never):
        raise OutputError(f"{path} is one of the ledgers that are read: ledgers are never written to.", refused=True)
    if not stat.S_ISREG(there.st_mode):
        raise OutputError(f"{path} exists, and is no regular file.", refused=True)
    if not force:
        raise OutputError(_taken(path), refused=True)


def write_file(path: str, pieces: Iterable[bytes], *, force: bool) -> int:
    """Write all pieces; how many bytes they are. Raises ``OutputError``, and what the pieces raise; then no file of
    this name is left that was not there before."""
    target = Path(path)
    temporary = str(target.parent / f".{target.name[:100]}.{secrets.token_hex(6)}.part")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
    except (OSError, ValueError) as error:
        raise OutputError(f"{path}: {_words(error)}") from error
    try:
        with os.fdopen(handle, "wb") as file:
            size = sum(map(file.write, pieces))
            file.flush()
            os.fsync(file.fileno())
        _move(temporary, path, force=force)
    except OSError as error:
        raise OutputError(f"{path}: {_words(error)}") from error
    finally:
        Path(temporary).unlink(missing_ok=True)
    return size


def _move(temporary: str, path: str, *, force: bool) -> None:
    if not force:
        try:
            os.link(temporary, path)
        except FileExistsError:
            raise OutputError(_taken(path), refused=True) from None
        except OSError:  # a file system without hard links
            if os.path.lexists(path):
                raise OutputError(_taken(path), refused=True) from None
        else:
            return
    os.replace(temporary, path)  # noqa: PTH105 - any text may be given for a path


def _is_same(one: str, other: str) -> bool:
    try:
        return Path(one).samefile(other)
    except (OSError, ValueError):
        return False


def _taken(path: str) -> str:
    return f"{path} exists; --force overwrites it."


def _words(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
