"""Appending lines: whole, under a lock, and taken back where the disk gives out."""

import os
import threading
from pathlib import Path

import pytest

from console.library.errors import LibraryError
from console.library.log_file import locked


def test_lines_are_appended_whole_and_tell_where(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    with locked(path) as log:
        assert log.append([b"{}", b"[]"], sync=True) == 0
        assert log.append([b"1"], sync=False) == 6
    assert path.read_bytes() == b"{}\n[]\n1\n"


@pytest.mark.parametrize("lines", [[b"a\nb"], [b"fine", b"not\n"]])
def test_a_line_end_is_no_part_of_a_record(tmp_path: Path, lines: list[bytes]) -> None:
    with locked(tmp_path / "log") as log, pytest.raises(LibraryError, match="line end"):
        log.append(lines, sync=False)
    assert (tmp_path / "log").read_bytes() == b""


def test_an_unfinished_record_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b'{"torn":')
    with locked(tmp_path / "log") as log, pytest.raises(LibraryError, match="not finished"):
        log.append([b"{}"], sync=False)
    assert (tmp_path / "log").read_bytes() == b'{"torn":'


def test_a_short_write_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "log").write_bytes(b"{}\n")
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:3]))
    with locked(tmp_path / "log") as log, pytest.raises(LibraryError, match="taken back"):
        log.append([b"0123456789"], sync=False)
    assert (tmp_path / "log").read_bytes() == b"{}\n"


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "log").write_bytes(b"{}\n")

    def full(descriptor: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with locked(tmp_path / "log") as log, pytest.raises(LibraryError, match="No space left"):
        log.append([b"{}"], sync=False)
    assert (tmp_path / "log").read_bytes() == b"{}\n"


def test_a_place_that_cannot_be_had(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="No such file"), locked(tmp_path / "absent" / "log"):
        pass


def test_writers_wait_for_each_other(tmp_path: Path) -> None:
    def write(name: bytes) -> None:
        for _ in range(50):
            with locked(tmp_path / "log") as log:
                log.append([name * 2000], sync=False)

    threads = [threading.Thread(target=write, args=(name,)) for name in (b"a", b"b", b"c")]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    found = (tmp_path / "log").read_bytes().split(b"\n")
    assert sorted(found) == sorted([b"", *(name * 2000 for name in (b"a", b"b", b"c") for _ in range(50))])
