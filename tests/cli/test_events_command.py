"""``events``: what is printed, in which form, and what arrives while it follows."""

import csv
import io
import json
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from console.sources import files
from tests.cli.conftest import Result
from tests.support.cli_cases import ACTOR, DEAL, OTHER, broken, events, intact, lines

Call = Callable[..., Result]
Start = Callable[..., "subprocess.Popen[bytes]"]


def objects(result: Result) -> list[dict[str, Any]]:
    assert result.code == 0, result.err
    return [json.loads(line) for line in result.out.splitlines()]


def numbers(call: Call, *arguments: str) -> list[tuple[str, int]]:
    return [(each["ledger"], each["sequence"]) for each in objects(call("events", *arguments, "--format", "jsonl"))]


@pytest.fixture
def two(home: Path) -> None:
    """Two ledgers whose events alternate in time."""
    first, second = events(4), events(4, OTHER)
    for number, each in enumerate(first):
        each["createdAt"] = f"2025-03-0{1 + number}T10:00:00.000Z"
    for number, each in enumerate(second):
        each["createdAt"] = f"2025-03-0{1 + number}T11:00:00.000Z"
    second[2]["payload"] = {"reason": "edited, naturally"}
    Path("a.jsonl").write_bytes(lines(first))
    Path("b.jsonl").write_bytes(lines(second))


def test_formulas_are_guarded_on_request_only(call: Call) -> None:
    made = events(2)
    made[0]["actorId"] = "=1+1"
    Path("a.jsonl").write_bytes(lines(made))
    for options, shown in (((), "=1+1"), (("--spreadsheet-safe",), "'=1+1")):
        out = call("events", "a.jsonl", "--format", "csv", *options).out
        assert next(csv.DictReader(io.StringIO(out)))["actor"] == shown


@pytest.mark.usefixtures("two")
def test_filters(call: Call) -> None:
    assert numbers(call) == [(name, number) for number in range(1, 5) for name in ("a.jsonl", "b.jsonl")]
    assert numbers(call, "b.jsonl", "a.jsonl") == numbers(call)
    assert numbers(call, "--stream", OTHER) == [("b.jsonl", number) for number in range(1, 5)]
    assert numbers(call, "--type", "DealCreated") == [("a.jsonl", 1), ("b.jsonl", 1)]
    assert len(numbers(call, "--type", "DealCreated", "--type", "DataDisputed")) == 8
    assert numbers(call, "--type", "Deal*") == [], "a type is taken literally; --where has patterns"
    assert len(numbers(call, "--where", "type:Deal*")) == 2
    assert numbers(call, "--where", "trust:broken") == [("b.jsonl", 3)]
    assert numbers(call, "--where", '"edited, naturally"') == [("b.jsonl", 3)]
    assert numbers(call, "--where", "ledger:a.jsonl", "--limit", "2") == [("a.jsonl", 1), ("a.jsonl", 2)]
    assert numbers(call, "--since", "2025-03-04") == [("a.jsonl", 4), ("b.jsonl", 4)]
    assert numbers(call, "--since", "2025-03-04 10:30") == [("b.jsonl", 4)]
    assert numbers(call, "--until", "2025-03-01") == [("a.jsonl", 1), ("b.jsonl", 1)], "the whole day"
    assert numbers(call, "--since", "2025-03-02", "--until", "2025-03-02T10:00") == [("a.jsonl", 2)]
    assert numbers(call, "--limit", "0") == []


def test_a_stream_that_is_not_there_is_said(call: Call) -> None:
    intact(Path("a.jsonl"))
    result = call("events", "a.jsonl", "--stream", "nosuch")
    assert (result.code, result.out) == (3, "")
    assert "no stream nosuch" in result.err
    assert numbers(call, "--stream", DEAL, "--type", "DealDeleted") == [], "it is there, though nothing of it is asked"


def test_wrong_filters_are_usage(call: Call) -> None:
    intact(Path("a.jsonl"))
    for arguments, words in (
        (["--where", "foo:bar"], "no field 'foo'"),
        (["--where", '"open'], "no end"),
        (["--since", "soon"], "--since"),
        (["--until", "2025-99-99"], "--until"),
        (["--limit", "-1"], "--limit"),
    ):
        result = call("events", "a.jsonl", *arguments)
        assert (result.code, result.out) == (2, "")
        assert words in result.err


def test_a_wrong_filter_is_shown_with_its_place(call: Call) -> None:
    for command in (["events"], ["findings"], ["export", "jsonl", "-o", "-"]):
        result = call(*command, "a.jsonl", "--where", "é type:A severty:high")
        assert result.code == 2
        assert "Did you mean severity:?" in result.err
        assert result.err.endswith("\n  é type:A severty:high\n           ^\n")


