"""The hash of a row: two rows have the same only where row id, columns, types and values are the same."""

import sqlite3
from contextlib import closing
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from console.engine.ingest.portions import record_hashes
from console.sources.discover import open_sources
from console.sources.protocol import MAX_RECORD
from console.sources.record_hash import SIZE
from console.sources.sqlite.row_hash import encoding
from console.sources.sqlite.rows import SqliteTable

INTEGERS = st.integers(-(1 << 63), (1 << 63) - 1)
CELLS = st.one_of(st.none(), INTEGERS, st.floats(allow_nan=False), st.text(max_size=3), st.binary(max_size=3))
ROWS = st.tuples(st.none() | INTEGERS, st.lists(st.tuples(st.text(max_size=3), CELLS), max_size=4))
Row = tuple[int | None, list[tuple[str, object]]]
LIKE = (None, "", b"", 0, 0.0, -0.0, "0", b"0", "null", 1, 1.0, "1", b"1", '{"$blob":"31"}')


@given(ROWS, ROWS)
def test_no_two_rows_are_hashed_alike(one: Row, other: Row) -> None:
    assert (encoded(one) == encoded(other)) == (repr(one) == repr(other))


def encoded(row: Row) -> bytes:
    return encoding(row[0], [name for name, _ in row[1]], [cell for _, cell in row[1]])


def test_what_looks_alike_is_hashed_apart() -> None:
    found = {encoding(1, ["a"], [cell]) for cell in LIKE}
    found |= {encoding(2, ["a"], [1]), encoding(None, ["a"], [1]), encoding(1, ["b"], [1]), encoding(1, [], [])}
    found |= {encoding(1, ["a", "b"], [1, None]), encoding(1, ["a", "b"], [None, 1])}
    assert len(found) == len(LIKE) + 6


def hashes(path: Path, *statements: str) -> list[bytes]:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for each in statements:
            db.execute(each)
    (source,) = open_sources(str(path))
    assert isinstance(source, SqliteTable)
    found = b"".join(record_hashes(batch) for batch in source.batches())
    known = [found[at : at + SIZE] for at in range(0, len(found), SIZE)]
    offsets = [offset for batch in source.batches() for offset in batch.offsets]
    assert source.leaves_at(offsets) == known
    return known


def test_the_same_values_under_another_row_id_are_another_row(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    before = hashes(
        path, "CREATE TABLE e (id TEXT PRIMARY KEY, v)", "INSERT INTO e VALUES ('a', 1), ('b', '1'), ('c', x'31')"
    )
    assert len(set(before)) == 3
    assert hashes(path, "INSERT OR REPLACE INTO e VALUES ('b', '1')")[:2] == [before[0], before[2]]
    after = hashes(path)
    assert after[2] not in before


def test_a_row_of_a_table_without_row_ids_stays_itself_where_others_come_before_it(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    (before,) = hashes(path, "CREATE TABLE e (id TEXT PRIMARY KEY, v) WITHOUT ROWID", "INSERT INTO e VALUES ('b', 1)")
    assert hashes(path, "INSERT INTO e VALUES ('a', 1)")[1] == before


def test_rows_too_large_to_load(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    large = MAX_RECORD + 1
    hashes(path, "CREATE TABLE e (id INTEGER PRIMARY KEY, v)")
    found = set()
    for key, value in ((1, f"zeroblob({large})"), (2, f"zeroblob({large})"), (1, f"zeroblob({large + 1})")):
        found.add(hashes(path, "DELETE FROM e", f"INSERT INTO e VALUES ({key}, {value})")[0])
    assert len(found) == 3
