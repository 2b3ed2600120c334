"""JSON documents: elements of an array, bare or inside an object, each with its exact bytes.

A parser would lose the bytes that hashes are over, and need the whole document in memory. So a walk looks for the ends
of elements alone, and goes on over damage.
"""

from collections.abc import Iterator

from console.model.finding import Finding
from console.model.record import Cursor, Record, RecordBatch
from console.model.trust import Severity
from console.sources.content import ContentSource, Window, leaf_of_span
from console.sources.findings import add_large
from console.sources.protocol import CHUNK, MAX_RECORD
from console.sources.text.json_ends import (
    CLOSE,
    CLOSE_OBJECT,
    COLON,
    COMMA,
    NOTHING,
    OPEN,
    OPEN_OBJECT,
    QUOTE,
    JsonPlace,
)

_START = Cursor()
WRAPPERS = frozenset({b'"data"', b'"items"', b'"events"', b'"results"', b'"audit_trail"'})
"""Keys of an object whose array holds the records."""
_TRUNCATED = "container.json-truncated"
_BOM = b"\xef\xbb\xbf"


class JsonSource(ContentSource):
    """Records are the elements of a top-level array, or of the arrays under ``WRAPPERS`` in a top-level object.

    A top-level object without such an array is one record. Commas, brackets, white space and an object's other members
    are structure. A cursor points behind the last element, so a document that was written again with more elements at
    its end is read on from there. Findings about the document's end hold as of now (``standing``) and are given by each
    call that comes to the end.
    """

    own_container = "json"

    def batches(self, start: Cursor = _START) -> Iterator[RecordBatch]:
        with self.content.open() as window:
            walk = _Walk(window, start.offset)
            ordinal, position = start.ordinal, start.offset
            spans: list[tuple[int, int]] = []
            for begin, end in walk.spans():
                if spans and begin - spans[0][0] >= CHUNK:
                    yield _batch(window, ordinal, spans)
                    ordinal, position = ordinal + len(spans), spans[-1][1]
                    spans = []
                if end - begin > MAX_RECORD:
                    if spans:
                        yield _batch(window, ordinal, spans)
                        ordinal += len(spans)
                        spans = []
                    batch = RecordBatch(ordinal, [], [], [], Cursor(ordinal + 1, end))
                    add_large(batch, begin, end - begin, leaf_of_span(window, begin, end - begin))
                    yield batch
                    ordinal, position = ordinal + 1, end
                else:
                    spans.append((begin, end))
            if spans:
                yield _batch(window, ordinal, spans)
                ordinal, position = ordinal + len(spans), spans[-1][1]
            if findings := walk.marks + walk.findings + window.findings():
                yield RecordBatch(ordinal, [], [], [], Cursor(ordinal, position), findings=findings)

    def tail(self, start: Cursor) -> Record | None:
        """The element (or the only object) that breaks off; its raw is empty if it is over ``MAX_RECORD``."""
        with self.content.open() as window:
            walk = _Walk(window, start.offset)
            ordinal = start.ordinal + sum(1 for _ in walk.spans())
            begin = walk.broken
            if begin is None:
                return None
            end = walk.place.at
            while block := window.read(end, CHUNK):
                end += len(block)
            raw = window.read(begin, end - begin) if end - begin <= MAX_RECORD else b""
        return Record(ordinal, begin, end - begin, raw)


def _mark() -> Finding:
    message = "The document begins with a byte order mark."
    return Finding("record.byte-order-mark", Severity.NOTE, message, offset=0, length=len(_BOM), standing=True)


class _Walk:
    """One pass over a document. After ``spans``: ``broken`` is where an unfinished record begins, if one does."""

    def __init__(self, window: Window, resume: int) -> None:
        self._window = window
        self._resume = resume
        marked = window.read(0, len(_BOM)) == _BOM
        self.place = JsonPlace(window, len(_BOM) if marked else 0)
        self.marks = [_mark()] if marked else []
        self.broken: int | None = None
        self.findings: list[Finding] = []

    def spans(self) -> Iterator[tuple[int, int]]:
        """Begin and end of each complete record from the place of resumption on."""
        place = self.place
        found = place.blank()
        if found == OPEN:
            place.at += 1
            yield from self._array()
        elif found == OPEN_OBJECT:
            yield from self._object()
        elif found != NOTHING:
            self._wrong("The document begins with neither an array nor an object.")
        if not self.findings and place.blank() != NOTHING:
            self._wrong("Something stands behind the end of the document; it is not read.")

    def _array(self) -> Iterator[tuple[int, int]]:
        """Elements from behind the opening bracket, or from behind an earlier element, to behind the closing one."""
        place = self.place
        first = True
        if place.at < self._resume:
            place.jump(self._resume)
            first = False
        commas = 0
        while (found := place.blank()) != NOTHING:
            if found == COMMA:
                commas += 1
                place.at += 1
                continue
            closing = found == CLOSE
            if commas != (0 if first or closing else 1) and not self.findings:
                self._wrong("A comma is missing or stands where no element follows.")
            if closing:
                place.at += 1
                return
            begin = place.at
            end = place.element(CLOSE)
            if end is None:
                self.broken = begin
                break
            yield begin, end
            first = False
            commas = 0
        self._unfinished()

    def _object(self) -> Iterator[tuple[int, int]]:
        place = self.place
        begin = place.at
        arrays = 0
        place.at += 1
        while (found := place.blank()) != CLOSE_OBJECT:
            if found == COMMA:
                place.at += 1
                continue
            key = place.at
            if found == NOTHING or (found == QUOTE and not place.string()):
                break
            name = self._window.read(key, min(place.at - key, 16))
            if found != QUOTE or place.blank() not in (COLON, NOTHING):
                # Not an object's member: whatever it is, it belongs to the one record or is a finding.
                if arrays:
                    self._wrong("The object that holds the records goes on with something that is not a member.")
                    return
                place.jump(begin)
                if not place.composite():
                    break
                yield from self._only(begin)
                return
            place.at += 1
            found = place.blank()
            if found == OPEN and name in WRAPPERS:
                arrays += 1
                place.at += 1
                yield from self._array()
                if any(one.code == _TRUNCATED for one in self.findings):
                    return
            elif found == NOTHING or place.element(CLOSE_OBJECT) is None:
                break
        else:
            place.at += 1
            if not arrays:
                yield from self._only(begin)
            return
        if not arrays:
            self.broken = begin
        self._unfinished()

    def _only(self, begin: int) -> Iterator[tuple[int, int]]:
        """The whole object as one record, unless it was read before."""
        if begin >= self._resume:
            yield begin, self.place.at

    def _wrong(self, message: str) -> None:
        self.findings.append(
            Finding("record.invalid-json", Severity.ERROR, message, offset=self.place.at, standing=True)
        )

    def _unfinished(self) -> None:
        at = self.place.at if self.broken is None else self.broken
        message = f"The document breaks off at byte {at:,}: its end is missing, with whatever records it held."
        self.findings.append(Finding(_TRUNCATED, Severity.ERROR, message, offset=at, standing=True))


def _batch(window: Window, ordinal: int, spans: list[tuple[int, int]]) -> RecordBatch:
    first, last = spans[0][0], spans[-1][1]
    block = window.read(first, last - first)
    return RecordBatch(
        ordinal,
        [begin for begin, _ in spans],
        [end - begin for begin, end in spans],
        [block[begin - first : end - first] for begin, end in spans],
        Cursor(ordinal + len(spans), last),
    )
