"""What stands behind the last line end of a ledger: records that only lack their LF, and what is none yet.

A record is complete when its object is: then nothing that may follow can make it another one, so it is checked like
any other. What is behind the last complete one may still be being written; zeros may not, for no record begins so.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from console.engine.ledgers.rotated_source import in_file
from console.formats.protocol import Reader
from console.formats.reading.cutting import cut_for, holds_json
from console.formats.reading.pieces import BLANK, pieces
from console.model.finding import Finding
from console.model.record import Cursor, Record, RecordBatch
from console.model.words import count
from console.sources.findings import add_large
from console.sources.protocol import MAX_RECORD, Source
from console.verify.catalogue import finding

_START = Cursor()


@dataclass(frozen=True, slots=True)
class Ending:
    """The tail of a ledger: ``records`` that are whole, and the ``rest`` with what is to be noted of it.

    ``pending``: the rest may still become a record.
    """

    records: tuple[RecordBatch, ...]
    rest: int = 0
    pending: bool = False
    note: Finding | None = None


def all_records(source: Source, reader: Reader, start: Cursor = _START) -> Iterator[RecordBatch]:
    """The records from ``start`` on as a reader gets them, those that only lack their LF included. Raises
    ``SourceError``."""
    cursor = start
    for batch in cut_for(reader, source.batches(start)):
        cursor = batch.next
        yield batch
    yield from ending(source, cursor, reader).records


def ending(source: Source, cursor: Cursor, reader: Reader, *, ended: bool = False, later: bool = False) -> Ending:
    """What stands behind ``cursor``. ``ended``: nothing will follow, so that all of it is a record. ``later``: what is
    whole is left for a later look. Raises ``SourceError``."""
    tail = source.tail(cursor)
    if tail is None:
        return Ending(())
    whole = tail.length if ended else 0 if later else _whole(source, tail, reader)
    records = tuple(cut_for(reader, [_batch(source, tail, whole)])) if whole else ()
    rest = tail.length - whole
    if not rest:
        return Ending(records)
    behind = records[-1].next if records else Cursor(tail.ordinal, tail.offset)
    raw = tail.raw[whole:] if tail.length <= MAX_RECORD else source.read(tail.offset, tail.length)
    note, pending = _noted(raw, behind, rest)
    return Ending(records, rest, pending, note)


def _whole(source: Source, tail: Record, reader: Reader) -> int:
    """Bytes of a tail that are records."""
    if not holds_json(reader) or getattr(source, "fixed", False) or not tail.raw.strip(BLANK):
        return 0
    return max((piece.end for piece in pieces(tail.raw, open_end=True) if piece.whole), default=0)


def _batch(source: Source, tail: Record, length: int) -> RecordBatch:
    """The first bytes of a tail as one record."""
    behind = Cursor(tail.ordinal + 1, tail.offset + length)
    if tail.length > MAX_RECORD:
        batch = RecordBatch(tail.ordinal, [], [], [], behind)
        add_large(batch, tail.offset, length, None)
        return batch
    batch = RecordBatch(tail.ordinal, [tail.offset], [length], [tail.raw[:length]], behind)
    begins = in_file(tail.offset) == 0
    batch.torn = not begins and source.container != "json" and source.read(tail.offset - 1, 1) != b"\n"
    return batch


def _noted(raw: bytes, at: Cursor, length: int) -> tuple[Finding, bool]:
    """The finding about what is no record yet, and True if it may become one."""
    place: dict[str, Any] = {"record": at.ordinal, "offset": at.offset, "length": length, "standing": True}
    if not raw.strip(BLANK):
        lines = raw.count(b"\n")
        message = f"{count(lines, 'blank line')} at the end." if lines else "Blanks at the end."
        return finding("record.blank-line", message, count=max(1, lines), **place), False
    if b"\0" in raw:
        where = f"{length:,} bytes behind the last record hold zeros"
        if not raw.strip(b"\0" + BLANK):
            where = f"{length:,} zero bytes stand behind the last record"
        message = f"{where}, as a power cut or a writer who died leaves them: no record can begin there."
        return finding("record.nul-byte", message, **place), False
    message = f"The last {count(length, 'byte')} {'has' if length == 1 else 'have'} no end yet: pending, not checked."
    return finding("record.partial-tail", message, **place), True
