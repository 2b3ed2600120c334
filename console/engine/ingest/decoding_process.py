"""A process that decodes for the writer: long ledgers are parsed on one core while the other one writes the index."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from console.engine.ingest.portions import portions
from console.engine.ledgers.faults import as_said
from console.engine.run.processes import start
from console.formats.protocol import Context
from console.formats.registry import by_name
from console.model.finding import Finding
from console.model.record import Cursor
from console.sources.base import Source, SourceError
from console.store.portion import Portion


@dataclass(frozen=True, slots=True)
class Job:
    """One ledger to decode from ``start`` on, with the reader's carried state."""

    source: Source
    format: str
    context: Context
    start: Cursor
    state: Sequence[tuple[Any, bytes]]


def _run(connection: Connection, job: Job) -> None:
    os.nice(10)
    try:
        reader = by_name(job.format).reader(job.context)
        reader.load_state(job.state)
        for portion in portions(job.source, reader, job.start):
            connection.send(portion)
        connection.send(None)
    except (EOFError, OSError):
        raise  # the writer hung up
    except Exception as error:  # noqa: BLE001 - whatever a reader raises costs its own ledger and no other
        said = as_said(job.source.path, error)
        connection.send((said.path, said.finding))


async def decoded_elsewhere(job: Job) -> AsyncIterator[Portion]:
    """Portions of the job, decoded in a process of its own.

    Raises ``SourceError`` as ``portions`` does, and ``EOFError`` where the process died.
    """
    child = start(_run, job)
    loop = asyncio.get_running_loop()
    # The next message is fetched while this one is written, so that the decoder does not wait for the writer.
    coming = loop.run_in_executor(None, child.connection.recv)
    try:
        while True:
            message: Portion | tuple[str, Finding] | None = await coming
            if message is None:
                break
            if isinstance(message, tuple):
                raise SourceError(*message)
            coming = loop.run_in_executor(None, child.connection.recv)
            yield message
    finally:
        await loop.run_in_executor(None, child.kill)
        await asyncio.gather(coming, return_exceptions=True)
