"""``export``: which forms there are, what goes into a file, and what is refused."""

import csv
import io
import json
import os
import socket
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from console.formats.export_form import Chosen, ExportForm, ExportOption
from console.formats.export_record import ExportRecord
from console.formats.kernel.format import KernelFormat
from console.formats.swarm.format import SwarmFormat
from tests.cli.conftest import Result
from tests.support.cli_cases import DEAL, OTHER, broken, events, intact, lines
from tests.support.places import ROOT
from tests.support.swarm_cases import line

Call = Callable[..., Result]


def log(path: Path, count: int = 4) -> Path:
    made = [line(number, "agent_created" if number == 1 else "reputation_updated") for number in range(1, count + 1)]
    path.write_text("".join(json.dumps(each) + "\n" for each in made))
    return path


def test_forms_are_listed_with_the_systems_that_have_them(call: Call) -> None:
    listed = call("export", "--help").out
    for name in ("csv", "dot", "jsonl", "provenance-csv"):
        assert f"\n  {name}" in listed
    assert "--payload" in call("export", "csv", "--help").out
    assert "swarm" in call("export", "provenance-csv", "--help").out
    assert call("export", "pdf", ".", "-o", "x").code == 2
    assert call("export", "jsonl", ".").code == 2, "-o is needed"


def test_the_help_of_forms(call: Call) -> None:
    bare = call("export")
    assert (bare.code, bare.out) == (2, "") and "\u240a" not in bare.err and "\nForms:\n" in bare.err
    wrong = call("export", "nosuch", ".", "-o", "-")
    assert wrong.code == 2 and "There is no form 'nosuch'. Known: agent-events, csv, " in wrong.err
    listed = call("export", "-h").out
    assert "..." not in listed and "For ledgers of swarm." in " ".join(listed.split())
    assert call("export", "csv", "-h").code == 0


def test_all_events_or_those_that_fit(call: Call) -> None:
    intact(Path("a.jsonl"))
    assert call("export", "jsonl", "a.jsonl", "-o", "all.txt").code == 0
    assert Path("all.txt").read_bytes() == Path("a.jsonl").read_bytes()
    broken(Path("b.jsonl"), deal=OTHER)
    two = call("export", "jsonl", "a.jsonl", "b.jsonl", "-o", "-")
    assert two.out.encode() == Path("a.jsonl").read_bytes() + Path("b.jsonl").read_bytes()
    for options, wanted in (
        (("--where", "trust:broken"), [(OTHER, 3)]),
        (("--type", "DealCreated"), [(DEAL, 1), (OTHER, 1)]),
        (("--stream", OTHER, "--since", "2025-03-01T10:00:04Z"), [(OTHER, 4), (OTHER, 5)]),
        (("--until", "2025-02-01"), []),
    ):
        result = call("export", "jsonl", "a.jsonl", "b.jsonl", "-o", "-", *options)
        assert result.code == 0, result.err
        found = [json.loads(each) for each in result.out.splitlines()]
        assert [(each["dealId"], each["sequenceNumber"]) for each in found] == wanted, options
    assert call("export", "jsonl", "a.jsonl", "-o", "-", "--stream", "nobody").code == 3
    assert call("export", "jsonl", "a.jsonl", "-o", "-", "--where", "trust:odd").code == 2


def test_a_file_is_refused_rather_than_lost(call: Call) -> None:
    ledger = intact(Path("a.jsonl"))
    before = ledger.read_bytes()
    Path("there").write_text("before")
    refused = call("export", "jsonl", "a.jsonl", "-o", "there")
    assert (refused.code, Path("there").read_text()) == (2, "before") and "--force" in refused.err
    assert call("export", "jsonl", "a.jsonl", "-o", "there", "--force").code == 0
    assert Path("there").read_bytes() == before
    assert call("export", "jsonl", "a.jsonl", "-o", "a.jsonl", "--force").code == 2 and ledger.read_bytes() == before
    for form in ("jsonl", "metrics"):
        for nowhere in ("no/where", "a.jsonl/where"):
            lost = call("export", form, "a.jsonl", "-o", nowhere)
            assert lost.code == 2 and f"{nowhere}: there is no folder {Path(nowhere).parent}." in lost.err
    assert call("export", "provenance-csv", "a.jsonl", "-o", "none.csv").code == 3 and not Path("none.csv").exists()
    assert call("export", "jsonl", "gone.jsonl", "-o", "none").code == 3 and not Path("none").exists()


