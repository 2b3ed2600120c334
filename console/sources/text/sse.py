"""Captures of ``text/event-stream``: one record a block, by the rules of the WHATWG HTML standard, section 9.2.

A block may end in any mixture of line ends, and half of one may be all that is there: where blocks end is decided on
bytes, what stands in them only for those that are looked at.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from console.model.record import Cursor, Record, RecordBatch
from console.sources.content import ContentSource, Window, leaf_of_span
from console.sources.findings import add_large
from console.sources.protocol import CHUNK, MAX_RECORD

_START = Cursor()
_BOM = b"\xef\xbb\xbf"
# A line end and an empty line. A CR that is the last byte so far may be half of a CRLF: unless lines end in lone CRs,
# the block is not complete before the byte behind it is known.
_END = re.compile(rb"\r\r|\r?\n(?:\r\n|\n|\r(?=[^\n]))")
_LONGEST_END = 4
_BLANK = re.compile(rb"[\r\n]*+")
_FIELD = re.compile(rb"(?:^|[\r\n])[^:\r\n]")
_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class SseEvent:
    """One block. ``data`` is None where the block has no data field: a browser would not dispatch it.

    ``id`` is None where the block sets none; ``retry`` is in milliseconds. ``comments`` are lines that begin with a
    colon, without it. ``unknown`` are names of fields that the standard ignores.
    """

    event: str
    data: str | None
    id: str | None
    retry: int | None
    comments: tuple[str, ...]
    unknown: tuple[str, ...] = ()


def parse_block(raw: bytes) -> SseEvent:
    """The fields of one block. Bytes that are not UTF-8 become U+FFFD, as in the standard. Never raises."""
    event, last_id, retry = "message", None, None
    data: list[str] = []
    comments: list[str] = []
    unknown: list[str] = []
    for line in _LINE_END.split(raw.removeprefix(_BOM).decode("utf-8", "replace")):
        name, colon, value = line.partition(":")
        value = value.removeprefix(" ")
        if not name:
            if colon:
                comments.append(value)
        elif name == "event":
            event = value or "message"
        elif name == "data":
            data.append(value)
        elif name == "id":
            if "\0" not in value:
                last_id = value
        elif name == "retry":
            # Eighteen digits are more than any waiting time, and a bound for int().
            if value.isascii() and value.isdigit() and len(value) <= 18:
                retry = int(value)
        else:
            unknown.append(name)
    return SseEvent(event, "\n".join(data) if data else None, last_id, retry, tuple(comments), tuple(unknown))


class SseSource(ContentSource):
    """Records are blocks with at least one field, up to and with the blank line that ends them.

    Further blank lines, a byte order mark and blocks of comments alone are structure.
    """

    own_container = "sse"

    def batches(self, start: Cursor = _START) -> Iterator[RecordBatch]:
        """Complete blocks from ``start`` on. The last batch may be empty: it moves over structure, or has findings."""
        last = start
        with self.content.open() as window:
            for batch in self._read(window, start):
                if len(batch) or batch.next != last:
                    yield batch
                last = batch.next
            if findings := window.findings():
                yield RecordBatch(last.ordinal, [], [], [], last, findings=findings)

    def tail(self, start: Cursor) -> Record | None:
        """The block that no blank line ends yet; its raw is empty if it is over ``MAX_RECORD``."""
        if self.content.sealed:
            return None
        with self.content.open() as window:
            for batch in self._read(window, start):
                start = batch.next
            begin = start.offset
            while (block := window.read(begin, CHUNK)) and (blank := _blank(block, 0)):
                begin += blank
            end = begin
            while block := window.read(end, CHUNK):
                end += len(block)
            raw = window.read(begin, end - begin) if end - begin <= MAX_RECORD else b""
        if end == begin or (raw and not _FIELD.search(raw)):
            return None
        return Record(start.ordinal, begin, end - begin, raw)

    def _read(self, window: Window, start: Cursor) -> Iterator[RecordBatch]:
        ordinal, position = start.ordinal, start.offset
        size = CHUNK
        while block := window.read(position, size):
            batch = RecordBatch(ordinal, [], [], [], start)
            at = _cut(batch, block, position, self.content.sealed and len(block) < size)
            if not at:
                if len(block) < size:
                    return
                if size <= MAX_RECORD:
                    size = min(size * 2, MAX_RECORD + _LONGEST_END + 1)
                    continue
                end = _block_end(window, position)
                if end is None:
                    return
                add_large(batch, position, end - position, leaf_of_span(window, position, end - position))
                at = end - position
            ordinal, position, size = ordinal + len(batch), position + at, CHUNK
            batch.next = Cursor(ordinal, position)
            yield batch


def _blank(block: bytes, at: int) -> int:
    """How many line ends stand there."""
    found = _BLANK.match(block, at)
    return len(found[0]) if found else 0


def _cut(batch: RecordBatch, block: bytes, position: int, ended: bool) -> int:
    """Append the complete blocks; how many bytes they and the structure before and between them take."""
    at = len(_BOM) if position == 0 and block.startswith(_BOM) else 0
    while True:
        at += _blank(block, at)
        found = _END.search(block, at)
        end = found.end() if found else len(block) if ended else at
        if end == at:
            return at
        raw = block[at:end]
        if _FIELD.search(raw):
            batch.offsets.append(position + at)
            batch.lengths.append(len(raw))
            batch.raws.append(raw)
        at = end


def _block_end(window: Window, position: int) -> int | None:
    while block := window.read(position, CHUNK):
        if found := _END.search(block):
            return position + found.end()
        if len(block) <= _LONGEST_END:
            return None
        position += len(block) - _LONGEST_END
    return None
