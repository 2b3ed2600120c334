"""A process that decodes for the writer: long ledgers are parsed on one core while the other one writes the index."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from console.engine.ingest.portions import portions
from console.engine.ledgers.faults import as_source_error
from console.engine.run.choice import process
from console.engine.run.executor import Channel, Failed, Lost, LostError, Reported, Work
from console.formats.protocol import Context
from console.formats.registry import by_name
from console.model.record import Cursor
from console.sources.protocol import Source
from console.store.portion import Portion

NICE = 10


@dataclass(frozen=True, slots=True)
class Unread:
    """What is to be decoded of one ledger: all from ``start`` on, with the reader's carried state. ``later``: its tail
    is left for another look."""

    source: Source
    format: str
    context: Context
    start: Cursor
    state: Sequence[tuple[Any, bytes]]
    later: bool = False


def decode(channel: Channel, unread: Unread) -> None:
    """Send portion after portion. Raises ``SourceError``."""
    try:
        reader = by_name(unread.format).reader(unread.context)
        reader.load_state(unread.state)
        for portion in portions(unread.source, reader, unread.start, later=unread.later):
            channel.send(portion)
    except Exception as error:
        # Whatever a reader raises costs its own ledger and no other.
        raise as_source_error(unread.source.path, error) from error


async def decoded_elsewhere(unread: Unread) -> AsyncGenerator[Portion, None]:
    """Its portions, decoded in a process of its own that is at most a portion ahead.

    Raises ``SourceError`` as ``portions`` does, and ``ExecutorError`` where the process died or could not be started.
    """
    work = Work(unread.source.path, decode, (unread,))
    async with process(NICE) as executor, aclosing(executor.submit(work)) as messages:
        async for message in messages:
            match message:
                case Reported(portion):
                    yield portion
                case Failed(error):
                    raise error
                case Lost(worker, reason):
                    raise LostError(work.name, worker, reason)
                case _:
                    pass
