"""A private copy of a SQLite database that may be in use, because SQLite itself would write beside the original.

Opening a database, even read-only, can create or change ``-wal`` and ``-shm`` files; opening it as immutable hides
what is committed in the WAL. So database and WAL are copied as bytes, checked for a consistent moment, and SQLite only
ever sees the copy.
"""

import os
import shutil
import sqlite3
import sys
import threading
import urllib.parse
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from console.sources.files import file_state, opened, read_at
from console.sources.findings import unreadable
from console.sources.protocol import MAX_RECORD, FileState, SourceError
from console.sources.sqlite.logs import copy_journal, copy_log
from console.sources.sqlite.private_folder import PrivateFolder
from console.sources.sqlite.schema_trust import UnreadableSchemaError, load_schema
from console.sources.sqlite.soundness import damage

_WAL_MODE = b"\2\2"
"""Bytes 18 and 19 of a database that uses a log."""
_BLOCK = 1024 * 1024
_ATTEMPTS = 20
_STEPS = 100_000
_STEPS_IN_ALL = 500_000_000
"""Instructions of SQLite's machine before it is stopped, a few seconds' worth; a batch of rows takes some 100,000."""


@dataclass(frozen=True, slots=True)
class _Look:
    """What a file beside or of the database is now; ``head`` is its first bytes. A missing file has none of it."""

    stat: tuple[int, ...] = ()
    head: bytes = b""


@dataclass(frozen=True, slots=True)
class _Moment:
    database: _Look
    wal: _Look
    shm: _Look
    journal: _Look

    @property
    def salts(self) -> bytes:
        """They change whenever the WAL starts again; empty without a WAL."""
        return self.wal.head[16:24]


@dataclass(frozen=True, slots=True)
class Beside:
    """``names`` of the log and the journal, '' without any. ``planted``: there is a log, although the database's own
    header has none."""

    names: str
    planted: bool


class _Copy:
    """One copy in its own folder, removed with it. ``users`` are connections to it."""

    def __init__(self) -> None:
        self._folder = PrivateFolder()
        self.remove = self._folder.remove
        self.database = os.path.join(self._folder.path, "copy.db")  # noqa: PTH118
        self.moment: _Moment | None = None
        self.damage: tuple[_Moment, str] | None = None
        """Of a moment, as far as it was asked."""
        self.users = 0


