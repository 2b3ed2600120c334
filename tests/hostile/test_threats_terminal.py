"""No raw control byte of a ledger leaves any screen: the real console on real, hostile ledgers in a pseudo-terminal."""

import re
from pathlib import Path

import pytest

from tests.support.hostile_cases import ALL, Console, hostile_folder, leaked

TABS = 8
"""More than any event has."""
LEDGERS = ("kernel", "swarm", "zakops", "smvm", "maysano", "episode", "stream", "portal", "pack")
SPACE, PAGE_DOWN = " ", "\x1b[6~"
TYPED = "".join(char for char in ALL if char.isprintable())


def copied(raw: bytes) -> bytes:
    """Without what the operator copied: base64 of showable characters."""
    return re.sub(rb"\x1b\]52;c;[A-Za-z0-9+/=]*\x07", b"", raw)


def look_closely(console: Console) -> None:
    """All that can be seen of the event under the cursor."""
    console.step("enter", *["]"] * TABS, "[", "=", "x", "]", "tab", "y")
    assert "Raw" in console.text
    console.step("w", PAGE_DOWN, "p", "n", "N", "P", "v", "escape")
    console.step("F", SPACE, "s", "j", "enter", "escape")


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(LEDGERS)), ids=str)
def test_no_control_byte_leaves_any_view_of_a_ledger(tmp_path: Path, number: int) -> None:
    folder = hostile_folder(tmp_path)
    (path,) = [each for each in folder.iterdir() if each.name.startswith(LEDGERS[number])]
    with Console(160, 45, tmp_path, str(path), "--index", ":memory:") as console:
        console.see("following")
        console.wait(lambda text: " 0 events" not in text)
        console.step("s", SPACE, SPACE, "down", "T", "T")
        console.press("a")
        console.see("all events")
        console.step("G", *"kkkkkk")
        look_closely(console)
        console.press("q")
        assert console.end() == 0
    assert leaked(copied(console.raw)) == set()


@pytest.mark.slow
@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (140, 40)])
def test_no_control_byte_leaves_any_screen(tmp_path: Path, columns: int, lines: int) -> None:
    folder = hostile_folder(tmp_path)
    with Console(columns, lines, tmp_path, str(folder), "--index", ":memory:") as console:
        console.wait(lambda text: "following" in text and "broken" in text)
        console.step("s", "down", SPACE, "s", "s", "?", PAGE_DOWN, "escape")
        console.press(":")
        console.wait(lambda text: "All events" in text)
        console.step(TYPED, "escape")
        console.press("F")
        console.see("Findings")
        console.step(SPACE, *"jjjj", SPACE, "s", PAGE_DOWN, "escape")
        console.press("a")
        console.see("all events")
        console.step("g", "d", *"nnnnnn", *"]]]", "e", "E", "N")
        for wrong in ("foo:", "type:", "time:>", "-", '"'):
            console.press("/")
            console.see("free text")
            console.step(wrong + TYPED, "enter", "escape", "escape")
            if "Overview" in console.text:
                console.press("a")
                console.see("all events")
        console.step("?", "escape", "v")
        console.press("q")
        assert console.end() == 0
    assert leaked(copied(console.raw)) == set()


NAMES = ["no such \x1b]0;x\x07 place", "empty\x9b.jsonl", "no\x1b]0;x\x07.jsonl", "fifo\x1b[31m.jsonl"]


@pytest.mark.parametrize("what", NAMES, ids=["missing", "empty", "dangling", "pipe"])
def test_no_control_byte_of_a_name_leaves(tmp_path: Path, what: str) -> None:
    folder = hostile_folder(tmp_path)
    with Console(100, 30, tmp_path, str(folder / what), "--index", ":memory:") as console:
        if "such" in what:
            assert console.end() == 3
        else:
            console.wait(lambda text: "following" in text or "cannot" in text or "no " in text.lower())
            console.press("q")
            assert console.end() == 0
    assert leaked(copied(console.raw)) == set()
