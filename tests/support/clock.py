"""The clock that readers go by, moved by hand."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch


@contextmanager
def later(seconds: float) -> Iterator[None]:
    """So many seconds have passed."""
    wall, steady = time.time_ns, time.monotonic_ns
    with (
        patch.object(time, "time_ns", lambda: wall() + int(seconds * 1e9)),
        patch.object(time, "monotonic_ns", lambda: steady() + int(seconds * 1e9)),
        patch.object(time, "monotonic", lambda: steady() / 1e9 + seconds),
    ):
        yield
