"""Logs of container runtimes: each line wraps a line that a program wrote, or a part of a long one.

Docker's json-file driver and the CRI of Kubernetes cut a program's lines at 16 KiB and mix its two streams. What the
program wrote is the ledger: a record is one whole line of it, put together from its parts, at the place of the first of
them. What is not wrapped is a record as it stands, so that nothing is passed over; where a torn line has a whole
wrapped one behind it, both are records.

A byte of a record has a place too, so that damaged records can be cut: what its part begins at, and how far it is in
what the part wraps. That is shorter than the wrapping, so no two bytes have the same place.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, pairwise
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
_BACK = 4096
"""Bytes before a place in which the beginning of its line is looked for at once."""
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
_BEGINS = {
    "docker": re.compile(rb'\{"log":'),
    "cri": re.compile(rb"\d{4}-\d\d-\d\dT[0-9:.]{8,24}(?:Z|[+-]\d\d:\d\d) std(?:out|err) [PF][: ]"),
}
_TRIED = 64
"""Places of one damaged line at which a wrapped line is looked for."""


class _Stretch(NamedTuple):
    """A stretch of a line of the log: where it begins in the line, what it wraps (None for nothing), and its bytes."""

    begin: int
    part: WrappedPart | None
    raw: bytes


def _stretches(container: str, line: bytes) -> list[_Stretch]:
    """A line of the log: one stretch or, where it is damaged, what it wraps all the same, and the rest between."""
    unwrap = PARTS[container]
    whole = unwrap(line)
    if whole is not None:
        return [_Stretch(0, whole, line)]
    found: list[_Stretch] = []
    begins = [match.start() for match in islice(_BEGINS[container].finditer(line), _TRIED)]
    bare = 0
    for begin, end in pairwise([*begins, len(line)]):
        part = unwrap(line[begin:end].rstrip())
        if part is not None:
            if begin > bare:
                found.append(_Stretch(bare, None, line[bare:begin]))
            found.append(_Stretch(begin, part, line[begin:end]))
            bare = end
    if bare < len(line) or not found:
        found.append(_Stretch(bare, None, line[bare:]))
    return found


@dataclass(slots=True)
class _ProgramLine:
    """A line of the program, as far as its parts were read, and where in the log each of them begins. ``large`` is set
    for a line of the log that is over the cap itself: its length, and its hash if it is known. ``recovered``: it stands
    in a damaged line of the log."""

    offset: int
    pieces: list[bytes] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    large: tuple[int, bytes | None] | None = None
    recovered: bool = False

    def place(self, begin: int) -> int:
        """Where in the log the byte at ``begin`` of the line is."""
        last = len(self.pieces) - 1
        for at, piece in enumerate(self.pieces):
            if begin < len(piece) or at == last:
                break
            begin -= len(piece)
        return self.places[at] + begin


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
        lines, findings, size = list[_ProgramLine](), list[Finding](), 0
        for group in self._groups(start.offset):
            findings += group.findings
            if not group.ends:
                break
            lines += group.lines
            size += sum(len(piece) for line in group.lines for piece in line.pieces)
            behind = Cursor(start.ordinal + len(lines), group.behind)
            if size >= CHUNK:
                yield _batch(start, lines, findings, behind)
                start, lines, findings, size = behind, [], [], 0
        if lines or findings:
            yield _batch(start, lines, findings, behind if lines else start)

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
        return raw[:length]

    def leaf_at(self, offset: int, length: int) -> bytes | None:
        raw = self._at(offset, length)
        return super().leaf_at(offset, length) if raw is None else leaf(raw[:length])

    def _at(self, offset: int, length: int) -> bytes | None:
        """What begins at this place; None where it is in a line of the log over the cap."""
        begin = self._line_start(offset)
        stream, pieces, size = "", list[bytes](), 0
        for batch in JsonlSource(self.content).batches(Cursor(1, begin)):
            for index, raw in enumerate(batch.raws):
                if index in batch.leaves:
                    return None
                for stretch in _stretches(self.own_container, raw):
                    start = batch.offsets[index] + stretch.begin
                    if not pieces and start + len(stretch.raw) <= offset and stretch.raw:
                        continue  # it stands before that place
                    text = stretch.raw if stretch.part is None else stretch.part.text
                    if not pieces:
                        stream = "" if stretch.part is None else stretch.part.stream
                        text = text[max(0, offset - start) :]
                    elif stretch.part is None or stretch.part.stream != stream:
                        continue
                    pieces.append(text)
                    size += len(text)
                    if stretch.part is None or stretch.part.ends or size >= length:
                        return b"".join(pieces)
        return b"".join(pieces)

    def _line_start(self, offset: int) -> int:
        """Where the line of the log begins that holds this place."""
        end = offset
        with self.content.open() as window:
            while end > 0:
                begin = max(0, end - _BACK)
                at = window.read(begin, end - begin).rfind(b"\n")
                if at >= 0:
                    return begin + at + 1
                end = begin
        return 0

    def _groups(self, at: int) -> Iterator["_Group"]:
        """Lines of the program from ``at`` on, cut where none of them is open; what is open at the end comes last."""
        group, opened, parts, size = _Group(), dict[str, _ProgramLine](), 0, 0
        for batch in JsonlSource(self.content).batches(Cursor(1, at)):
            group.findings += [found for found in batch.findings if found.standing]
            behind = [*batch.offsets[1:], batch.next.offset]
            for index, raw in enumerate(batch.raws):
                if index in batch.leaves:
                    large = batch.lengths[index], batch.leaves[index]
                    group.lines.append(_ProgramLine(batch.offsets[index], large=large))
                else:
                    self._take(group, opened, batch.offsets[index], raw)
                parts, size = parts + 1, size + len(raw)
                if not opened or parts >= _WAITING or size > MAX_RECORD:
                    group.behind = behind[index]
                    yield group
                    group, opened, parts, size = _Group(), {}, 0, 0
        if group.lines or group.findings:
            group.ends = self.content.sealed or not group.lines
            group.behind = behind[-1]
            yield group

    def _take(self, group: "_Group", opened: dict[str, _ProgramLine], offset: int, raw: bytes) -> None:
        """One line of the log."""
        found = _stretches(self.own_container, raw)
        for begin, part, bytes_ in found:
            line = None if part is None else opened.pop(part.stream, None)
            if line is None:
                recovered = part is not None and len(found) > 1
                line = _ProgramLine(offset + begin, recovered=recovered)
                group.lines.append(line)
            line.pieces.append(bytes_ if part is None else part.text)
            line.places.append(offset + begin)
            if part is not None and not part.ends:
                opened[part.stream] = line


@dataclass(slots=True)
class _Group:
    lines: list[_ProgramLine] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    behind: int = 0
    """Offset of the line of the log that follows."""
    ends: bool = True
    """False where one of the lines is still open, at the end of the log."""


def _batch(start: Cursor, lines: Sequence[_ProgramLine], findings: list[Finding], behind: Cursor) -> RecordBatch:
    batch = RecordBatch(start.ordinal, [], [], [], behind, findings=findings)
    batch.offset_in = lambda index, begin: lines[index].place(begin)
    batch.recovered = [index for index, line in enumerate(lines) if line.recovered]
    for line in lines:
        raw = b"".join(line.pieces)
        if line.large is not None:
            add_large(batch, line.offset, *line.large)
        elif len(raw) > MAX_RECORD:
            add_large(batch, line.offset, len(raw), leaf(raw))
        else:
            batch.offsets.append(line.offset)
            batch.lengths.append(len(raw))
            batch.raws.append(raw)
    return batch
