"""Record hashes: those that are made many at once are those that are made one by one."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.sources import record_hash
from console.sources.record_hash import LeafHash, leaf, leaves_of_lines, parents
from tests.support.places import ROOT

LINES = st.lists(st.binary(max_size=200).map(lambda raw: raw.replace(b"\n", b"")), max_size=8)


@given(LINES)
def test_lines_at_once_and_one_by_one(lines: list[bytes]) -> None:
    together = leaves_of_lines(b"".join(line + b"\n" for line in lines))
    assert together == b"".join(leaf(line) for line in lines)


@pytest.mark.parametrize("size", range(300))
def test_every_length_around_the_blocks_of_the_hash(size: int) -> None:
    raw = bytes(at % 251 + (at % 251 == 10) for at in range(size))
    pieces = LeafHash()
    for at in range(0, size, 7):
        pieces.update(raw[at : at + 7])
    assert leaves_of_lines(raw + b"\n") == leaf(raw) == pieces.digest()


def test_what_has_no_line_end_is_no_record() -> None:
    assert leaves_of_lines(b"a\nb") == leaf(b"a")
    assert leaves_of_lines(b"") == b""


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=9), st.lists(st.binary(max_size=90), max_size=9))
def test_compiled_and_not(hashes: list[bytes], lines: list[bytes]) -> None:
    level, text = b"".join(hashes), b"".join(line + b"\n" for line in lines)
    here = parents(level), leaves_of_lines(text)
    known = record_hash._native
    try:
        record_hash._native = None
        assert (parents(level), leaves_of_lines(text)) == here
    finally:
        record_hash._native = known


def test_the_environment_chooses() -> None:
    script = "from console.sources import record_hash; print(record_hash._native)"
    environment = {"AUDIT_CONSOLE_SCANNER": "pure", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "None\n"
