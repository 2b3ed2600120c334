"""The decoded bytes of a ledger, wherever they are stored.

How bytes are stored (plain, gzip, a member of an archive) and how they are cut into records (lines, elements, blocks)
are two questions: a content answers the first, a source that holds one the second, and each goes with each.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from console.model.finding import Finding
from console.sources.files import file_state, opened, read_at, read_into
from console.sources.findings import shrunk
from console.sources.protocol import CHUNK, MAX_RECORD, FileState
from console.sources.record_hash import LeafHash

KEEP = 1024 * 1024
"""Decoded bytes that a forward reader keeps behind it, so that looking back a little costs nothing."""


class Window(Protocol):
    """An open content."""

    def read(self, offset: int, size: int) -> bytes:
        """Exactly ``size`` decoded bytes from ``offset``, fewer only at the present end. Raises SourceError."""

    def lines(self, offset: int, size: int) -> bytes:
        """The lines from ``offset`` on that end within ``size`` bytes, or some of them; b"" if none does, or there are
        no more bytes. Raises SourceError."""

    def findings(self) -> list[Finding]:
        """What is wrong with the storage, as far as it was read."""


class Content(Protocol):
    """Where decoded bytes come from. Opens its file for each use and keeps none open.

    ``kind`` is the container's name (gzip, zip), None for a plain file. ``sealed``: nothing can be appended, so the
    end of the bytes also ends a record.
    """

    @property
    def path(self) -> str: ...
    @property
    def member(self) -> str | None: ...
    @property
    def kind(self) -> str | None: ...
    @property
    def sealed(self) -> bool: ...
    def open(self) -> AbstractContextManager[Window]: ...
    def state(self) -> FileState: ...


class _FileWindow:
    def __init__(self, path: str, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor
        self._buffer = bytearray()
        """Read into again and again: a large block that is made each time costs more than its bytes are worth."""

    def read(self, offset: int, size: int) -> bytes:
        return read_at(self._path, self._descriptor, offset, size)

    def lines(self, offset: int, size: int) -> bytes:
        if len(self._buffer) != size:
            self._buffer = bytearray(size)
        got = read_into(self._path, self._descriptor, self._buffer, offset)
        return bytes(memoryview(self._buffer)[: self._buffer.rfind(b"\n", 0, got) + 1])

    def findings(self) -> list[Finding]:
        return []


class MemoryWindow:
    """A window on bytes in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, offset: int, size: int) -> bytes:
        return self._data[offset : offset + size]

    def lines(self, offset: int, size: int) -> bytes:
        return self._data[offset : self._data.rfind(b"\n", offset, offset + size) + 1]

    def findings(self) -> list[Finding]:
        return []


class FileContent:
    """A plain file."""

    member = None
    kind = None
    sealed = False

    def __init__(self, path: str) -> None:
        self.path = path

    @contextmanager
    def open(self) -> Iterator[Window]:
        with opened(self.path) as descriptor:
            yield _FileWindow(self.path, descriptor)

    def state(self) -> FileState:
        return file_state(self.path)


class ForwardWindow:
    """Random access over bytes that can only be decoded forwards.

    ``decode(offset)`` gives a place at or before ``offset`` and the blocks that follow it. Reading on is cheap, looking
    back by less than ``KEEP`` as well; looking back further decodes again.
    """

    def __init__(
        self, decode: Callable[[int], tuple[int, Iterator[bytes]]], findings: Callable[[], list[Finding]]
    ) -> None:
        self._decode = decode
        self._blocks: Iterator[bytes] = iter(())
        self._buffer = bytearray()
        self._start = -1
        self.findings = findings

    def read(self, offset: int, size: int) -> bytes:
        at = self._reach(offset, size)
        return bytes(memoryview(self._buffer)[at : at + size])

    def lines(self, offset: int, size: int) -> bytes:
        at = self._reach(offset, size)
        return bytes(memoryview(self._buffer)[at : self._buffer.rfind(b"\n", at, at + size) + 1])

    def _reach(self, offset: int, size: int) -> int:
        """Where in the buffer the bytes from ``offset`` are, once they are there."""
        if self._start < 0 or offset < self._start:
            self._start, self._blocks = self._decode(offset)
            self._buffer.clear()
        while self._start + len(self._buffer) < offset + size:
            block = next(self._blocks, None)
            if block is None:
                break
            self._buffer += block
            spare = min(offset, self._start + len(self._buffer)) - KEEP - self._start
            # Forget in large pieces: each deletion moves what stays.
            if spare >= KEEP:
                del self._buffer[:spare]
                self._start += spare
        return offset - self._start


class ContentSource:
    """The part of a ``Source`` that only depends on its bytes."""

    own_container = ""
    fixed = False
    """True where records are no stretches of the bytes, and none can be cut."""

    def __init__(self, content: Content) -> None:
        self.content = content

    @property
    def path(self) -> str:
        return self.content.path

    @property
    def member(self) -> str | None:
        return self.content.member

    @property
    def container(self) -> str:
        return self.content.kind or self.own_container

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.path!r}, member={self.member!r})"

    def state(self) -> FileState:
        return self.content.state()

    def read(self, offset: int, length: int) -> bytes:
        """The record's bytes again; of one over ``MAX_RECORD``, its first ``MAX_RECORD`` bytes."""
        length = min(length, MAX_RECORD)
        with self.content.open() as window:
            raw = window.read(offset, length)
        if len(raw) < length:
            raise shrunk(self.path, offset, length)
        return raw

    def leaf_at(self, offset: int, length: int) -> bytes | None:
        """The record hash of what stands there, in bounded memory; None if nothing does."""
        with self.content.open() as window:
            return leaf_of_span(window, offset, length)


def leaf_of_span(window: Window, offset: int, length: int) -> bytes | None:
    """The record hash of a span of any length, in bounded memory; None if the bytes end before."""
    digest = LeafHash()
    while length > 0:
        block = window.read(offset, min(length, CHUNK))
        if not block:
            return None
        digest.update(block)
        offset += len(block)
        length -= len(block)
    return digest.digest()
