"""A system from a package of its own works in every command and on every screen, and no line of the console knows it;
one that is broken costs itself alone."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support import sixth_system
from tests.support.places import ROOT, SAMPLES
from tests.support.sixth_system import entries, lines
from tests.support.terminal import Terminal

pytestmark = pytest.mark.slow

FOLDERS = {"XDG_CONFIG_HOME": "config", "XDG_CACHE_HOME": "cache", "XDG_STATE_HOME": "state", "XDG_DATA_HOME": "data"}
KERNEL = SAMPLES / "kernel" / "audit.jsonl"


class Site:
    """An environment with packages of its own, and ledgers in a folder."""

    def __init__(self, folder: Path) -> None:
        self.packages = folder / "packages"
        self.work = folder / "work"
        self.work.mkdir(parents=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AUDIT_CONSOLE_")}
        homes = {name: str(folder / below) for name, below in FOLDERS.items()}
        path = os.pathsep.join((str(ROOT), str(self.packages)))
        self.environment = {**kept, **homes, "PYTHONPATH": path, "LC_ALL": "C.UTF-8"}

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "console", *arguments]
        done = subprocess.run(
            command, cwd=self.work, env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert "Traceback" not in done.stderr + done.stdout
        return done

    def json(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments).stdout)

    def lines(self, *arguments: str) -> list[Any]:
        return [json.loads(line) for line in self.run(*arguments).stdout.splitlines()]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """With the sixth system, and logs of it: one sound, one with an entry that was changed after it was hashed."""
    site = Site(tmp_path_factory.mktemp("sixth"))
    sixth_system.install(site.packages)
    south = entries("south", 9, e4={"event": "trimmed", "note": {"oil": 3}})
    south[5]["keeper"], south[6]["event"] = "eve", "trimmed"
    (site.work / "north.jsonl").write_bytes(lines(entries(count=11)))
    (site.work / "south.jsonl").write_bytes(lines(south))
    return site


# -- commands


def test_formats(site: Site) -> None:
    found = site.run("formats").stdout
    assert "beacon: Beacon lamp logs" in found and "profile beacon-log/1" in found and "--as beacon" in found
    assert re.search(r"covers +lamp, number, event, at, note, previous", found)


def test_verify(site: Site) -> None:
    done = site.run("verify", ".", "--format", "json")
    report = json.loads(done.stdout)
    north, south = sorted(report["ledgers"], key=lambda each: each["path"])
    assert (done.returncode, report["verdict"]) == (1, "findings")
    assert (north["format"], north["profile"], north["trust"]["verified"]) == ("beacon", "beacon-log/1", 11)
    assert north["streams"][0]["chain"]["valid"] and not south["streams"][0]["chain"]["valid"]
    assert north["coverage"]["uncovered"] == ["keeper", "all other fields"]
    codes = {each["code"]: each for each in report["findings"]}
    assert codes.keys() == {"chain.hash-mismatch", "oil.low", "lifecycle.illegal-transition"}
    assert (codes["chain.hash-mismatch"]["record"], codes["oil.low"]["severity"]) == (7, "warning")
    text = site.run("verify", "north.jsonl")
    assert text.returncode == 0 and "under beacon-log/1 do not cover keeper" in text.stdout


def test_verify_with_what_the_system_declares(site: Site) -> None:
    asked = site.run("verify", "south.jsonl", "--as", "beacon")
    assert json.loads(asked.stdout) == {"valid": True, "entries": 9}
    assert "The lighthouse office answers valid: true" in asked.stderr
    assert site.run("verify", "north.jsonl", "--profile", "beacon-log/1").returncode == 0
    only = site.json("verify", ".", "--stream", "north", "--format", "json")
    assert [Path(each["path"]).name for each in only["ledgers"]] == ["north.jsonl"]


def test_ledgers_and_streams(site: Site) -> None:
    ledgers = site.json("ledgers", ".", "--format", "json")
    assert {each["format"] for each in ledgers} == {"beacon"}
    assert {each["flagged"] for each in ledgers} == {None}
    streams = site.json("streams", ".", "--format", "json")
    assert {(each["kind"], each["key"]) for each in streams} == {("lamp", "north"), ("lamp", "south")}
    (site.work.parent / "dark.jsonl").write_bytes(lines(entries("dark", 4)))
    (dark,) = site.json("ledgers", "../dark.jsonl", "--format", "json")
    assert dark["flagged"] == "dark"


def test_events_by_the_kind_of_its_streams(site: Site) -> None:
    found = site.lines("events", ".", "--where", "lamp:north type:lit", "--format", "jsonl")
    assert len(found) == 6
    assert site.run("events", ".", "--where", "trust:broken").stdout.count("trimmed") == 1


def test_reports_and_states(site: Site) -> None:
    assert "Lamps, and whether each is lit." in site.run("--help").stdout
    assert {row["values"]["lamp"] for row in site.json("lamps", ".", "--format", "json")["rows"]} == {"north", "south"}
    assert site.json("state", ".", "--stream", "south", "--seq", "3", "--format", "json")["taken"] == 3


def test_explain(site: Site) -> None:
    explained = site.run("explain", "oil.low").stdout
    assert "A lamp is nearly out of oil" in explained
    assert "innocent  Nothing is known" in explained or "innocent Nothing is known" in explained
    assert "oil.low" in site.run("explain").stdout


def test_completion_of_profiles_and_answers(site: Site) -> None:
    assert "beacon-log/1" in site.run("verify", ".", "--profile", "x").stderr
    assert "beacon" in site.run("verify", ".", "--as", "x").stderr


# -- screens


def test_every_screen(site: Site) -> None:
    command = (sys.executable, "-m", "console")
    with Terminal(140, 40, str(site.work), command=command, **site.environment) as terminal:
        terminal.see("● following")
        seen = terminal.see("south")
        assert "beacon" in seen and "north" in seen
        terminal.press("F")
        assert "chain.hash-mismatch" in terminal.see("oil.low")
        terminal.press("escape")
        terminal.see("● following")
        terminal.press("enter")
        terminal.see("of ")
        terminal.press("/")
        terminal.see("free text")
        terminal.press("lamp:south trimmed", "enter")
        terminal.see("2 of")
        terminal.press("escape")
        terminal.see("9 of 9")
        terminal.press("g", "n")
        terminal.see("[Envelope]")
        terminal.press("]")
        terminal.see("[Chain]")
        terminal.press("t")
        terminal.see("After event")
        terminal.press("escape")
        terminal.see("[Chain]")
        terminal.press("R")
        assert "Report  Lamps" in terminal.see("silent for")
        terminal.press("escape")
        terminal.see("[Chain]")
        terminal.press("w")
        assert "beacon-log/1" in terminal.see("NOT covered  keeper")
        terminal.press("N")
        terminal.see("The chain is broken here")
        terminal.press("v")
        terminal.see("9 of 9 events read again")
        terminal.press("?")
        terminal.see("Help")
        terminal.press("escape")
        terminal.see("NOT covered")
        terminal.press("q")
        assert terminal.end() == 0


# -- what is broken


def package(folder: Path, name: str, source: str, entry: str | None = None) -> None:
    """An installed package of one module, whose object FORMAT is a format."""
    folder.mkdir(exist_ok=True)
    (folder / f"{name}_module.py").write_text(source, encoding="utf-8")
    sixth_system.describe(folder, f"{name}-package", {entry or name: f"{name}_module:FORMAT"})


GOOD = """
from console.formats.protocol import Claim, Event, Format
class Bad(Format):
    name, title, description, ledgers, stream_kinds = "bad", "Bad", "Bad.", "bad ones", ("bad",)
    def sniff(self, sample):
        return Claim(100, "bad", "everything is bad")
    def reader(self, context):
        raise RuntimeError("no reader [/x]")
    def decode(self, record, context):
        raise RuntimeError("no event")
