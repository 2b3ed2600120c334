"""The record hashes of one ledger, as a file: 32 bytes each, in order, only ever appended to.

How many of them count is not known here: an observation counts them, and is written when they last. What stands behind
the last counted one was torn by a crash, and is cut away by whoever writes next.
"""

import os

from console.sources.record_hash import SIZE
from console.witness.errors import DamagedMemoryError
from console.witness.private_files import OwnFolder, write_all
from console.witness.tree import root


def read_leaves(folder: OwnFolder, name: str, count: int, expected: str) -> bytes:
    """The first ``count`` hashes, whose tree has this root (hex).

    Raises ``DamagedMemoryError`` where they do not, and ``NoMemoryError``.
    """
    found = b""
    try:
        with folder.file(name) as descriptor:
            pieces = []
            at, end = 0, count * SIZE
            while at < end and (piece := os.pread(descriptor, min(end - at, 1 << 22), at)):
                pieces.append(piece)
                at += len(piece)
            found = b"".join(pieces)
    except FileNotFoundError:
        pass
    if len(found) < count * SIZE:
        raise DamagedMemoryError(f"is damaged: it counts {count:,} records and holds {len(found) // SIZE:,}")
    if root(found).hex() != expected:
        raise DamagedMemoryError("is damaged: the hashes that it holds are not those that it counted")
    return found


def append_leaves(folder: OwnFolder, name: str, count: int, more: bytes) -> None:
    """Hashes that follow on the first ``count``; they last when this returns. Raises ``NoMemoryError``."""
    with folder.file(name, write=True) as descriptor:
        at = count * SIZE
        if os.fstat(descriptor).st_size > at:
            os.ftruncate(descriptor, at)
        write_all(descriptor, more, at)
