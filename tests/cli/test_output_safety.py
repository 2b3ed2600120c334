"""What ledgers, names and arguments hold never reaches a terminal or a pipe as control characters."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Result
from tests.support.cli_cases import events, lines
from tests.support.places import ROOT

Call = Callable[..., Result]
NASTY = "\x1b]0;owned\x07\x1b[31m\x9b2J\r\x00\x7f\u202egpj.exe\u200b\u2028[/x][@click=app.quit]"
HALF = "\ud800half"


def unsafe(text: str) -> set[str]:
    return {char for char in text if not char.isprintable() and char != "\n"}


@pytest.fixture
def hostile(home: Path) -> list[dict[str, Any]]:
    """Ledgers of several systems with hostile text wherever text can stand, under a hostile name."""
    made = events(6)
    made[0]["actorId"] = NASTY
    made[1]["type"] = NASTY
    made[2]["dealId"] = NASTY
    made[3]["id"] = NASTY
    made[4]["createdAt"] = NASTY
    made[5]["eventHash"] = NASTY
    made[5]["authorityContext"] = {"role": NASTY, NASTY: 1}
    for each in made:
        each["payload"] = {NASTY: NASTY, "half": HALF}
    folder = Path("\x1b[31mdir")
    folder.mkdir()
    (folder / "a\x07\u202e.jsonl").write_bytes(lines(made) + NASTY.encode() + b"\n\xff\xfe\n")
    keys = {"timestamp": NASTY, "event_type": NASTY, "agent_id": NASTY, "run_id": NASTY, "event_id": NASTY}
    (folder / "s.jsonl").write_bytes(lines([{**each, **keys, "payload": {}} for each in made]))
    (folder / "nothing\x1b.txt").write_text("nothing")
    return made


@pytest.mark.parametrize(
    "arguments",
    [
        ("verify",),
        ("verify", "--stream", NASTY),
        ("events",),
        ("events", "--format", "csv"),
        ("events", "--where", NASTY.replace("\x00", "")),
        ("events", "--where", "foo:" + NASTY),
        ("streams",),
        ("ledgers",),
        ("locate",),
        ("verify", "--profile", NASTY),
        ("verify", "--as", NASTY),
        ("verify", "--" + NASTY),
        ("verify", "--config", "c\x1b"),
    ],
    ids=str,
)
@pytest.mark.usefixtures("hostile")
def test_text_is_safe(call: Call, arguments: tuple[str, ...]) -> None:
    command, *options = arguments
    for paths in ((".",), ("\x1b[31mdir/a\x07\u202e.jsonl", "\x1b[31mdir/nothing\x1b.txt", "no\x1bsuch")):
        result = call(command, *paths, *options)
        assert result.code in (0, 1, 2, 3)
        assert unsafe(result.out.replace("\r\n", "\n") if "csv" in options else result.out) == set()
        assert unsafe(result.err) == set()
        assert result.out + result.err


@pytest.mark.usefixtures("hostile")
@pytest.mark.parametrize(
    "arguments",
    [
        *[("verify", "--format", "json"), ("verify", "--format", "jsonl"), ("events", "--format", "jsonl")],
        *[("ledgers", "--format", "json"), ("streams", "--format", "json")],
    ],
    ids=str,
)
def test_json_is_exact_and_ascii(call: Call, arguments: tuple[str, ...]) -> None:
    result = call(arguments[0], ".", *arguments[1:])
    assert result.out.isascii()
    assert unsafe(result.out) == set()
    found = [json.loads(line) for line in result.out.splitlines()]
    assert "\x1b[31mdir/a\x07\u202e.jsonl" in _strings(found) or "./\x1b[31mdir/a\x07\u202e.jsonl" in _strings(found)
    if arguments[0] == "events":
        raws = {each["raw"] for each in found}
        assert lines(events(1))[:20].decode() in {raw[:20] for raw in raws if raw}
        texts = _strings(found)
        assert any(NASTY.replace("\x00", "") in text.replace("\x00", "") for text in texts), "an actor, exactly"


def _strings(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set().union(*(_strings(each) for each in value.values()))
    if isinstance(value, list):
        return set().union(*(_strings(each) for each in value))
    return {value} if isinstance(value, str) else set()


@pytest.mark.usefixtures("hostile")
def test_the_kernels_answer_is_ascii(call: Call) -> None:
    for answer in ("kernel", "kernel-api"):
        path = "\x1b[31mdir/a\x07\u202e.jsonl"
        result = call("verify", path, "--as", answer, "--stream", events(1)[0]["dealId"])
        assert result.out.isascii()
        assert NASTY in _strings(json.loads(result.out)) or answer == "kernel"


def test_a_name_that_is_no_text(call: Call) -> None:
    name = os.fsdecode(b"\xff.jsonl")
    Path(name).write_bytes(lines(events(2)))
    result = call("verify", ".")
    assert result.code == 0
    assert "⟨U+DCFF⟩.jsonl" in result.out
    assert json.loads(call("verify", ".", "--format", "json").out)["ledgers"][0]["path"] == name
    result = call("ledgers", ".")
    assert result.code == 3
    assert "not UTF-8" in result.err


def test_a_terminal_that_knows_only_ascii(start: Callable[..., "subprocess.Popen[bytes]"]) -> None:
    Path("a.jsonl").write_bytes(lines(events(2)))
    process = start("verify", "a.jsonl", env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": _root()})
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert b"\\u2713 2 verified" in out
    assert err == b""


def _root() -> str:
    return str(ROOT)
