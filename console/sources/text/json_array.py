"""JSON documents: elements of an array, bare or inside an object, each with its exact bytes.

A parser would lose the bytes that hashes are over, and need the whole document in memory. So a walk looks for the ends
of elements alone, and goes on over damage.
"""

from collections.abc import Iterator

from console.model.record import Cursor, Record, RecordBatch
from console.sources.content import ContentSource, Window, leaf_of_span
from console.sources.findings import add_large
from console.sources.protocol import CHUNK, MAX_RECORD
from console.sources.text.json_document import DocumentWalk

_START = Cursor()


class JsonSource(ContentSource):
    """Records are the elements of a top-level array, or of the arrays under ``WRAPPERS`` in a top-level object, and of
    others there that hold the same kind of objects.

    A top-level object without such an array is one record. Commas, brackets, white space and an object's other members
    are structure: what is wrong with them is found. A cursor points behind the last element, so a document that was
    written again with more elements at its end is read on from there. Findings about the document's end hold as of now
    (``standing``) and are given by each call that comes to the end.
    """

    own_container = "json"

    def batches(self, start: Cursor = _START) -> Iterator[RecordBatch]:
        with self.content.open() as window:
            walk = DocumentWalk(window, start.offset)
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
            if findings := walk.findings + window.findings():
                yield RecordBatch(ordinal, [], [], [], Cursor(ordinal, position), findings=findings)

    def tail(self, start: Cursor) -> Record | None:
        """The element (or the only object) that breaks off; its raw is empty if it is over ``MAX_RECORD``."""
        with self.content.open() as window:
            walk = DocumentWalk(window, start.offset)
            ordinal = start.ordinal + sum(1 for _ in walk.spans())
            begin = walk.broken
            if begin is None:
                return None
            end = walk.place.at
            while block := window.read(end, CHUNK):
                end += len(block)
            raw = window.read(begin, end - begin) if end - begin <= MAX_RECORD else b""
        return Record(ordinal, begin, end - begin, raw)


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
