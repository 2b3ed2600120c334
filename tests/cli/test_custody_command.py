"""Every command that looks at ledgers is recorded, roles allow or refuse, and ``custody`` lists and verifies it all."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support import cli_cases


def acts(call: Any) -> list[dict[str, Any]]:
    found = json.loads(call("custody", "--format", "json").out)
    assert found["verdict"] == "intact"
    return [each["entry"] for each in found["acts"]]


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return cli_cases.intact(tmp_path / "deals.jsonl")


def test_what_commands_did(call: Any, ledger: Path) -> None:
    assert call("verify", ledger).code == 0
    cli_cases.broken(ledger)
    assert call("verify", ledger).code == 1
    call("events", ledger, "--where", "type:DealCreated", "--limit", "1")
    call("findings", ledger)
    call("export", "jsonl", ledger, "-o", "-")
    call("state", ledger, "--stream", "nobody")
    call("trace", ledger, "nothing")
    call("memory", "accept", ledger, "--why", "a test")
    for unrecorded in (["explain", "chain.fork"], ["locate", ledger], ["verify", ledger, "--now", "never"], ["--help"]):
        call(*unrecorded)
    found = [(each["action"], each["result"]) for each in acts(call)]
    assert found == [
        ("verify", "intact"),
        ("verify", "findings"),
        ("search", "done"),
        ("search", "done"),
        ("export", "done"),
        ("state", "incomplete"),
        ("search", "incomplete"),
        ("memory accept", "done"),
    ]
    first, _, third, *_ = acts(call)
    assert first["ledgers"] == [str(ledger)] and first["role"] == "auditor" and first["who"]
    assert first["details"]["ledgers"][0]["verdict"] == "intact" and len(first["details"]["ledgers"][0]["sha256"]) == 64
    assert third["details"]["command"] == "events"
    assert third["details"]["arguments"] == [str(ledger), "--where", "type:DealCreated", "--limit", "1"]


def test_a_file_that_was_exported_is_known_again(call: Any, ledger: Path, tmp_path: Path) -> None:
    for form in ("jsonl", "metrics"):
        written = tmp_path / f"out.{form}"
        assert call("export", form, ledger, "-o", written).code == 0
        details = acts(call)[-1]["details"]
        assert details["output"] == str(written)
        assert details["sha256"] == hashlib.sha256(written.read_bytes()).hexdigest()
    assert call("export", "jsonl", ledger, "-o", tmp_path / "out.jsonl").code == 2  # it exists
    assert "sha256" not in acts(call)[-1]["details"]


def test_the_table_and_another_chain(call: Any, ledger: Path, home: Path, tmp_path: Path) -> None:
    for _ in range(3):
        call("verify", ledger)
    done = call("custody", "--limit", "2")
    assert done.code == 0 and "showing the last 2 of 3 entries (--limit)" in done.out
    assert done.out.rstrip().endswith("custody.jsonl: intact")
    copy = tmp_path / "copy.jsonl"
    kept = (home / "state/audit-console/custody/custody.jsonl").read_bytes()
    copy.write_bytes(kept.replace(b'"result":"intact"', b'"result":"broken"', 1))
    done = call("custody", copy)
    assert done.code == 1 and "findings, 1 finding: The hash is not that of this entry" in done.out
    assert call("verify", copy, "--no-memory").code == 1


def test_nothing_recorded_yet(call: Any, tmp_path: Path) -> None:
    assert (call("custody").code, call("custody", tmp_path / "absent").code) == (0, 3)


@pytest.mark.parametrize(
    ("roles", "export", "accept"),
    [
        ({}, True, True),
        ({"*": "auditor"}, True, True),
        ({"*": "operator"}, True, False),
        ({"*": "reader"}, False, False),
        ({"somebody else": "auditor"}, False, False),
    ],
)
def test_roles(
    call: Any, ledger: Path, roles: dict[str, str], export: bool, accept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    call("verify", ledger)
    if roles:
        monkeypatch.setenv("AUDIT_CONSOLE_ROLES", json.dumps(roles))
    done = call("export", "jsonl", ledger, "-o", "-")
    assert (done.code == 2) != export and bool(done.out) == export
    assert ("may not export" in done.err) != export
    done = call("memory", "accept", ledger, "--why", "a test")
    assert ("may not say what the memory accepts: auditors may" in done.err) != accept
    done = call("memory", "forget", ledger)
    assert ("may not let the memory forget" in done.err) != accept
    assert call("verify", ledger).code == 0
    refused = [each["action"] for each in acts(call) if each["result"] == "refused"]
    assert refused == [*([] if export else ["export"]), *([] if accept else ["memory accept", "memory forget"])]


def test_roles_that_are_none(call: Any, ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIT_CONSOLE_ROLES", '{"anna": "king"}')
    done = call("verify", ledger)
    assert done.code == 2 and "a table of users and their roles: reader, operator, auditor" in done.err


def test_the_setting_ends_it(call: Any, ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIT_CONSOLE_CUSTODY", "off")
    call("verify", ledger)
    assert "nothing is recorded there" in call("custody").err


def test_what_cannot_be_recorded_is_said(call: Any, ledger: Path, home: Path) -> None:
    home.mkdir(exist_ok=True)
    (home / "state").write_text("in the way")
    done = call("verify", ledger, "--no-memory")
    assert done.code == 0 and "The chain of custody " in done.err
