"""The file that a worker opens must be the one that was meant: another machine may know another file by its path.

A verdict on other bytes would be a verdict on another ledger. So work on a file says how large it is and how it begins.
A worker that finds it otherwise is an error of that worker, never a verdict; if the file itself has changed meanwhile,
the one who asked finds it changed as well.
"""

import os
from dataclasses import dataclass
from hashlib import sha256

from console.engine.errors import ExecutorError
from console.engine.ledgers.rotated_source import files_of
from console.sources.files import opened, read_at
from console.sources.protocol import Source, SourceError

HEAD = 64 * 1024
"""Bytes at the beginning of a file that are compared: the first record, mostly more."""


class OtherBytesError(ExecutorError):
    """A worker cannot read a file, or reads another one under its path. The words name both."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A file when work on it was made, the oldest of several: its size, its log's (of a database), and the SHA-256 of
    its first bytes."""

    size: int
    log: int
    head: bytes

    def ensure(self, source: Source, worker: str) -> None:
        """Raise ``OtherBytesError`` unless the file is the one that was meant, or that one grown."""
        try:
            size, log, head = _look(source, min(self.size, HEAD))
        except SourceError as error:
            words = f"The worker {worker} cannot read {source.path}: {error.finding.message}"
            raise OtherBytesError(words) from error
        if size < self.size:
            words = f"{size:,} bytes instead of {self.size:,}"
        elif head != self.head:
            words = "its beginning is another"
        elif log < self.log:
            words = f"{log:,} bytes in its log instead of {self.log:,}"
        else:
            return
        raise OtherBytesError(f"The worker {worker} reads other bytes at {source.path}: {words}.")


def fingerprint(source: Source) -> Fingerprint:
    """Of the file as it is now. Raises ``SourceError``."""
    return Fingerprint(*_look(source, HEAD))


def confirm(source: Source, file: Fingerprint, error: OtherBytesError) -> None:
    """Raise a worker's error, unless the file has changed here too."""
    try:
        file.ensure(source, "")
    except OtherBytesError:
        return
    raise error


def _look(source: Source, head: int) -> tuple[int, int, bytes]:
    oldest = files_of(source)[0].path  # whoever reads several files looks at each one's beginning
    with opened(oldest) as descriptor:
        size = os.fstat(descriptor).st_size
        first = sha256(read_at(oldest, descriptor, 0, head)).digest()
    log = 0
    if source.container == "sqlite":
        try:
            log = os.stat(source.path + "-wal").st_size  # noqa: PTH116 - the path's text
        except OSError:
            log = 0
    return size, log, first
