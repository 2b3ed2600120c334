"""What may be asked with words of the operator's: filters that are checked, ids that are traced.

A part of ``console.engine.api``, which hands it on: no module has room for all questions. The rooms behind are imported
when something is asked.
"""

from collections.abc import Callable, Sequence

from console.engine.search.findings_by_code import FindingList
from console.engine.session.protocol import IndexPlace, ReadSoFar
from console.engine.trace.tree import EventTrace, SharedThing, TracedLedgers, TraceNode, TraceRequest
from console.store.filter.completion import Completion

__all__ = [
    "Completion",
    "EventTrace",
    "SharedThing",
    "TraceNode",
    "TraceRequest",
    "TracedLedgers",
    "check_filter",
    "list_findings",
    "trace_id",
]


def check_filter(text: str) -> None:
    """Raises ``FilterError`` for a filter that cannot be read."""
    from console.store.filter import parse

    parse(text)


async def list_findings(
    paths: Sequence[str],
    index: IndexPlace,
    where: str,
    *,
    progress: Callable[[ReadSoFar], None],
    note: Callable[[str], None],
) -> FindingList:
    """The findings that the filter ``where`` lets through, by code, the worst first.

    Raises ``FilterError`` for a filter that cannot be read, and ``OSError`` where the index cannot be kept at its
    place.
    """
    from console.engine.search import finding_listing
    from console.store.filter import parse

    return await finding_listing.list_findings(paths, index, parse(where), progress=progress, note=note)


async def trace_id(
    paths: Sequence[str],
    index: IndexPlace,
    request: TraceRequest,
    *,
    progress: Callable[[ReadSoFar], None],
    note: Callable[[str], None],
) -> TracedLedgers:
    """What caused an event and what it caused, over all ledgers of these paths. Raises ``OSError`` where the index
    cannot be kept at its place."""
    from console.engine.trace import command

    return await command.trace(paths, index, request, progress=progress, note=note)
