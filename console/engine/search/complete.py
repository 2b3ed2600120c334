"""What may be typed next in a filter, with the names that an index knows."""

from console.store.filter.completion import Completion, completing
from console.store.protocol import IndexReader

NAMES = 200
"""Names that are offered, at most."""


async def complete(reader: IndexReader, text: str, cursor: int) -> Completion:
    """What fits before the cursor."""
    part = completing(text, cursor)
    if part is None:
        return Completion(cursor)
    names = await reader.names(part.field, part.beginning, NAMES) if part.known and part.field else []
    return part.completion(names)
