"""Rows of a SQLite table as records: compact JSON objects, in row id order.

A database is a container like any other, so that formats know nothing of SQL: a row becomes bytes with an offset, the
same bytes each time, and a row that cannot be read becomes a finding.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace

from console.model.finding import Finding
from console.model.record import Cursor, Record, RecordBatch
from console.model.trust import Severity
from console.sources.findings import add_large, add_lost, empty, shrunk, unreadable
from console.sources.protocol import CHUNK, MAX_RECORD, FileState, Skipped, SourceError
from console.sources.sqlite.private_copy import PrivateCopy, limit_steps
from console.sources.sqlite.row_hash import large_row, row_leaf
from console.sources.sqlite.tables import Table, holds_rows, quoted, raise_unless_damage, tables_of

_START = Cursor()
_OF_SQLITE = (sqlite3.Error, UnicodeDecodeError, MemoryError)
"""What a damaged database raises: also words of SQLite's that are not UTF-8, and more memory than there is."""
_BESIDE = "container.sqlite-beside"
_ROWS = 4096
_LAST = (1 << 63) - 1
_LOST_RANGES = 200
LOST: tuple[object, ...] = ("lost",)
"""In the place of rows that cannot be read."""


class SqliteTable:
    """Rows of one table. A record's offset is its row id; in a table without row ids it is its position, from 0.

    A cursor's offset is the row id (or position) of the last record read. The raw is a JSON object of the columns in
    table order: text that is not UTF-8 has its bytes as ``\\udc80`` to ``\\udcff``, a BLOB is ``{"$blob": "<hex>"}``.
    A row over ``MAX_RECORD`` has the length of its cells. Record hashes are those of ``row_hash``, not of the raw.
    """

    container = "sqlite"

    def __init__(self, copy: PrivateCopy, table: Table) -> None:
        self._copy = copy
        self._table = table
        columns = ", ".join(quoted(name) for name in table.columns)
        key = table.rowid or "0"
        self._select = f"SELECT {key}, {columns} FROM main.{quoted(table.name)}"
        self._encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_blob).encode

    def __repr__(self) -> str:
        return f"SqliteTable({self.path!r}, member={self.member!r})"

    @property
    def path(self) -> str:
        return self._copy.path

    @property
    def member(self) -> str | None:
        return self._table.name

    def state(self) -> FileState:
        return self._copy.state()

    def tail(self, start: Cursor) -> Record | None:
        """Rows are committed or not there."""
        return None

    def batches(self, start: Cursor = _START) -> Iterator[RecordBatch]:
        """Rows behind ``start`` as of one moment. Rows on damaged pages are left out, with a finding."""
        with self._opened() as connection:
            rows = _Rows(connection, self._table, self._select, start)
            batch, cells = self._begun(start)
            size = 0
            for row in rows:
                if row is LOST:
                    rows.findings[-1] = replace(rows.findings[-1], record=batch.first + len(batch))
                    add_lost(batch, rows.key)
                    cells.append(())
                    batch.next = Cursor(batch.first + len(batch), rows.key)
                    continue
                cells.append(row or ())
                length = self._append(connection, batch, rows.key, row)
                size += length if length <= MAX_RECORD else 0
                batch.next = Cursor(batch.first + len(batch), rows.key)
                if size >= CHUNK or len(batch) >= _ROWS:
                    yield batch
                    limit_steps(connection)
                    (batch, cells), size = self._begun(batch.next), 0
            batch.findings += rows.findings + self._planted()
            if start == _START and not rows.findings and (found := self._copy.damage(connection)):
                message = f"The database is damaged ({found}): rows may be missing without a trace."
                batch.findings.append(Finding("container.sqlite-corrupt", Severity.ERROR, message, standing=True))
            if len(batch) or batch.findings:
                yield batch

    def _begun(self, start: Cursor) -> tuple[RecordBatch, list[tuple[object, ...]]]:
        """An empty batch, and the list of its rows' cells, from which record hashes are made."""
        batch = RecordBatch(start.ordinal, [], [], [], start)
        offsets, cells = batch.offsets, list[tuple[object, ...]]()
        batch.leaf_of = lambda index: self._leaf(offsets[index], cells[index])
        return batch, cells

    def _leaf(self, key: int, row: tuple[object, ...]) -> bytes:
        return row_leaf(key if self._table.rowid else None, self._table.columns, row)

    def _planted(self) -> list[Finding]:
        beside = self._copy.beside()
        if not beside.planted:
            return []
        message = f"{beside.names} lies beside a database that uses no log by its own header; it was read with it."
        return [Finding(_BESIDE, Severity.WARNING, message, standing=True)]

    def read_beside(self) -> list[Finding]:
        """A note where rows also come from files that a hash of the database does not cover."""
        beside = self._copy.beside()
        if not beside.names or beside.planted:
            return []
        return [Finding(_BESIDE, Severity.NOTE, f"Read together with {beside.names}, which sha256 does not cover.")]

    def read(self, offset: int, length: int) -> bytes:
        (found,) = self.read_each([offset])
        if isinstance(found, SourceError):
            raise found
        return found

    def read_each(self, offsets: Sequence[int]) -> list[bytes | SourceError]:
        """What ``read`` gives for each row, or raises, over one connection."""
        with self._opened() as connection:
            return [self._read(connection, offset) for offset in offsets]

    def _read(self, connection: sqlite3.Connection, offset: int) -> bytes | SourceError:
        try:
            row = self._row(connection, offset)
        except sqlite3.DataError:
            return b""
        return shrunk(self.path, offset, 1) if row is None else self._raw(row)[0]

    def leaves_at(self, offsets: Sequence[int]) -> list[bytes | None]:
        """The record hashes of the rows at these offsets, over one connection; None for one that is not there."""
        with self._opened() as connection:
            return [self._leaf_at(connection, offset) for offset in offsets]

    def _leaf_at(self, connection: sqlite3.Connection, offset: int) -> bytes | None:
        try:
            row = self._row(connection, offset)
        except sqlite3.DataError:
            return large_row(connection, self._table, offset)[1]
        return None if row is None else self._leaf(offset, row)

    def filled(self) -> list["SqliteTable"]:
        """The tables of the same database that hold rows now. They share its copy. Raises ``SourceError``."""
        with self._opened() as connection:
            tables = [each for each in tables_of(connection) if holds_rows(connection, each)]
        return [SqliteTable(self._copy, each) for each in tables]

    def _opened(self) -> "_Connection":
        return _Connection(self._copy)

    def _row(self, connection: sqlite3.Connection, key: int) -> tuple[object, ...] | None:
        found: tuple[object, ...] | None = connection.execute(
            f"{self._select} {_one(self._table)}",
            (key,),
        ).fetchone()
        return found and found[1:]

    def _append(
        self, connection: sqlite3.Connection, batch: RecordBatch, key: int, row: tuple[object, ...] | None
    ) -> int:
        if row is None:
            length, digest = large_row(connection, self._table, key)
            add_large(batch, key, max(length, MAX_RECORD + 1), digest)
            return length
        raw, sound = self._raw(row)
        if len(raw) > MAX_RECORD:
            add_large(batch, key, len(raw), self._leaf(key, row))
            return len(raw)
        if not sound:
            message = "A text cell of this row is not UTF-8; its bytes are shown as \\udc80 to \\udcff."
            record = batch.first + len(batch)
            batch.findings.append(
                Finding("record.invalid-utf8", Severity.ERROR, message, record=record, offset=key, length=len(raw))
            )
        batch.offsets.append(key)
        batch.lengths.append(len(raw))
        batch.raws.append(raw)
        return len(raw)

    def _raw(self, row: tuple[object, ...]) -> tuple[bytes, bool]:
        """The row's JSON text, and True if all its text is UTF-8."""
        text = self._encode(dict(zip(self._table.columns, row, strict=True)))
        try:
            return text.encode(), True
        except UnicodeEncodeError:
            return text.encode("utf-8", "backslashreplace"), False


