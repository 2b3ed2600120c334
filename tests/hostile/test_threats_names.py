"""Names are as foreign as values: keys, fields, states, tables, members, folders, wherever a command shows them."""

import io
import json
import sqlite3
import zipfile
from contextlib import closing, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.cli.main import main
from console.cli.output import out
from tests.support.cli_cases import events, lines
from tests.support.tampering import SOUND
from tests.support.writers import maysano

NASTY = "\x1b]52;c;Z2Vt\x07\x9b2J\r\u202e\u2028x"
COMMANDS = (["verify", "--executor", "inline"], ["findings"], ["streams"], ["events"], ["ledgers"], ["memory"])


def spoken(*arguments: str) -> str:
    """All that a command prints."""
    text = io.StringIO()
    with redirect_stdout(text), redirect_stderr(text), pytest.raises(SystemExit):
        main([*arguments])
    return text.getvalue()


def assert_harmless(*arguments: str) -> None:
    raw = {char for char in spoken(*arguments) if not char.isprintable() and char != "\n"}
    assert not raw, arguments


def ask_all(path: Path) -> None:
    for command, *options in COMMANDS:
        place = [] if command in ("verify", "memory") else ["--index", ":memory:"]
        assert_harmless(command, str(path), *options, *place)


def renamed(value: Any, at: str) -> Any:
    """The document with every key and text of this spelling made hostile."""
    if isinstance(value, dict):
        return {name + NASTY if name == at else name: renamed(each, at) for name, each in value.items()}
    if isinstance(value, list):
        return [renamed(each, at) for each in value]
    return value + NASTY if value == at and isinstance(value, str) else value


def spellings(value: Any) -> set[str]:
    """All keys and texts of a document."""
    if isinstance(value, dict):
        return set(value).union(*(spellings(each) for each in value.values()))
    if isinstance(value, list):
        return set().union(*(spellings(each) for each in value))
    return {value} if isinstance(value, str) else set()


@pytest.mark.slow
@pytest.mark.parametrize("ledger", SOUND)
@settings(max_examples=8, deadline=None)
@given(st.data())
def test_any_name_or_text_may_be_hostile(
    tmp_path_factory: pytest.TempPathFactory, ledger: str, data: st.DataObject
) -> None:
    documents = [json.loads(line) for line in SOUND[ledger].splitlines()]
    at = data.draw(st.sampled_from(sorted(spellings(documents))))
    path = tmp_path_factory.mktemp("names") / "ledger.jsonl"
    path.write_bytes(b"".join(json.dumps(renamed(each, at)).encode() + b"\n" for each in documents))
    ask_all(path)


def test_a_field_that_becomes_the_name_of_a_state(tmp_path: Path) -> None:
    rows = [row | {"field": NASTY} if row.get("field") else row for row in maysano.history()]
    (tmp_path / "a.jsonl").write_bytes(maysano.jsonl(rows))
    ask_all(tmp_path / "a.jsonl")


def test_tables_members_and_folders(tmp_path: Path) -> None:
    folder = tmp_path / f"f{NASTY}"
    folder.mkdir()
    with closing(sqlite3.connect(folder / "a.db")) as db:
        db.execute('CREATE TABLE "{}" (event TEXT, "{}" TEXT)'.format("t" + NASTY, "c" + NASTY))
        db.execute('INSERT INTO "{}" VALUES (?, ?)'.format("t" + NASTY), ("a", NASTY))
        db.commit()
    with zipfile.ZipFile(folder / "pack.zip", "w") as pack:
        pack.writestr(f"m{NASTY}.jsonl", lines(events(3)))
    ask_all(folder)
    for name in ("a.db", "pack.zip", f"none{NASTY}"):
        ask_all(folder / name)


@pytest.mark.parametrize(
    "arguments",
    [
        [NASTY],
        ["verify", "--format", NASTY],
        ["verify", "--now", NASTY],
        ["verify", "--jobs", NASTY],
        ["verify", "--executor", NASTY],
        ["verify", "--expect-head", NASTY],
        ["events", "--since", NASTY],
        ["events", "--limit", NASTY],
        ["explain", NASTY],
        ["completion", NASTY],
        ["locate", "--index", NASTY],
        ["ledgers", "--config", NASTY],
        ["findings", "--where", NASTY],
        ["streams", f"--{NASTY}"],
        ["memory", NASTY, NASTY],
        ["memory", "show", NASTY],
        ["memory", "accept", NASTY, "--why", NASTY],
        ["memory", "forget", NASTY],
    ],
    ids=lambda arguments: " ".join(arguments[:2]).encode("unicode_escape").decode(),
)
def test_usage_is_harmless(arguments: list[str]) -> None:
    assert_harmless(*arguments)


def test_the_output_function_sweeps_what_was_forgotten(capsys: pytest.CaptureFixture[str]) -> None:
    out(f"a {NASTY} b\x1b[31mred\x1b[0m")
    assert capsys.readouterr().out.rstrip("\n").isprintable()
