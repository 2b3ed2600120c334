"""Logs of container runtimes: each line wraps a line that a program wrote, or a part of a long one.

Docker's json-file driver and the CRI of Kubernetes cut a program's lines at 16 KiB and mix its two streams. What the
program wrote is the ledger: a record is one whole line of it, put together from its parts, at the place of the first of
them. What is not wrapped is a record as it stands, so that nothing is passed over.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from console.model.finding import Finding
from console.model.record import Cursor, Record, RecordBatch
from console.sources.content import Content, ContentSource
from console.sources.findings import add_large, shrunk
from console.sources.protocol import CHUNK, MAX_RECORD
from console.sources.record_hash import leaf
from console.sources.text.jsonl import JsonlSource

_START = Cursor()
_CRI = re.compile(rb"\d{4}-\d\d-\d\dT[0-9:.]{8,24}(?:Z|[+-]\d\d:\d\d) (stdout|stderr) ([PF])(?::\S*)? (.*)", re.DOTALL)
_DOCKER = {"log": str, "stream": str, "time": str}
_MAY_HAVE = {*_DOCKER, "attrs"}
_WAITING = 10_000
"""Parts that wait for the end of a line before all of them are given as they are."""


class WrappedPart(NamedTuple):
    """What one line of a log wraps, its stream, and True if the program's line ends here."""

    stream: str
    text: bytes
    ends: bool


def docker_part(line: bytes) -> WrappedPart | None:
    """A line of Docker's json-file driver; None for any other, and for one with keys that stand twice."""
    if b'"log"' not in line[:64]:
        return None
    try:
        pairs = json.loads(line, object_pairs_hook=list)
    except (ValueError, RecursionError):
        return None
    if not isinstance(pairs, list) or not all(isinstance(pair, tuple) for pair in pairs):
        return None
    found = dict(pairs)
    if len(found) != len(pairs) or not found.keys() <= _MAY_HAVE:
        return None
    if not all(isinstance(found.get(name), kind) for name, kind in _DOCKER.items()):
        return None
    text: str = found["log"]
    return WrappedPart(found["stream"], text.removesuffix("\n").encode("utf-8", "surrogatepass"), text.endswith("\n"))


def cri_part(line: bytes) -> WrappedPart | None:
    """A line as the Container Runtime Interface has it; None for any other."""
    found = _CRI.fullmatch(line)
    return None if found is None else WrappedPart(found[1].decode(), found[3], found[2] == b"F")


PARTS = {"docker": docker_part, "cri": cri_part}
"""How a line is unwrapped, by container."""


@dataclass(slots=True)
class _ProgramLine:
    """A line of the program, as far as its parts were read. ``large`` is set for a line of the log that is over the cap
    itself: its length, and its hash if it is known."""

    offset: int
    pieces: list[bytes] = field(default_factory=list)
    large: tuple[int, bytes | None] | None = None


