"""The events of a ledger with their documents, from its raw records.

No index keeps documents: whoever folds or replays events reads the ledger itself, record by record, and holds one of
them at a time. Records are cut and counted as everywhere, so that an ordinal means the same event in an index.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from console.engine.ingest.tail import all_records
from console.engine.ledgers.faults import as_source_error
from console.engine.ledgers.opening import Opened
from console.formats.guarded import event_of, reader_of
from console.formats.protocol import Context
from console.model.event import Event
from console.model.record import Record


@dataclass(slots=True)
class LedgerRead:
    """What was read of a ledger: events, and records that hold none that can be read. ``problem`` says why reading
    ended early."""

    name: str
    events: int = 0
    unreadable: int = 0
    problem: str = ""


def decoded(opened: Opened, context: Context, read: LedgerRead) -> Iterator[Event]:
    """Every event that can be read, in the ledger's order; ``read`` counts. Never raises for what the ledger holds."""
    form = opened.format
    reader = reader_of(lambda: form.reader(context))
    try:
        for batch in all_records(opened.source, reader):
            for row, raw in enumerate(batch.raws):
                if not raw.strip() and row not in batch.leaves:
                    continue  # blank lines
                record = Record(batch.first + row, batch.offsets[row], batch.lengths[row], raw)
                event = event_of(form, record, context)
                if event.type or event.document:
                    read.events += 1
                    yield event
                else:
                    read.unreadable += 1
    except Exception as error:  # noqa: BLE001 - whatever a reader or a file does costs its own ledger and no other
        read.problem = as_source_error(opened.source.path, error).finding.message