@pytest.mark.usefixtures("two")
def test_an_event_for_programs_is_whole(call: Call) -> None:
    raws = Path("b.jsonl").read_bytes().splitlines()
    found = objects(call("events", "b.jsonl", "--format", "jsonl"))
    assert [each["raw"].encode() for each in found] == raws
    assert found[2] == {
        "ledger": "b.jsonl",
        "record": 3,
        "offset": len(raws[0]) + len(raws[1]) + 2,
        "length": len(raws[2]),
        "time": "2025-03-03T11:00:00.000000Z",
        "type": "DataDisputed",
        "stream": {"kind": "deal", "key": OTHER},
        "sequence": 3,
        "actor": ACTOR,
        "trust": "broken",
        "severity": "critical",
        "raw": raws[2].decode(),
        "raw_hex": None,
        "problem": None,
    }
    assert found[0]["severity"] is None


def test_bytes_that_are_no_text_are_not_lost(call: Call) -> None:
    bad = b'{"dealId": "\xff\xfe\\ud800"}'
    Path("a.jsonl").write_bytes(lines(events(2)) + bad + b"\n")
    last = objects(call("events", "a.jsonl", "--format", "jsonl"))[-1]
    assert last["raw"] is None
    assert bytes.fromhex(last["raw_hex"]) == bad


@pytest.mark.usefixtures("two")
def test_csv_and_table(call: Call) -> None:
    result = call("events", ".", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(result.out)))
    assert [(row["ledger"], row["sequence"], row["trust"]) for row in rows][4:6] == [
        ("a.jsonl", "3", "verified"),
        ("b.jsonl", "3", "broken"),
    ]
    table = call("events", ".").out.splitlines()
    assert len(table) == 8
    assert table[5].split()[:4] == ["2025-03-03T11:00:00.000000Z", "✗", "broken", "‼"]
    assert f"{ACTOR[:8]}" in table[5] and table[5].endswith("b.jsonl:3")
    assert len({line.index(ACTOR[:8]) for line in table}) == 1, "columns are aligned"


def test_raw_is_the_exact_bytes(start: Start) -> None:
    exact = lines(events(2)) + b'{"a": "\x1b[31m\x80\xff"}\r\n' + lines(events(1, OTHER))
    Path("a.jsonl").write_bytes(exact)
    out, err = start("events", "a.jsonl", "--raw").communicate(timeout=30)
    assert out == exact
    assert err == b""


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("stream:nosuch", "There is no stream nosuch here."),
        ("deal:nosuch,never type:DealCreated", "There is no deal nosuch or never here."),
        ("id:nosuch", "No record here holds 'nosuch'."),
        ("ancestors(nosuch)", "Nothing here carries the id nosuch."),
        ("type:Nosuch", ""),
    ],
)
def test_a_stream_or_id_that_is_nowhere_is_named(call: Call, where: str, words: str) -> None:
    broken(Path("a.jsonl"))
    expected = f"audit-console: {words}\n" if words else ""
    for command in (("events",), ("findings",), ("export", "jsonl", "-o", "-")):
        result = call(*command, "a.jsonl", "--where", where)
        assert (result.code, result.err) == (0, expected), command
    assert call("events", "a.jsonl", "--where", f"stream:{DEAL} or {where.split()[0]}").err == ""


def test_nothing_there_is_said(call: Call) -> None:
    result = call("events", "nosuch")
    assert (result.code, result.out) == (3, "")
    assert result.err == "audit-console: nosuch: There is no such file.\n"
    Path("empty").mkdir()
    assert call("events", "empty").code == 3
    intact(Path("a.jsonl"))
    result = call("events", "a.jsonl", "nosuch")
    assert result.code == 3
    assert len(result.out.splitlines()) == 5


class Following:
    """``events --follow`` as a process, read line by line."""

    def __init__(self, start: Start, *arguments: str) -> None:
        self.process = start("events", ".", "--follow", *arguments)

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().decode()

    def sequences(self, count: int) -> list[int]:
        return [json.loads(self.line())["sequence"] for _ in range(count)]


def test_follow_prints_what_arrives(start: Start) -> None:
    made = events(8)
    path = Path("a.jsonl")
    path.write_bytes(lines(made[:3]))
    following = Following(start, "--format", "jsonl")
    assert following.sequences(3) == [1, 2, 3]
    with path.open("ab", buffering=0) as file:
        file.write(lines(made[3:4]) + lines(made[4:5])[:20])
        assert following.sequences(1) == [4]
        file.write(lines(made[4:5])[20:])
        assert following.sequences(1) == [5]
    # A second ledger, older than everything that was printed: it is not lost for being older.
    Path("b.jsonl").write_bytes(lines(events(2, OTHER)))
    assert following.sequences(2) == [1, 2]
    with path.open("ab", buffering=0) as file:
        file.write(lines(made[5:8]))
    assert following.sequences(3) == [6, 7, 8]


