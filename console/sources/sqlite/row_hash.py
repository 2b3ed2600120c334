"""The hash of a table's row: that of its row id and all its cells, so that nothing of a row changes unseen.

The JSON text that formats read leaves the row id out: ``INSERT OR REPLACE`` of the same values under another row id
would go unnoticed. So each cell is hashed with its column's name, its type and its length, in this order: what two rows
have in common in one encoding they have in common in the table.
"""

import sqlite3
import struct
from collections.abc import Iterable, Sequence

from console.sources.protocol import CHUNK
from console.sources.record_hash import LeafHash, leaf
from console.sources.sqlite.tables import Table, quoted

_VERSION = b"row/1"
_NULL, _INTEGER, _REAL, _TEXT, _BLOB = b"n", b"i", b"r", b"t", b"b"


def encoding(key: int | None, columns: Sequence[str], cells: Iterable[object]) -> bytes:
    """A row as bytes that no other row has. ``key`` is its row id, None where the table has none."""
    parts = [_VERSION, _NULL if key is None else _INTEGER + struct.pack(">q", key), _size(len(columns))]
    for column, cell in zip(columns, cells, strict=True):
        parts += [_name(column), _cell(cell)]
    return b"".join(parts)


def row_leaf(key: int | None, columns: Sequence[str], cells: Iterable[object]) -> bytes:
    """The record hash of a row."""
    return leaf(encoding(key, columns, cells))


def large_row(connection: sqlite3.Connection, table: Table, key: int) -> tuple[int, bytes | None]:
    """Bytes in all cells of a row too large to load, and its hash, read in pieces; None where it has no row id.

    Text is hashed in the encoding of its database.
    """
    if not table.rowid:
        return 0, None
    digest = LeafHash()
    digest.update(_VERSION + _INTEGER + struct.pack(">q", key) + _size(len(table.columns)))
    total = 0
    for column in table.columns:
        digest.update(_name(column))
        where = f"FROM main.{quoted(table.name)} WHERE {table.rowid} = ?"
        (kind,) = connection.execute(f"SELECT typeof({quoted(column)}) {where}", (key,)).fetchone()
        if kind not in ("text", "blob"):
            (cell,) = connection.execute(f"SELECT {quoted(column)} {where}", (key,)).fetchone()
            digest.update(_cell(cell))
            continue
        with connection.blobopen(table.name, column, key, readonly=True) as opened:
            digest.update((_TEXT if kind == "text" else _BLOB) + _size(len(opened)))
            total += len(opened)
            while piece := opened.read(CHUNK):
                digest.update(piece)
    return total, digest.digest()


def _name(column: str) -> bytes:
    data = column.encode("utf-8", "surrogateescape")
    return _size(len(data)) + data


def _cell(cell: object) -> bytes:
    match cell:
        case None:
            return _NULL
        case int():
            return _INTEGER + struct.pack(">q", cell)
        case float():
            return _REAL + struct.pack(">d", cell)
        case str():
            text = cell.encode("utf-8", "surrogateescape")
            return _TEXT + _size(len(text)) + text
        case bytes():
            return _BLOB + _size(len(cell)) + cell
    raise TypeError(type(cell))


def _size(count: int) -> bytes:
    return struct.pack(">Q", count)
