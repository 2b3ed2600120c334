"""Ledgers that are known, and that a look at their path or folder did not find.

Who deletes a ledger leaves nothing to verify: only the memory misses it. What was renamed, compressed or joined to
another ledger is not gone: its records are looked for among those that were read.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from console.engine.memory.consult import Witness
from console.engine.memory.retention import premature
from console.model.finding import Finding
from console.model.words import count
from console.sources.protocol import Skipped
from console.sources.record_hash import SIZE
from console.verify.catalogue import finding
from console.witness.errors import WitnessError
from console.witness.memory import LedgerMemory, MemoryFolder
from console.witness.origin import Origin

Read = Mapping[str, Callable[[], bytes]]
"""What gives the record hashes of the ledgers that are there, by the paths of their files. Raises ``WitnessError``."""


def missing(
    witness: Witness,
    paths: Iterable[str],
    found: Iterable[tuple[str, str | None]],
    skipped: Sequence[Skipped],
    read: Read,
) -> list[Skipped]:
    """What is to be stated of known ledgers below ``paths`` that were not ``found`` (by path and member), with what
    was ``skipped`` otherwise."""
    memory = witness.memory
    if memory is None:
        return [*skipped]
    there = {(os.path.realpath(path), member) for path, member in found}
    try:
        known = [each for each in _known_below(memory, paths) if (each.path, each.member) not in there]
    except WitnessError:
        return [*skipped]  # every ledger that is there says that its memory cannot be had
    result = [one for each in skipped for one in judged(memory, each, read, known, witness.now)]
    stated_paths = {os.path.realpath(each.path) for each in skipped}
    for one in known:
        if one.path in stated_paths:
            continue
        result += [Skipped(one.path, stated) for stated in _of(memory, one, read, None, witness.now)]
    return result


def judged(
    memory: MemoryFolder,
    skipped: Skipped,
    read: Read,
    known: Sequence[Origin] | None = None,
    now: int | None = None,
) -> list[Skipped]:
    """A path that is no ledger; where one was seen there, what became of it and, behind that, what makes it worse.
    ``known`` are those that may have been, ``now`` is the clock of the checks."""
    real = os.path.realpath(skipped.path)
    try:
        there = memory.known_in(os.path.dirname(real)) if known is None else known  # noqa: PTH120 - the path's text
    except WitnessError:
        return [skipped]
    for one in (each for each in there if each.path == real):
        if stated := _of(memory, one, read, skipped.finding, now):
            return [replace(skipped, finding=each) for each in stated]
    return [skipped]


def _known_below(memory: MemoryFolder, paths: Iterable[str]) -> Iterator[Origin]:
    roots = [os.path.realpath(path) for path in paths]
    for each in memory.known_origins():
        if any(each.path == root or each.path.startswith(root.rstrip("/") + "/") for root in roots):
            yield each


def _of(memory: MemoryFolder, one: Origin, read: Read, why: Finding | None, now: int | None) -> list[Finding]:
    """What is to be stated of a ledger that was known; nothing where it was not, or where nothing is missing."""
    try:
        with memory.recalled(one) as known:
            if known.known is None or not known.known.records or (why is not None and not _accuses(why)):
                return []
            if (place := _elsewhere(known, one, read)) is not None:
                words = f"All that was here ({count(known.known.records, 'record')}) is in {os.path.basename(place)}."  # noqa: PTH119
                return [finding("witness.rotated", words)]
            return [_gone(one, known, why), *premature(known.known, known.known.records, now)]
    except WitnessError:
        return []  # it is stated where a ledger is read


def _accuses(why: Finding) -> bool:
    """False where a path could not be read: what stands there is not known."""
    return why.code in ("container.empty", "container.not-recognised") or "no such file" in why.message


def _gone(one: Origin, known: LedgerMemory, why: Finding | None) -> Finding:
    last = known.known
    assert last is not None
    at = last.time[:19].replace("T", " ")
    seen = f"{count(last.records, 'record')} seen here, the last time at {at} UTC"
    there = os.path.lexists(one.path)
    if why is not None and why.code == "container.empty":
        return finding("witness.truncated", f"All records are gone: {seen}.", count=last.records)
    if why is not None and there:
        words = f"What stands here is no ledger that is known: {seen}."
        return finding("witness.replaced", words, count=last.records)
    if there:
        return finding("witness.vanished", f"{one.member or 'The ledger'} holds no records any more: {seen}.")
    return finding("witness.vanished", f"There is no such file any more: {seen}.")


def _elsewhere(known: LedgerMemory, one: Origin, read: Read) -> str | None:
    """The path of the file that holds all its records now."""
    mine = known.leaves()
    for path, give in read.items():
        if os.path.realpath(path) == one.path:
            continue
        leaves = give()
        at = leaves.find(mine)
        while at >= 0 and at % SIZE:
            at = leaves.find(mine, at + 1)
        if at >= 0:
            return path
    return None
