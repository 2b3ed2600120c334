"""A record's hash: the leaf of a Merkle tree, RFC 6962 section 2.1, so that a checkpoint can be a tree over records."""

import hashlib


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
