"""Which ledgers are known in a folder: a list of its own, so that what is gone is missed.

What is known of a ledger may be lost with the ledger, by one who removes both. This list is the second witness: a
ledger that it names and that has no folder in the memory was known, and a ledger that it names and that has no file
vanished.
"""

import fcntl
import os
from hashlib import sha256

from console.witness.origin import Origin
from console.witness.private_files import OwnFolder, read_all, write_all


def note_origin(lists: OwnFolder, origin: Origin) -> None:
    """A ledger is known from here on. Raises ``NoMemoryError``."""
    text = origin.text()
    with lists.file(_name(origin.home), write=True) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        data = read_all(descriptor)
        if not _holds(data, text):
            write_all(descriptor, text, data.rfind(b"\n") + 1)


def is_listed(lists: OwnFolder, origin: Origin) -> bool:
    """True for a ledger that is known, or was. Raises ``NoMemoryError``."""
    try:
        with lists.file(_name(origin.home)) as descriptor:
            return _holds(read_all(descriptor), origin.text())
    except FileNotFoundError:
        return False


def drop_origin(lists: OwnFolder, origin: Origin) -> None:
    """A ledger is forgotten. Raises ``NoMemoryError``."""
    with lists.file(_name(origin.home), write=True) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        lines = read_all(descriptor).splitlines(keepends=True)
        kept = b"".join(line for line in lines if line != origin.text())
        write_all(descriptor, kept, 0)
        os.ftruncate(descriptor, len(kept))


def known_in(lists: OwnFolder, folder: str) -> list[Origin]:
    """The ledgers of a real folder that are known, or were. Raises ``NoMemoryError``."""
    return _listed(lists, _name(folder))


def known_origins(lists: OwnFolder) -> list[Origin]:
    """Those of all folders. Raises ``NoMemoryError``."""
    return [each for name in lists.names() for each in _listed(lists, name)]


def _listed(lists: OwnFolder, name: str) -> list[Origin]:
    try:
        with lists.file(name) as descriptor:
            lines = read_all(descriptor).split(b"\n")[:-1]
    except FileNotFoundError:
        return []
    found = []
    for line in lines:
        try:
            found.append(Origin.of_text(line))
        except ValueError:
            continue  # one line that cannot be read hides no other
    return found


def _holds(data: bytes, line: bytes) -> bool:
    return data.startswith(line) or b"\n" + line in data


def _name(folder: str) -> str:
    return sha256(os.fsencode(folder)).hexdigest()[:32]