FORMAT = Bad()
"""
BROKEN: Sequence[tuple[str, str, str]] = (
    ("import", "import nothing_of_this_name", "ModuleNotFoundError: No module named 'nothing_of_this_name'"),
    ("exit", "raise SystemExit(7)", "SystemExit: 7"),
    ("nothing", "", "has no attribute 'FORMAT'"),
    ("other", "FORMAT = 7", "AttributeError"),
    ("name", GOOD.replace('"bad", "Bad"', '"worse", "Bad"'), "it calls itself worse"),
    ("kind", GOOD.replace('("bad",)', '("Bad kind",)'), "'Bad kind' is no kind of streams"),
    ("sniff", GOOD.replace("return Claim", "raise ValueError"), "it fails to look at records, ValueError"),
)


@pytest.mark.parametrize(("source", "why"), [each[1:] for each in BROKEN], ids=[each[0] for each in BROKEN])
def test_a_broken_package_costs_itself_alone(tmp_path: Path, source: str, why: str) -> None:
    site = Site(tmp_path)
    package(site.packages, "bad", source)
    verified = site.run("verify", str(KERNEL))
    assert (verified.returncode, "intact" in verified.stdout) == (0, True)
    for command in ("verify", "ledgers", "events"):
        said = site.run(command, str(KERNEL)).stderr
        assert "The format bad of the package bad-package cannot be used" in said and why in said, command
    if "fails to look" not in why:
        assert why in " ".join(site.run("formats").stdout.split())


def test_a_second_format_of_one_name_is_left_out(tmp_path: Path) -> None:
    site = Site(tmp_path)
    package(site.packages, "bad", GOOD, entry="kernel")
    assert "there is another format called kernel" in site.run("verify", str(KERNEL)).stderr
    assert site.json("ledgers", str(KERNEL), "--format", "json")[0]["format"] == "kernel"


def test_a_format_that_claims_and_cannot_read_is_a_finding(tmp_path: Path) -> None:
    site = Site(tmp_path)
    package(site.packages, "bad", GOOD)
    (site.work / "a.jsonl").write_bytes(lines(entries()))
    done = site.run("verify", "a.jsonl", "--format", "json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["verdict"]) == (3, "incomplete")
    assert [each["code"] for each in report["findings"]] == ["container.reader-failed"]
    assert "no reader" in report["findings"][0]["message"]
    assert site.run("ledgers", "a.jsonl").returncode == 3


def test_a_package_that_is_gone_leaves_its_ledgers_shown(tmp_path: Path) -> None:
    """An index that names its format is shown as far as that goes."""
    site = Site(tmp_path)
    sixth_system.install(site.packages)
    (site.work / "north.jsonl").write_bytes(lines(entries()))
    index = ("--index", str(tmp_path / "index.sqlite"))
    assert site.run("ledgers", ".", *index).returncode == 0
    gone = {**site.environment, "PYTHONPATH": str(ROOT)}
    with Terminal(120, 40, str(site.work), *index, command=(sys.executable, "-m", "console"), **gone) as terminal:
        terminal.see("following")
        terminal.press("enter")
        terminal.see("12 of 12")
        terminal.press("g")
        assert "The format beacon is not installed" in re.sub(r"\s+", " ", terminal.see("[Envelope]"))
        terminal.press("q")
        terminal.end()
