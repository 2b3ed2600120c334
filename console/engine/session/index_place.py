"""Where an index is kept, and what becomes of it where it cannot be kept there."""

import errno
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from console.engine.session.protocol import MEMORY, IndexPlace
from console.sources.sqlite.private_folder import PrivateFolder
from console.store.opening import refuse_foreign, store_at

_LOCK = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW


@dataclass(frozen=True, slots=True)
class KeptIndex:
    """The file of an index. ``folder`` is private and goes with the process, None for a file that stays; ``note`` tells
    people that it is not where it should be, '' otherwise."""

    index: Path
    folder: PrivateFolder | None = None
    note: str = ""


def purpose_of(paths: Iterable[str]) -> str:
    """What an index is written for, in a text by which another writer of the same paths is known."""
    return "\n".join(sorted({os.path.abspath(path) for path in paths}))  # noqa: PTH100 - not through symbolic links


def keep(place: IndexPlace, paths: Iterable[str] = ()) -> KeptIndex:
    """The file at this place, or a private one where it cannot be had and was not asked for by name. Another one where
    it is just being written for other paths than these.

    Raises ``OSError`` with words for people where a named file cannot be had or holds something else, and where no
    private folder can be made.
    """
    if place.path == MEMORY:
        return private()
    where = Path(place.path)
    if place.apart and store_at(where).lock().purpose() not in (None, purpose_of(paths)):
        where = Path(place.apart)
    if place.named:
        refuse_foreign(where)
    try:
        _try(where)
    except OSError as error:
        if place.named:
            words = f"the index cannot be kept here ({error.strerror}): name another place, or --index {MEMORY}"
            raise OSError(error.errno, words, place.path) from error
        return elsewhere(where, str(error.strerror))
    return KeptIndex(where)


def elsewhere(where: Path, why: str) -> KeptIndex:
    """A private index instead of one that cannot be kept at its place, for this reason. Raises ``OSError``."""
    return private(
        f"The index cannot be kept in {where.parent} ({why}): it is made in a temporary folder,"
        " and made again at the next start."
    )


def private(note: str = "") -> KeptIndex:
    """An index that is gone when the console ends. Raises ``OSError`` where there is no temporary folder."""
    try:
        folder = PrivateFolder()
    except OSError as error:
        raise OSError(f"the index needs a temporary folder: {error.strerror}") from error
    return KeptIndex(Path(folder.path) / "index.sqlite", folder, note)


def _try(index: Path) -> None:
    """Raise ``OSError`` where an index cannot be written; its lock is made, as it would be."""
    index.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(index.with_name(index.name + ".lock"), _LOCK, 0o600))
    if index.exists() and not os.access(index, os.R_OK | os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
