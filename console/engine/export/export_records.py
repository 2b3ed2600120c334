"""Records for an export, in the order of their ledgers.

They are read from the ledgers themselves, without an index: whoever exports all of a ledger waits for no rows of it.
Only filters need the index; it says which records are wanted, by ordinal, and these are then read in the same way.
"""

import os
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import cast

from console.engine.export.export_request import Accepts, ExportedLedgers, is_filtered
from console.engine.ingest.tail import all_records
from console.engine.ledgers.faults import as_source_error
from console.engine.ledgers.opening import Opened, open_ledgers
from console.engine.ledgers.rotated_source import files_of
from console.engine.ledgers.volumes import joined
from console.engine.search.event_listing import EventListing
from console.engine.search.event_request import EventRequest, Listeners
from console.formats.export_record import ExportRecord
from console.formats.guarded import reader_of
from console.formats.json.scan import Fields, Flag, scan_batch
from console.formats.protocol import Reader
from console.formats.reading.cutting import holds_json
from console.model.record import RecordBatch
from console.sources.protocol import Skipped

NO_FIELDS = Fields()
_TOLERATED = Flag.WHITE_SPACE | Flag.ESCAPED_KEY
"""Flags of the scanner that records which are plain objects may have."""
Selection = Mapping[str, Sequence[int]]
"""By a ledger's name, ordinals of the wanted records, rising."""


async def select(request: EventRequest, listeners: Listeners) -> Selection | None:
    """The wanted records; None: all. Raises what listing raises."""
    if not is_filtered(request):
        return None
    found: dict[str, array[int]] = {}
    async with aclosing(EventListing(request, listeners).present()) as events:
        async for each in events:
            found.setdefault(each.ledger, array("Q")).append(each.row.ordinal)
    return {name: array("Q", sorted(ordinals)) for name, ordinals in found.items()}


@dataclass(frozen=True, slots=True)
class ExportSources:
    """The ledgers of an export, opened."""

    opened: Sequence[Opened]
    selection: Selection | None
    about: ExportedLedgers

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """The ledgers' formats, by name, with their shapes, each once."""
        return [*dict.fromkeys((each.format.name, each.claim.shape) for each in self.opened)]

    def records(self) -> Iterator[ExportRecord]:
        """Records that have a document. That a ledger cannot be read to its end is noted, and the next one comes."""
        for opened in self.opened:
            wanted = None if self.selection is None else self.selection.get(opened.name, ())
            if wanted is not None and not wanted:
                continue
            try:
                yield from self._of(opened, wanted)
            except Exception as error:  # noqa: BLE001 - what fails over one ledger must not hide the others
                problem = as_source_error(opened.source.path, error).finding
                self.about.problems.append((opened.name, problem.message))

    def _of(self, opened: Opened, wanted: Sequence[int] | None) -> Iterator[ExportRecord]:
        of, name, about = (opened.format, opened.context()), opened.name, self.about
        reader = reader_of(lambda: of[0].reader(of[1]))
        cutting = _Cutting(holds_json(reader))
        for batch in all_records(opened.source, cast(Reader, cutting)):
            first, raws, offsets, lengths = batch.first, batch.raws, batch.offsets, batch.lengths
            sound = scan_batch(batch, NO_FIELDS).plain(_TOLERATED) if cutting.json_records else bytes(len(raws))
            for row in _rows(batch, wanted):
                raw = raws[row]
                found = ExportRecord(name, raw, (first + row, offsets[row], lengths[row]), of)
                if sound[row] or found.document is not None:
                    about.records += 1
                    yield found
                elif raw.strip():
                    about.unreadable += 1


def open_for_export(request: EventRequest, accepts: Accepts, selection: Selection | None) -> ExportSources:
    """The ledgers under the request's paths that a form takes, named as an index names them."""
    about = ExportedLedgers()
    opened = []
    paths = [os.path.abspath(path) for path in request.paths]  # noqa: PTH100 - not through symbolic links
    for each in joined(paths, open_ledgers(paths)):
        if isinstance(each, Skipped):
            about.problems.append((each.path, each.finding.message))
            continue
        about.files += [file.path for file in files_of(each.source)]
        if accepts(each.format.name, each.claim.shape):
            opened.append(each)
            about.names.append(each.name)
        else:
            about.left_out.append((each.name, each.format.name))
    return ExportSources(opened, selection, about)


def _rows(batch: RecordBatch, wanted: Sequence[int] | None) -> Sequence[int]:
    """The wanted rows of a batch."""
    first, count = batch.first, len(batch)
    if wanted is None:
        return range(count)
    return [each - first for each in wanted[bisect_left(wanted, first) : bisect_left(wanted, first + count)]]


@dataclass(frozen=True, slots=True)
class _Cutting:
    """What the cutting of records asks of a reader: an export needs none of its columns."""

    json_records: bool
    fields: Fields = NO_FIELDS
