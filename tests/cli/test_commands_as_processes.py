"""Commands as processes: pipes that close, signals, terminals, and how fast they answer."""

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import ptyprocess
import pytest

from tests.support.cli_cases import broken, events, lines
from tests.support.places import ROOT

Start = Callable[..., "subprocess.Popen[bytes]"]


def head(process: "subprocess.Popen[bytes]") -> tuple[bytes, bytes, int]:
    """One line of a process's output; then nobody listens any more."""
    assert process.stdout is not None
    assert process.stderr is not None
    line = process.stdout.readline()
    process.stdout.close()
    err = process.stderr.read()
    return line, err, process.wait(30)


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        *[("events",), ("events", "--format", "jsonl"), ("events", "--raw"), ("events", "--format", "csv")],
        *[("events", "--follow"), ("verify",), ("verify", "--format", "json"), ("explain",)],
    ],
    ids=str,
)
def test_a_closed_pipe_is_quiet(start: Start, arguments: tuple[str, ...]) -> None:
    path = Path("a.jsonl")
    # More than a pipe holds, so that the command is still writing when its reader leaves.
    path.write_bytes(b"".join(lines(events(900, f"{deal:08d}-2222-4333-8444-555555555555")) for deal in range(3)))
    more = [] if arguments == ("explain",) else ["."]
    process = start(arguments[0], *more, *arguments[1:])
    if "--follow" in arguments:
        with path.open("ab") as file:
            file.write(lines(events(900, "00000009-2222-4333-8444-555555555555")))
    line, err, code = head(process)
    assert line
    assert err == b""
    assert code in ({0, 141} if arguments in (("explain",), ("verify",), ("verify", "--format", "json")) else {141})


