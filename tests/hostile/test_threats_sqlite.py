"""What somebody plants beside a database: logs and journals that SQLite would follow without a question."""

import asyncio
import hashlib
import json
import os
import shutil
import sqlite3
import struct
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from console.cli.main import main
from console.sources.discover import open_sources
from console.sources.protocol import Skipped
from console.sources.sqlite.rows import SqliteTable
from tests.support.engine_cases import console
from tests.support.places import ROOT

PORTAL = ROOT / "sample_ledgers/kernel/portal.db"
MAGIC = bytes.fromhex("d9d505f920a163d7")
"""Of a rollback journal (sqlite.org/fileformat2.html, section 3)."""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """An idle database in its own folder, not in WAL mode."""
    folder = tmp_path / "evidence"
    folder.mkdir()
    path = folder / "x.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE events (id TEXT)")
        db.executemany("INSERT INTO events VALUES (?)", [("one",), ("two",)])
        db.commit()
    return path


def rows(path: Path) -> list[str]:
    (table,) = open_sources(str(path))
    assert isinstance(table, SqliteTable), table
    return [json.loads(raw)["id"] for batch in table.batches() for raw in batch.raws]


def codes(path: Path) -> list[str]:
    (table,) = open_sources(str(path))
    assert isinstance(table, SqliteTable), table
    return [each.code for batch in table.batches() for each in batch.findings]


def content(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.is_file()}


