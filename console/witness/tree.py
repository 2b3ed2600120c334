"""The Merkle tree over record hashes, as RFC 6962 section 2.1 defines it: few lines, so that they can be checked.

The hash of a list is split at the largest power of two below its length. Hashing neighbours level by level, and taking
a last one without a neighbour up as it is, comes to the same tree.
"""

from hashlib import sha256

from console.sources.record_hash import SIZE, parents

EMPTY = sha256().digest()
"""The root of no leaves."""


def root(leaves: bytes) -> bytes:
    """The root over leaf hashes: 32 bytes each, in order."""
    if len(leaves) % SIZE:
        raise ValueError("not a whole number of hashes")
    while len(leaves) > SIZE:
        leaves = parents(leaves)
    return leaves or EMPTY
