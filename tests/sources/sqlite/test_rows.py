"""SQLite: real rows of real tables, and nothing written beside the evidence."""

import contextlib
import hashlib
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from console.model.record import Cursor
from console.sources.discover import open_sources
from console.sources.protocol import MAX_RECORD, Skipped, SourceError
from console.sources.sqlite.rows import SqliteTable
from tests.support.source_cases import Read

Writer = tuple[Path, Callable[..., None], IO[str]]
"""A database, what inserts rows into it, and what the writing process prints."""
DDL = "CREATE TABLE events (id TEXT PRIMARY KEY, n INTEGER, x)"


def database(path: Path, *statements: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    return connection


def tables(path: Path) -> dict[str, SqliteTable]:
    found = {}
    for source in open_sources(str(path)):
        assert isinstance(source, SqliteTable)
        found[str(source.member)] = source
    return found


def beside(path: Path) -> dict[str, tuple[int, int, str]]:
    """Everything in the folder: size, time and content."""
    return {
        one.name: (one.stat().st_size, one.stat().st_mtime_ns, hashlib.sha256(one.read_bytes()).hexdigest())
        for one in sorted(path.parent.iterdir())
        if one.is_file()
    }


def test_rows_in_rowid_order_as_json(tmp_path: Path, keeps_its_word: Read) -> None:
    path = tmp_path / "x"
    with contextlib.closing(database(path, DDL)) as db:
        db.executemany(
            "INSERT INTO events (rowid, id, n, x) VALUES (?, ?, ?, ?)",
            [(7, "z", 1, 'ü"\n'), (-3, "a", 2**60, 1.5), (9, "b", None, b"\0\xff"), (0, "c", 0, float("inf"))],
        )
    got = keeps_its_word(tables(path)["events"])
    assert got.offsets == [-3, 0, 7, 9]
    assert got.raws == [
        b'{"id":"a","n":1152921504606846976,"x":1.5}',
        b'{"id":"c","n":0,"x":Infinity}',
        '{"id":"z","n":1,"x":"ü\\"\\n"}'.encode(),
        b'{"id":"b","n":null,"x":{"$blob":"00ff"}}',
    ]
    assert got.next == Cursor(5, 9)


def test_text_that_is_not_utf8_is_shown_and_said(tmp_path: Path, keeps_its_word: Read) -> None:
    path = tmp_path / "x"
    with contextlib.closing(database(path, DDL)) as db:
        db.execute("INSERT INTO events VALUES ('a', 1, CAST(x'61ff62' AS TEXT)), ('b', 2, 'fine')")
    got = keeps_its_word(tables(path)["events"])
    assert got.raws[0] == b'{"id":"a","n":1,"x":"a\\udcffb"}'
    assert json.loads(got.raws[0])["x"] == "a\udcffb"
    (finding,) = got.findings
    assert (finding.code, finding.record, finding.offset) == ("record.invalid-utf8", 1, 1)


def test_only_real_tables_are_read(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with contextlib.closing(
        database(
            path,
            DDL,
            "INSERT INTO events VALUES ('a', 1, 1)",
            "CREATE VIEW agent_events AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM r) SELECT n FROM r",
            "CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM events; END",
            'CREATE TABLE "odd ""name""; DROP TABLE events" (rowid TEXT, "a,b" TEXT)',
            "CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT)",
        )
    ) as db:
        with contextlib.suppress(sqlite3.OperationalError):
            db.execute("CREATE VIRTUAL TABLE v USING fts5(a)")
        db.execute('INSERT INTO "odd ""name""; DROP TABLE events" VALUES (\'r\', \'x\')')
    found = tables(path)
    assert set(found) == {"events", 'odd "name"; DROP TABLE events', "counted"}
    (batch,) = found['odd "name"; DROP TABLE events'].batches()
    assert batch.raws == [b'{"rowid":"r","a,b":"x"}']


def test_tables_without_row_ids_go_by_position(tmp_path: Path, keeps_its_word: Read) -> None:
    path = tmp_path / "x"
    with contextlib.closing(database(path, "CREATE TABLE t (b TEXT, a INT, PRIMARY KEY (a, b)) WITHOUT ROWID")) as db:
        db.executemany("INSERT INTO t VALUES (?, ?)", [("x", 2), ("y", 1), ("x", 1)])
    got = keeps_its_word(tables(path)["t"])
    assert got.offsets == [0, 1, 2]
    assert [json.loads(raw) for raw in got.raws] == [{"b": "x", "a": 1}, {"b": "y", "a": 1}, {"b": "x", "a": 2}]


def test_many_rows_come_in_batches(tmp_path: Path, keeps_its_word: Read) -> None:
    path = tmp_path / "x"
    with contextlib.closing(database(path, DDL, "BEGIN")) as db:
        db.executemany("INSERT INTO events VALUES (?, ?, ?)", [(str(n), n, "x" * 500) for n in range(2000)])
        db.execute("COMMIT")
    source = tables(path)["events"]
    assert len(list(source.batches())) > 2
    got = [raw for batch in source.batches() for raw in batch.raws]
    assert len(got) == 2000
    assert json.loads(got[1234])["n"] == 1234


def test_a_huge_cell_is_hashed_and_the_other_rows_are_read(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "x"
    with contextlib.closing(database(path, DDL)) as db:
        db.execute("INSERT INTO events VALUES ('a', 1, 'x'), ('b', 2, zeroblob(?)), ('c', 3, 'y')", (MAX_RECORD * 3,))
    source = tables(path)["events"]
    got = read(source)
    assert [raw[:8] for raw in got.raws] == [b'{"id":"a', b"", b'{"id":"c']
    assert got.lengths[1] == MAX_RECORD * 3 + 1
    assert got.codes == ["record.too-large"]
    assert source.leaves_at([2])[0] == got.leaves[1]
    with contextlib.closing(database(path)) as db:
        db.execute("UPDATE events SET id = 'B' WHERE n = 2")
    assert source.leaves_at([2])[0] != got.leaves[1]


def test_a_huge_cell_without_row_ids(tmp_path: Path, keeps_its_word: Read) -> None:
    path = tmp_path / "x"
    with contextlib.closing(database(path, "CREATE TABLE t (a INT PRIMARY KEY, b) WITHOUT ROWID")) as db:
        db.execute("INSERT INTO t VALUES (1, 'x'), (2, zeroblob(?)), (3, 'y')", (MAX_RECORD + 1,))
    got = keeps_its_word(tables(path)["t"])
    assert got.raws == [b'{"a":1,"b":"x"}', b"", b'{"a":3,"b":"y"}']
    assert got.codes == ["record.too-large"]


def test_rows_around_damaged_pages_are_kept(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "x"
    with contextlib.closing(database(path, "PRAGMA page_size = 1024", DDL, "BEGIN")) as db:
        db.executemany("INSERT INTO events VALUES (?, ?, ?)", [(f"id{n:05}", n, "x" * 100) for n in range(1, 3001)])
        db.execute("COMMIT")
    data = bytearray(path.read_bytes())
    for needle in (b"id01000", b"id02000"):
        # Among the copies in table and index, the one in the table is followed by the filling.
        at = next(at for at in range(len(data)) if data.startswith(needle, at) and b"x" * 50 in data[at : at + 70])
        page = at // 1024 * 1024
        data[page : page + 1024] = os.urandom(1024)
    path.write_bytes(data)
    got = read(tables(path)["events"])
    assert got.codes == ["container.sqlite-corrupt"] * 2
    assert [each.record for each in got.findings] == [at for at, raw in enumerate(got.raws, 1) if not raw]
    numbers = [json.loads(raw)["n"] for raw in got.raws if raw]
    assert numbers == sorted(numbers)
    assert 2940 < len(numbers) < 3000
    assert {1, 980, 1020, 1980, 2020, 3000} <= set(numbers)
    assert not {1000, 2000} & set(numbers)


def test_every_row_beside_the_damaged_page_is_kept(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "x"
    ddl = "CREATE TABLE t (n INTEGER PRIMARY KEY, x)"
    with contextlib.closing(database(path, "PRAGMA page_size = 1024", ddl, "BEGIN")) as db:
        db.executemany("INSERT INTO t VALUES (?, ?)", [(n, f"id{n:05}" + "x" * 100) for n in range(1, 301)])
        db.execute("COMMIT")
    data = bytearray(path.read_bytes())
    page = data.index(b"id00150") // 1024 * 1024
    lost = {n for n in range(1, 301) if b"id%05d" % n in data[page : page + 1024]}
    data[page : page + 1024] = bytes(1024)
    path.write_bytes(data)
    got = read(tables(path)["t"])
    there = [offset for offset, raw in zip(got.offsets, got.raws, strict=True) if raw]
    assert set(there) == set(range(1, 301)) - lost
    assert len(got.raws) == len(there) + 1, "what is lost is one record between the others"
    assert got.codes == ["container.sqlite-corrupt"]


def test_garbage_behind_the_magic_is_said(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"SQLite format 3\0" + b"\x01" * 5000)
    (skipped,) = open_sources(str(path))
    assert isinstance(skipped, Skipped)
    assert skipped.finding.code in ("container.sqlite-corrupt", "container.unreadable")
    with contextlib.closing(database(tmp_path / "y", "CREATE TABLE t (a)", "DROP TABLE t")):
        (skipped,) = open_sources(str(tmp_path / "y"))
    assert isinstance(skipped, Skipped)
    assert skipped.finding.code == "container.empty"


WRITER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA journal_mode = WAL")
db.execute("CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, n INTEGER, x)")
db.execute("PRAGMA wal_autocheckpoint = 50")
n = 0
print("ready", flush=True)
for line in sys.stdin:
    for _ in range(int(line)):
        n += 1
        db.execute("INSERT INTO events VALUES (?, ?, ?)", (str(n), n, "x" * 300))
    print(n, flush=True)
"""


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    """A second process that holds the database open in WAL mode and inserts as many rows as it is told."""
    path = tmp_path / "folder" / "live.db"
    path.parent.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        stdin, stdout = process.stdin, process.stdout
        assert stdin and stdout
        assert stdout.readline() == "ready\n"

        def write(rows: int, wait: bool = True) -> None:
            stdin.write(f"{rows}\n")
            stdin.flush()
            if wait:
                stdout.readline()

        yield path, write, stdout
        stdin.close()


def test_a_live_database_in_wal_mode_grows_and_nothing_is_written_beside_it(writer: Writer, read: Read) -> None:
    path, write, _ = writer
    write(3)
    before = beside(path)
    source = tables(path)["events"]
    got = read(source)
    assert len(got.raws) == 3
    assert beside(path) == before
    cursor, state = got.next, source.state()
    seen = 3
    for rows in (1, 1, 200, 5):
        write(rows)
        before = beside(path)
        assert source.state() != state
        more = read(source, cursor)
        state = source.state()
        assert [json.loads(raw)["n"] for raw in more.raws] == list(range(seen + 1, seen + rows + 1))
        assert beside(path) == before
        cursor, seen = more.next, seen + rows


def test_reading_while_the_other_process_writes_never_tears(writer: Writer, read: Read) -> None:
    path, write, stdout = writer
    write(10)
    source = tables(path)["events"]
    write(4000, wait=False)
    cursor = Cursor()
    numbers: list[int] = []
    until = time.monotonic() + 20
    while len(numbers) < 4010 and time.monotonic() < until:
        got = read(source, cursor)
        assert not got.findings
        numbers += [json.loads(raw)["n"] for raw in got.raws]
        cursor = got.next
    stdout.readline()
    assert numbers == list(range(1, 4011))


def test_an_iteration_keeps_its_moment_while_another_sees_the_new(writer: Writer, read: Read) -> None:
    path, write, _ = writer
    write(3000)
    source = tables(path)["events"]
    early = source.batches()
    first = next(early)
    write(7)
    assert len(read(source).raws) == 3007
    assert len(first) + sum(len(batch) for batch in early) == 3000


def test_an_open_transaction_of_a_rollback_journal_is_not_read(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "x"
    with contextlib.closing(
        database(path, "PRAGMA cache_size = 2", DDL, "INSERT INTO events VALUES ('a', 1, 1)")
    ) as db:
        db.execute("BEGIN IMMEDIATE")
        db.executemany("INSERT INTO events VALUES (?, ?, ?)", [(str(n), n, "x" * 3000) for n in range(200)])
        assert (tmp_path / "x-journal").stat().st_size
        before = beside(path)
        assert len(read(tables(path)["events"]).raws) == 1
        assert beside(path) == before


def test_a_pipe_planted_as_wal_is_said(tmp_path: Path) -> None:
    path = tmp_path / "x"
    database(path, DDL).close()
    os.mkfifo(tmp_path / "x-wal")
    (skipped,) = open_sources(str(path))
    assert isinstance(skipped, Skipped)
    assert skipped.finding.code == "container.unreadable"
    assert "-wal" in skipped.finding.message


def test_a_row_or_table_that_is_gone_is_said(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with contextlib.closing(database(path, DDL, "INSERT INTO events VALUES ('a', 1, 1)")) as db:
        source = tables(path)["events"]
        db.execute("DELETE FROM events")
        with pytest.raises(SourceError) as said:
            source.read(1, 10)
        assert said.value.finding.code == "container.shrunk"
        db.execute("DROP TABLE events")
    with pytest.raises(SourceError) as said:
        list(source.batches())
    assert said.value.finding.code == "container.unreadable"


def test_real_databases(real: Path, keeps_its_word: Read) -> None:
    path = real / "zakops/ingest_state_sim.db"
    before = beside(path)
    got = keeps_its_word(tables(path)["action_audit_events"])
    assert len(got.raws) > 100
    assert all(
        set(json.loads(raw)) == {"audit_id", "action_id", "timestamp", "event", "actor", "details"} for raw in got.raws
    )
    assert len(keeps_its_word(tables(real / "kernel/bff/bff_native_integer_dates.db")["DealEvent"]).raws) == 27
    assert beside(path) == before


@pytest.mark.parametrize("page_size", [512, 4096])
def test_rows_that_a_damaged_page_drops_without_an_error_are_missed(page_size: int, tmp_path: Path, read: Read) -> None:
    """The number of cells of a page is lowered: SQLite reads the other rows and says nothing."""
    path = tmp_path / "x"
    with contextlib.closing(
        database(path, f"PRAGMA page_size = {page_size}", "CREATE TABLE t (n INTEGER PRIMARY KEY, x)")
    ) as db:
        db.executemany("INSERT INTO t VALUES (?, ?)", [(n, "x" * 50) for n in range(1, 200)])
    assert read(tables(path)["t"]).codes == []
    data = bytearray(path.read_bytes())
    leaf_page = next(at for at in range(page_size, len(data), page_size) if data[at] == 0x0D)
    cells = int.from_bytes(data[leaf_page + 3 : leaf_page + 5], "big")
    data[leaf_page + 3 : leaf_page + 5] = (cells - 2).to_bytes(2, "big")
    path.write_bytes(data)
    got = read(tables(path)["t"])
    assert len(got.raws) == 197
    assert got.codes == ["container.sqlite-corrupt"]
    assert "missing without a trace" in got.findings[0].message


def test_values_that_break_a_constraint_are_no_damage(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "x"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.create_function("mine", 1, bool, deterministic=True)
        db.execute("CREATE TABLE t (a CHECK (mine(a)), b)")
        db.execute("PRAGMA ignore_check_constraints = ON")
        db.execute("INSERT INTO t VALUES (0, NULL)")
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE sqlite_master SET sql = replace(sql, ', b)', ', b NOT NULL)')")
    got = read(tables(path)["t"])
    assert (got.raws, got.codes) == ([b'{"a":0,"b":null}'], [])
