"""A record's hash: the leaf of a Merkle tree, RFC 6962 section 2.1, so that a checkpoint can be a tree over records.

Of many records at once it is made by compiled code, where the installation and the processor have it: the choice is
made once, here, like that of the scanner.
"""

import hashlib
import importlib
import os
from typing import Any

SIZE = 32
"""Bytes of a hash. Lists of hashes are one run of bytes, without anything between them."""


def leaf(raw: bytes) -> bytes:
    """SHA-256 of 0x00 and the record's exact bytes, 32 bytes."""
    return hashlib.sha256(b"\0" + raw).digest()


class LeafHash:
    """The same hash for a record whose bytes come in pieces."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256(b"\0")

    def update(self, piece: bytes | memoryview) -> None:
        self._hash.update(piece)

    def digest(self) -> bytes:
        return self._hash.digest()


def leaves_of_lines(lines: bytes) -> bytes:
    """The hashes of records that are LF-ended lines."""
    if _native is not None:
        return _native.leaves_of_lines(lines)  # type: ignore[no-any-return]  # compiled
    return _hashes(b"\0", lines.split(b"\n")[:-1])


def parents(level: bytes) -> bytes:
    """The next level of a Merkle tree: SHA-256 of 0x01 and each pair of hashes; a last one alone stays."""
    if _native is not None:
        return _native.parents(level)  # type: ignore[no-any-return]  # compiled
    whole = len(level) // (2 * SIZE) * 2 * SIZE
    return _hashes(b"\1", [level[at : at + 2 * SIZE] for at in range(0, whole, 2 * SIZE)]) + level[whole:]


def _hashes(prefix: bytes, pieces: list[bytes]) -> bytes:
    fresh = hashlib.sha256(prefix).copy  # a copy of a state is made faster than a new one
    found = []
    for piece in pieces:
        state = fresh()
        state.update(piece)
        found.append(state.digest())
    return b"".join(found)


def _compiled() -> Any:  # noqa: ANN401 - a module, or None
    if os.environ.get("AUDIT_CONSOLE_SCANNER") == "pure":
        return None
    try:
        found = importlib.import_module("console.sources.native_hash")
    except ImportError:
        return None
    return found if found.AVAILABLE else None


_native = _compiled()
