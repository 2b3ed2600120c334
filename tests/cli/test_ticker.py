"""Progress where work gives no news for long: the terminal shows that it goes on."""

import io
import threading

import pytest

from console.cli import output
from console.cli.output import Ticker

PATIENCE = 30


class Terminal(io.StringIO):
    """Says when so many seconds without news were shown."""

    def __init__(self, wanted: str) -> None:
        super().__init__()
        self.wanted = wanted
        self.shown = threading.Event()

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if self.wanted in text:
            self.shown.set()
        return super().write(text)


def test_work_without_news_is_seen_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "BEAT", 0.0)
    terminal = Terminal("verifying a.jsonl 12 events · searching for 0 s")
    monkeypatch.setattr("sys.stderr", terminal)
    with Ticker("verifying", "searching") as ticker:
        ticker.show("a.jsonl 12 events")
        assert terminal.shown.wait(PATIENCE)
    assert terminal.getvalue().endswith("\r\x1b[K"), "gone at the end"


def test_nothing_is_shown_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    with Ticker("verifying", "searching") as ticker:
        ticker.show("a.jsonl")
    assert not stream.getvalue()
