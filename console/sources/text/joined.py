"""JSON objects one after the other that are neither lines nor an array: pretty-printed (jq), joined by commas, in
brackets without commas.

Such files are exports and repairs by hand, whose events are all there. A record begins with each line that begins with
a brace: what is inside an object is indented or on the same line, so one damaged object spoils no other.
"""

from collections.abc import Iterator

from console.model.record import Cursor, Record, RecordBatch
from console.sources.content import ContentSource, MemoryWindow, Window, leaf_of_span
from console.sources.findings import add_large
from console.sources.protocol import CHUNK, MAX_RECORD
from console.sources.text.json_ends import JsonPlace

_START = Cursor()
_BEGIN = b"\n{"
_BETWEEN = b" \t\r\n,]"
"""What may stand behind an object without being a part of it."""
_BEFORE = b"\xef\xbb\xbf \t\r\n,["


class JoinedSource(ContentSource):
    """Records are the objects that begin at the beginning of a line, without the white space, commas and brackets
    between them. What else stands between two of them is a record too, and so is an object without its end.

    A cursor points behind the last record.
    """

    own_container = "json"

    def batches(self, start: Cursor = _START) -> Iterator[RecordBatch]:
        """Complete records: whole objects, and what is followed by another object."""
        with self.content.open() as window:
            batch = RecordBatch(start.ordinal, [], [], [], start)
            size = 0
            for begin, end, raw in _complete(window, start.offset, self.content.sealed):
                if raw is None:
                    add_large(batch, begin, end - begin, leaf_of_span(window, begin, end - begin))
                else:
                    batch.offsets.append(begin)
                    batch.lengths.append(end - begin)
                    batch.raws.append(raw)
                    size += len(raw)
                batch.next = Cursor(batch.first + len(batch), end)
                if size >= CHUNK:
                    yield batch
                    batch, size = RecordBatch(batch.next.ordinal, [], [], [], batch.next), 0
            batch.findings += window.findings()
            if len(batch) or batch.findings:
                yield batch

    def tail(self, start: Cursor) -> Record | None:
        """What breaks off at the end; its raw is empty if it is over ``MAX_RECORD``."""
        with self.content.open() as window:
            ordinal, behind = start.ordinal, start.offset
            for _, end, _ in _complete(window, behind, self.content.sealed):
                ordinal, behind = ordinal + 1, end
            begin = end = _skip(window, behind)
            while block := window.read(end, CHUNK):
                end += len(block)
            if begin == end:
                return None
            raw = window.read(begin, end - begin) if end - begin <= MAX_RECORD else b""
        return Record(ordinal, begin, end - begin, raw)


def _complete(window: Window, at: int, sealed: bool) -> Iterator[tuple[int, int, bytes | None]]:
    """Begin, end and bytes of each complete record from ``at`` on; no bytes where it is over ``MAX_RECORD``."""
    for begin, end, last in _pieces(window, _skip(window, at)):
        ended = sealed or not last
        if end - begin > MAX_RECORD:
            if ended or JsonPlace(window, begin).composite():
                yield begin, end, None
            continue
        piece = window.read(begin, end - begin)
        place = JsonPlace(MemoryWindow(piece), 0)
        whole = place.at if piece.startswith(b"{") and place.composite() else 0
        if whole:
            yield begin, begin + whole, piece[:whole]
        rest = piece[whole:].strip(_BETWEEN)
        if rest and ended:
            start = begin + piece.index(rest, whole)
            yield start, start + len(rest), rest


def _pieces(window: Window, begin: int) -> Iterator[tuple[int, int, bool]]:
    """Where pieces begin and end that each begin with an object, and True for the last one."""
    at = begin
    while block := window.read(at, CHUNK):
        found = -1
        while (found := block.find(_BEGIN, found + 1)) >= 0:
            yield begin, at + found, False
            begin = at + found + 1
        at += len(block) - (len(block) == CHUNK)
    if begin < at:
        yield begin, at, True


def _skip(window: Window, at: int) -> int:
    """Behind the structure that stands there."""
    structure = _BETWEEN if at else _BEFORE
    while block := window.read(at, CHUNK):
        rest = block.lstrip(structure)
        if rest:
            return at + len(block) - len(rest)
        at += len(block)
    return at
