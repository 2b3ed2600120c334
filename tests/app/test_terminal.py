"""The console in a real terminal: golden screens, and no control byte of a ledger's among its output.

``pytest tests/app/test_terminal.py --update-golden`` writes the golden screens again.
"""

import re
import signal
from pathlib import Path

import pytest

from tests.support.fake_session import HOSTILE
from tests.support.terminal import Terminal

GOLDEN = Path(__file__).parent / "golden"
SIZES = [(80, 24), (120, 40)]

_OWN = re.compile(
    r"\x1b\[[0-9;:<=>?]*[ -/]*[@-~]"  # CSI: colours, cursor, modes
    r"|\x1b\]22;[a-z-]*(?:\x07|\x1b\\)"  # the shape of the mouse pointer
    r"|\x1b\[\?2026[hl]"
)
"""Everything Textual itself sends. No title, clipboard, hyperlink or device string among it."""


def same(name: str, text: str, update: bool) -> None:
    path = GOLDEN / f"{name}.txt"
    if update:
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"no golden screen {name}: run with --update-golden"
    assert text == path.read_text(encoding="utf-8")


def with_summaries(text: str) -> bool:
    """True once each row of the table says what happened, where there is a column for it."""
    rows = [line for line in text.splitlines() if re.match("[ ›] [✓✗] ", line)]
    return "what happened" not in text or all("event " in row for row in rows)


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))


@pytest.mark.parametrize(("columns", "lines"), SIZES)
def test_golden_screens(columns: int, lines: int, update: bool) -> None:
    size = f"{columns}x{lines}"
    with Terminal(columns, lines) as terminal:
        terminal.see("deal acc674")
        same(f"overview-{size}", terminal.see("● following"), update)
        terminal.press("?")
        same(f"help-{size}", terminal.see("Help: overview"), update)
        terminal.press("escape")
        terminal.see("Overview")
        terminal.press("enter")
        same(f"stream-{size}", terminal.wait(lambda text: "120 of 120" in text and with_summaries(text)), update)
        terminal.press("g")
        terminal.see("1 of 120")
        terminal.press("n")
        terminal.see("62 of 120")
        terminal.press("d" if columns < 120 else "k")
        terminal.see("Envelope")
        terminal.press("/")
        terminal.see("free text")
        terminal.press("foo:bar", "enter")
        same(f"stream-filter-{size}", terminal.wait(lambda text: "no field" in text and with_summaries(text)), update)
        terminal.press("escape")
        terminal.wait(lambda text: "no field" not in text)
        terminal.press("q")
        assert terminal.end() == 0


@pytest.mark.slow
def test_no_control_byte_of_a_ledger_leaves() -> None:
    with Terminal(200, 50) as terminal:
        terminal.see("runs/␛]0;owned␇⟨U+202E⟩.jsonl")
        terminal.press("a")
        terminal.see("388 of 388")
        terminal.press("escape")
        terminal.see("Overview")
        terminal.press(*["down"] * 5, "enter")
        terminal.see("28 of 28")
        for tab in ("Metadata", "Chain", "Findings", "Raw"):
            terminal.press("]")
            terminal.see(tab)
        for _ in range(len(HOSTILE)):
            terminal.press("k", "k")
            terminal.wait(lambda text: True)
        terminal.press("/")
        terminal.see("free text")
        terminal.press(HOSTILE[5], "enter")
        terminal.wait(lambda text: "2 of 2" in text or "1 of" in text or "No event fits" in text)
        terminal.press("y")
        terminal.see("copied")
        terminal.press("escape")
        terminal.see("of 28")
        terminal.press("F")
        terminal.see("record.invalid-utf8")
        terminal.press("escape")
        terminal.see("Chain walk")
        terminal.press("v")
        terminal.see("Verified")
        terminal.press("q")
        assert terminal.end() == 0
        raw = terminal.raw
    text = raw.decode("utf-8")  # also: never half a character, never a surrogate
    clipboard = re.findall(r"\x1b\]52;c;[A-Za-z0-9+/=]*\x07", text)
    assert len(clipboard) == 1
    text = text.replace(clipboard[0], "")
    rest = _OWN.sub("", text)
    controls = {char for char in rest if not char.isprintable()}
    assert controls <= {"\n", "\r"}, f"raw characters left: {controls!r}"
    for payload in ("\x1b]52;c;cHdu", "\x1b]0;", "\x1b]8;", "\x1bP", "\x9b", "\u202e", "\u200b", "\x1b[2J\x1b[H"):
        assert payload not in text


def test_without_colour_all_is_still_said() -> None:
    with Terminal(80, 24, NO_COLOR="1") as terminal:
        terminal.see("‼ critical")
        terminal.press("enter")
        terminal.see("120 of 120")
        terminal.press("g", "n")
        text = terminal.see("62 of 120")
        row = next(line for line in text.splitlines() if line.startswith("›"))
        assert "✗ broken" in row
        assert "‼" in row


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_in_order(number: signal.Signals) -> None:
    with Terminal(80, 24) as terminal:
        terminal.see("deal acc674")
        terminal.kill(number)
        assert terminal.end() == 130
        assert b"\x1b[?1049l" in terminal.raw, "the terminal is given back"


def test_an_empty_place_is_said_in_words() -> None:
    with Terminal(80, 24, "empty") as terminal:
        text = terminal.see("No ledgers here yet")
        assert "/var/ledgers" in text


@pytest.mark.parametrize("traceback", ["", "1"])
def test_a_fault_of_the_console_ends_it_in_words(traceback: str) -> None:
    with Terminal(80, 24, "broken", AUDIT_CONSOLE_TRACEBACK=traceback) as terminal:
        assert terminal.end() != 0
        text = terminal.raw.decode()
    assert "audit-console met an error in itself and ended: fault ␛]0;owned␇ [/x]" in text.replace("\r\n", "")
    assert "\x1b]0;" not in text
    assert ("Traceback (most recent call last)" in text) == bool(traceback)
