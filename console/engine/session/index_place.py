"""Where an index is kept, and what becomes of it where it cannot be kept there."""

import errno
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from console.config.places import index_path
from console.sources.private import PrivateFolder
from console.store.sqlite.guard import refuse_foreign

MEMORY = ":memory:"


@dataclass(frozen=True, slots=True)
class Kept:
    """An index's place. ``folder`` is private and goes with the process, None for one that stays; ``note`` says, for
    people, that it is not where it should be."""

    index: Path
    folder: PrivateFolder | None = None
    note: str = ""


def keep(paths: Sequence[str], index: str | None) -> Kept:
    """The place of the index of these paths: the one that is named, ``:memory:``, or None for the default one.

    The default place may not be had: then it is a private folder. Raises ``OSError`` with words for people where the
    named one cannot be had, holds something else, or no private folder can be made.
    """
    if index == MEMORY:
        return _private("")
    if index:
        where = Path(index)
        refuse_foreign(where)
        try:
            _try(where)
        except OSError as error:
            words = f"the index cannot be kept here ({error.strerror}): name another place, or --index {MEMORY}"
            raise OSError(error.errno, words, index) from error
        return Kept(where)
    where = index_path(paths)
    try:
        _try(where)
    except OSError as error:
        return _private(
            f"The index cannot be kept in {where.parent} ({error.strerror}): it is made in a temporary folder,"
            " and made again at the next start."
        )
    return Kept(where)


def _private(note: str) -> Kept:
    try:
        folder = PrivateFolder()
    except OSError as error:
        raise OSError(f"the index needs a temporary folder: {error.strerror}") from error
    return Kept(Path(folder.path) / "index.sqlite", folder, note)


def _try(index: Path) -> None:
    """Raise ``OSError`` where an index cannot be written; its lock is made, as it would be."""
    index.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(index.with_name(index.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    if index.exists() and not os.access(index, os.R_OK | os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
