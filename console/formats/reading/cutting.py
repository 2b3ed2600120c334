"""Records as readers get them: damaged lines in pieces, and blank lines that stand together as one record.

Every reader, every index and every search must count alike, so lines are cut in one place, between source and reader,
before any state changes. What becomes of a line depends on its own bytes (see ``pieces``), and a source ends no batch
within a run of blank lines: so records are the same wherever reading begins. The reader's own scan shows which lines
are damaged: a batch of sound ones passes as it is.
"""

from array import array
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain

from console.formats.json.scan import Fields, Flag, scan_batch
from console.formats.protocol import Reader
from console.formats.reading.pieces import Piece, pieces
from console.model.record import Cursor, RecordBatch

_DAMAGED = int(Flag.INVALID_UTF8 | Flag.INVALID_JSON | Flag.TOO_DEEP | Flag.NOT_AN_OBJECT | Flag.NUL)
_BLANK = int(Flag.BLANK)
CUT = frozenset({"record.recovered", "record.blank-line"})
"""Codes of findings without which all lines of a ledger are as they stand in its file."""
MOST = 4096
"""Pieces of one line after which a batch ends within it."""


_NOTHING = Fields()


def holds_json(reader: Reader) -> bool:
    """True if the reader's records are JSON texts, so that they may be cut."""
    found: bool = getattr(reader, "json_records", True)
    return found


def cut_for(reader: Reader, batches: Iterable[RecordBatch]) -> Iterable[RecordBatch]:
    """The batches as this reader is to get them."""
    return cut(batches, getattr(reader, "fields", _NOTHING)) if holds_json(reader) else batches


def cut(batches: Iterable[RecordBatch], fields: Fields = _NOTHING) -> Iterator[RecordBatch]:
    """The batches with their damaged records cut, and runs of blank lines joined; ``fields`` are the reader's."""
    counted = ours = 0
    """The next ordinal as the source counts, and as it is counted here."""
    for batch in batches:
        first = batch.first if not counted else ours if batch.first == counted else max(ours, batch.first)
        one = batch if first == batch.first else batch.renumbered(first - batch.first)
        if _is_sound(one, fields):
            counted, ours = batch.first + len(one), one.next.ordinal
            yield one
            continue
        for made in _cut(one, fields):
            yield made
        counted, ours = batch.next.ordinal, made.next.ordinal


def _is_sound(batch: RecordBatch, fields: Fields) -> bool:
    """True if nothing is to be done."""
    if batch.leaves:
        return True
    if batch.torn:
        return False
    flags = scan_batch(batch, fields).flags
    if flags.count(0) == len(flags):
        return True
    return not int.from_bytes(flags.tobytes(), "little") & _mask(len(flags))


@lru_cache(maxsize=64)
def _mask(count: int) -> int:
    return int.from_bytes((array("H", [_DAMAGED | _BLANK]) * count).tobytes(), "little")


def _cut(batch: RecordBatch, fields: Fields) -> Iterator[RecordBatch]:
    flags = scan_batch(batch, fields).flags
    into = _Records(batch)
    count, row = len(flags), 0
    while row < count:
        raw = batch.raws[row]
        behind = row + 1
        if flags[row] & _BLANK and batch.lines is not None:
            while behind < count and flags[behind] & _BLANK:
                behind += 1
            begin = batch.offsets[row]
            end = batch.offsets[behind - 1] + batch.lengths[behind - 1]
            into.add(begin, batch.lines[begin - batch.offset : end - batch.offset])
        elif raw and (flags[row] & _DAMAGED or (batch.torn and not row)):
            found = pieces(raw)
            first = next(found)
            damaged = first.end < len(raw) or (batch.torn and not row)
            for piece in chain([first], found):
                into.piece(row, raw, piece, recovered=piece.whole and (damaged or row in batch.recovered))
                if len(into.raws) >= MOST and piece.end < len(raw) and batch.lines is not None:
                    yield into.batch(batch.offsets[row] + piece.end)
                    into.begin(torn=True)
        else:
            into.add(batch.offsets[row], raw, batch.lengths[row], recovered=row in batch.recovered)
        row = behind
    made = into.batch(batch.next.offset)
    made.findings = batch.findings
    yield made


class _Records:
    """Collects the records of one batch that is cut."""

    def __init__(self, batch: RecordBatch) -> None:
        self._first = batch.first
        self._place = batch.offset_in or (lambda row, begin: batch.offsets[row] + begin)
        self.raws: list[bytes] = []
        self.begin(torn=batch.torn)

    def begin(self, *, torn: bool) -> None:
        """What follows is in another batch."""
        self._first += len(self.raws)
        self._torn = torn
        self.offsets: list[int] = []
        self.lengths: list[int] = []
        self.raws = []
        self.recovered: list[int] = []

    def add(self, offset: int, raw: bytes, length: int | None = None, *, recovered: bool = False) -> None:
        if recovered:
            self.recovered.append(len(self.raws))
        self.offsets.append(offset)
        self.lengths.append(len(raw) if length is None else length)
        self.raws.append(raw)

    def piece(self, row: int, raw: bytes, piece: Piece, *, recovered: bool) -> None:
        self.add(self._place(row, piece.begin), raw[piece.begin : piece.end], recovered=recovered)

    def batch(self, behind: int) -> RecordBatch:
        """What was collected; ``behind`` is the offset behind it."""
        made = RecordBatch(
            self._first, self.offsets, self.lengths, self.raws, Cursor(self._first + len(self.raws), behind)
        )
        made.recovered, made.torn = self.recovered, self._torn
        return made