def test_follow_hands_findings_to_a_command(start: Start) -> None:
    made = events(4)
    made[3]["payload"] = {"reason": "edited"}
    path, out = Path("a.jsonl"), Path("out").absolute()
    path.write_bytes(lines(made[:3]))
    script = f"import sys; text = sys.stdin.read(); open({str(out)!r}, 'a').write(text)"
    following = Following(start, "--format", "jsonl", "--on-finding", shlex.join([sys.executable, "-c", script]))
    assert following.sequences(3) == [1, 2, 3]
    assert not out.exists()
    with path.open("ab", buffering=0) as file:
        file.write(lines(made[3:]))
    assert following.sequences(1) == [4]
    deadline = time.monotonic() + 60
    while not (out.exists() and out.read_text().endswith("\n")):
        assert time.monotonic() < deadline and following.process.poll() is None
    found = json.loads(out.read_text().splitlines()[0])
    assert (found["code"], found["sequence"]) == ("chain.hash-mismatch", 4)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--on-finding", "true"], "--on-finding goes with --follow"),
        (["--follow", "--on-finding", "no-such-command-here"], "there is no command 'no-such-command-here'"),
        (["--follow", "--on-finding", "sh 'unclosed"], "No closing quotation"),
        (["--follow", "--on-finding", " "], "there is no command"),
    ],
)
def test_a_command_for_findings_that_cannot_be(arguments: list[str], words: str, call: Call) -> None:
    intact(Path("a.jsonl"))
    result = call("events", "a.jsonl", *arguments)
    assert result.code == 2
    assert words in result.err


def test_follow_filters_and_ends(start: Start) -> None:
    made = events(8)
    made[5]["payload"] = {"reason": "edited"}
    path = Path("a.jsonl")
    path.write_bytes(lines(made[:2]))
    following = Following(start, "--where", "dealcreated", "--format", "jsonl", "--limit", "2")
    assert following.sequences(1) == [1]
    with path.open("ab", buffering=0) as file:
        file.write(lines(made[2:]))
    Path("b.jsonl").write_bytes(lines(events(3, OTHER)))
    assert following.sequences(1) == [1]
    assert following.process.wait(20) == 0, "the limit ends it"


def test_follow_by_trust(start: Start) -> None:
    made = events(6)
    made[4]["payload"] = {"reason": "edited"}
    path = Path("a.jsonl")
    path.write_bytes(lines(made[:2]))
    following = Following(start, "--where", "trust:broken", "--raw")
    with path.open("ab", buffering=0) as file:
        file.write(lines(made[2:]))
    assert following.line().encode() == lines(made[4:5])


def test_the_index_stays_where_it_should(call: Call, home: Path) -> None:
    broken(Path("a.jsonl"))
    before = sorted(Path().iterdir())
    assert len(objects(call("events", ".", "--index", ":memory:", "--format", "jsonl"))) == 5
    assert not (home / "cache").exists()
    assert len(objects(call("events", ".", "--format", "jsonl"))) == 5
    (kept,) = (home / "cache/audit-console").glob("*.sqlite")
    assert kept.name.startswith("work-")
    assert sorted(Path().iterdir()) == before
    assert call("events", ".", "--index", home / "mine.sqlite").code == 0
    assert (home / "mine.sqlite").exists()


@pytest.mark.parametrize("name", ["a.jsonl", "ledger.db"])
def test_an_index_never_overwrites_something_else(call: Call, name: str) -> None:
    import sqlite3

    intact(Path("a.jsonl"))
    with sqlite3.connect("ledger.db") as db:
        db.execute("CREATE TABLE agent_events (id)")
    db.close()
    before = Path(name).read_bytes()
    for command in ("events", "ledgers", "streams"):
        result = call(command, ".", "--index", name)
        assert result.code == 3
        assert "left alone" in result.err
    assert Path(name).read_bytes() == before
    assert sorted(each.name for each in Path().iterdir()) == ["a.jsonl", "ledger.db"]
    assert call("ledgers", ".", "--index", ".").code == 3


def test_deal_is_named(call: Call) -> None:
    intact(Path("a.jsonl"))
    assert DEAL in call("events", "a.jsonl").out


@pytest.mark.usefixtures("home")
def test_a_ledger_is_opened_for_a_page_and_not_for_an_event(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    real = files.open_regular

    def counted(path: str) -> int:
        opened.append(path)
        return real(path)

    monkeypatch.setattr(files, "open_regular", counted)
    counts = []
    for number in (100, 200):
        Path(f"{number}.jsonl").write_bytes(lines(events(number)))
        assert len(objects(call("events", f"{number}.jsonl", "--format", "jsonl"))) == number
        counts.append(opened.count(str(Path(f"{number}.jsonl").absolute())) + opened.count(f"{number}.jsonl"))
    assert counts[0] == counts[1] < 50