@pytest.mark.slow
@pytest.mark.parametrize("follow", [True, False])
def test_an_interrupt_is_130(start: Start, follow: bool) -> None:
    path = Path("a.jsonl")
    if follow:
        path.write_bytes(lines(events(2)))
        process = start("events", ".", "--follow")
        assert process.stdout is not None
        process.stdout.readline()
    else:
        # A ledger that takes a while: no payload is what was hashed, so every form of it is tried.
        made = events(4000)
        for each in made:
            each["payload"] = {f"k{number}": number for number in range(6)}
        path.write_bytes(lines(made))
        process = start("verify", ".", "--profile", "kernel-audit/1")
        _running(process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"Traceback" not in err


def _running(process: "subprocess.Popen[bytes]") -> None:
    """Wait until a process has opened its ledger."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        descriptors = Path(f"/proc/{process.pid}/fd")
        try:
            if any(each.readlink().name == "a.jsonl" for each in descriptors.iterdir()):
                return
        except OSError:
            continue
    raise AssertionError("the ledger was never opened")


class Pty:
    """A command in a terminal: all bytes that it sent to it."""

    def __init__(self, environment: dict[str, str], *arguments: str, redirect: str = "", **more: str) -> None:
        command = f"{sys.executable} -m console {' '.join(arguments)} {redirect}"
        process = ptyprocess.PtyProcess.spawn(
            ["/bin/sh", "-c", command], env={**environment, "TERM": "xterm-256color", **more}
        )
        self.raw = b""
        end = time.monotonic() + 30
        while time.monotonic() < end:
            ready, _, _ = select.select([process.fd], [], [], 1)
            try:
                data = os.read(process.fd, 65536) if ready else b" " if not process.isalive() else b""
            except OSError:  # Linux says EIO when the other side has gone
                break
            if ready and not data:
                break
            self.raw += data
        process.wait()
        self.code = process.exitstatus
        process.close()


@pytest.mark.slow
def test_progress_and_colour_only_in_a_terminal(start: Start, environment: dict[str, str]) -> None:
    broken(Path("a.jsonl"))
    out, err = start("verify", "a.jsonl").communicate(timeout=30)
    assert b"\x1b" not in out + err
    shown = Pty(environment, "verify", "a.jsonl")
    assert shown.code == 1
    assert b"verifying a.jsonl" in shown.raw
    assert b"\x1b[1;31m" in shown.raw
    assert set(re.findall(rb"\x1b\[[0-9;]*[A-Za-z]", shown.raw)) <= {
        *(b"\x1b[K", b"\x1b[0m", b"\x1b[1m", b"\x1b[2m", b"\x1b[1;31m", b"\x1b[31m", b"\x1b[32m", b"\x1b[33m"),
    }
    data = Pty(environment, "verify", "a.jsonl", redirect="2>/dev/null")
    assert b"verifying" not in data.raw
    narration = Pty(environment, "verify", "a.jsonl", redirect=">/dev/null")
    assert narration.raw.startswith(b"\r\x1b[Kverifying a.jsonl")
    assert narration.raw.endswith(b"\r\x1b[K")
    for command in ("ledgers", "streams", "events", "explain"):
        argument = "chain.fork" if command == "explain" else "a.jsonl"
        assert b"\x1b[1;31m" in Pty(environment, command, argument).raw, command


@pytest.mark.slow
@pytest.mark.parametrize("command", ["verify", "ledgers", "streams", "events", "explain", "formats"])
def test_without_colour(environment: dict[str, str], command: str) -> None:
    broken(Path("a.jsonl"))
    arguments = {"explain": ["chain.fork"], "formats": []}.get(command, ["a.jsonl"])
    for shown in (
        Pty(environment, command, *arguments, "--no-color"),
        Pty(environment, command, *arguments, NO_COLOR="1"),
        Pty(environment, command, *arguments, TERM="dumb"),
    ):
        assert not re.search(rb"\x1b\[[0-9;]*m", shown.raw)
        if command != "formats":
            assert "‼ critical".encode() in shown.raw


@pytest.mark.parametrize("argument", ["--version", "--help", "-h"])
def test_the_quick_answers_are_quick(environment: dict[str, str], argument: str) -> None:
    code = (
        "import sys; sys.argv = ['audit-console', sys.argv[1]]\n"
        "from console.cli.main import main\n"
        "try: main()\n"
        "finally: print(*sys.modules, file=sys.stderr)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code, argument], env=environment, capture_output=True, text=True, check=True
    )
    loaded = set(found.stderr.split())
    heavy = {"textual", "rich", "pydantic", "pydantic_settings", "aiosqlite", "watchfiles", "asyncio", "sqlite3"}
    assert not heavy & loaded
    # Help asks the formats which reports they have.
    rooms = ("console.app", "console.store", *(("console.formats",) if argument == "--version" else ()))
    assert not [name for name in loaded if name.startswith(rooms)]
    if argument == "--version":
        assert found.stdout == "audit-console 0.1.0\n"


@pytest.mark.slow
def test_module_and_script_are_the_same(environment: dict[str, str]) -> None:
    broken(Path("a.jsonl"))
    script = [sys.executable, "-c", "import sys; from console.cli.main import main; sys.argv[0] = 'x'; main()"]
    for arguments in (["--help"], ["verify", "a.jsonl", "--no-memory"], ["verify", "--nosuch"], ["events", "a.jsonl"]):
        one, other = (
            subprocess.run([*command, *arguments], env=environment, capture_output=True, check=False)
            for command in ([sys.executable, "-m", "console"], script)
        )
        assert (one.returncode, one.stdout, one.stderr) == (other.returncode, other.stdout, other.stderr)
        assert b"python" not in one.stdout + one.stderr


def test_the_ledgers_are_left_as_they_are(start: Start) -> None:
    """Byte for byte, and nothing beside them."""
    import shutil

    shutil.copytree(ROOT / "sample_ledgers" / "zakops", "samples")
    before = {path: path.read_bytes() for path in Path("samples").rglob("*") if path.is_file()}
    for command in ("verify", "ledgers", "events"):
        start(command, "samples").communicate(timeout=60)
    assert {path: path.read_bytes() for path in Path("samples").rglob("*") if path.is_file()} == before


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments", [("--version",), ("verify", "."), ("events", "."), ("events", ".", "--raw")], ids=str
)
@pytest.mark.parametrize("closed", [1, 2])
def test_closed_streams_are_no_error(environment: dict[str, str], arguments: tuple[str, ...], closed: int) -> None:
    """As with ``>&-`` in a shell."""
    Path("a.jsonl").write_bytes(lines(events(3)))
    command = ["sh", "-c", f'exec "$@" {closed}>&-', "sh", sys.executable, "-m", "console", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert bool(done.stdout) == (closed == 2)
