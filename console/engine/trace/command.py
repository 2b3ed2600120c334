"""The trace of an id for commands: the index is brought up to date, then asked."""

from collections.abc import Callable, Sequence

from console.engine.ledgers.options import Options
from console.engine.session.headless import indexed
from console.engine.session.protocol import IndexPlace, ReadSoFar
from console.engine.session.records import Records
from console.engine.trace.tree import TracedLedgers, TraceRequest
from console.engine.trace.walk import Tracer


async def trace(
    paths: Sequence[str],
    index: IndexPlace,
    request: TraceRequest,
    *,
    progress: Callable[[ReadSoFar], None],
    note: Callable[[str], None],
) -> TracedLedgers:
    """The trace over all ledgers of these paths. Raises ``OSError`` where the index cannot be kept at its place."""
    async with indexed(paths, index, Options(), progress=progress, note=note, settled=True) as reader:
        tracer = Tracer(reader, Records(reader))
        found = await tracer.of_id(request.id, up=request.up, down=request.down, depth=request.depth)
        return TracedLedgers(found, await reader.ledgers())
