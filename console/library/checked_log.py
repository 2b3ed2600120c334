"""A log of JSON lines whose writer asks the ledger's own rules before it writes.

The rules live in the system's reader, which carries the state of chains and lives. It reads what others appended, then
the new records; if it finds nothing of warning or worse in them, they are written. After a refusal it has seen records
that do not exist, so the next append makes a new one.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from console.formats.json.times import now_micros
from console.formats.protocol import Context, Format, Reader, Sample
from console.formats.registry import by_name
from console.library.errors import LibraryError, RefusedError
from console.library.judging import found_in, standing_counts
from console.library.log_file import CHUNK, LockedLog, locked
from console.model.batch import EventBatch
from console.model.finding import Finding
from console.model.record import Cursor, RecordBatch
from console.verify.catalogue import finding

Encode = Callable[[dict[str, Any]], bytes]
Watch = Callable[[bytes | None], None]


class CheckedLog:
    """One log of a system's events. ``encode`` is how its own writer spells a record; ``watch`` sees each line, and
    None where the log begins again."""

    def __init__(
        self, path: str | os.PathLike[str], format: str, encode: Encode, *, watch: Watch | None = None
    ) -> None:
        self.path = Path(path)
        self._format: Format = by_name(format)
        self._encode = encode
        self._watch = watch
        self._reader: Reader | None = None
        self._identity: tuple[int, int] | None = None
        self._at = 0
        self._records = 0
        self._keys = {0}

    def append(self, make: Callable[[], Sequence[dict[str, Any]]], *, sync: bool = False) -> Sequence[dict[str, Any]]:
        """Append the records that ``make`` makes once the log is locked and all of it was read; the records.

        Raises ``RefusedError`` with what the rules find, and ``LibraryError`` where the log cannot be written.
        """
        with locked(self.path) as log:
            self._catch_up(log)
            records = make()
            lines = [self._encode(record) for record in records]
            reader = self._reader_for(lines)
            before = standing_counts(reader.standing())
            out = reader.read(self._batch(lines, log.size))
            found = self._against(out, before, standing_counts(reader.standing()))
            if found:
                self._reader = None
                raise RefusedError(found)
            try:
                log.append(lines, sync=sync)
            except LibraryError:
                self._reader = None
                raise
            self._taken(out, lines, log.size)
        return records

    # -- what stands there

    def _catch_up(self, log: LockedLog) -> None:
        if self._reader is None or log.identity != self._identity or log.size < self._at:
            self._reader, self._at, self._records, self._identity = None, 0, 0, log.identity
            self._keys = {0}
            if self._watch is not None:
                self._watch(None)
        while self._at < log.size:
            data = log.read(self._at, min(log.size, self._at + CHUNK))
            end = data.rfind(b"\n") + 1
            if not end:
                data = log.read(self._at, log.size)
                end = data.find(b"\n") + 1
            if not end:
                raise LibraryError(f"{self.path}: the last record is not finished.")
            lines = data[: end - 1].split(b"\n")
            out = self._reader_for(lines).read(self._batch(lines, self._at))
            self._taken(out, lines, self._at + end)

    def _reader_for(self, lines: Sequence[bytes]) -> Reader:
        if self._reader is None:
            claim = self._format.sniff(Sample(str(self.path), "jsonl", None, lines[:100]))
            if claim is None:
                raise LibraryError(f"{self.path}: its records are not those of {self._format.title}.")
            self._reader = self._format.reader(Context(claim.shape, now_micros()))
        return self._reader

    def _batch(self, lines: Sequence[bytes], start: int) -> RecordBatch:
        offsets, at = [], start
        for line in lines:
            offsets.append(at)
            at += len(line) + 1
        first = self._records + 1
        return RecordBatch(first, offsets, [*map(len, lines)], list(lines), Cursor(first + len(lines), at))

    def _taken(self, out: EventBatch, lines: Sequence[bytes], end: int) -> None:
        self._records += len(lines)
        self._at = end
        self._keys.update(out.key, out.alias)
        if self._watch is not None:
            for line in lines:
                self._watch(line)

    # -- what is wrong with the new ones

    def _against(self, out: EventBatch, before: dict[str, int], after: dict[str, int]) -> list[Finding]:
        found = found_in(out, before, after)
        duplicate, orphan, *_ = self._format.reference_codes
        new: set[int] = set()
        for row in range(len(out)):
            key, parent = out.key[row], out.parent[row]
            if key and (key in self._keys or key in new):
                found.append(finding(duplicate, "The id stands in the ledger already."))
            new.update({key, out.alias[row] if row < len(out.alias) else 0})
            if parent and parent not in self._keys and parent not in new:
                found.append(finding(orphan, "The event that it names as its parent is not in the ledger before it."))
        return found
