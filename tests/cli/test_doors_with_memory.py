"""What the memory finds, every command says, whichever of them looked first."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Result
from tests.support.writers.kernel import doc, jsonl
from tests.support.writers.kernel_tampering import rehash_doc, tampered

Call = Callable[..., Result]
MADE = doc()


@pytest.mark.parametrize("first", ["verify", "ledgers"])
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("actor edited", "witness.edited"),
        ("tail cut off", "witness.truncated"),
        ("event deleted", "witness.deleted"),
        ("all later hashes recomputed", "witness.rechained"),
    ],
)
def test_all_commands_say_it(call: Call, first: str, change: str, code: str) -> None:
    path = Path("a.jsonl")
    path.write_bytes(jsonl(MADE))
    call(first, path)
    path.write_bytes(jsonl(tampered(MADE, change, rehash_doc)))
    report = json.loads(call("verify", path, "--format", "json").out)
    (ledger,) = json.loads(call("ledgers", path, "--format", "json").out)
    causes = json.loads(call("findings", path, "--format", "json").out)["causes"]
    assert report["exit_code"] == 1
    assert (ledger["verdict"], ledger["findings"]) == (report["verdict"], report["totals"]["findings"])
    assert ledger["cannot_rule_out"] == report["cannot_rule_out"]
    assert sorted(each["code"] for each in causes) == sorted({each["code"] for each in report["findings"]})
    assert code in {each["code"] for each in report["findings"]}