def test_what_is_left_out_is_named(call: Call) -> None:
    intact(Path("deals.jsonl"))
    log(Path("log.jsonl"))
    result = call("export", "provenance-csv", ".", "-o", "-")
    assert (result.code, result.out.count("\n")) == (0, 1) and "deals.jsonl" in result.err
    with Path("log.jsonl").open("ab") as file:
        file.write(b'\n{"half\n' + json.dumps(line(9)).encode())  # the last one without its line end
    result = call("export", "csv", "log.jsonl", "-o", "-")
    assert (result.code, result.out.count("\n")) == (3, 6) and "1 record is not in the export" in result.err


def test_a_table_of_all_where_the_systems_own_does_not_take_all(call: Call) -> None:
    common = "ledger,record,time"
    log(Path("log.jsonl"))
    assert call("export", "csv", ".", "-o", "-").out.startswith("event_id,")
    intact(Path("deals.jsonl"))
    both = call("export", "csv", ".", "-o", "-")
    assert (both.code, both.err, both.out.startswith(common)) == (0, "", True)
    rows = [*csv.DictReader(io.StringIO(both.out))]
    assert {row["stream_kind"] for row in rows} >= {"deal"} and len(rows) == 9
    for path in (ROOT / "sample_ledgers/swarm/episode.jsonl", ROOT / "sample_ledgers"):
        found = call("export", "csv", path, "-o", "-")
        assert found.out.startswith(common) and found.out.count("\n") > 10, found.err


