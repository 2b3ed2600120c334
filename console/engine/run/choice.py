"""The executor that an operator names: inline, processes, or a cluster by its address."""

import os
import re
from collections.abc import Sequence

from console.engine.errors import ExecutorError
from console.engine.run.pool import Pool
from console.engine.run.processes import ProcessSlot
from console.engine.run.this_process import ThisProcess

INLINE, PROCESSES, CLUSTER = "inline", "processes", "dask://"
MOST = 64
"""Processes that are used at most."""
_ADDRESS = re.compile(r"dask://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})")


def known(name: str) -> bool:
    """True if this names an executor, be it reachable or not."""
    address = _ADDRESS.fullmatch(name)
    return name in (INLINE, PROCESSES) or (address is not None and 0 < int(address[2]) < 65536)


def cores() -> int:
    """Processors that this process may use."""
    found = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(found or 1, MOST)


async def executor_named(name: str, jobs: int | None = None, modules: Sequence[str] = ()) -> Pool:
    """The executor of this name. Raises ``ExecutorError``, for people.

    ``jobs``: how many processes, or all cores; this process is the first of them, so that small work starts no other.
    The others import ``modules`` before there is work.
    """
    if name == INLINE:
        return Pool([ThisProcess()])
    if name == PROCESSES:
        others = (jobs or cores()) - 1
        return Pool([ThisProcess(), *(ProcessSlot(modules=modules) for _ in range(others))])
    if not known(name):
        raise ExecutorError(f"{name!r} is no executor; known are inline, processes and dask://HOST:PORT")
    from console.engine.run.cluster import connect

    return await connect(name.removeprefix(CLUSTER))


def process(nice: int = 0) -> Pool:
    """One process beside this one, for work that goes on while this one does something else."""
    return Pool([ProcessSlot(nice)])
