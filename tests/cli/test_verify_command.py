"""``verify``: its exit codes, its report, and the kernel's answers."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Result
from tests.support.cli_cases import DEAL, OTHER, broken, events, intact, lines
from tests.support.places import ROOT, SAMPLES
from tests.support.report_shape import check_report

Call = Callable[..., Result]


def report(result: Result) -> dict[str, Any]:
    found = json.loads(result.out)
    assert found["exit_code"] == result.code
    return dict(found)


def test_intact(call: Call) -> None:
    result = call("verify", intact(Path("a.jsonl")))
    assert result.code == 0
    assert result.err == ""
    assert result.out == (
        "a.jsonl\n"
        "  5 events, kernel in jsonl, 1 deal, 2025-03-01 10:00:01 to 2025-03-01 10:00:05 UTC\n"
        "  intact: ✓ 5 verified\n"
        "  hashes under kernel-doc/1 do not cover id, actorId, authorityContext, evidenceRefs, createdAt, all\n"
        "  other fields\n"
        "  memory: first look\n"
        f"  deal {DEAL}  Draft, stress mode SM-1\n"
        "\n"
        "5 events in 1 ledger: ✓ 5 verified\n"
        "found: nothing\n"
        "intact: all was read, every hash was reproduced, nothing contradicts\n"
        "but a tail cut off before now cannot be seen; hashes that were all computed again before now cannot\n"
        "    be seen\n"
    )


def test_findings(call: Call) -> None:
    result = call("verify", broken(Path("a.jsonl")))
    assert result.code == 1
    assert "✗ 1 broken  ✓ 4 verified" in result.out
    assert "‼ critical chain.hash-mismatch  a.jsonl:3\n" in result.out
    assert "\nfindings: 1 event broken; 1 finding at or above error\n" in result.out
    assert result.out.endswith("`audit-console explain CODE` says more\n")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "There is no such file"),
        (lambda path: path.write_bytes(b""), "nothing"),
        (lambda path: path.write_bytes(b"   \n\n"), "nothing"),
        (lambda path: path.write_bytes(bytes(range(256)) * 20), "recognised"),
        (lambda path: path.write_bytes(b'{"hello": "world"}\n' * 5), "No format recognises"),
        (lambda path: path.mkdir(), "no ledgers in this folder"),
    ],
    ids=["missing", "empty", "blank", "binary", "foreign", "folder"],
)
def test_what_cannot_be_verified_is_said(call: Call, make: Callable[[Path], object], words: str) -> None:
    make(Path("x"))
    result = call("verify", "x")
    assert result.code == 3
    assert words in result.out
    assert "incomplete" in result.out
    assert report(call("verify", "x", "--format", "json"))["verdict"] == "incomplete"


def test_an_unreadable_one_among_others_is_3_and_findings_win(call: Call) -> None:
    assert call("verify", intact(Path("a.jsonl")), "nosuch").code == 3
    result = call("verify", broken(Path("b.jsonl")), "nosuch")
    assert result.code == 1
    words = " ".join(result.out.split())
    assert "findings: 1 event broken; 1 finding at or above error; nosuch: There is no such file but" in words


def test_wrong_usage_is_2(call: Call) -> None:
    intact(Path("a.jsonl"))
    for arguments, words in (
        (["--fail-on", "dreadful"], "dreadful"),
        (["--nosuch"], "No such option"),
        (["--jobs", "0"], "--jobs"),
        (["--now", "soon"], "--now"),
        (["--profile", "kernel/9"], "known are kernel-doc/1, kernel-audit/1"),
        (["--format", "yaml"], "yaml"),
    ):
        result = call("verify", "a.jsonl", *arguments)
        assert result.code == 2, arguments
        assert result.out == ""
        assert words in result.err
        assert result.err.startswith("Usage: audit-console verify ")


def test_the_report_has_exactly_its_shape(call: Call) -> None:
    for path in (intact(Path("a.jsonl")), broken(Path("b.jsonl"))):
        path.write_bytes(path.read_bytes() + b'{"dealId": "x", "dealId"\n{"half')
    Path("c.jsonl").write_bytes(b"")
    found = report(call("verify", ".", "nosuch", "--format", "json"))
    check_report(found)
    assert found["schema_version"] == 1
    assert found["tool"]["name"] == "audit-console"
    assert [each["path"] for each in found["ledgers"]] == ["a.jsonl", "b.jsonl"]
    assert {each["ledger"] for each in found["findings"]} == {"a.jsonl", "b.jsonl", "c.jsonl", "nosuch"}
    for each in found["ledgers"]:
        assert re.fullmatch("[0-9a-f]{64}", each["sha256"])
        assert each["bytes"] == Path(each["path"]).stat().st_size
        assert each["pending"] == 6
        assert each["coverage"]["covered"] == [
            *("dealId", "sequenceNumber", "type", "payload", "previousEventHash", "eventHash"),
        ]
        (stream,) = [stream for stream in each["streams"] if stream["key"] == DEAL]
        assert stream["first_time"] == "2025-03-01T10:00:01.000000Z"
        assert list(stream["chain"]) == ["valid", "issues", "eventsChecked", "chainIntact"]
    severities = [each["severity"] for each in found["findings"]]
    assert severities == sorted(severities, key=["critical", "error", "warning", "note"].index)
    totals = found["totals"]["findings"]
    assert sum(totals.values()) == sum(each["count"] for each in found["findings"])
    for each in found["findings"]:
        assert each["confidence"] in ("proven", "recomputed", "heuristic")


def test_every_sample_has_the_contracts_report(call: Call) -> None:
    for path in sorted(SAMPLES.iterdir()):
        if path.is_dir():
            check_report(report(call("verify", path, "--format", "json")))


def test_places_of_a_finding(call: Call) -> None:
    path = broken(Path("a.jsonl"))
    (found,) = report(call("verify", path, "--format", "json"))["findings"]
    raws = path.read_bytes().splitlines(keepends=True)
    assert found["code"] == "chain.hash-mismatch"
    assert found["record"] == 3
    assert found["offset"] == len(raws[0] + raws[1])
    assert path.read_bytes()[found["offset"] :][: found["length"]] == raws[2].rstrip(b"\n")
    assert (found["sequence"], found["stream"]) == (3, DEAL)
    (first,) = report(call("verify", _first_bad(), "--format", "json"))["findings"]
    assert (first["record"], first["offset"]) == (1, 0)


def _first_bad() -> Path:
    path = Path("first.jsonl")
    path.write_bytes(b"not json\n" + lines(events(2)))
    return path


def test_jsonl_is_the_same_report(call: Call) -> None:
    broken(Path("a.jsonl"))
    _first_bad()
    whole = report(call("verify", ".", "--format", "json", "--no-memory"))
    result = call("verify", ".", "--format", "jsonl", "--no-memory")
    *findings, rest = [json.loads(line) for line in result.out.splitlines()]
    assert findings == whole.pop("findings")
    assert rest == whole
    assert result.code == rest["exit_code"] == 1


def test_fail_on(call: Call) -> None:
    intact(Path("a.jsonl"))
    Path("a.jsonl").write_bytes(Path("a.jsonl").read_bytes() + b'{"half')
    assert call("verify", "a.jsonl").code == 0
    assert call("verify", "a.jsonl", "--fail-on", "warning").code == 0
    assert call("verify", "a.jsonl", "--fail-on", "note").code == 1
    _first_bad()
    assert call("verify", "first.jsonl").code == 1
    assert call("verify", "first.jsonl", "--fail-on", "critical").code == 3, "one line is no event"
    broken(Path("b.jsonl"))
    assert call("verify", "b.jsonl", "--fail-on", "critical").code == 1


def test_one_stream(call: Call) -> None:
    mixed = Path("a.jsonl")
    made = events(4)
    made[2]["payload"] = {"reason": "edited"}
    mixed.write_bytes(lines(made) + lines(events(3, OTHER)))
    intact(Path("b.jsonl"))
    found = report(call("verify", ".", "--stream", OTHER, "--format", "json"))
    check_report(found)
    assert (found["verdict"], found["exit_code"]) == ("intact", 0)
    assert [each["path"] for each in found["ledgers"]] == ["a.jsonl"]
    assert found["totals"]["events"] == 3
    assert report(call("verify", "a.jsonl", "--stream", DEAL, "--format", "json"))["verdict"] == "findings"
    mixed.write_bytes(mixed.read_bytes() + b"torn\n")
    result = call("verify", "a.jsonl", "--stream", OTHER)
    assert result.code == 1, "the torn record may have been an event of this stream"
    result = call("verify", "a.jsonl", "--stream", "nosuch")
    assert result.code == 3
    assert "There is no stream nosuch here" in result.err


def test_another_profile_is_obeyed(call: Call) -> None:
    path = intact(Path("a.jsonl"))
    result = call("verify", path, "--profile", "kernel-audit/1", "--format", "json")
    found = report(result)
    assert found["ledgers"][0]["profile"] == "kernel-audit/1"
    assert found["totals"]["trust"]["verified"] == 0
    assert result.code == 1
    assert report(call("verify", path, "--profile", "kernel-doc/1", "--format", "json"))["verdict"] == "intact"
    assert call("verify", path, "--profile", "swarm-simapi/1").code == 0, "it concerns no ledger that is here"


def test_the_clock_of_the_checks(call: Call) -> None:
    path = ROOT / "sample_ledgers/zakops/agent_events.jsonl"

    def codes(*arguments: str) -> set[str]:
        return {each["code"] for each in report(call("verify", path, "--format", "json", *arguments))["findings"]}

    assert "order.future-timestamp" not in codes()
    assert "order.future-timestamp" not in codes("--now", "2025-12-01")
    assert "order.future-timestamp" in codes("--now", "2025-02-01T00:00:00Z")


def test_jobs_give_the_same_report(call: Call) -> None:
    for number in range(3):
        broken(Path(f"{number}.jsonl"), 40)
    one = report(call("verify", ".", "--format", "json", "--no-memory"))
    assert report(call("verify", ".", "--format", "json", "--no-memory", "--jobs", "2")) == one


def test_as_the_kernel_specifies(call: Call) -> None:
    result = call("verify", intact(Path("a.jsonl")), "--as", "kernel")
    assert result.out == '{"valid": true, "issues": [], "eventsChecked": 5, "chainIntact": true}\n'
    assert result.code == 0
    result = call("verify", broken(Path("b.jsonl")), "--as", "kernel", "--stream", DEAL)
    found = json.loads(result.out)
    assert list(found) == ["valid", "issues", "eventsChecked", "chainIntact"]
    assert result.code == 1
    (issue,) = found["issues"]
    assert list(issue) == ["eventId", "sequenceNumber", "issue"]
    assert issue["sequenceNumber"] == 3


def test_as_the_kernel_needs_one_deal(call: Call) -> None:
    Path("a.jsonl").write_bytes(lines(events(3)) + lines(events(3, OTHER)))
    result = call("verify", "a.jsonl", "--as", "kernel")
    assert result.code == 2
    assert "2 deals here: name one with --stream" in result.err
    assert call("verify", "a.jsonl", "--as", "kernel", "--stream", OTHER).code == 0
    assert call("verify", "a.jsonl", "--as", "kernel", "--stream", "nosuch").code == 3
    result = call("verify", "nosuch", "--as", "kernel")
    assert result.code == 3
    assert "nosuch: There is no such file." in result.err
    Path("b.jsonl").write_bytes(lines(events(3)))
    result = call("verify", ".", "--as", "kernel", "--stream", DEAL)
    assert result.code == 2
    assert "in 2 ledgers" in result.err


def test_very_many_findings_hide_no_broken_deal(call: Call) -> None:
    deals = [f"{number:08d}-2222-4333-8444-555555555555" for number in range(1, 1103)]
    made = []
    for deal in deals:
        first, second = events(2, deal)
        second["payload"] = {"reason": "edited"}
        made += [first, second]
    Path("a.jsonl").write_bytes(lines(made))
    found = report(call("verify", "a.jsonl", "--format", "json"))
    assert found["totals"]["findings"]["critical"] == len(deals)
    assert not any(each["chain"]["valid"] for each in found["ledgers"][0]["streams"])
    answer = json.loads(call("verify", "a.jsonl", "--as", "kernel", "--stream", deals[-1]).out)
    assert (answer["valid"], len(answer["issues"])) == (False, 1)
    result = call("verify", "a.jsonl")
    assert "showing 5 of 1,102 streams that are flagged, have findings or broken events" in result.out
    assert "… and " in result.out
    assert len(result.out.splitlines()) < 60


@pytest.mark.slow
def test_real_tampering_as_both_kernels_answer(call: Call, real: Path) -> None:
    for folder in sorted((real / "kernel/B_chain30").iterdir()):
        expected = json.loads((folder / "expected_verify.json").read_text())
        result = call("verify", folder / "events.jsonl", "--as", "kernel-api")
        assert json.loads(result.out) == expected, folder.name
        ours = json.loads(call("verify", folder / "events.jsonl", "--as", "kernel").out)
        assert list(ours) == ["valid", "issues", "eventsChecked", "chainIntact"]
        assert ("live kernel" in result.err) == (ours["valid"] != expected["valid"])
        bad = json.loads(call("verify", folder / "events.jsonl", "--format", "json").out)["totals"]["trust"]["broken"]
        assert result.code == (3 if ours["issues"] and not bad else 0 if ours["valid"] and expected["valid"] else 1)
        found = report(call("verify", folder / "events.jsonl", "--format", "json"))
        check_report(found)
        assert found["ledgers"][0]["streams"][0]["chain"] == ours


def test_every_real_system_has_the_same_report_shape(call: Call, real: Path) -> None:
    for below in ("zakops/ingest_state_sim.db", "swarm/committed", "smvm/committed", "kernel/bff"):
        check_report(report(call("verify", real / below, "--format", "json")))


def test_a_table_is_told_by_row_id() -> None:
    """The contract: for SQLite the row id stands in `record`, and there is no offset."""
    from console.engine.verify.report import place
    from console.model.finding import Finding
    from console.model.trust import Severity

    found = Finding("lifecycle.illegal-transition", Severity.WARNING, "", record=3, offset=17, length=120)
    assert place(found, "sqlite") == {"record": 17, "offset": None, "length": 120}
    assert place(found, "jsonl") == {"record": 3, "offset": 17, "length": 120}


def test_counts_of_findings_are_exact(call: Call) -> None:
    """Also of those that are only counted."""
    Path("a.jsonl").write_bytes(lines(events(2)) + b"{bad\n" * 1500)
    result = call("verify", "a.jsonl")
    assert "… and 1,497 more record.invalid-json in a.jsonl" in result.out
    assert "showing 3 of 1,500 findings" in result.out


def test_an_unfinished_record_is_pending(call: Call) -> None:
    Path("a.jsonl").write_bytes(lines(events(3))[:-9])
    found = report(call("verify", "a.jsonl", "--format", "json"))
    assert (found["totals"]["events"], found["totals"]["trust"]["pending"]) == (2, 1)
    assert found["ledgers"][0]["trust"]["pending"] == 1
    assert found["ledgers"][0]["end"] == found["ledgers"][0]["bytes"] - found["ledgers"][0]["pending"]
    assert "1 pending" in call("verify", "a.jsonl").out
    Path("b.jsonl").write_bytes(lines(events(1))[:-9])
    assert call("verify", "b.jsonl").code == 3


def test_hashes_that_cover_what_is_known_cover_no_other_fields(call: Call, tmp_path: Path) -> None:
    (tmp_path / "episode.jsonl").write_bytes((ROOT / "sample_ledgers/swarm/episode.jsonl").read_bytes())
    assert "hashes under swarm-simapi/1 cover no other fields\n" in call("verify", tmp_path / "episode.jsonl").out
