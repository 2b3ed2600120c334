"""Sockets, pipes, devices, windows into the kernel: as arguments, in folders, and as they appear. Never waited for."""

import contextlib
import json
import os
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.engine_cases import Deal, append, console
from tests.support.places import ROOT

LEDGER = ROOT / "sample_ledgers/kernel/audit.jsonl"
ARGUMENTS = [
    *("/dev/zero", "/dev/null", "/dev/random", "/dev/tty", "/dev/stdin", "/dev/fd/0", "/dev/ptmx", "/dev/full"),
    *("/proc/self/mem", "/proc/self/environ", "/proc/kmsg", "/sys/kernel/notes", "/proc/self/fd/0"),
]


def special(folder: Path) -> Iterator[str]:
    """Make one of each kind; their names."""
    os.mkfifo(folder / "pipe.jsonl")
    yield "pipe.jsonl"
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as one:
        here = Path.cwd()
        os.chdir(folder)  # a socket's path may only be short
        try:
            one.bind("socket.jsonl")
        finally:
            os.chdir(here)
    yield "socket.jsonl"
    for name, target in {"zero.jsonl": "/dev/zero", "tty.jsonl": "/dev/tty", "memory.jsonl": "/proc/self/mem"}.items():
        (folder / name).symlink_to(target)
        yield name
    (folder / "circle.jsonl").symlink_to("circle.jsonl")
    yield "circle.jsonl"
    with contextlib.suppress(PermissionError):
        os.mknod(folder / "device.jsonl", stat.S_IFCHR | 0o666, os.makedev(1, 5))
        yield "device.jsonl"


def run(tmp_path: Path, *arguments: str | Path, piped: bytes | None = None) -> "subprocess.CompletedProcess[bytes]":
    """A command as a process, which must end. Its input is a pipe that nobody closes, unless bytes are given."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "console", *map(str, arguments)]
    reading, writing = os.pipe()
    try:
        if piped is not None:
            os.write(writing, piped)
        return subprocess.run(command, env=environment, stdin=reading, capture_output=True, timeout=60, check=False)
    finally:
        os.close(reading)
        os.close(writing)


@pytest.mark.parametrize("path", ARGUMENTS)
def test_as_an_argument(path: str, tmp_path: Path) -> None:
    if not os.path.lexists(path):
        pytest.skip(f"there is no {path} here")
    for command in ("verify", "events", "ledgers"):
        done = run(tmp_path, command, path, "--format", "json" if command != "events" else "jsonl", piped=b'{"a":1}\n')
        assert done.returncode == 3, done
        assert b"Traceback" not in done.stderr
    report = json.loads(run(tmp_path, "verify", path, LEDGER, "--format", "json").stdout)
    assert [each["code"] for each in report["findings"] if each["ledger"] == path] == ["container.unreadable"]
    assert report["totals"]["events"] > 100
    assert report["exit_code"] == 3


def test_in_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "ledgers"
    folder.mkdir()
    names = set(special(folder))
    shutil.copy(LEDGER, folder)
    report = json.loads(run(tmp_path, "verify", folder, "--format", "json").stdout)
    said = {Path(each["ledger"]).name for each in report["findings"] if each["code"] == "container.unreadable"}
    assert said == names
    assert report["totals"]["ledgers"] == 1


async def test_as_they_appear(tmp_path: Path) -> None:
    folder = tmp_path / "ledgers"
    folder.mkdir()
    deal, ledger = Deal(), folder / "deals.jsonl"
    ledger.write_bytes(deal.lines(2))
    async with console(folder, index=tmp_path / "index.sqlite") as one:
        for number, name in enumerate(special(folder), 3):
            append(ledger, deal.lines(1))
            await one.records(ledger, number)

            async def said(name: str = name) -> bool:
                states = {Path(row.path).name: row.state for row in await one.ledgers()}
                return states.get(name) == "unreadable"

            await one.until(said)
        # A ledger that becomes a pipe while it is followed.
        ledger.unlink()
        os.mkfifo(ledger)
        await one.found("witness.vanished")
        ledger.unlink()
        ledger.write_bytes(Deal("another").lines(3))
        await one.found("witness.replaced")
        await one.records(ledger, 3)
