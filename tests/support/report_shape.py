"""The report of ``verify --format json`` as the contract fixes it: keys, types, vocabularies, and what must add up."""

import re
from typing import Any

NONE = type(None)

FINDING: dict[str, Any] = {
    "code": str,
    "severity": str,
    "confidence": str,
    "ledger": str,
    "stream": (str, NONE),
    "event_id": (str, NONE),
    "sequence": (int, NONE),
    "record": (int, NONE),
    "offset": (int, NONE),
    "length": (int, NONE),
    "volume": (dict, NONE),
    "field": (str, NONE),
    "expected": (str, NONE),
    "actual": (str, NONE),
    "message": str,
    "count": int,
}
TRUST = dict.fromkeys(("unchecked", "verified", "recovered", "linked", "unchained", "pending", "broken"), int)
VERDICT: dict[str, Any] = {"verdict": str, "reasons": [str], "cannot_rule_out": [str]}
SHAPE: dict[str, Any] = {
    "schema_version": int,
    "tool": {"name": str, "version": str},
    **VERDICT,
    "exit_code": int,
    "totals": {
        "ledgers": int,
        "streams": int,
        "events": int,
        "trust": TRUST,
        "findings": dict.fromkeys(("critical", "error", "warning", "note"), int),
    },
    "ledgers": [
        {
            "path": str,
            "format": str,
            "container": str,
            "profile": (str, NONE),
            "coverage": (dict, NONE),
            **VERDICT,
            "records": int,
            "bytes": int,
            "sha256": (str, NONE),
            "volumes": [{"path": str, "records": int, "bytes": int, "sha256": (str, NONE)}],
            "pending": int,
            "end": (int, NONE),
            "memory": {
                "says": str,
                "words": str,
                "looks": int,
                "since": (str, NONE),
                "records": int,
                "kept": bool,
                "why": (str, NONE),
            },
            "trust": TRUST,
            "streams": [
                {
                    "kind": str,
                    "key": str,
                    "events": int,
                    "first_time": (str, NONE),
                    "last_time": (str, NONE),
                    "state": dict,
                    "trust": TRUST,
                    "chain": (dict, NONE),
                }
            ],
        }
    ],
    "findings": [FINDING],
}


def check(shape: Any, value: Any, where: str = "report") -> None:
    """The value has exactly these keys, of these types."""
    if isinstance(shape, dict):
        assert isinstance(value, dict), where
        assert set(value) == set(shape), where
        for key, below in shape.items():
            check(below, value[key], f"{where}.{key}")
    elif isinstance(shape, list):
        assert isinstance(value, list), where
        for number, each in enumerate(value):
            check(shape[0], each, f"{where}[{number}]")
    else:
        assert isinstance(value, shape), f"{where}: {value!r}"
        assert shape is bool or not isinstance(value, bool), where


VERDICTS = ("intact", "consistent", "incomplete", "findings")
"""The worst is the last."""
EXIT = {"intact": 0, "consistent": 0, "incomplete": 3, "findings": 1}
SEVERITIES = ("critical", "error", "warning", "note")
TIME = re.compile(r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
HASH = re.compile("[0-9a-f]{64}")
CODE = re.compile("[a-z]+\\.[a-z0-9-]+")


def check_report(found: dict[str, Any]) -> None:
    """All that holds of every report."""
    check(SHAPE, found)
    assert (found["schema_version"], found["tool"]["name"]) == (1, "audit-console")
    assert found["exit_code"] == EXIT[found["verdict"]]
    totals, ledgers, findings = found["totals"], found["ledgers"], found["findings"]
    assert totals["ledgers"] == len(ledgers)
    assert totals["streams"] == sum(len(each["streams"]) for each in ledgers)
    for word, number in totals["trust"].items():
        assert number == sum(each["trust"][word] for each in ledgers), word
    assert totals["events"] == sum(totals["trust"].values()) - totals["trust"]["pending"]
    for severity, number in totals["findings"].items():
        assert number == sum(each["count"] for each in findings if each["severity"] == severity)
    order = [SEVERITIES.index(each["severity"]) for each in findings]
    assert order == sorted(order), "the worst first"
    for ledger in ledgers:
        check_ledger_object(ledger)
        assert VERDICTS.index(ledger["verdict"]) <= VERDICTS.index(found["verdict"])
    for each in findings:
        check_finding(each, {ledger["path"]: ledger for ledger in ledgers})


def check_ledger_object(ledger: dict[str, Any]) -> None:
    """One of ``ledgers``."""
    assert ledger["verdict"] in VERDICTS
    assert bool(ledger["reasons"]) == (ledger["verdict"] in ("incomplete", "findings"))
    assert ledger["cannot_rule_out"]
    assert ledger["sha256"] is None or HASH.fullmatch(ledger["sha256"])
    assert ledger["records"] >= sum(ledger["trust"].values()) - ledger["trust"]["pending"], "all, or of one stream"
    assert (ledger["profile"] is None) == (ledger["coverage"] is None)
    if ledger["coverage"] is not None:
        assert set(ledger["coverage"]) == {"covered", "uncovered"}
    assert (ledger["end"] is None) == (ledger["container"] == "sqlite")
    for stream in ledger["streams"]:
        assert stream["events"] == sum(stream["trust"].values())
        for name in ("first_time", "last_time"):
            assert stream[name] is None or TIME.fullmatch(stream[name]), stream[name]
        chain = stream["chain"]
        if chain is not None:
            assert list(chain) == ["valid", "issues", "eventsChecked", "chainIntact"]
            assert chain["valid"] == (not chain["issues"] and chain["chainIntact"])
            for issue in chain["issues"]:
                assert list(issue) == ["eventId", "sequenceNumber", "issue"]


def check_finding(found: dict[str, Any], ledgers: dict[str, dict[str, Any]]) -> None:
    """One of ``findings``."""
    assert CODE.fullmatch(found["code"])
    assert found["severity"] in SEVERITIES
    assert found["confidence"] in ("proven", "recomputed", "heuristic")
    assert found["count"] >= 1
    assert found["message"].strip()
    container = ledgers.get(found["ledger"], {}).get("container")
    if container == "sqlite":
        assert found["offset"] is None, "the row id stands in record"
    elif found["record"] is not None:
        assert found["record"] >= 1
    assert found["offset"] is None or found["offset"] >= 0
