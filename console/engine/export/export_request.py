"""What can be asked of an export: plain types, cheap to import."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from console.engine.search.event_request import EventRequest

Accepts = Callable[[str, str], bool]
"""True for a format's name and a ledger's shape that a form can take."""


@dataclass(slots=True)
class ExportedLedgers:
    """What became of the ledgers that were asked for, known when their records were taken. ``left_out`` are names and
    formats of those that the form does not take, ``problems`` those that cannot be read, and why; ``unreadable`` counts
    records without a document, ``files`` are all that was read from."""

    names: list[str] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    records: int = 0
    unreadable: int = 0


def is_filtered(request: EventRequest) -> bool:
    """True if some of the events may not be wanted."""
    more: Sequence[object] = (request.where.strip(), request.stream, request.types, request.since, request.until)
    return any(more)