def journal(path: Path, *, names: str = "", magic: bytes = MAGIC) -> None:
    """A journal that takes the last page back to zeros, or names another file as the one that decides over it."""
    size = struct.unpack(">H", path.read_bytes()[16:18])[0]
    pages = path.stat().st_size // size
    data = (magic + struct.pack(">IIIII", 0, 1, pages, 512, size)).ljust(512, b"\0")
    if names:
        name = names.encode()
        data += struct.pack(">I", 0x40000000 // size + 1) + name
        data += struct.pack(">II", len(name), sum(name) & 0xFFFFFFFF) + MAGIC
    path.with_name(path.name + "-journal").write_bytes(data)


def test_sqlite_itself_would_delete_the_file_that_a_journal_names(database: Path, tmp_path: Path) -> None:
    """What the next tests are there for. Should this one fail, SQLite has learnt better."""
    victim = tmp_path / "victim"
    victim.write_text("precious")
    journal(database, names=str(victim))
    with closing(sqlite3.connect(database)) as db:
        assert len(db.execute("SELECT * FROM events").fetchall()) == 2
    assert not victim.exists()


@pytest.mark.parametrize("magic", [MAGIC, b"\x01" * 8], ids=["journal", "no journal"])
async def test_a_planted_journal_deletes_nothing(magic: bytes, database: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    shutil.copy(PORTAL, database)
    journal(database, names=str(victim), magic=magic)
    before = content(database.parent)
    with pytest.raises(SystemExit):
        await asyncio.to_thread(main, ["verify", str(database)])
    async with console(database, index=tmp_path / "index.sqlite") as one:
        (row,) = await one.ledgers()
        events = await one.events()
        assert (await one.session.details(events[0].id)).intact
        assert row.records == len(events) > 20
        _ = [each async for each in one.session.verify()]
    assert victim.read_text() == "precious"
    assert content(database.parent) == before


def torn(path: Path, statement: str) -> None:
    """The database and its journal as they are in the midst of a transaction."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA cache_size = 1")
        db.execute("CREATE TABLE filler (x)")
        db.execute("BEGIN IMMEDIATE")
        db.execute(statement)
        db.executemany("INSERT INTO filler VALUES (?)", [("x" * 3000,) for _ in range(50)])
        shutil.copy(path.with_name("x.db-journal"), path.with_name("kept"))
        shutil.copy(path, path.with_name("kept.db"))
        db.execute("ROLLBACK")
    path.with_name("kept.db").replace(path)
    path.with_name("kept").replace(path.with_name("x.db-journal"))


def named(path: Path, name: bytes) -> None:
    """Let a journal name the file that decides over it."""
    with path.with_name("x.db-journal").open("ab") as file:
        size = struct.unpack(">H", path.read_bytes()[16:18])[0]
        file.write(struct.pack(">I", 0x40000000 // size + 1) + name)
        file.write(struct.pack(">II", len(name), sum(name) & 0xFFFFFFFF) + MAGIC)


def ids(path: Path) -> list[str]:
    found = {table.member: table for table in open_sources(str(path)) if isinstance(table, SqliteTable)}
    return [json.loads(raw)["id"] for batch in found["events"].batches() for raw in batch.raws]


def test_a_journal_is_obeyed_as_sqlite_would(database: Path, tmp_path: Path) -> None:
    torn(database, "UPDATE events SET id = 'not committed'")
    assert ids(database) == ["one", "two"]
    super_journal = tmp_path / "super"
    super_journal.touch()
    named(database, str(super_journal).encode())
    assert ids(database) == ["one", "two"], "the transaction over several files is still open"
    super_journal.unlink()
    assert ids(database) == ["not committed"] * 2, "and now it is committed"


def wal_of(database: Path, statement: str) -> bytes:
    """A valid log for this very database, made on a copy of it."""
    copy = database.with_name("copy")
    shutil.copy(database, copy)
    with closing(sqlite3.connect(copy, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA wal_autocheckpoint=0")
        db.execute(statement)
        data = copy.with_name("copy-wal").read_bytes()
    for path in database.parent.glob("copy*"):
        path.unlink()
    return data


def report(path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main(["verify", str(path), "--format", "json"])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_log_beside_a_database_that_uses_none_is_said(database: Path) -> None:
    log = wal_of(database, "UPDATE events SET id = 'forged'")
    assert codes(database) == []
    database.with_name("x.db-wal").write_bytes(log)
    before = content(database.parent)
    # As any reader of this database would see them, and that is said.
    assert rows(database) == ["forged"] * 2
    assert codes(database) == ["container.sqlite-beside"]
    assert content(database.parent) == before


def test_what_a_hash_of_the_file_does_not_cover_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "portal.db"
    shutil.copy(PORTAL, path)
    assert "container.sqlite-beside" not in {each["code"] for each in report(path, capsys)["findings"]}
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute('UPDATE "DealEvent" SET rowid = rowid')
        found = [each for each in report(path, capsys)["findings"] if each["code"] == "container.sqlite-beside"]
        assert [each["severity"] for each in found] == ["note"]
        assert "portal.db-wal" in found[0]["message"]


SPOILED: dict[str, Callable[[bytes], bytes]] = {
    "garbage": lambda _: os.urandom(5000),
    "zeros": lambda _: bytes(5000),
    "checksum": lambda log: log[:60] + bytes([log[60] ^ 1]) + log[61:],
    "salt": lambda log: log[:16] + b"\1\2\3\4\5\6\7\x08" + log[24:],
    "cut": lambda log: log[:-1],
    "page size": lambda log: log[:8] + b"\0\0\0\7" + log[12:],
    "header alone": lambda log: log[:32],
    "nothing": lambda _: b"",
}


@pytest.mark.parametrize("how", SPOILED)
def test_a_spoiled_log_changes_nothing(how: str, database: Path) -> None:
    log = wal_of(database, "UPDATE events SET id = 'forged'")
    database.with_name("x.db-wal").write_bytes(SPOILED[how](log))
    assert rows(database) == ["one", "two"]


@pytest.mark.parametrize("target", ["/etc/passwd", "nowhere", "other"])
@pytest.mark.parametrize("suffix", ["-wal", "-shm", "-journal"])
def test_a_link_beside_it_leads_nowhere(suffix: str, target: str, database: Path) -> None:
    database.with_name("other").write_bytes(os.urandom(5000))
    database.with_name("x.db" + suffix).symlink_to(target)
    before = content(database.parent)
    assert rows(database) == ["one", "two"]
    assert content(database.parent) == before
    assert not database.with_name("nowhere").exists()


@pytest.mark.parametrize("suffix", ["-wal", "-journal"])
@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_a_special_file_beside_it_is_said(kind: str, suffix: str, database: Path) -> None:
    path = database.with_name("x.db" + suffix)
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "device":
            path.symlink_to("/dev/zero")
        case _:
            path.mkdir()
    (found,) = open_sources(str(database))
    assert isinstance(found, Skipped)
    assert suffix in found.finding.message


def test_shared_memory_is_never_needed(database: Path) -> None:
    """SQLite makes its own for the copy."""
    os.mkfifo(database.with_name("x.db-shm"))
    database.with_name("x.db-wal").write_bytes(wal_of(database, "INSERT INTO events VALUES ('three')"))
    assert rows(database) == ["one", "two", "three"]


def test_a_log_or_database_that_is_far_too_large_fills_no_disk(database: Path) -> None:
    log = wal_of(database, "INSERT INTO events VALUES ('three')")
    path = database.with_name("x.db-wal")
    path.write_bytes(log)
    os.truncate(path, 1 << 40)
    assert rows(database) == ["one", "two", "three"]
    path.unlink()
    os.truncate(database, 1 << 43)
    (found,) = open_sources(str(database))
    assert isinstance(found, Skipped)
    assert "are free" in found.finding.message
