"""What an operator waits for, measured through a real pseudo-terminal: paint, key to bytes, append to visible row."""

import hashlib
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import quantiles

from ptyprocess import PtyProcess

from tests.benchmarks.generate import ledger
from tests.benchmarks.measure import console, ratio, table
from tests.support.places import ROOT

SIZE = (40, 120)
CURSOR = "›".encode()
"""What a key paints in any case, and nothing that changes by itself does."""
_BARE = """
from textual.app import App
from textual.widgets import Static
from tests.support.places import ROOT
class Bare(App):
    def compose(self):
        yield Static("bare-app-painted")
Bare().run()
"""


class Terminal:
    """A command in a pseudo-terminal, and what it painted."""

    def __init__(self, command: Sequence[str]) -> None:
        self.began = time.perf_counter()
        self.process = PtyProcess.spawn(
            [*command], dimensions=SIZE, cwd=ROOT, env={**os.environ, "TERM": "xterm-256color"}
        )

    def read(self, timeout: float) -> bytes:
        """What is painted within the timeout, b'' if nothing is."""
        if not select.select([self.process.fd], [], [], timeout)[0]:
            return b""
        try:
            return os.read(self.process.fd, 1 << 16)
        except OSError:
            return b""

    def until(self, text: bytes, timeout: float = 60) -> float:
        """Seconds since the start until this text is painted. Raises TimeoutError."""
        seen = b""
        end = time.perf_counter() + timeout
        while time.perf_counter() < end:
            seen = seen[-4096:] + self.read(0.05)
            if text in seen:
                return time.perf_counter() - self.began
        raise TimeoutError(f"{text!r} was not painted")

    def quiet(self, seconds: float = 0.3) -> None:
        """Read until nothing was painted for so long."""
        while self.read(seconds):
            pass

    def key(self, key: bytes, mark: bytes) -> float | None:
        """Seconds from a key to the first bytes in which the mark is painted; None if it is not."""
        while self.read(0):
            pass
        began = time.perf_counter()
        self.process.write(key)
        seen = b""
        while painted := self.read(2.0):
            seen = seen[-8:] + painted
            if mark in seen:
                return time.perf_counter() - began
        return None

    def memory(self) -> float:
        """MB in use by the command's own process."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]  # always there on Linux

    def close(self) -> None:
        """End it, reading what it still paints: it cannot take leave of a terminal that nobody reads."""
        self.process.kill(signal.SIGTERM)
        end = time.perf_counter() + 5
        while self.process.isalive() and time.perf_counter() < end:
            self.read(0.05)
        self.process.close(force=True)


def first_paint(events: int, rounds: int) -> None:
    """re-open of an indexed, unchanged ledger, to first paint and to its first figures"""
    path = str(ledger("kernel-doc", events))
    with tempfile.TemporaryDirectory() as folder:
        index = str(Path(folder) / "index.sqlite")
        subprocess.run(console("ledgers", path, "--index", index), cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        paints: dict[str, list[float]] = {
            "console, first paint": [],
            "console, ledger shown": [],
            "bare Textual app": [],
        }
        for _ in range(max(rounds, 5)):
            app = Terminal(console(path, "--index", index))
            paints["console, first paint"].append(app.until(b"audit-console"))
            paints["console, ledger shown"].append(app.until(f"{events:,}".encode()))
            app.close()
            bare = Terminal([sys.executable, "-c", _BARE])
            paints["bare Textual app"].append(bare.until(b"bare-app-painted"))
            bare.close()
    middle = {name: sorted(times)[len(times) // 2] for name, times in paints.items()}
    table(
        f"re-open of {events:,} indexed events (goal: ≤ 0.4 s; bare app 0.14 s)",
        ("", "seconds", "× bare app"),
        [(name, f"{each:.3f}", ratio(each, middle["bare Textual app"])) for name, each in middle.items()],
    )


def keys(events: int, rounds: int) -> None:
    """key to painted bytes in the stream table, idle and while ingest runs"""
    path = str(ledger("kernel-doc", events))
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        index = str(Path(folder) / "index.sqlite")
        app = Terminal(console(path, "--index", index))
        app.until(b"reading")
        time.sleep(1.0)
        app.process.write(b"\r")
        app.quiet(0.1)
        pressed = _press(app, 250, pause=0.004, mark=CURSOR)
        memory = app.memory()
        try:
            app.until(b"following", 30)
            rows.append(("console, while ingest runs", *_spread(pressed), f"{memory:.0f}"))
        except TimeoutError:
            print("Ingest ended before the keys did: its figure is left out.")
        app.close()
        subprocess.run(console("ledgers", path, "--index", index), cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        app = Terminal(console(path, "--index", index))
        app.until(f"{events:,}".encode())
        app.process.write(b"\r")
        app.quiet()
        rows.append(
            ("console, all ingested", *_spread(_press(app, 300, pause=0.01, mark=CURSOR)), f"{app.memory():.0f}")
        )
        app.close()
        if less := shutil.which("less"):
            pager = Terminal([less, path])
            pager.quiet()
            rows.append(("less (verifies nothing)", *_spread(_press(pager, 300, pause=0.01)), f"{pager.memory():.0f}"))
            pager.close()
    table(
        f"key to painted bytes, {events:,} events (goal: p50 ≤ 10 ms, p99 ≤ 40 ms, ≤ 80 MB)",
        ("", "p50 ms", "p99 ms", "MB"),
        rows,
    )


def appends(events: int, rounds: int) -> None:
    """append to visible row, while 1,000 events a second arrive"""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.jsonl"
        writer = _Writer(path)
        writer.write(2000)
        app = Terminal(console(str(path), "--index", str(Path(folder) / "index.sqlite")))
        app.until(b"2,000")
        app.process.write(b"\r")
        app.quiet()
        app.process.write(b"G")
        app.quiet()
        rows.append(("console (verified, indexed)", *_spread(_follow(app, writer))))
        app.close()
        if tail := shutil.which("tail"):
            follower = Terminal([tail, "-n1", "-f", str(path)])
            follower.quiet()
            rows.append(("tail -f (verifies nothing)", *_spread(_follow(follower, writer))))
            follower.close()
    table(
        "append to visible row, 1,000 events/s (goal: p50 ≤ 30 ms, p99 ≤ 100 ms)",
        ("", "p50 ms", "p99 ms"),
        rows,
    )


class _Writer:
    """Appends events of one deal, with sequence numbers that no other text on the screen looks like."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("ab", buffering=0)
        self.sequence = 700_000
        self.previous: str | None = None
        self.written: dict[int, float] = {}

    def write(self, count: int = 1) -> None:
        for _ in range(count):
            self.sequence += 1
            payload = json.dumps({"action": "OPEN_REVIEW", "comment": "x" * 200}, separators=(",", ":"))
            text = f"deal-1{self.sequence}ApprovalGranted{payload}{self.previous or 'null'}"
            digest = hashlib.sha256(text.encode()).hexdigest()
            event = {
                "id": f"e-{self.sequence}", "dealId": "deal-1", "type": "ApprovalGranted",
                "payload": json.loads(payload),
                "actorId": "a", "authorityContext": {}, "evidenceRefs": [], "sequenceNumber": self.sequence,
                "previousEventHash": self.previous, "eventHash": digest, "createdAt": "2026-01-01T00:00:00.000Z",
            }  # fmt: skip
            self.previous = digest
            self.written[self.sequence] = time.perf_counter()
            self.file.write(json.dumps(event, separators=(",", ":")).encode() + b"\n")


