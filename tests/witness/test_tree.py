"""The tree is RFC 6962's."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.sources.record_hash import leaf
from console.witness.tree import root

INPUTS = (*("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"),)
"""Leaf inputs and, below, roots of certificate-transparency's own reference tests."""
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


@pytest.mark.parametrize("count", range(len(ROOTS)))
def test_known_roots(count: int) -> None:
    assert root(b"".join(leaf(bytes.fromhex(each)) for each in INPUTS[:count])).hex() == ROOTS[count]


def as_defined(leaves: list[bytes]) -> bytes:
    """Word by word from the RFC's section 2.1, over leaf hashes."""
    if not leaves:
        return sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\1" + as_defined(leaves[:split]) + as_defined(leaves[split:])).digest()


@given(st.lists(st.binary(max_size=3), max_size=70))
def test_as_the_rfc_defines_it(records: list[bytes]) -> None:
    leaves = [leaf(each) for each in records]
    assert root(b"".join(leaves)) == as_defined(leaves)


def test_part_of_a_hash_is_refused() -> None:
    with pytest.raises(ValueError, match="whole"):
        root(b"x" * 33)
