"""Private copies do not outlive their process for long, however it ends."""

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from console.sources.sqlite import private_folder
from tests.support.places import ROOT

HOLD = """
import sys
from console.sources.discover import open_sources
(source,) = open_sources(sys.argv[1])
batches = source.batches()
next(batches)
print("read", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "x.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE events (n)")
        db.execute("INSERT INTO events VALUES ('a secret')")
        db.commit()
    return path


@contextmanager
def holding(database: Path, temporary: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A process in the midst of reading a database."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(database)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"read\n"
        yield process
    finally:
        process.communicate()


def copies(temporary: Path) -> list[Path]:
    return [path for path in temporary.rglob("*") if path.is_file() and b"a secret" in path.read_bytes()]


def test_what_a_killed_process_leaves_is_removed_by_the_next(database: Path, temporary: Path) -> None:
    with holding(database, temporary) as first:
        first.send_signal(signal.SIGKILL)
        first.wait()
        assert len(copies(temporary)) == 1
        with holding(database, temporary) as second:
            assert len(copies(temporary)) == 1
            with holding(database, temporary):
                # A process that is alive keeps its own.
                assert len(copies(temporary)) == 2
            assert len(copies(temporary)) == 1
            assert second.poll() is None
    assert not list(temporary.iterdir())


def test_what_only_looks_alike_is_left_alone(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    name = "audit-console-private-"
    precious = temporary / "precious"
    for folder in (precious, temporary / f"{name}mine", temporary / f"{name}of_a_user_with_a_long_name"):
        folder.mkdir(mode=0o700)
        (folder / "kept").touch()
    (temporary / f"{name}abcdefgh").symlink_to(precious)
    (temporary / f"{name}bcdefghi").touch()
    (temporary / f"{name}cdefghij").mkdir(mode=0o755)
    before = sorted(temporary.rglob("*"))
    left = temporary / f"{name}defghijk"
    left.mkdir(mode=0o700)
    private_folder.sweep()
    assert sorted(temporary.rglob("*")) == before


def test_a_cleaner_of_the_temporary_folder_does_no_harm(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setattr(private_folder, "_held", None)
    first = private_folder.PrivateFolder()
    home = Path(first.path).parent
    first.remove()
    home.rmdir()
    second = private_folder.PrivateFolder()
    assert Path(second.path).is_dir()
    second.remove()
    assert not Path(second.path).exists()
