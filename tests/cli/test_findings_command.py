"""``findings``: by cause, the worst first."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Result
from tests.support.cli_cases import DEAL, OTHER, broken, events, intact, lines

Call = Callable[..., Result]


def test_by_cause_the_worst_first(call: Call) -> None:
    path = broken(Path("a.jsonl"))
    path.write_bytes(path.read_bytes() + b"torn\n" * 12 + b'{"half')
    result = call("findings", path)
    assert (result.code, result.err) == (0, "")
    heads = [line for line in result.out.splitlines() if line[0] != " "]
    assert heads == [
        "‼ critical chain.hash-mismatch  1 finding",
        "✗ error    record.invalid-json  12 findings",
        "i note     record.partial-tail  1 finding",
    ]
    assert f"  a.jsonl:3  stream {DEAL}, sequence 3\n" in result.out
    assert "           … and 2 more (--limit)\n" in result.out
    assert "… and" not in call("findings", path, "--limit", "12").out


def test_the_same_findings_as_verify(call: Call) -> None:
    broken(Path("a.jsonl"))
    Path("b.jsonl").write_bytes(lines(events(3, OTHER)) + b"torn\n" * 3)
    paths = ("a.jsonl", "b.jsonl")
    whole = json.loads(call("verify", *paths, "--format", "json").out)
    result = call("findings", *paths, "--format", "jsonl")
    key = json.dumps
    assert sorted(map(key, map(json.loads, result.out.splitlines()))) == sorted(map(key, whole["findings"]))
    grouped = json.loads(call("findings", *paths, "--format", "json").out)
    assert list(grouped) == ["schema_version", "findings", "causes"]
    assert grouped["findings"] == 4
    assert [(each["code"], each["severity"], each["count"]) for each in grouped["causes"]] == [
        ("chain.hash-mismatch", "critical", 1),
        ("record.invalid-json", "error", 3),
    ]
    assert [each for cause in grouped["causes"] for each in cause["findings"]] == whole["findings"]


def test_a_filter(call: Call) -> None:
    path = broken(Path("a.jsonl"))
    path.write_bytes(path.read_bytes() + b"torn\n" + b'{"half')
    only = call("findings", path, "--where", f"deal:{DEAL}", "--format", "jsonl")
    assert [json.loads(line)["code"] for line in only.out.splitlines()] == ["chain.hash-mismatch"]
    assert "1 finding left out: the filter asks for events, and they point at none" in only.err
    assert call("findings", path, "--where", "code:record.*", "--format", "jsonl").out.count("\n") == 2
    wrong = call("findings", path, "--where", "colour:red")
    assert (wrong.code, wrong.out) == (2, "")
    assert "There is no field 'colour'" in wrong.err


def test_nothing_found_and_nothing_there(call: Call) -> None:
    intact(Path("a.jsonl"))
    assert call("findings", "a.jsonl").out == "no findings\n"
    Path("x").mkdir()
    result = call("findings", "x")
    assert result.code == 3
    assert "container.empty" in result.out
    assert "There are no ledgers in this folder" in result.err


def test_the_limit_of_lines_is_one_of_all_lines(call: Call) -> None:
    path = broken(Path("a.jsonl"))
    path.write_bytes(path.read_bytes() + b"torn\n" * 3)
    all_lines = call("findings", ".", "--format", "jsonl").out.splitlines()
    assert len({json.loads(each)["code"] for each in all_lines}) > 1
    for limit in (0, 1, len(all_lines) + 1):
        assert call("findings", ".", "--format", "jsonl", "--limit", limit).out.splitlines() == all_lines[:limit]


def test_places_and_words_are_showable(call: Call) -> None:
    made = events(3, "deal\x1b[31m")
    made[2]["payload"] = {"reason": "edited"}
    Path("a\x1b[2J.jsonl").write_bytes(lines(made))
    result = call("findings", ".")
    assert "\x1b" not in result.out
    assert "a␛[2J.jsonl:3" in result.out
    assert "\x1b" not in call("findings", ".", "--format", "json").out