class WrappedSource(ContentSource):
    """Records are the lines that a program wrote. A record's offset is that of the first line of the log that holds a
    part of it; its length is its own, without the wrapping.

    A cursor stands between two lines of the log where no line of the program is open.
    """

    fixed = True

    def __init__(self, content: Content, wrapping: str) -> None:
        super().__init__(content)
        self.own_container = wrapping

    def batches(self, start: Cursor = _START) -> Iterator[RecordBatch]:
        """Whole lines of the program from ``start`` on, in the order in which they began."""
        batch = _batch(start)
        size = 0
        for group in self._groups(start.offset):
            batch.findings += group.findings
            if not group.ends:
                break
            for line in group.lines:
                size += _append(batch, line)
            batch.next = Cursor(batch.first + len(batch), group.behind)
            if size >= CHUNK:
                yield batch
                batch, size = _batch(batch.next), 0
        if len(batch) or batch.findings:
            yield batch

    def tail(self, start: Cursor) -> Record | None:
        """The first line of the program whose end is missing, as far as it is there."""
        behind = start.offset
        for group in self._groups(start.offset):
            if not group.ends:
                raw = b"".join(group.lines[0].pieces)
                return Record(start.ordinal, group.lines[0].offset, len(raw), raw)
            behind = group.behind
        outer = JsonlSource(self.content).tail(Cursor(1, behind))
        if outer is None or not outer.raw:
            return outer and replace(outer, ordinal=start.ordinal)
        part = PARTS[self.own_container](outer.raw)
        raw = outer.raw if part is None else part.text
        return Record(start.ordinal, outer.offset, len(raw), raw)

    def read(self, offset: int, length: int) -> bytes:
        if length > MAX_RECORD:
            return b""
        raw = self._at(offset, length)
        if raw is None or len(raw) < length:
            raise shrunk(self.path, offset, length)
        return raw

    def leaf_at(self, offset: int, length: int) -> bytes | None:
        raw = self._at(offset, length)
        return super().leaf_at(offset, length) if raw is None else leaf(raw)

    def _at(self, offset: int, length: int) -> bytes | None:
        """The record that begins in the line of the log at ``offset``; None where this line is over the cap."""
        unwrap = PARTS[self.own_container]
        stream, pieces, size = "", list[bytes](), 0
        for batch in JsonlSource(self.content).batches(Cursor(1, offset)):
            for index, raw in enumerate(batch.raws):
                if index in batch.leaves:
                    return None
                part = unwrap(raw)
                if part is None:
                    if not pieces:
                        return raw
                    continue
                if not pieces:
                    stream = part.stream
                if part.stream == stream:
                    pieces.append(part.text)
                    size += len(part.text)
                    if part.ends or size >= length:
                        return b"".join(pieces)
        return b"".join(pieces)

    def _groups(self, at: int) -> Iterator["_Group"]:
        """Lines of the program from ``at`` on, cut where none of them is open; what is open at the end comes last."""
        unwrap = PARTS[self.own_container]
        group, opened, parts, size = _Group(), dict[str, _ProgramLine](), 0, 0
        for batch in JsonlSource(self.content).batches(Cursor(1, at)):
            group.findings += [found for found in batch.findings if found.standing]
            behind = [*batch.offsets[1:], batch.next.offset]
            for index, raw in enumerate(batch.raws):
                part = None if index in batch.leaves else unwrap(raw)
                line = None if part is None else opened.pop(part.stream, None)
                if line is None:
                    line = _ProgramLine(batch.offsets[index])
                    group.lines.append(line)
                if index in batch.leaves:
                    line.large = batch.lengths[index], batch.leaves[index]
                else:
                    line.pieces.append(raw if part is None else part.text)
                if part is not None and not part.ends:
                    opened[part.stream] = line
                parts, size = parts + 1, size + len(raw)
                if not opened or parts >= _WAITING or size > MAX_RECORD:
                    group.behind = behind[index]
                    yield group
                    group, opened, parts, size = _Group(), {}, 0, 0
        if group.lines or group.findings:
            group.ends = self.content.sealed or not group.lines
            group.behind = behind[-1]
            yield group


@dataclass(slots=True)
class _Group:
    lines: list[_ProgramLine] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    behind: int = 0
    """Offset of the line of the log that follows."""
    ends: bool = True
    """False where one of the lines is still open, at the end of the log."""


def _batch(start: Cursor) -> RecordBatch:
    batch = RecordBatch(start.ordinal, [], [], [], start)
    batch.fixed = True
    return batch


def _append(batch: RecordBatch, line: _ProgramLine) -> int:
    """Add a record; its bytes in memory."""
    raw = b"".join(line.pieces)
    if line.large is not None:
        add_large(batch, line.offset, *line.large)
        return 0
    if len(raw) > MAX_RECORD:
        add_large(batch, line.offset, len(raw), leaf(raw))
        return 0
    batch.offsets.append(line.offset)
    batch.lengths.append(len(raw))
    batch.raws.append(raw)
    return len(raw)
