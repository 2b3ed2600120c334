"""``verify --expect-count`` and ``--expect-head``: a reader who kept the end notices what a chain cannot show."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Result
from tests.support.cli_cases import DEAL, OTHER, events, lines
from tests.support.writers import maysano

Call = Callable[..., Result]
MADE = events(7)
HEAD = {each["sequenceNumber"]: each["eventHash"] for each in MADE}


def written(made: list[dict[str, Any]], name: str = "a.jsonl") -> Path:
    path = Path(name)
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(lines(made)))
    elif name.endswith(".json"):
        path.write_text(json.dumps(made))
    else:
        path.write_bytes(lines(made))
    return path


def asked(call: Call, *arguments: str | Path) -> dict[str, Any]:
    result = call("verify", *arguments, "--format", "json")
    found = json.loads(result.out)
    assert result.code == found["exit_code"]
    return dict(found)


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.json", "newest.json"])
@pytest.mark.parametrize("stream", [(), ("--stream", DEAL)], ids=["ledger", "stream"])
def test_an_end_that_still_holds(call: Call, name: str, stream: tuple[str, ...]) -> None:
    path = written(MADE[::-1] if name == "newest.json" else MADE, name)
    for kept in (
        ["--expect-count", "5"],
        ["--expect-head", HEAD[5]],
        ["--expect-count", "5", "--expect-head", HEAD[5].upper()],
    ):
        found = asked(call, path, *kept, *stream)
        assert (found["verdict"], found["findings"]) == ("intact", []), kept
        assert found["cannot_rule_out"][0].startswith("a tail cut off behind event 5 (grown by 2 since) before ")
    found = asked(call, path, "--expect-count", "7", "--expect-head", HEAD[7], *stream)
    assert found["verdict"] == "intact"
    assert not [each for each in found["cannot_rule_out"] if "computed again" in each]


@pytest.mark.parametrize("stream", [(), ("--stream", DEAL)], ids=["ledger", "stream"])
@pytest.mark.parametrize(
    ("made", "count", "head", "code"),
    [
        (MADE[:5], "7", HEAD[7], "witness.truncated"),
        (MADE[:5], "7", None, "witness.truncated"),
        (MADE[:5], None, HEAD[7], "witness.rewritten"),
        (events(7, previous="0" * 64), "7", HEAD[7], "witness.rewritten"),
        (MADE[:3] + MADE[4:], "7", HEAD[7], "witness.deleted"),
        (MADE[:3] + MADE[2:], "7", HEAD[7], "witness.inserted"),
        ([{**each, "eventHash": None} for each in MADE], None, HEAD[7], "chain.hash-missing"),
    ],
    ids=["cut", "cut-count", "cut-head", "computed-again", "deleted", "doubled", "stripped"],
)
def test_an_end_that_does_not(
    call: Call, made: list[dict[str, Any]], count: str | None, head: str | None, code: str, stream: tuple[str, ...]
) -> None:
    path = written(made)
    kept = [*(["--expect-count", count] if count else []), *(["--expect-head", head] if head else [])]
    found = asked(call, path, *kept, *stream)
    assert found["exit_code"] == 1
    assert code in {each["code"] for each in found["findings"]}
    if stream:
        answer = call("verify", path, *kept, *stream, "--as", "kernel")
        assert (answer.code, json.loads(answer.out)["valid"]) == (1, False)


def test_an_emptied_ledger_and_a_lost_stream(call: Call) -> None:
    Path("a.jsonl").write_bytes(b"")
    assert call("verify", "a.jsonl").code == 3
    assert asked(call, "a.jsonl", "--expect-count", "3")["findings"][-1]["code"] in (
        "witness.truncated",
        "container.empty",
    )
    assert call("verify", "a.jsonl", "--expect-count", "3").code == 1
    assert call("verify", "a.jsonl", "--expect-count", "0").code == 3
    written(MADE)
    assert call("verify", "a.jsonl", "--stream", OTHER, "--expect-head", HEAD[3]).code == 1


def test_what_cannot_be_asked(call: Call) -> None:
    written(MADE)
    written(MADE, "b.jsonl")
    for arguments, words in (
        (["a.jsonl", "--expect-head", "xyz"], "no hash"),
        (["a.jsonl", "--expect-count", "-1"], "--expect-count"),
        ([".", "--expect-count", "7"], "2 here"),
    ):
        result = call("verify", *arguments)
        assert result.code == 2, arguments
        assert words in result.err


def test_the_root_is_the_head_where_no_event_has_a_hash(call: Call) -> None:
    rows = maysano.jsonl(maysano.structural_events())
    path = Path("a.jsonl")
    path.write_bytes(rows)
    call("verify", path)
    (known,) = json.loads(call("memory", path, "--format", "json").out)
    kept = ["--expect-head", known["root"], "--expect-count", str(known["records"]), "--no-memory"]
    assert asked(call, path, *kept)["verdict"] == "consistent"
    assert asked(call, path, "--expect-head", known["root"], "--no-memory")["verdict"] == "consistent"
    path.write_bytes(rows + rows.splitlines(keepends=True)[-1].replace(b"evt", b"new"))
    assert call("verify", path, "--expect-head", known["root"], "--no-memory").code == 1
    found = asked(call, path, *kept)
    assert "witness.rewritten" not in {each["code"] for each in found["findings"]}
    path.write_bytes(rows.replace(b"2", b"3", 1))
    assert "witness.rewritten" in {each["code"] for each in asked(call, path, *kept)["findings"]}
    path.write_bytes(b"".join(rows.splitlines(keepends=True)[:-1]))
    assert "witness.truncated" in {each["code"] for each in asked(call, path, *kept)["findings"]}
