"""SMVM's ids and hashes as patterns: ASCII digits only, the whole value."""

import re
from functools import lru_cache

from console.formats.json.times import parse

EVENT_ID = re.compile(r"EVT-([0-9]{8}-[0-9]{6})-[a-f0-9]{12}")
RUN_ID = re.compile(r"RUN-([0-9]{8}-[0-9]{6})-[a-f0-9]{8}")
STAMP = re.compile(r"[0-9]{8}-[0-9]{6}")
RUN_ID_LENGTH = len("RUN-20241201-143052-a1b2c3d4")
SPAN_TAIL = re.compile(r"-[0-9]{4}-[A-Z]{3}")
SPAN_ID = re.compile(RUN_ID.pattern + SPAN_TAIL.pattern)
STORED_ID = re.compile(r"evt_[a-f0-9]{12}")
SHA256 = re.compile(r"[a-f0-9]{64}")
REAL_RUN_ID = re.compile(r"run_[0-9]{8}_[0-9]{6}|(?:dry_run_|cli-run-|test-run-)[0-9]+|.+-replay-[0-9A-Za-z_:.-]+")
"""Run ids that the real software writes although the specification's pattern does not hold them."""


def second(stamp: str) -> int | None:
    """UTC microseconds of ``YYYYMMDD-HHMMSS``; None for a date or time that does not exist."""
    minute, seconds = _minute(stamp[:13]), int(stamp[13:15])
    return None if minute is None or seconds > 60 else minute + seconds * 1_000_000


@lru_cache(maxsize=4096)
def _minute(stamp: str) -> int | None:
    instant = parse(f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}T{stamp[9:11]}:{stamp[11:13]}")
    return None if instant is None else instant.micros
