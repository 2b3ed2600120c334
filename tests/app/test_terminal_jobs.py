"""The console as a job of a shell: stopped, continued, suspended; and keys that come in one write."""

import shutil
import signal
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from textual.drivers._writer_thread import MAX_QUEUED_WRITES, WriterThread

from console.app.terminal import MayVanish
from tests.support.terminal import FAKE, PATIENCE, Terminal

MODES = "stty -a | grep -o -- '-*icanon\\|-*isig\\|-*echo ' | tr '\\n' ' '; echo one"
"""Prints what a raw terminal differs in."""


def stop(terminal: Terminal, number: signal.Signals = signal.SIGSTOP) -> None:
    terminal.kill(number)
    end = time.monotonic() + PATIENCE
    while _state(terminal.process) != "T":
        assert time.monotonic() < end
        terminal.read(0.01)


def _state(process: int) -> str:
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="states of processes are read from /proc")
def test_stopped_and_continued_it_quits_at_once() -> None:
    with Terminal(80, 24) as terminal:
        terminal.see("● following")
        for _ in range(4):
            stop(terminal)
            terminal.kill(signal.SIGCONT)
        terminal.press("enter")
        terminal.see("120 of 120")
        terminal.press("q")
        assert terminal.end() == 0
        assert b"\x1b[?1049l" in terminal.raw


def test_without_its_terminal_it_ends() -> None:
    with Terminal(80, 24) as terminal:
        terminal.see("● following")
        assert terminal.hang_up() == 130


def test_nobody_waits_for_a_terminal_that_is_gone() -> None:
    ours, theirs = socket.socketpair()
    theirs.close()
    gone: list[bool] = []
    file: Any = MayVanish(ours.makefile("w", buffering=1), lambda: gone.append(True))
    thread = WriterThread(file)
    thread.start()
    for _ in range(2 * MAX_QUEUED_WRITES):
        thread.write("frame\n")
    thread.stop()
    assert gone == [True]
    ours.close()


def test_what_another_program_left_on_the_screen_is_painted_over() -> None:
    with Terminal(80, 24) as terminal:
        terminal.see("● following")
        terminal.screen.reset()
        terminal.kill(signal.SIGCONT)
        terminal.see("deal acc674")
        terminal.press("q")
        assert terminal.end() == 0


@pytest.mark.skipif(shutil.which("bash") is None, reason="a shell with job control is needed")
def test_suspend_and_fg() -> None:
    with Terminal(80, 24, command=["bash", "--norc", "--noprofile", "-i"], PS1="ready$ ") as shell:
        shell.see("ready$")
        shell.press(MODES, "enter")
        before = shell.wait(lambda text: text.count("ready$") > 1 and "\n" in text)
        modes = next(line for line in before.splitlines() if line.endswith("one") and "grep" not in line)
        shell.press(" ".join(f"'{word}'" for word in FAKE), "enter")
        shell.see("● following")
        for _ in range(2):
            shell.press("\x1a")
            shell.see("Stopped")
            shell.press(f"clear; {MODES}", "enter")
            shell.wait(lambda text: modes in text.splitlines(), "the shell's own terminal modes")
            shell.press("bg", "enter")
            shell.see("&")
            while "Stopped" not in shell.text:  # the shell reports it before its next prompt
                shell.press("clear", "enter")
                shell.wait(lambda text: text.rstrip().endswith("ready$"))
            shell.press("fg", "enter")
            shell.wait(lambda text: "● following" in text and "deal acc674" in text)
        shell.press("enter")
        shell.see("120 of 120")
        shell.press("q")
        shell.see("ready$")
        shell.press(f"clear; {MODES}", "enter")
        shell.wait(lambda text: modes in text.splitlines(), "the shell's own terminal modes")


BURSTS = {
    "typed ahead": "/q",
    "a word of keys": "/qFTwv",
    "pasted behind its key": "/\x1b[200~q\x1b[201~",
    "with the way there": "\r/q",
}


@pytest.mark.parametrize("burst", BURSTS.values(), ids=list(BURSTS))
def test_what_follows_the_filters_key_in_one_write_is_text(burst: str) -> None:
    with Terminal(80, 24) as terminal:
        terminal.see("deal acc674")
        if not burst.startswith("\r"):
            terminal.press("enter")
            terminal.see("120 of 120")
        terminal.press(burst)
        typed = burst.partition("/")[2].replace("\x1b[200~", "").replace("\x1b[201~", "")
        terminal.wait(lambda text: f"/ {typed}" in text or f"/{typed}" in text, f"the filter with {typed!r}")
        terminal.press("escape")
        terminal.see("120 of 120")
        terminal.press("q")
        assert terminal.end() == 0


def test_what_follows_the_palettes_key_is_text() -> None:
    with Terminal(80, 24) as terminal:
        terminal.see("deal acc674")
        terminal.press("\x10qjv")
        terminal.wait(lambda text: "qjv" in text, "the palette with what was typed")
        terminal.press("escape")
        terminal.wait(lambda text: "qjv" not in text)
        terminal.press("q")
        assert terminal.end() == 0


def test_keys_behind_enter_act_in_the_details() -> None:
    with Terminal(80, 24) as terminal:
        terminal.see("deal acc674")
        terminal.press("enter")
        terminal.see("120 of 120")
        terminal.press("\rx")
        terminal.see("hex  (x exact)")
        terminal.press("q")
        assert terminal.end() == 0


def test_many_keys_in_one_write_act_one_after_the_other() -> None:
    with Terminal(80, 24) as terminal:
        terminal.see("deal acc674")
        terminal.press("\rgjjjj")
        terminal.see("5 of 120")
        terminal.press("?q")
        assert terminal.end() == 0
