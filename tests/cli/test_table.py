"""Tables of the commands: whole in a pipe, readable in a narrow terminal."""

import os
import sys

import pytest

from console.cli.output import paragraph
from console.cli.table import table

HEADS = ("kind", "key", ">events", "trust", "ledger")
ROWS = [("deal", "7c1f", "32", "✗ 1 broken", "a/deals.jsonl"), ("run", "RUN-1\x1b[0m", "1,009", "", "b/events.jsonl")]


def plain(head: str, cell: str, padded: str) -> str:
    return padded


def terminal(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((columns, 24)))


def test_columns_in_a_pipe_and_in_a_terminal_that_holds_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table(HEADS, ROWS, plain, titles=2)
    piped = capsys.readouterr().out
    assert piped.splitlines() == [
        "kind  key        events  trust       ledger",
        "deal  7c1f           32  ✗ 1 broken  a/deals.jsonl",
        "run   RUN-1␛[0m   1,009              b/events.jsonl",
    ]
    terminal(monkeypatch, 80)
    table(HEADS, ROWS, plain, titles=2)
    assert capsys.readouterr().out == piped


def test_a_paragraph_for_each_row_in_a_narrow_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal(monkeypatch, 36)
    table(HEADS, ROWS, plain, titles=2)
    assert capsys.readouterr().out.splitlines() == [
        "deal 7c1f",
        "  events 32  trust ✗ 1 broken",
        "  ledger a/deals.jsonl",
        "run RUN-1␛[0m",
        "  events 1,009",
        "  ledger b/events.jsonl",
    ]


def test_a_paragraph_is_cut_at_blanks_and_fits_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    words = "the hash was recomputed " * 6 + "d8eeffdc1448b4c48e6fb0577e0850a334cd04ec784fb7c3e7d95b5ae69227a3"
    assert paragraph(words, most=None) == [words]
    assert max(map(len, paragraph(words, first="  next ", rest="       "))) <= 100
    terminal(monkeypatch, 50)
    lines = paragraph(words, first="  next ", rest="       ", most=None)
    assert lines[0].startswith("  next the hash")
    assert all(len(line) <= 50 for line in lines[:-1])
    assert " ".join("".join(lines).split()).startswith("next the hash was recomputed")
    assert lines[-1].strip() == words.split()[-1]
