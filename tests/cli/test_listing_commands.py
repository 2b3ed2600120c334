"""``ledgers``, ``streams``, ``explain``, ``formats``, ``locate`` and ``completion``."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from console.engine.api import scanner
from console.formats.registry import all_formats
from console.verify.catalogue import CATALOGUE
from tests.cli.conftest import Result
from tests.support.cli_cases import DEAL, OTHER, broken, events, intact, lines
from tests.support.places import ROOT

Call = Callable[..., Result]


def test_ledgers(call: Call) -> None:
    Path("sub").mkdir()
    intact(Path("sub/a.jsonl"))
    broken(Path("b.jsonl"))
    result = call("ledgers", "sub", "b.jsonl")
    assert (result.code, result.err) == (0, "")
    head, *rows = [line.split() for line in result.out.splitlines()]
    assert head == ["ledger", "format", "profile", "events", "first", "last", "verdict", "trust", "worst"]
    assert {row[0] for row in rows} == {"sub/a.jsonl", "b.jsonl"}
    assert "✗ 1 broken, ✓ 4 verified" in result.out
    found = json.loads(call("ledgers", "sub", "b.jsonl", "--format", "json").out)
    (bad,) = [each for each in found if each["path"] == "b.jsonl"]
    assert bad["events"] == 5
    assert bad["trust"]["broken"] == 1
    assert bad["findings"] == {"critical": 1, "error": 0, "warning": 0, "note": 0}
    assert bad["worst"] == "critical"
    assert bad["last_time"] == "2025-03-01T10:00:05.000000Z"
    assert bad["profile"] == "kernel-doc/1"
    assert [each["verdict"] for each in found] == ["findings", "intact"]


def test_streams(call: Call) -> None:
    Path("a.jsonl").write_bytes(lines(events(3)))
    broken(Path("b.jsonl"), deal=OTHER)
    result = call("streams", ".")
    assert result.code == 0
    _, first, second = result.out.splitlines()
    assert OTHER in first, "the worst first"
    assert DEAL in second
    assert "b.jsonl" in first
    found = json.loads(call("streams", ".", "--format", "json").out)
    assert [each["key"] for each in found] == [OTHER, DEAL]
    assert found[1]["state"] == {"state": "Draft", "stress_mode": "SM-1"}
    assert [each["chain_intact"] for each in found] == [False, True]
    result = call("streams", ".", "--limit", "1")
    assert "showing 1 of 2 streams" in result.err


@pytest.mark.parametrize("command", ["ledgers", "streams"])
def test_what_is_no_ledger_is_said(call: Call, command: str) -> None:
    assert call(command, "nosuch").code == 3
    Path("note.txt").write_text("hello\n")
    result = call(command, "note.txt")
    assert result.code == 3
    assert result.err.startswith("audit-console: note.txt: ")
    assert call(command).code == 3, "a folder without ledgers"
    intact(Path("a.jsonl"))
    assert call(command).code == 0


def test_explain(call: Call) -> None:
    for code, entry in CATALOGUE.items():
        result = call("explain", code)
        assert result.code == 0
        assert result.out.startswith(code)
        printed = " ".join(result.out.split())
        assert entry.severity.word in printed
        parts = {"meaning": entry.explained, "checked": entry.checked, "innocent": entry.innocent, "next": entry.next}
        for name, text in parts.items():
            assert f"{name} {text}" in printed
    assert len(call("explain").out.splitlines()) == len(CATALOGUE)
    assert "Near: chain.hash-mismatch" in call("explain", "chain.hash-mismach").err
    assert "Near: chain.hash-mismatch, data.hash-mismatch." in call("explain", "hash-mismatch").err
    assert "chain.fork" in call("explain", "chain").err
    result = call("explain", "\x1b[31mxyz")
    assert result.code == 2
    assert "\x1b" not in result.err


def test_formats(call: Call) -> None:
    result = call("formats")
    assert result.code == 0
    for form in all_formats():
        assert form.title in result.out
        for profile in form.profiles:
            assert f"profile {profile.name}" in result.out
    for container in ("jsonl", "json", "gzip", "sqlite", "sse", "zip"):
        assert f"  {container} " in result.out
    assert "id, actorId, authorityContext, evidenceRefs, createdAt" in result.out


def test_locate(call: Call, home: Path) -> None:
    result = call("locate")
    found = dict(line.split(None, 1) for line in result.out.splitlines())
    assert found["config"] == str(home / "config/audit-console/config.toml")
    assert found["index"].startswith(str(home / "cache/audit-console/work-"))
    assert found["witness"] == str(home / "state/audit-console/witness")
    assert found["casebook"] == str(home / "data/audit-console/cases")
    assert found["scanner"] == scanner()
    assert not home.exists(), "to say where is not to make"
    intact(Path("a.jsonl"))
    call("ledgers", "a.jsonl")
    here = dict(line.split(None, 1) for line in call("locate", "a.jsonl").out.splitlines())["index"]
    assert Path(here).exists()
    assert "index     :memory:" in call("locate", "--index", ":memory:").out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(call: Call, shell: str) -> None:
    result = call("completion", shell)
    assert result.code == 0
    assert "_AUDIT_CONSOLE_COMPLETE" in result.out
    assert "audit-console" in result.out
    assert result.out.count("\n") > 10 and "\u240a" not in result.out
    if found := shutil.which(shell):
        checked = subprocess.run([found, "-n"], input=result.out, capture_output=True, text=True, check=False)
        assert (checked.returncode, checked.stderr) == (0, "")


def test_completion_answers(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_AUDIT_CONSOLE_COMPLETE", "bash_complete")
    for words, number, expected in (
        ("audit-console ver", "1", ["plain,verify"]),
        ("audit-console explain chain.f", "2", ["plain,chain.fork"]),
        ("audit-console verify --fa", "2", ["plain,--fail-on"]),
        ("audit-console verify --profile kernel-d", "3", ["plain,kernel-doc/1"]),
        ("audit-console verify --as ", "3", ["plain,kernel", "plain,kernel-api"]),
    ):
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", number)
        assert call().out.splitlines()[: len(expected)] == expected


def test_help_of_every_command_says_audit_console(call: Call) -> None:
    from console.cli.names import COMMANDS

    top = call("--help")
    assert top.code == 0
    assert top.out.startswith("Usage: audit-console [PATH]… | COMMAND …")
    for command in COMMANDS:
        assert f"  {command} " in top.out
        result = call(command, *(["csv"] if command == "export" else []), "-h")
        assert result.code == 0
        assert result.out.startswith(f"Usage: audit-console {command} ")
        for option in () if command == "drill" else ("--index", "--config", "--no-color"):
            assert option in result.out
    assert call(".", "--help").out.startswith("Usage: audit-console [OPTIONS] [PATH]…")


def test_the_console_itself_needs_a_terminal_and_paths_that_exist(call: Call) -> None:
    assert call(".").code == 2
    for arguments in (["vrify"], ["vrify", "."], ["vrify", ".", "--format", "json"]):
        result = call(*arguments)
        assert result.code == 2
        assert "vrify: there is no such file or folder (is the command verify meant?)" in result.err
    result = call("NOSUCH")
    assert result.code == 3
    assert "NOSUCH: there is no such file or folder" in result.err
    Path("vrify").mkdir()
    assert "is the command" not in call("vrify").err
    result = call(".", "later")
    assert result.code == 2
    assert "later: there is no such file or folder yet; it is taken when it appears" in result.err


def test_paths_are_shown_as_they_were_given(call: Call) -> None:
    sample = ROOT / "sample_ledgers" / "kernel"
    link = Path("link")
    link.symlink_to(sample)
    for given, shown in ((str(sample), str(sample)), ("link", "link"), ("./link/", "./link"), (".", "link")):
        found = json.loads(call("ledgers", given, "--format", "json").out)
        names = {each["path"] for each in found}
        assert f"{shown}/deals.jsonl" in names
        assert f"{shown}/portal.db#DealEvent" in names


@pytest.mark.parametrize(
    "given", [".", "./", "sub", "sub/", "sub//", "./sub", "sub/../sub", "sub/a.jsonl", "./sub/a.jsonl", "/"]
)
def test_all_commands_give_a_ledger_the_same_name(call: Call, given: str) -> None:
    Path("sub").mkdir()
    broken(Path("sub/a.jsonl"))
    given = str(Path("sub").absolute()) if given == "/" else given
    reports = [
        json.loads(call(name, given, "--format", "json").out) for name in ("verify", "ledgers", "findings", "streams")
    ]
    verify, ledgers, findings, streams = reports
    names = [verify["ledgers"][0]["path"], verify["findings"][0]["ledger"], ledgers[0]["path"], streams[0]["ledger"]]
    names.append(findings["causes"][0]["findings"][0]["ledger"])
    names += [json.loads(line)["ledger"] for line in call("events", given, "--format", "jsonl").out.splitlines()]
    assert len(set(names)) == 1, names
