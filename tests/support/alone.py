"""Tests that measure time run alone: while one of them does, the other processes of a parallel run wait.

A lock of readers and writers over two files. Whoever waits to be alone keeps the gate shut, and the others hold the
room for one test each, so that it comes in soon.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_SH, LOCK_UN, flock
from pathlib import Path


@contextmanager
def turn(shared: Path, *, alone: bool) -> Iterator[None]:
    """Hold a place for one test once it may run. ``shared`` is a folder that all processes of the run know."""
    with (shared / "gate").open("a") as gate, (shared / "room").open("a") as room:
        flock(gate, LOCK_EX)
        flock(room, LOCK_EX if alone else LOCK_SH)
        if not alone:
            flock(gate, LOCK_UN)
        yield
