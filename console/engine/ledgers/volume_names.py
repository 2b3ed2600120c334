"""Names of rotated files: which ledger's past a file may hold, as far as its name says.

Names only propose: they save opening every file of a folder. Content decides (``console.engine.ledgers.continuation``),
also about the order.
"""

import os
import re

NOT_READ = (".zst", ".xz", ".bz2")
"""Endings of packed files that are refused."""
COMPRESSED = (".gz", *NOT_READ)
_STAMP = r"(?:\d{4}-\d\d-\d\d|\d{8}|\d{10})(?:[-_T.]?\d\d[-:.]?\d\d(?:[-:.]?\d\d)?(?:[.]\d+)?Z?)?"
"""A day, with or without a time of day, or a number of seconds."""
_BEHIND = re.compile(rf"(?P<base>.+?)(?:[.]\d{{1,4}}|[-._](?:cleared[-_.])?{_STAMP}|[.](?:old|bak|prev|orig|save)|~)")
"""``ledger.jsonl.1``, ``ledger.jsonl-20260301``, ``ledger.jsonl.old``."""
_BEFORE = re.compile(
    rf"(?P<stem>.+?)(?:[.]\d{{1,4}}|[-._](?:cleared[-_.])?{_STAMP})(?P<ending>[.](?:jsonl|ndjson|json|log|txt))"
)
"""``ledger.1.jsonl``, ``plain.20260301_120000.jsonl``, ``plain.cleared_20260301_120000.jsonl``."""
_TURNS = 4
"""Times that a name may have been added to."""


def base_name(name: str) -> str:
    """The name that the ledger had before it was rotated or compressed; the name itself if it shows neither."""
    for _ in range(_TURNS):
        shorter = _shorter(name)
        if shorter == name:
            break
        name = shorter
    return name


def _shorter(name: str) -> str:
    for ending in COMPRESSED:
        if name.endswith(ending) and len(name) > len(ending):
            return name.removesuffix(ending)
    if found := _BEFORE.fullmatch(name):
        return found["stem"] + found["ending"]
    if found := _BEHIND.fullmatch(name):
        return found["base"]
    return name


def alike(path: str, other: str) -> bool:
    """True if two files of a folder may be files of one ledger, by their names."""
    return base_of(path) == base_of(other)


def base_of(path: str) -> str:
    """``base_name`` of a file."""
    return base_name(os.path.basename(path))  # noqa: PTH119 - the text of the path
