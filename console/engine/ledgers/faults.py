"""A fault of the console's own in reading one ledger becomes a finding of that ledger: the other ones go on."""

import traceback
from pathlib import Path

from console.model.record import RecordBatch
from console.sources.protocol import SourceError
from console.store.errors import StoreError
from console.verify.catalogue import finding

READER_FAILED = "container.reader-failed"
_HOUSE = Path(__file__).parents[2]
_LONGEST = 200
"""Characters of an error's own words."""


def as_source_error(path: str, error: Exception, batch: RecordBatch | None = None) -> SourceError:
    """``container.reader-failed``, to be raised instead of ``error``; a ``SourceError`` stays as it is.

    ``batch`` are the records in which it happened, None where it was beside them.
    """
    if isinstance(error, SourceError):
        return error
    if isinstance(error, StoreError):
        words = f"What its check needs beside memory cannot be kept in the temporary folder ({error})."
        return SourceError(path, finding("container.unreadable", words))
    words = f"{type(error).__name__}: {error}".removesuffix(": ")[:_LONGEST]
    within = "" if batch is None else f" in one of the {len(batch):,} records that begin here"
    message = (
        f"Its reader failed{within}; nothing further was read. This is a fault of audit-console, not of the ledger:"
        f" please report it with these words and these records ({words}; {_place(error)})."
    )
    if batch is None:
        return SourceError(path, finding(READER_FAILED, message))
    start = batch.offsets[0] if batch.offsets else None
    return SourceError(path, finding(READER_FAILED, message, record=batch.first, offset=start))


def _place(error: Exception) -> str:
    """The last line of ours that the error came through."""
    ours = [each for each in traceback.extract_tb(error.__traceback__) if Path(each.filename).is_relative_to(_HOUSE)]
    return f"{Path(ours[-1].filename).relative_to(_HOUSE)}, line {ours[-1].lineno}" if ours else "no line known"
