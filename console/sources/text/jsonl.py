"""Lines that end in LF, one record a line.

Most ledgers are these, so a batch is one block of whole lines: nothing is done for each record
that can be done for a block. No batch ends within a run of blank lines, so that whoever joins them to one record has
all of them at hand; a run at the end may still grow, and is the tail.
"""

import re
from collections.abc import Iterator

from console.model.record import Cursor, Record, RecordBatch
from console.sources.content import ContentSource, Window, leaf_of_span
from console.sources.findings import add_large, add_zeros
from console.sources.protocol import CHUNK, MAX_RECORD

LINES = 384 * 1024
"""Bytes of lines read at a time: more, and the allocator maps fresh pages for the columns of each batch; fewer, and
work that is done once a batch costs more than the lines do."""
_START = Cursor()
_BLANK = b" \t\r\n"
"""What blank lines hold: JSON's white space."""
_LINE_END = re.compile(rb"[ \t\r]*+\n")


class JsonlSource(ContentSource):
    """Records are lines without their LF. Nothing else ends a line: not CR, U+2028, NEL, VT or FF.

    Blank lines that fill more than a block come as one record of up to ``MAX_RECORD`` bytes. Zeros that begin a longer
    line than that are a record of their own: a writer leaves them who keeps his place in a file that was emptied. A
    cursor behind a record whose LF was not there yet is within its line: the first batch from there is ``torn``.
    """

    own_container = "jsonl"

    def batches(self, start: Cursor = _START) -> Iterator[RecordBatch]:
        """Complete lines from ``start`` on. The last batch may be empty: it moves over the end of a line, or has
        findings of the container."""
        with self.content.open() as window:
            cursor = _resumed(window, start)
            torn = cursor == start and _is_within_line(window, start.offset)
            if cursor != start:
                yield RecordBatch(cursor.ordinal, [], [], [], cursor)
            while (batch := self._next(window, cursor)) is not None:
                batch.torn = torn
                yield batch
                cursor = batch.next
                torn = batch.lines is None and _is_within_line(window, cursor.offset)
            if findings := window.findings():
                yield RecordBatch(cursor.ordinal, [], [], [], cursor, findings=findings)

    def tail(self, start: Cursor) -> Record | None:
        """The last line without its LF, or blank lines up to the end; its raw is empty if it is over ``MAX_RECORD``."""
        if self.content.sealed:
            return None
        with self.content.open() as window:
            start = _resumed(window, start)
            end, ended = _line_end(window, start.offset)
            if ended:
                end, is_blank = _blank_end(window, start.offset)
                if not is_blank:
                    return None
            length = end - start.offset
            if not length:
                return None
            raw = window.read(start.offset, length) if length <= MAX_RECORD else b""
        return Record(start.ordinal, start.offset, length, raw)

    def _next(self, window: Window, cursor: Cursor) -> RecordBatch | None:
        """The batch that begins there; None where nothing complete does."""
        ordinal, position = cursor.ordinal, cursor.offset
        size = LINES
        while block := (size == LINES and window.lines(position, size)) or window.read(position, size):
            cut = block.rfind(b"\n") + 1
            if cut:
                whole = _without_blank_end(block if cut == len(block) else block[:cut])
                return RecordBatch.of_lines(ordinal, position, whole) if whole else self._blank(window, cursor)
            if len(block) < size:
                return _single(ordinal, position, block, 0) if self.content.sealed else None
            if size > MAX_RECORD:
                return self._large(window, cursor)
            size = min(size * 2, MAX_RECORD + 1)
        return None

    def _blank(self, window: Window, cursor: Cursor) -> RecordBatch | None:
        """Blank lines as one record, if their end is known."""
        position = cursor.offset
        end, to_the_end = _blank_end(window, position)
        if to_the_end and not self.content.sealed and end - position <= MAX_RECORD:
            return None
        block = window.read(position, min(end - position, MAX_RECORD))
        ended = block.endswith(b"\n") or not (to_the_end and position + len(block) == end)
        lines = block[: block.rfind(b"\n")] if ended else block
        return _single(cursor.ordinal, position, lines, int(ended))

    def _large(self, window: Window, cursor: Cursor) -> RecordBatch | None:
        """A record that is not held; None where the line does not end."""
        ordinal, position = cursor.ordinal, cursor.offset
        end, ended = _span_end(window, position, b"\0")
        zeros = end > position
        if zeros and not (ended or self.content.sealed):
            return None
        if not zeros:
            end, ended = _line_end(window, position)
            if not ended and not self.content.sealed:
                return None
        behind = Cursor(ordinal + 1, end if zeros or not ended else end + 1)
        batch = RecordBatch(ordinal, [], [], [], _resumed(window, behind) if zeros else behind)
        add = add_zeros if zeros else add_large
        add(batch, position, end - position, leaf_of_span(window, position, end - position))
        return batch


def _single(ordinal: int, position: int, raw: bytes, line_end: int) -> RecordBatch:
    behind = Cursor(ordinal + 1, position + len(raw) + line_end)
    return RecordBatch(ordinal, [position], [len(raw)], [raw], behind)


def _is_within_line(window: Window, offset: int) -> bool:
    """True if what begins there is not the beginning of a line."""
    return offset > 0 and window.read(offset - 1, 1) != b"\n"


def _resumed(window: Window, start: Cursor) -> Cursor:
    """Where reading goes on: behind the end of a line that a record before ``start`` had not had yet."""
    if not _is_within_line(window, start.offset):
        return start
    found = _LINE_END.match(window.read(start.offset, CHUNK))
    return start if found is None else Cursor(start.ordinal, start.offset + found.end())


def _without_blank_end(lines: bytes) -> bytes:
    """The lines without the blank ones at their end."""
    if len(lines) > 1 and lines[-2] not in _BLANK:
        return lines
    text = len(lines.rstrip(_BLANK))
    return lines[: lines.index(b"\n", text) + 1] if text else b""


def _line_end(window: Window, position: int) -> tuple[int, bool]:
    """Where the line at ``position`` ends, and True if an LF ends it."""
    while block := window.read(position, CHUNK):
        found = block.find(b"\n")
        if found >= 0:
            return position + found, True
        position += len(block)
    return position, False


def _span_end(window: Window, position: int, of: bytes) -> tuple[int, bool]:
    """Behind the last byte that is one of these, and True if another one follows."""
    while block := window.read(position, CHUNK):
        rest = len(block.lstrip(of))
        position += len(block) - rest
        if rest:
            return position, True
    return position, False


def _blank_end(window: Window, position: int) -> tuple[int, bool]:
    """Behind the blank lines that begin there, and True if nothing follows them."""
    begin = position
    behind = position
    while block := window.read(position, CHUNK):
        white = len(block) - len(block.lstrip(_BLANK))
        behind = max(behind, position + block.rfind(b"\n", 0, white) + 1)
        position += white
        if white < len(block):
            return behind, False
        if behind - begin > MAX_RECORD:
            break
    return position, True