def test_two_systems_with_forms_of_their_own_are_exported_apart(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def toy(records: Iterable[ExportRecord], chosen: Chosen) -> Iterator[bytes]:
        yield b"toy"

    for each in (SwarmFormat, KernelFormat):
        monkeypatch.setattr(each, "exports", [ExportForm("csv", "A toy.", toy)])
    log(Path("log.jsonl"))
    intact(Path("deals.jsonl"))
    refused = call("export", "csv", ".", "-o", "-")
    assert refused.code == 2 and "csv is another form for each of kernel, swarm: export them apart" in refused.err


def test_where_there_are_no_ledgers(call: Call) -> None:
    Path("notes.txt").write_text("nothing")
    result = call("export", "csv", ".", "-o", "-")
    assert result.code == 3 and "There is nothing here to be exported. No file" in result.err


def test_a_rotated_log_is_one_from_its_beginning(call: Call) -> None:
    made = [line(number, "agent_created" if number == 1 else "reputation_updated") for number in range(1, 5)]
    for name, part in (("plain.20260216_204902.jsonl", made[:2]), ("plain.jsonl", made[2:])):
        Path(name).write_text("".join(json.dumps(each) + "\n" for each in part))
    for options in ((), ("--where", "seq>0 or type:*")):
        found = call("export", "csv", ".", "-o", "-", *options).out.splitlines()
        assert [each.partition(",")[0] for each in found[1:]] == [each["event_id"] for each in made], options


def test_a_form_of_two_systems_is_told_by_the_ledgers(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def toy(records: Iterable[ExportRecord], chosen: Chosen) -> Iterator[bytes]:
        yield f"{len([*records])} {chosen}".encode()

    options = (ExportOption("loud", "Loudly."), ExportOption("as-what", "How.", ("words", "figures")))
    monkeypatch.setattr(SwarmFormat, "exports", [ExportForm("toy", "A toy.", toy, options)])
    log(Path("log.jsonl"))
    intact(Path("deals.jsonl"))
    assert call("export", "toy", "log.jsonl", "-o", "-").out == "4 {'loud': False, 'as-what': 'words'}"
    assert "'figures'" in call("export", "toy", "log.jsonl", "-o", "-", "--loud", "--as-what", "figures").out
    assert call("export", "toy", "log.jsonl", "-o", "-", "--as-what", "colours").code == 2
    assert call("export", "toy", "deals.jsonl", "-o", "-").code == 3


def test_a_form_that_fails_is_named(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(records: Iterable[ExportRecord], chosen: Chosen) -> Iterator[bytes]:
        yield b"half"
        raise KeyError("other half")

    monkeypatch.setattr(SwarmFormat, "exports", [ExportForm("toy", "A toy.", failing)])
    log(Path("log.jsonl"))
    result = call("export", "toy", "log.jsonl", "-o", "out")
    assert result.code == 3 and "toy failed, KeyError: 'other half'" in result.err and not Path("out").exists()


def test_a_full_disk_leaves_no_file(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    Path("a").mkdir()
    ledger = intact(Path("a/deals.jsonl"))
    result = call("export", "jsonl", ledger, "-o", "out")
    assert result.code == 3 and "No space left" in result.err and [*map(str, Path().iterdir())] == ["a"]


def test_other_bytes_than_lines_become_lines(call: Call) -> None:
    Path("a.json").write_text(json.dumps(events(3), indent=1))
    result = call("export", "jsonl", "a.json", "-o", "-")
    assert [json.loads(each) for each in result.out.splitlines()] == events(3)
    Path("b.jsonl").write_bytes(lines(events(3)).replace(b"\n", b"\r\n"))
    assert call("export", "jsonl", "b.jsonl", "-o", "-").out.encode() == lines(events(3))


def test_metrics_of_what_is_there(call: Call) -> None:
    broken(Path("deals.jsonl"))
    result = call("export", "metrics", ".", "-o", "-")
    assert result.code == 0 and result.out.endswith("# EOF\n")
    assert 'type="DataDisputed",trust="broken"} 1\n' in result.out
    assert 'code="chain.hash-mismatch",severity="critical"} 1\n' in result.out
    assert 'verdict="findings"' in result.out
    assert call("export", "metrics", ".", "-o", "deals.jsonl", "--force").code == 2
    assert call("export", "metrics", ".", "-o", "m.txt").code == 0
    assert call("export", "metrics", ".", "-o", "m.txt").code == 2


def test_metrics_while_events_are_followed(home: Path, start: Callable[..., Any]) -> None:
    intact(Path("deals.jsonl"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = start("events", "deals.jsonl", "--follow", "--metrics-port", port)
    for _ in range(5):
        assert process.stdout.readline()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        assert b'type="DataDisputed",trust="verified"} 4\n' in answer.read()


def test_a_port_for_metrics_goes_with_what_goes_on(call: Call) -> None:
    intact(Path("deals.jsonl"))
    assert call("events", "deals.jsonl", "--metrics-port", "9000").code == 2
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = call("events", "deals.jsonl", "--follow", "--metrics-port", str(taken.getsockname()[1]))
        assert result.code == 2 and "in use" in result.err


def test_any_ledger_is_a_table(call: Call) -> None:
    made = events(2)
    made[0]["actorId"] = "=1+1"
    Path("deals.jsonl").write_bytes(lines(made))
    first, second = csv.DictReader(io.StringIO(call("export", "csv", "deals.jsonl", "-o", "-", "--payload").out))
    assert (first["stream_kind"], first["stream"], first["sequence"], first["actor"]) == ("deal", DEAL, "1", "=1+1")
    assert json.loads(second["payload"]) == made[1] and second["previous_hash"] == made[0]["eventHash"]
    safe = call("export", "csv", "deals.jsonl", "-o", "-", "--spreadsheet-safe").out
    assert next(csv.DictReader(io.StringIO(safe)))["actor"] == "'=1+1"
