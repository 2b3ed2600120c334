"""Details, chain walk and findings in a real terminal: golden screens at both sizes."""

import pytest

from tests.app.test_terminal import SIZES, same
from tests.support.terminal import Terminal


def pane(text: str) -> str:
    """The details alone: beside the table, behind its border, or below it, under a line."""
    lines = text.split("\n")[1:-3]
    if any("│" in line for line in lines):
        return "\n".join(line.partition("│")[2].rstrip() for line in lines) + "\n"
    ruled = next(at for at, line in enumerate(lines) if line.startswith("────"))
    return "\n".join(lines[ruled + 1 :]) + "\n"


@pytest.mark.parametrize(("columns", "lines"), SIZES)
def test_golden_screens(columns: int, lines: int, request: pytest.FixtureRequest) -> None:
    update = bool(request.config.getoption("--update-golden"))
    size = f"{columns}x{lines}"
    with Terminal(columns, lines) as terminal:
        terminal.see("● following")
        terminal.press("enter")
        terminal.see("120 of 120")
        terminal.press("g", "n")
        terminal.see("62 of 120")
        if columns < 120:
            terminal.press("d")
        same(f"details-envelope-{size}", pane(terminal.see("[Envelope]")), update)
        terminal.press("]")
        terminal.see("[Metadata]")
        terminal.press("]")
        same(f"details-chain-{size}", pane(terminal.see("[Chain]")), update)
        terminal.press("]")
        same(f"details-findings-{size}", pane(terminal.see("[Findings]")), update)
        terminal.press("]")
        same(f"details-raw-{size}", pane(terminal.see("[Raw]")), update)
        terminal.press("w")
        same(f"walk-broken-{size}", terminal.see("names the stored hash above"), update)
        terminal.press("p")
        same(f"walk-verified-{size}", terminal.see("n  sequence 16  ReviewOpened  ✗ broken"), update)
        terminal.press("v")
        same(f"walk-checked-{size}", terminal.see("30 of 30 events read again from the raw bytes"), update)
        terminal.press("escape")
        terminal.see("of 120")
        terminal.press("F")
        same(f"findings-{size}", terminal.see("chain.hash-mismatch"), update)
        terminal.press("escape")
        terminal.see("of 120")
        terminal.press("t")
        terminal.see("of 30")
        terminal.press("g", "n", "n")
        same(f"replay-{size}", terminal.see("UnderReview → Approved"), update)
        terminal.press("escape")
        terminal.see("of 120")
        terminal.press("R")
        same(f"report-{size}", terminal.see("1 of 4 rows"), update)
        terminal.press("q")
        assert terminal.end() == 0


def test_the_proof_is_said_without_colour() -> None:
    with Terminal(80, 24, NO_COLOR="1") as terminal:
        terminal.see("● following")
        terminal.press("enter")
        terminal.see("120 of 120")
        terminal.press("g", "n")
        terminal.see("62 of 120")
        terminal.press("w")
        text = terminal.see("names the stored hash above")
    assert "✗ broken" in text
    assert "64 differ   ^^^^" in text
    assert "╰4 payload" in text