class _Connection:
    """A connection to the copy, with SQLite's errors as ours."""

    def __init__(self, copy: PrivateCopy) -> None:
        self._path = copy.path
        self._context = copy.connect()

    def __enter__(self) -> sqlite3.Connection:
        try:
            return self._context.__enter__()
        except _OF_SQLITE as error:
            raise _failed(self._path, error) from error

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._context.__exit__(None, None, None)
        if isinstance(error, _OF_SQLITE):
            raise _failed(self._path, error) from error


class _Rows:
    """Iterates rows behind a cursor; ``key`` is the present row's. A row too large to load comes as None.

    Steps over what cannot be read: where a page is damaged, reading goes on at the next row id that answers.
    """

    def __init__(self, connection: sqlite3.Connection, table: Table, select: str, start: Cursor) -> None:
        self._connection = connection
        self._table = table
        self._select = select
        self._start = start
        self.key = start.offset
        self.findings: list[Finding] = []

    def __iter__(self) -> Iterator[tuple[object, ...] | None]:
        return self._by_rowid() if self._table.rowid else self._by_position()

    def _by_position(self) -> Iterator[tuple[object, ...] | None]:
        position = self._start.ordinal - 1
        order = ", ".join(quoted(name) for name in self._table.order)
        (pages,) = self._connection.execute("PRAGMA page_count").fetchone()
        (size,) = self._connection.execute("PRAGMA page_size").fetchone()
        limit = -1
        while True:
            found = False
            query = f"{self._select} ORDER BY {order} LIMIT ? OFFSET ?"
            try:
                for row in self._connection.execute(query, (limit, position)):
                    if position > pages * size:
                        # More rows than bytes: pages that refer to each other in a circle.
                        raise sqlite3.DatabaseError("rows without end")
                    found = True
                    self.key = position
                    position += 1
                    yield row[1:]
                if limit < 0 or not found:
                    return
            except sqlite3.DatabaseError as error:
                if limit < 0:
                    limit = 1
                    continue
                if isinstance(error, sqlite3.DataError):
                    limit, self.key = -1, position
                    position += 1
                    yield None
                    continue
                raise_unless_damage(error)
                self._lost(f"Rows from position {position:,} on cannot be read ({error}).", position)
                return

    def _by_rowid(self) -> Iterator[tuple[object, ...] | None]:
        low: int | None = None if self._start.ordinal == 1 else self._start.offset + 1
        limit = -1
        while low is None or low <= _LAST:
            found = False
            try:
                for row in self._behind(low, limit):
                    if low is not None and row[0] < low:
                        raise sqlite3.DatabaseError("row ids out of order")
                    found = True
                    self.key = row[0]
                    low = self.key + 1
                    yield row[1:]
                if limit < 0 or not found:
                    return
            except sqlite3.DatabaseError as error:
                if limit < 0:
                    # The module steps ahead, and drops the last good row with the error: row by row from here.
                    limit = 1
                    continue
                limit = -1
                if isinstance(error, sqlite3.DataError):
                    self.key = self._next_key(low)
                    low = self.key + 1
                    yield None
                    continue
                raise_unless_damage(error)
                begun = low is not None
                low = self._behind_damage(low, error)
                if low is None:
                    return
                if begun:  # between two rows that are there: what is missing has a place
                    self.key = low - 1
                    yield LOST

    def _behind_damage(self, low: int | None, error: sqlite3.Error) -> int | None:
        """Report what is lost from ``low`` on; the result is where reading goes on; None where it does not."""
        after = self._readable_from(low)
        until = "to the end" if after is None else f"to {after - 1:,}"
        begin = "the first" if low is None else f"{low:,}"
        self._lost(f"Rows with row ids from {begin} {until} cannot be read ({error}).", low)
        return after if len(self.findings) < _LOST_RANGES else None

    def _behind(self, low: int | None, limit: int = -1) -> sqlite3.Cursor:
        name = self._table.rowid
        if low is None:
            return self._connection.execute(f"{self._select} ORDER BY {name} LIMIT ?", (limit,))
        return self._connection.execute(f"{self._select} WHERE {name} >= ? ORDER BY {name} LIMIT ?", (low, limit))

    def _next_key(self, low: int | None) -> int:
        name = self._table.rowid
        where = "" if low is None else f"WHERE {name} >= {low}"
        table = quoted(self._table.name)
        (key,) = self._connection.execute(f"SELECT {name} FROM main.{table} {where} ORDER BY {name} LIMIT 1").fetchone()
        return int(key)

    def _answers(self, low: int) -> bool | None:
        """True if the next row from ``low`` on can be read; None if there is none."""
        try:
            return self._behind(low, 1).fetchone() is not None or None
        except sqlite3.DataError:
            return True
        except sqlite3.DatabaseError:
            return False

    def _readable_from(self, low: int | None) -> int | None:
        """The smallest row id behind ``low`` from which reading works, by doubling and halving steps."""
        bad, step = low if low is not None else -1, 1
        while (good := bad + step) <= _LAST:
            answer = self._answers(good)
            if answer is None:
                return None
            if answer:
                break
            bad, step = good, step * 2
        else:
            return None
        while good - bad > 1:
            middle = (good + bad) // 2
            if self._answers(middle):
                good = middle
            else:
                bad = middle
        return good

    def _lost(self, message: str, offset: int | None) -> None:
        self.findings.append(Finding("container.sqlite-corrupt", Severity.ERROR, message, offset=offset, standing=True))


def open_database(path: str) -> list[SqliteTable | Skipped]:
    """A source for each real table that holds at least one column, in name order. Raises SourceError."""
    copy = PrivateCopy(path)
    with _Connection(copy) as connection:
        tables = tables_of(connection)
    if not tables:
        return [empty(path, "The database holds no tables; views and virtual tables are not read.")]
    return [SqliteTable(copy, table) for table in tables]


def _one(table: Table) -> str:
    if table.rowid:
        return f"WHERE {table.rowid} = ?"
    return f"ORDER BY {', '.join(quoted(name) for name in table.order)} LIMIT 1 OFFSET ?"


def _blob(cell: object) -> object:
    if isinstance(cell, bytes):
        return {"$blob": cell.hex()}
    raise TypeError(type(cell))


def _failed(path: str, error: BaseException) -> SourceError:
    """An error of ``_OF_SQLITE`` as ours."""
    if isinstance(error, sqlite3.OperationalError):
        return unreadable(path, f"SQLite cannot open the copy of this database ({error}).")
    message = f"The database is damaged ({error})."
    return SourceError(path, Finding("container.sqlite-corrupt", Severity.ERROR, message))