class PrivateCopy:
    """Hands out connections to a copy that is as new as the original. The tables of one file share it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._copy: _Copy | None = None

    def __reduce__(self) -> tuple[type["PrivateCopy"], tuple[str]]:
        return PrivateCopy, (self.path,)

    def state(self) -> FileState:
        """Size and identity of the database. ``mtime_ns`` also moves with its WAL, to within a few milliseconds."""
        state = file_state(self.path)
        wal, shm = self._look("-wal", 32), self._look("-shm", 48)
        if not wal.stat:
            return state
        # A commit can leave sizes and, within a tick of the clock, times as they were; the head of -shm counts commits.
        moved = wal.stat[2] + (zlib.crc32(shm.head) & 0xFFFFF)
        return FileState(state.device, state.inode, state.size, max(state.mtime_ns, wal.stat[3]) + moved)

    def beside(self) -> Beside:
        """What was read with the database the last time."""
        with self._lock:
            moment = self._copy.moment if self._copy else None
        if moment is None:
            return Beside("", False)
        read = {"-wal": moment.salts, "-journal": moment.journal.head.strip(b"\0")}
        names = [Path(self.path).name + suffix for suffix, head in read.items() if head]
        return Beside(" and ".join(names), bool(moment.salts) and moment.database.head[18:20] != _WAL_MODE)

    def damage(self, connection: sqlite3.Connection) -> str:
        """What is wrong with the pages of the copy that this connection reads; each copy is checked once."""
        with self._lock:
            copy = self._copy
            moment = copy.moment if copy else None
        if copy is None or moment is None:
            return damage(connection)
        if copy.damage is None or copy.damage[0] != moment:
            copy.damage = moment, damage(connection)
        return copy.damage[1]

    @contextmanager
    def connect(self) -> Iterator[sqlite3.Connection]:
        """A hardened connection to the copy. Raises SourceError; sqlite3 errors pass through."""
        with self._lock:
            copy = self._fresh()
            copy.users += 1
        try:
            try:
                connection = _connect(copy.database)
            except UnreadableSchemaError as error:
                raise unreadable(self.path, str(error)) from error
            try:
                yield connection
            finally:
                connection.close()
        finally:
            with self._lock:
                copy.users -= 1
                if copy is not self._copy and not copy.users:
                    copy.remove()

    def _fresh(self) -> _Copy:
        now = self._moment()
        copy = self._copy
        if copy and copy.moment == now:
            return copy
        try:
            if copy and copy.moment and not copy.users and _only_wal_moved(copy.moment, now) and self._renew(copy, now):
                return copy
            for _ in range(_ATTEMPTS):
                new = _Copy()
                if self._take(new):
                    break
                new.remove()
            else:
                raise unreadable(self.path, "The database is written to faster than it can be copied; try again.")
        except OSError as error:
            reason = error.strerror or "unknown error"
            raise unreadable(self.path, f"The database cannot be copied into a private folder: {reason}.") from error
        self._copy = new
        if copy and not copy.users:
            copy.remove()
        return new

    def _take(self, copy: _Copy) -> bool:
        """Copy everything; True if the bytes are those of one moment.

        With a WAL that did not start again meanwhile, its frames replace any page that was written under our hands.
        Without one, the database must not have changed; an open transaction is undone by its journal.
        """
        before = self._moment()
        _leave_room(self.path, before.database.stat[2], os.path.dirname(copy.database))  # noqa: PTH120
        _copy_file(self.path, copy.database)
        for suffix, there in (("-wal", before.wal), ("-journal", before.journal)):
            if there.stat:
                self._copy_beside(copy, suffix)
        after = self._moment()
        copy.moment = before
        if before.salts or after.salts:
            return before.salts == after.salts
        return before.database == after.database and before.journal == after.journal

    def _renew(self, copy: _Copy, now: _Moment) -> bool:
        """Copy the WAL alone onto a copy of the same database."""
        for suffix in ("-shm", "-wal"):
            with suppress(FileNotFoundError):
                os.unlink(copy.database + suffix)  # noqa: PTH108
        copy.moment = None
        self._copy_beside(copy, "-wal")
        after = self._moment()
        if after.salts != now.salts or after.database != now.database:
            return False
        copy.moment = now
        return True

    def _copy_beside(self, copy: _Copy, suffix: str) -> None:
        """A file that vanished meanwhile shows in the moment after."""
        try:
            (copy_log if suffix == "-wal" else copy_journal)(self.path + suffix, copy.database + suffix)
        except SourceError:
            if os.path.exists(self.path + suffix):  # noqa: PTH110
                raise

    def _moment(self) -> _Moment:
        return _Moment(self._look("", 100), self._look("-wal", 32), self._look("-shm", 48), self._look("-journal", 28))

    def _look(self, suffix: str, size: int) -> _Look:
        path = self.path + suffix
        if suffix and not os.path.exists(path):  # noqa: PTH110 - a link that leads nowhere is none
            return _Look()
        try:
            with opened(path) as descriptor:
                status = os.fstat(descriptor)
                head = read_at(path, descriptor, 0, size)
        except SourceError as error:
            if not suffix:
                raise
            if suffix == "-shm" or not os.path.exists(path):  # noqa: PTH110
                return _Look()  # the copy gets shared memory of its own
            raise unreadable(self.path, f"The file with {suffix} beside it: {error.finding.message}") from error
        stat = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        return _Look(stat, head)


def _only_wal_moved(then: _Moment, now: _Moment) -> bool:
    return bool(then.salts) and then.salts == now.salts and then.database == now.database


def _leave_room(path: str, size: int, folder: str) -> None:
    """Raise ``SourceError`` where a copy would fill the disk."""
    free = shutil.disk_usage(folder).free
    if size > free:
        raise unreadable(
            path, f"A private copy of this database needs {size:,} bytes in {folder}, where {free:,} are free."
        )


def _copy_file(source: str, target: str) -> None:
    with opened(source) as descriptor, open(target, "wb") as file:  # noqa: PTH123
        offset = 0
        while block := read_at(source, descriptor, offset, _BLOCK):
            file.write(block)
            offset += len(block)


def _connect(database: str) -> sqlite3.Connection:
    uri = f"file:{urllib.parse.quote(database)}?mode=rw"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    try:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_RECORD)
        connection.text_factory = _text
        if sys.version_info >= (3, 12):
            connection.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE)
        limit_steps(connection)
        for pragma in ("trusted_schema=OFF", "cell_size_check=ON", "mmap_size=0", "query_only=ON"):
            connection.execute(f"PRAGMA {pragma}").close()
        load_schema(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def limit_steps(connection: sqlite3.Connection) -> None:
    """Allow so many steps from now on; then statements end with OperationalError 'interrupted'."""
    steps = 0

    def stop() -> int:
        nonlocal steps
        steps += _STEPS
        return steps > _STEPS_IN_ALL

    connection.set_progress_handler(stop, _STEPS)


def _text(cell: bytes) -> str:
    return cell.decode("utf-8", "surrogateescape")
