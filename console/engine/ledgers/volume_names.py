"""Names of rotated files: which ledger's past a file may hold, and how old it may be, as far as its name says.

Names only propose: they save opening every file of a folder. Content decides (``console.engine.ledgers.continuation``),
also about the order.
"""

import os
import re
from collections.abc import Sequence

NOT_READ = (".zst", ".xz", ".bz2")
"""Endings of packed files that are refused."""
COMPRESSED = (".gz", *NOT_READ)
_STAMP = r"(?P<stamp>(?:\d{4}-\d\d-\d\d|\d{8}|\d{10})(?:[-_T.]?\d\d[-:.]?\d\d(?:[-:.]?\d\d)?(?:[.]\d+)?Z?)?)"
"""A day, with or without a time of day, or a number of seconds."""
_NUMBER = r"[.](?P<number>\d{1,4})"
_BEHIND = re.compile(rf"(?P<base>.+?)(?:{_NUMBER}|[-._](?:cleared[-_.])?{_STAMP}|[.](?:old|bak|prev|orig|save)|~)")
"""``ledger.jsonl.1``, ``ledger.jsonl-20260301``, ``ledger.jsonl.old``."""
_BEFORE = re.compile(
    rf"(?P<stem>.+?)(?:{_NUMBER}|[-._](?:cleared[-_.])?{_STAMP})(?P<ending>[.](?:jsonl|ndjson|json|log|txt))"
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


def beginning_of(base: str) -> str:
    """How every name begins that a file of this base name may have."""
    return base.rpartition(".")[0] or base


def base_of(path: str) -> str:
    """``base_name`` of a file."""
    return base_name(os.path.basename(path))  # noqa: PTH119 - the text of the path


def alike(path: str, other: str) -> bool:
    """True if two files of a folder may be files of one ledger, by their names."""
    return base_of(path) == base_of(other)


def by_age(paths: Sequence[str]) -> list[list[int]]:
    """The orders in which files of like names may have been written, oldest first: as indexes, the usual one first.

    A number is added to what was moved away (1 is the youngest), or counts on; a date says when. The ledger's own name
    is the youngest, or else what numbers count on from. No order where the names say none.
    """
    names = [_unpacked(os.path.basename(path)) for path in paths]  # noqa: PTH119
    found = [_BEFORE.fullmatch(name) or _BEHIND.fullmatch(name) for name in names]
    own = [at for at, each in enumerate(found) if each is None]
    added = [at for at, each in enumerate(found) if each is not None]
    numbers = {at: int(each["number"]) for at, each in enumerate(found) if each and each["number"]}
    stamps = {at: re.sub(r"\D", "", each["stamp"]) for at, each in enumerate(found) if each and each["stamp"]}
    if len(own) > 1:
        return []
    if len(numbers) == len(added) and len(set(numbers.values())) == len(added):
        rising = sorted(added, key=lambda at: numbers[at])
        return [[*reversed(rising), *own], [*rising, *own], [*own, *rising]]
    if len(stamps) == len(added) and len(set(stamps.values())) == len(added):
        return [[*sorted(added, key=lambda at: stamps[at]), *own]]
    return []


def _unpacked(name: str) -> str:
    ending = next((each for each in COMPRESSED if name.endswith(each) and len(name) > len(each)), "")
    return name.removesuffix(ending)


def _shorter(name: str) -> str:
    if (unpacked := _unpacked(name)) != name:
        return unpacked
    if found := _BEFORE.fullmatch(name):
        return found["stem"] + found["ending"]
    if found := _BEHIND.fullmatch(name):
        return found["base"]
    return name
