"""Verification of everything under some paths.

Most of the engine is imported only once the processes for large files are starting: they import what they need at the
same time as this one.
"""

import asyncio
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from console.engine.ledgers.options import Options
from console.engine.run import bulk_process
from console.engine.run.choice import executor_named

if TYPE_CHECKING:
    from console.engine.ledgers.opening import Opened
    from console.engine.verify.results import Verification, VerifiedSoFar
    from console.witness.place import MemoryPlace

AHEAD = 32 * 1024 * 1024
"""Bytes of the files that were named beyond which processes are started before the files are looked at."""
DISKS = 8
"""Ledgers that are compared with the memory at the same time."""
_MODULES = ("console.engine.verify.segment_check",)


async def verify_paths(
    paths: Sequence[str],
    options: Options,
    *,
    executor: str,
    jobs: int | None = None,
    formats: Sequence[str] | None = None,
    progress: "Callable[[VerifiedSoFar], None] | None" = None,
    memory: "MemoryPlace | None" = None,
) -> "Verification":
    """Verify all ledgers on the executor of this name (see ``console.engine.run.choice``), and compare them with the
    memory of this place.

    With ``formats`` only the ledgers of these are. A profile that is asked for concerns the ledgers whose format has
    it. Never raises for what ledgers hold; raises ``ExecutorError``.
    """
    async with await executor_named(executor, jobs, _MODULES) as workers:
        if (size := _size(paths)) >= AHEAD:
            workers.start(1 + size // (AHEAD // 2))
            await asyncio.sleep(0)

        from console.engine.ledgers.opening import open_ledgers
        from console.engine.ledgers.volumes import joined
        from console.engine.memory.in_verification import remembered, with_missing, witness_of
        from console.engine.verify.many_ledgers import verify_ledgers
        from console.engine.verify.results import Verification
        from console.sources.protocol import Skipped

        bulk_process.prepare()
        skipped: list[Skipped] = []

        with witness_of(memory, options) as witness:

            def wanted() -> "Iterator[tuple[Opened, Options, bool]]":
                for item in joined(paths, open_ledgers(paths)):
                    if isinstance(item, Skipped):
                        skipped.append(item)
                    elif formats is None or item.format.name in formats:
                        yield item, _suited(item, options), witness.needs_leaves(item)

            reports = await verify_ledgers(wanted(), workers, progress)
            if formats is None:
                skipped = await asyncio.to_thread(with_missing, witness, paths, reports, skipped)
            with ThreadPoolExecutor(DISKS) as pool:  # each waits for the disk several times
                compared = [*pool.map(lambda each: remembered(witness, each, options), reports)]
        return Verification(compared, skipped)


def _size(paths: Sequence[str]) -> int:
    """Bytes of the files among these paths."""
    size = 0
    for path in paths:
        try:
            status = os.stat(path)  # noqa: PTH116 - any text may be given for a path
        except (OSError, ValueError):
            continue  # reading it says why
        size += status.st_size if stat.S_ISREG(status.st_mode) else 0
    return size


def _suited(opened: "Opened", options: Options) -> Options:
    """The options without a profile that the ledger's format does not know."""
    fits = any(profile.name == options.profile for profile in opened.format.profiles)
    return options if fits else replace(options, profile=None)
