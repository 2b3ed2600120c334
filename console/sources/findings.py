"""Findings and errors that several containers report, worded once."""

from console.model.finding import Finding
from console.model.record import RecordBatch
from console.model.trust import Severity
from console.model.words import count
from console.sources.protocol import MAX_RECORD, Skipped, SourceError
from console.sources.record_hash import leaf


def unreadable(path: str, message: str) -> SourceError:
    """``container.unreadable``, to be raised."""
    return SourceError(path, Finding("container.unreadable", Severity.ERROR, message))


def shrunk(path: str, offset: int, length: int) -> SourceError:
    """``container.shrunk``, to be raised where a record that was there cannot be read again."""
    message = f"The ledger ends before the end of this record ({count(length, 'byte')} at offset {offset:,})."
    return SourceError(path, Finding("container.shrunk", Severity.ERROR, message, offset=offset, length=length))


def unread(path: str, message: str) -> Skipped:
    return Skipped(path, Finding("container.unreadable", Severity.ERROR, message))


def not_recognised(path: str, message: str) -> Skipped:
    return Skipped(path, Finding("container.not-recognised", Severity.ERROR, message))


def empty(path: str, message: str) -> Skipped:
    return Skipped(path, Finding("container.empty", Severity.NOTE, message))


def add_large(batch: RecordBatch, offset: int, length: int, digest: bytes | None) -> None:
    """Append a record that is over the cap: hashed, not held."""
    index = len(batch.raws)
    batch.offsets.append(offset)
    batch.lengths.append(length)
    batch.raws.append(b"")
    if digest is not None:
        batch.leaves[index] = digest
    batch.findings.append(too_large(batch.first + index, offset, length))


def add_lost(batch: RecordBatch, offset: int) -> None:
    """Append a record for what cannot be read at all: nobody knows what, or how much, stood here."""
    batch.leaves[len(batch.raws)] = leaf(b"")
    batch.offsets.append(offset)
    batch.lengths.append(1)
    batch.raws.append(b"")


def add_zeros(batch: RecordBatch, offset: int, length: int, digest: bytes | None) -> None:
    """Append a record of nothing but zeros, over the cap as well."""
    add_large(batch, offset, length, digest)
    record = batch.first + len(batch.raws) - 1
    message = f"{length:,} zero bytes stand here: a hole in the file, as it is left by a writer who kept his place."
    batch.findings[-1] = Finding(
        "record.nul-byte", Severity.ERROR, message, record=record, offset=offset, length=length
    )


def too_large(record: int, offset: int, length: int) -> Finding:
    message = f"The record is {length:,} bytes long; records over {MAX_RECORD:,} bytes are hashed and skipped."
    return Finding("record.too-large", Severity.ERROR, message, record=record, offset=offset, length=length)
