"""What commands print: data to stdout, narration to stderr, and no control character of anyone else's in either."""

import json
import os
import shutil
import sys
import textwrap
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any

from console.model.trust import WORST_FIRST, Severity, Trust
from console.text import safe, sweep

_SEVERITY = {Severity.CRITICAL: "1;31", Severity.ERROR: "31", Severity.WARNING: "33", Severity.NOTE: "2"}
_TRUST = {
    Trust.BROKEN: "1;31",
    Trust.LINKED: "33",
    Trust.VERIFIED: "32",
    Trust.RECOVERED: "32",
    Trust.UNCHECKED: "2",
    Trust.UNCHAINED: "2",
    Trust.PENDING: "2",
}
_COLOUR = os.urandom(8).hex()
"""Marks a colour until its line is printed. Another one for each process: no foreign text can hold it."""


def out(text: str = "") -> None:
    """One line of data. What is foreign in it has gone through ``safe``; what was forgotten is swept here."""
    plain, *coloured = text.split(_COLOUR)
    line = sweep(plain)
    for piece in coloured:
        code, _, plain = piece.partition("m")
        line += f"\x1b[{code}m{sweep(plain)}"
    sys.stdout.write(line + "\n")


def columns() -> int | None:
    """Columns of the terminal that stdout is; None for a pipe or a file."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def paragraph(text: str, *, first: str = "", rest: str = "", most: int | None = 100) -> list[str]:
    """Lines of a text, cut at blanks only: at most so many characters wide, and no wider than the terminal.

    ``first`` and ``rest`` begin the first line and the others. Without ``most`` it is one line, except in a terminal.
    """
    width = min((each for each in (most, columns()) if each is not None), default=None)
    if width is None:
        return [first + text]
    return textwrap.wrap(
        text,
        max(width, len(rest) + 20),
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=False,
        break_long_words=False,
    )


def out_json(value: Any) -> None:
    """One line of JSON, exact and all ASCII: every control character and surrogate is escaped."""
    sys.stdout.write(json.dumps(value, ensure_ascii=True).replace("\x7f", "\\u007f") + "\n")


def say(text: str) -> None:
    """One line of narration."""
    narrate(f"audit-console: {safe(text)}")


def narrate(text: str) -> None:
    """One line on stderr, after all data so far."""
    sys.stdout.flush()
    sys.stderr.write(f"{sweep(text)}\n")


class Paint:
    """Colours, where stdout is a terminal that wants them. Words and glyphs say the same without."""

    def __init__(self, no_color: bool) -> None:
        plain = no_color or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
        self._on = sys.stdout.isatty() and not plain

    def __call__(self, text: str, code: str) -> str:
        return f"{_COLOUR}{code}m{text}{_COLOUR}0m" if self._on and text.strip() else text

    def severity(self, text: str, severity: Severity) -> str:
        """Text in the colour of a severity."""
        return self(text, _SEVERITY.get(severity, "0"))

    def trust(self, text: str, trust: Trust) -> str:
        """Text in the colour of a trust state."""
        return self(text, _TRUST[trust])

    def strong(self, text: str) -> str:
        """Heads and names."""
        return self(text, "1")

    def quiet(self, text: str) -> str:
        """What stands beside."""
        return self(text, "2")

    def counts(self, counts: Sequence[int]) -> str:
        """Events by ``Trust`` as glyphs, numbers and words, the worst first; '' where there are none."""
        return "  ".join(
            self.trust(f"{trust.glyph} {counts[trust]:,} {trust.word}", trust) for trust in WORST_FIRST if counts[trust]
        )


BEAT = 1.0
"""Seconds without news after which a ticker shows that work goes on."""


class Ticker:
    """Progress on stderr, only where that is a terminal; gone when the block ends.

    With ``waiting``, words for work that may give no news for minutes, these are shown with the seconds since the last
    news.
    """

    def __init__(self, what: str, waiting: str = "") -> None:
        self._what = what
        self._waiting = waiting
        self._text = ""
        self._since = time.monotonic()
        self._shown = False
        self._on = sys.stderr.isatty()
        self._over = threading.Event()
        self._beat = threading.Thread(target=self._beats, daemon=True)

    def __enter__(self) -> "Ticker":
        if self._on and self._waiting:
            self._beat.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._over.set()
        if self._beat.is_alive():
            self._beat.join()
        self.done()

    def show(self, text: str) -> None:
        """Show this instead of what was shown before."""
        self._text, self._since = text, time.monotonic()
        self._write(text)

    def _beats(self) -> None:
        while not self._over.wait(BEAT):
            seconds = int(time.monotonic() - self._since)
            if seconds >= BEAT:
                self._write(" · ".join(filter(None, (self._text, f"{self._waiting} for {seconds} s"))))

    def _write(self, text: str) -> None:
        if self._on:
            sys.stderr.write(f"\r\x1b[K{self._what} {safe(text, limit=200)}")
            sys.stderr.flush()
            self._shown = True

    def done(self) -> None:
        """Clear the line."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._shown = False


def human_time(micros: int | None) -> str:
    """``2025-10-14 21:11:05 UTC``, '' for None."""
    from console.engine.api import time_text

    return "" if micros is None else time_text(micros, digits=0).replace("T", " ").replace("Z", " UTC")


class AsGiven:
    """Paths as they were given: the index knows them by their absolute path."""

    def __init__(self, paths: Sequence[str]) -> None:
        # Longest first, so that the nearest of several folders names what is below it.
        known = {os.path.abspath(path): path for path in paths}  # noqa: PTH100 - not through symbolic links
        self._known = sorted(known.items(), key=lambda pair: -len(pair[0]))

    def __call__(self, path: str) -> str:
        for absolute, given in self._known:
            root = absolute.rstrip("/")
            if path == absolute:
                return given
            if path.startswith((root + "/", root + "#")):
                rest = path[len(root) :]
                given = "" if given == "." else given if given.endswith("/") else f"{given}/"
                return given + rest[1:] if rest[0] == "/" else given.rstrip("/") + rest
        return path


def problems(ledgers: Sequence[Any], shown: AsGiven) -> int:
    """Say which of the ledgers' rows are none, and why. The exit code: 0, or 3 where something could not be read."""
    code = 0 if any(each.format for each in ledgers) else 3
    for each in ledgers:
        if not each.format or each.state in ("unreadable", "gone"):
            say(f"{shown(each.name)}: {each.note}")
            code = code if each.state == "empty" else 3
    if not ledgers:
        say("There are no ledgers here.")
    return code
