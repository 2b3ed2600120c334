"""The events of a ledger with their documents, from its raw records.

No index keeps documents: whoever folds or replays events reads the ledger itself, record by record, and holds one of
them at a time. Records are cut and counted as everywhere, so that an ordinal means the same event in an index.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from console.engine.ingest.tail import all_records
from console.engine.ledgers.faults import as_source_error
from console.engine.ledgers.opening import Opened
from console.formats.guarded import event_of, reader_of
from console.formats.protocol import Context
from console.model.batch import EventBatch
from console.model.event import Event, StreamKey
from console.model.record import Record


@dataclass(slots=True)
class LedgerRead:
    """What was read of a ledger: events, and records that hold none that can be read. ``problem`` says why reading
    ended early."""

    name: str
    events: int = 0
    unreadable: int = 0
    problem: str = ""


def decoded(opened: Opened, context: Context, read: LedgerRead, *, streams: bool = False) -> Iterator[Event]:
    """Every event that can be read, in the ledger's order; ``read`` counts. Never raises for what the ledger holds.

    With ``streams`` each event has those that the index has of it: what comes before it may decide them.
    """
    form = opened.format
    reader = reader_of(lambda: form.reader(context))
    known = _Streams()
    try:
        for batch in all_records(opened.source, reader):
            of = known.of(reader.read(batch)) if streams else None
            for row, raw in enumerate(batch.raws):
                if not raw.strip() and row not in batch.leaves:
                    continue  # blank lines
                record = Record(batch.first + row, batch.offsets[row], batch.lengths[row], raw)
                event = event_of(form, record, context)
                if event.type or event.document:
                    read.events += 1
                    yield event if of is None else replace(event, streams=of(row))
                else:
                    read.unreadable += 1
    except Exception as error:  # noqa: BLE001 - whatever a reader or a file does costs its own ledger and no other
        read.problem = as_source_error(opened.source.path, error).finding.message


@dataclass(slots=True)
class _Streams:
    """The streams of a reader's rows, by its codes."""

    names: list[StreamKey | None] = field(default_factory=lambda: [None])
    sets: list[tuple[int, ...]] = field(default_factory=lambda: [()])

    def of(self, rows: EventBatch) -> Callable[[int], tuple[StreamKey, ...]]:
        """What gives the streams of a row of the batch, the first one in front."""
        self.names += rows.new_streams
        self.sets += rows.new_further

        def streams(row: int) -> tuple[StreamKey, ...]:
            further = self.sets[rows.further[row]] if row < len(rows.further) else ()
            found = [self.names[code] for code in (rows.stream[row], *further)]
            return tuple(each for each in found if each is not None)

        return streams
