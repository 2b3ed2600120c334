"""Every door says the same of the same bytes, and none is kinder than what was checked."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.report_shape import VERDICTS, check_report
from tests.support.tampering import CONTAINERS, SOUND, UNEXPLAINABLE, changed, put, unexplainable
from tests.support.verdicts import run

PLACE = ("code", "severity", "record", "offset", "stream", "count", "message")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ledgers")


def asked(*arguments: str) -> tuple[int, Any]:
    code, text = run(*arguments)
    return code, json.loads(text)


def places(findings: Iterable[dict[str, Any]]) -> Counter[tuple[Any, ...]]:
    return Counter(tuple(each[name] for name in PLACE) for each in findings)


def check_doors(path: Path) -> dict[str, Any]:
    """Ask every door; the report of ``verify``."""
    code, report = asked("verify", str(path), "--format", "json", "--executor", "inline")
    assert code == report["exit_code"] == {"findings": 1, "incomplete": 3}.get(report["verdict"], 0)

    check_report(report)

    text_code, text = run("verify", str(path), "--executor", "inline")
    assert text_code == code
    assert [line.partition(":")[0] for line in text.splitlines() if line.startswith(VERDICTS)] == [report["verdict"]]

    lines_code, lines = run("verify", str(path), "--format", "jsonl", "--executor", "inline")
    *findings, rest = [json.loads(line) for line in lines.splitlines()]
    assert (lines_code, findings, rest) == (
        code,
        report["findings"],
        {k: v for k, v in report.items() if k != "findings"},
    )

    _, ledgers = asked("ledgers", str(path), "--format", "json", "--index", ":memory:")
    if report["ledgers"]:
        (ours,), (theirs,) = report["ledgers"], ledgers
        for name in ("verdict", "cannot_rule_out", "profile", "format", "container", "path"):
            assert ours[name] == theirs[name], name
        assert {**ours["trust"], "pending": 0} == {**theirs["trust"], "pending": 0}
        assert theirs["findings"] == report["totals"]["findings"]
        assert theirs["events"] == sum(theirs["trust"].values()) <= ours["records"]
    assert max((each["verdict"] for each in ledgers), key=VERDICTS.index) == report["verdict"]

    _, streams = asked("streams", str(path), "--format", "json", "--index", ":memory:")
    holds = {(each["kind"], each["key"]): each["chain_intact"] for each in streams}
    for stream in (stream for ledger in report["ledgers"] for stream in ledger["streams"]):
        chain, open_events = stream["chain"], stream["trust"]["linked"] + stream["trust"]["broken"]
        said = holds[stream["kind"], stream["key"]]
        assert (said is None) == (chain is None)
        assert said or not (chain and chain["chainIntact"])
        assert not (said and open_events)

    _, causes = asked("findings", str(path), "--format", "json", "--index", ":memory:")
    listed = [each for cause in causes["causes"] for each in cause["findings"]]
    assert places(listed) == places(report["findings"])
    return dict(report)


def check_kindness(path: Path, report: dict[str, Any]) -> None:
    """Nothing is more trusted than was checked."""
    trust = report["totals"]["trust"]
    severe = {each["severity"] for each in report["findings"]} & {"error", "critical"}
    if trust["broken"]:
        assert severe and report["exit_code"] == 1
        _, text = run("events", str(path), "--format", "jsonl", "--where", "trust:broken", "--index", ":memory:")
        broken = [json.loads(line) for line in text.splitlines()]
        assert len(broken) == trust["broken"]
        assert {each["severity"] for each in broken} <= {"error", "critical"}, "a finding at each of them"
    if trust["linked"] or not report["totals"]["events"]:
        assert report["verdict"] in ("incomplete", "findings")
    if report["verdict"] == "intact":
        assert trust["verified"] + trust["recovered"] == report["totals"]["events"] > 0
        assert not severe
    assert report["cannot_rule_out"]
    assert bool(report["reasons"]) == (report["exit_code"] != 0)
    for ledger in report["ledgers"]:
        for stream in ledger["streams"]:
            chain = stream["chain"]
            if chain is not None and (stream["trust"]["linked"] or stream["trust"]["broken"]):
                assert not chain["valid"] and not chain["chainIntact"]
            if stream["kind"] == "deal" and chain is not None:
                code, text = run(
                    "verify", str(path), "--as", "kernel", "--stream", stream["key"], "--executor", "inline"
                )
                answer = json.loads(text)
                assert answer == chain or ledger["streams"][1:], "findings of other streams do not count"
                assert code in (0, 1, 3)
                assert answer["valid"] or code != 0


@pytest.mark.parametrize("system", SOUND)
def test_blank_lines_are_no_events(system: str, tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(SOUND[system])
    sound = check_doors(path)
    path.write_bytes(b"\n" + SOUND[system].replace(b"\n", b"\n\n \n", 2) + b"\n\n")
    blank = check_doors(path)
    for each in ("verdict", "reasons", "cannot_rule_out"):
        assert blank[each] == sound[each]
    for each in ("events", "trust"):
        assert blank["totals"][each] == sound["totals"][each]
    assert len(blank["findings"]) > len(sound["findings"])


@pytest.mark.parametrize("name", CONTAINERS)
@pytest.mark.parametrize("ledger", SOUND)
def test_sound_ledgers(folder: Path, ledger: str, name: str) -> None:
    path = put(folder, name, SOUND[ledger])
    report = check_doors(path)
    check_kindness(path, report)
    chained = ledger in ("kernel-doc", "kernel-audit", "swarm-episode")
    assert report["verdict"] == ("intact" if chained else "consistent")


@pytest.mark.parametrize("ledger", SOUND)
def test_a_sound_ledger_that_was_printed_nicely(folder: Path, ledger: str) -> None:
    """As ``jq`` prints it: nothing of it changed but white space."""
    path = folder / "pretty.jsonl"
    documents = [json.loads(line) for line in SOUND[ledger].splitlines()]
    path.write_text("\n".join(json.dumps(each, indent=2, ensure_ascii=False) for each in documents) + "\n")
    report = check_doors(path)
    check_kindness(path, report)
    chained = ledger in ("kernel-doc", "kernel-audit", "swarm-episode")
    assert report["verdict"] == ("intact" if chained else "consistent")
    assert report["totals"]["events"] == len(documents)


@pytest.mark.slow
@pytest.mark.parametrize("ledger", SOUND)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_changed_ledgers(folder: Path, ledger: str, data: st.DataObject) -> None:
    path = put(folder, data.draw(st.sampled_from([*CONTAINERS])), data.draw(changed(SOUND[ledger])))
    check_kindness(path, check_doors(path))


@pytest.mark.slow
@pytest.mark.parametrize("ledger", SOUND)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_containers_do_not_matter(folder: Path, ledger: str, data: st.DataObject) -> None:
    """The same records: the same verdict, trust and findings, at the same records."""
    changed_data = data.draw(changed(SOUND[ledger]))
    seen = {}
    for name in CONTAINERS:
        path = put(folder, name, changed_data)
        if path.name != name:
            continue
        code, report = asked("verify", str(path), "--format", "json", "--executor", "inline")
        found = Counter(
            (each["code"], each["record"], each["stream"], each["count"])
            for each in report["findings"]
            if not each["code"].startswith("container.")
        )
        seen[name] = code, report["verdict"], report["totals"]["trust"], found
    for name, each in seen.items():
        assert each == seen["ledger.jsonl"], name


@pytest.mark.parametrize("addition", UNEXPLAINABLE)
@pytest.mark.parametrize("ledger", ["kernel-doc", "kernel-audit"])
@pytest.mark.parametrize("line", [0, 11])
def test_an_edit_that_nothing_explains(folder: Path, ledger: str, addition: bytes, line: int) -> None:
    """Whatever was added, it is not called intact, nor valid."""
    path = put(folder, "ledger.jsonl", unexplainable(SOUND[ledger], line, addition))
    report = check_doors(path)
    check_kindness(path, report)
    assert report["verdict"] in ("incomplete", "findings")
    ((stream,),) = [each["streams"] for each in report["ledgers"]]
    assert not stream["chain"]["valid"]
    code, text = run("verify", str(path), "--as", "kernel", "--executor", "inline")
    answer = json.loads(text)
    assert (answer["valid"], code != 0) == (False, True)
    assert answer["issues"]


@pytest.mark.slow
@pytest.mark.parametrize("ledger", SOUND)
def test_other_processes_say_the_same(folder: Path, ledger: str) -> None:
    path = put(folder, "ledger.jsonl", SOUND[ledger].replace(b"2026", b"2027", 1))
    here = asked("verify", str(path), "--format", "json", "--executor", "inline")
    assert asked("verify", str(path), "--format", "json", "--jobs", "2") == here
