"""Lines that end in LF, one record a line.

Most ledgers are these, so a batch is one block of whole lines: nothing is done for each record
that can be done for a block.
"""

from collections.abc import Iterator

from console.model.record import Cursor, Record, RecordBatch
from console.sources.content import ContentSource, Window, leaf_of_span
from console.sources.findings import add_large
from console.sources.protocol import CHUNK, MAX_RECORD

LINES = 384 * 1024
"""Bytes of lines read at a time: more, and the allocator maps fresh pages for the columns of each batch; fewer, and
work that is done once a batch costs more than the lines do."""
_START = Cursor()


class JsonlSource(ContentSource):
    """Records are lines without their LF. Nothing else ends a line: not CR, U+2028, NEL, VT or FF."""

    own_container = "jsonl"

    def batches(self, start: Cursor = _START) -> Iterator[RecordBatch]:
        """Complete lines from ``start`` on. The last batch may be empty and only carry findings of the container."""
        ordinal, position = start.ordinal, start.offset
        with self.content.open() as window:
            size = LINES
            while block := (size == LINES and window.lines(position, size)) or window.read(position, size):
                cut = block.rfind(b"\n") + 1
                if cut:
                    whole = block if cut == len(block) else block[:cut]
                    batch = RecordBatch.of_lines(ordinal, position, whole)
                elif len(block) < size:
                    if not self.content.sealed:
                        break
                    batch = RecordBatch(ordinal, [position], [len(block)], [block], _after(ordinal, position, block))
                elif size <= MAX_RECORD:
                    size = min(size * 2, MAX_RECORD + 1)
                    continue
                else:
                    end, ended = _line_end(window, position)
                    if not ended and not self.content.sealed:
                        break
                    batch = RecordBatch(ordinal, [], [], [], Cursor(ordinal + 1, end + 1 if ended else end))
                    add_large(batch, position, end - position, leaf_of_span(window, position, end - position))
                yield batch
                ordinal, position = batch.next.ordinal, batch.next.offset
                size = LINES
            if findings := window.findings():
                yield RecordBatch(ordinal, [], [], [], Cursor(ordinal, position), findings=findings)

    def tail(self, start: Cursor) -> Record | None:
        """The last line without its LF; its raw is empty if it is over ``MAX_RECORD``."""
        if self.content.sealed:
            return None
        with self.content.open() as window:
            end, ended = _line_end(window, start.offset)
            length = end - start.offset
            if ended or not length:
                return None
            raw = window.read(start.offset, length) if length <= MAX_RECORD else b""
        return Record(start.ordinal, start.offset, length, raw)


def _after(ordinal: int, position: int, block: bytes) -> Cursor:
    return Cursor(ordinal + 1, position + len(block))


def _line_end(window: Window, position: int) -> tuple[int, bool]:
    """Where the line at ``position`` ends, and True if an LF ends it."""
    while block := window.read(position, CHUNK):
        found = block.find(b"\n")
        if found >= 0:
            return position + found, True
        position += len(block)
    return position, False
