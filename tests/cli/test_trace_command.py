"""``trace``: what caused an event and what it caused, as a tree, for programs and for Graphviz."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Result
from tests.support.fixtures.frame import jsonl
from tests.support.swarm_cases import line

Call = Callable[..., Result]
ROWS = [
    line(1, event_id="one"),
    line(2, event_id="two", parent_event_id="one", agent_id="\x1b[31m"),
    line(3, event_id='th"ree', parent_event_id="two"),
    line(4, event_id="four", parent_event_id="gone"),
]


@pytest.fixture(autouse=True)
def ledger(call: Call) -> None:
    """In the current folder, which is the test's own."""
    Path("log.jsonl").write_bytes(jsonl(ROWS))


def test_a_tree(call: Call) -> None:
    result = call("trace", "log.jsonl", "two")
    lines = result.out.splitlines()
    assert (result.code, lines[1], lines[3]) == (0, "caused by", "caused")
    assert re.fullmatch(r"└─ parent: one  2026-02-16 20:49:01 UTC  reputation_updated .* log.jsonl:1", lines[2])
    assert lines[4].startswith('└─ parent: th"ree  ')
    assert "○ unchained" in lines[2]
    assert "\x1b" not in result.out
    only = call("trace", "log.jsonl", "two", "--down", "--depth", "1").out
    assert "caused by" not in only
    assert "└─ parent: gone  (not found in these ledgers)" in call("trace", "log.jsonl", "four").out


def test_for_programs(call: Call) -> None:
    found = json.loads(call("trace", "log.jsonl", "two", "--format", "json").out)
    assert (found["event"]["id"], found["event"]["record"], found["event"]["ledger"]) == ("two", 2, "log.jsonl")
    assert [(each["how"], each["id"], each["below"]) for each in found["up"]] == [("parent", "one", [])]
    assert [each["id"] for each in found["down"]] == ['th"ree']
    assert json.loads(call("trace", "log.jsonl", "two", "--format", "json", "--up").out)["down"] is None


def test_for_graphviz(call: Call) -> None:
    lines = call("trace", "log.jsonl", "two", "--format", "dot").out.splitlines()
    assert (lines[0], lines[-1]) == ("digraph trace {", "}")
    assert sum("->" in each for each in lines) == 2
    assert any('th\\"ree' in each for each in lines)


@pytest.mark.parametrize(
    ("where", "records"),
    [
        ("ancestors(two)", [1]),
        ("descendants(one)", [2, 3]),
        ("descendants(one) and not seq:1", [2, 3]),
        ('ancestors("th\\"ree") or descendants(nobody)', [1, 2]),
        ("chain(two)", [1, 2, 3, 4]),
        ("chain(two) -ancestors(two) -reputation_updated", []),
        ("ancestors(two) honest_1", [1]),
    ],
)
def test_filters_by_what_a_trace_knows(call: Call, where: str, records: list[int]) -> None:
    lines = call("events", "log.jsonl", "--where", where, "--format", "jsonl").out.splitlines()
    assert [json.loads(each)["record"] for each in lines] == records


def test_what_is_not_here(call: Call) -> None:
    result = call("trace", "log.jsonl", "nobody")
    assert result.code == 3
    assert "Nothing here carries the id nobody." in result.err
