"""A real pseudo-terminal with a screen behind it, to see what an operator sees and what bytes are sent."""

import os
import re
import select
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import ptyprocess
import pyte

PATIENCE = 60.0
"""Seconds until a condition must hold; a busy machine is slow, and only a failure waits that long."""
QUIET = 0.15
"""Seconds without a byte after which a screen is settled."""
FAKE = (sys.executable, "-W", "error", str(Path(__file__).parent / "console_with_fake.py"))
"""The command of the console on the session in memory."""
FOREIGN = ("TEXTUAL", "COLOR", "NO_", "COLUMNS", "LINES")
"""What begins a name in the environment of another terminal: the tests' own must not look like that one."""
KEYS = {"enter": "\r", "escape": "\x1b", "tab": "\t", "up": "\x1b[A", "down": "\x1b[B", "end": "\x1b[F"}
_NOT_PYTE = re.compile(rb"\x1b\[[<>=?][0-9;]*[a-zA-Z]|\x1b\[[?0-9;]*\$p|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
"""Private modes and queries of Textual's that pyte would print as text."""


class Terminal:
    """The console in a terminal of ``columns`` by ``lines``. ``raw`` holds every byte that it sent."""

    def __init__(self, columns: int, lines: int, *args: str, command: Sequence[str] = FAKE, **environment: str) -> None:
        self.raw = b""
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        clean = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        self._process = ptyprocess.PtyProcess.spawn(
            [*command, *args],
            dimensions=(lines, columns),
            env={**clean, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8", **environment},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._process.close(force=True)

    @property
    def process(self) -> int:
        """The process id of what runs in the terminal."""
        return int(self._process.pid)

    @property
    def text(self) -> str:
        """The screen as lines without trailing blanks."""
        return "\n".join(line.rstrip() for line in self.screen.display) + "\n"

    def read(self, seconds: float) -> bool:
        """Read what comes within so many seconds; whether anything came."""
        ready, _, _ = select.select([self._process.fd], [], [], seconds)
        if not ready:
            return False
        try:
            data = os.read(self._process.fd, 65536)
        except OSError:  # Linux says EIO when the other side has gone
            return False
        self.raw += data
        self._stream.feed(_NOT_PYTE.sub(b"", data))
        return bool(data)

    def wait(self, holds: Callable[[str], bool], what: str = "the screen") -> str:
        """Read until the screen's text fulfils a condition and the terminal is quiet."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            came = self.read(QUIET)
            if not came and holds(self.text):
                return self.text
        raise AssertionError(f"waited in vain for {what}:\n{self.text}")

    def see(self, part: str) -> str:
        """Wait until the screen shows this text."""
        return self.wait(lambda text: part in text, repr(part))

    def press(self, *keys: str) -> None:
        for key in keys:
            self._process.write(KEYS.get(key, key).encode())

    def kill(self, number: int) -> None:
        """Send the console a signal."""
        self._process.kill(number)

    def hang_up(self) -> int:
        """The terminal goes away. Wait for the end of what ran in it; its exit code."""
        self._process.fileobj.close()
        until = time.monotonic() + PATIENCE
        while self._process.isalive() and time.monotonic() < until:
            time.sleep(QUIET)
        assert not self._process.isalive(), "the console goes on without a terminal"
        return int(self._process.exitstatus)

    def end(self) -> int:
        """Read to the end of the console, and its exit code."""
        until = time.monotonic() + PATIENCE
        while self._process.isalive() and time.monotonic() < until:
            self.read(QUIET)
        self.read(0)
        assert not self._process.isalive(), "the console did not end"
        return int(self._process.exitstatus)