def _follow(app: Terminal, writer: _Writer, seconds: float = 4.0) -> list[float]:
    """Latencies of events: from their append to the first paint that shows them or a later one."""
    waiting = writer.sequence + 1
    latencies: list[float] = []
    began = time.perf_counter()
    due = began
    seen = b""
    while (now := time.perf_counter()) < began + seconds:
        if now >= due:
            writer.write()
            due += 0.001
        painted = app.read(max(0.0, due - time.perf_counter()))
        if painted:
            at = time.perf_counter()
            seen = seen[-16:] + painted
            shown = max((int(each) for each in re.findall(rb"7\d{5}", seen)), default=0)
            while waiting <= min(shown, writer.sequence):
                latencies.append(at - writer.written[waiting])
                waiting += 1
    return latencies


def _press(app: Terminal, count: int, pause: float, mark: bytes = b"") -> list[float]:
    """Latencies of keys that move the cursor, page and jump, up to the paint that shows the mark."""
    pattern = [b"k", b"k", b"k", b"j", b"j", b"\x1b[5~", b"k", b"\x1b[6~", b"k"]
    found = []
    for number in range(count):
        latency = app.key(pattern[number % len(pattern)], mark)
        if latency is not None:
            found.append(latency)
        time.sleep(pause)
    return found


def _spread(latencies: list[float]) -> tuple[str, str]:
    if len(latencies) < 2:
        return "–", "–"
    cuts = quantiles(latencies, n=100)
    return f"{cuts[49] * 1000:.1f}", f"{cuts[98] * 1000:.1f}"
