"""What every container offers: one protocol, because formats and engine must not care how a ledger is stored."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from console.model.finding import Finding
from console.model.record import Cursor, Record, RecordBatch

MAX_RECORD = 16 * 1024 * 1024
"""Bytes of one record beyond which it is hashed and skipped (``record.too-large``)."""
CHUNK = 256 * 1024
"""Bytes read at a time, and about the size of one batch."""


@dataclass(frozen=True, slots=True)
class FileState:
    """What the file system reports of a file. A hint only: content decides."""

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int = 0
    """Of the last change to the file's content, name or rights: no program can set it."""


class Source(Protocol):
    """One append-only sequence of records. Opens its file for each call and keeps none open; never writes to it.

    Every call raises ``SourceError`` where the file cannot be read any more.
    """

    @property
    def path(self) -> str:
        """The file."""

    @property
    def member(self) -> str | None:
        """The table of a database, or the member of an archive; None where the file is the ledger."""

    @property
    def container(self) -> str:
        """jsonl, json, gzip, sqlite, sse or zip."""

    def batches(self, start: Cursor = Cursor()) -> Iterator[RecordBatch]:  # noqa: B008 - a frozen value
        """Complete records from ``start`` to the present end, in bounded memory.

        The last batch may be empty and only carry findings. Findings about the storage or the end of the ledger hold
        as of now (``standing``): each call that comes to the end gives them again.
        """

    def tail(self, start: Cursor) -> Record | None:
        """The unfinished record that begins at ``start`` (a last line without LF), if there is one."""

    def read(self, offset: int, length: int) -> bytes:
        """The exact bytes of the record at ``offset``, again; of one over ``MAX_RECORD`` its beginning, or nothing."""

    def state(self) -> FileState:
        """Size and identity now."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A path that is not read, and why."""

    path: str
    finding: Finding


class SourceError(Exception):
    """A ledger that cannot be read. ``finding`` holds what happened and where."""

    def __init__(self, path: str, finding: Finding) -> None:
        super().__init__(f"{path}: {finding.message}")
        self.path = path
        self.finding = finding

    def __reduce__(self) -> tuple[type["SourceError"], tuple[str, Finding]]:
        return SourceError, (self.path, self.finding)
