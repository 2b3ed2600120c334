"""Hostile records in ledgers of each system and container: said where they stand, and the rest is read all the same."""

import gzip
import json
import sqlite3
import time
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.cli.main import main
from console.formats.reading.saved_state import pack, unpack
from console.sources.protocol import MAX_RECORD
from tests.support.hostile_cases import NASTY, hostile_folder, leaked, sample_events, spoiled
from tests.support.places import SAMPLES

SYSTEMS = {
    "kernel": "kernel/audit.jsonl",
    "swarm": "swarm/provenance.jsonl",
    "episode": "swarm/episode.jsonl",
    "zakops": "zakops/agent_events.jsonl",
    "maysano": "maysano/structural-events.json",
    "smvm": str(min((SAMPLES / "smvm/runs").rglob("events.jsonl")).relative_to(SAMPLES)),
}
Said = tuple[int, str]
Call = Callable[..., Said]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Run a command; its exit code and data. Nothing that it prints holds a control character."""
    for name in ("CONFIG", "CACHE", "STATE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / "home" / name))

    def called(*arguments: str | Path) -> Said:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(each) for each in arguments])
        out, err = capsys.readouterr()
        assert leaked((out + err).encode("utf-8", "surrogatepass"), terminal=False) == set()
        assert "Traceback" not in err
        assert isinstance(ended.value.code, int)
        return ended.value.code, out

    return called


def verified(call: Call, path: Path) -> dict[str, Any]:
    """The report, after all other commands were content with the ledger too."""
    code, out = call("verify", path, "--format", "json")
    report: dict[str, Any] = json.loads(out)
    assert code == report["exit_code"]
    for command in (("verify",), ("events",), ("events", "--format", "jsonl"), ("ledgers",), ("streams",)):
        assert call(command[0], path, *command[1:])[0] in (code, 0, 3)
    if report["totals"]["events"]:
        rows = [json.loads(line) for line in call("events", path, "--format", "jsonl")[1].splitlines()]
        events = [row for row in rows if row["trust"] != "pending"]  # blank lines are rows, too
        assert len(events) == report["totals"]["events"]
    return report


def plus(more: bytes) -> Callable[[bytes], bytes]:
    """The record with something more at its end."""
    return lambda raw: raw[:-1] + b"," + more + b"}"


MANY = b",".join(b'"%d":0' % (number // 2) for number in range(20_000))
BAD: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "nested": (lambda raw: b"[" * 100_000, "record.too-deep"),
    "nested objects": (plus(b'"x":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000), "record.too-deep"),
    "quotes without end": (lambda raw: b"{" * 130 + b'"' + b'\\"' * 200_000, "record.too-deep"),
    "NaN": (plus(b'"x":NaN'), "record.non-finite-number"),
    "1e400": (plus(b'"x":-1e400'), "record.non-finite-number"),
    "5,000 digits": (plus(b'"x":' + b"9" * 5000), "record.non-finite-number"),
    "beyond 2^53": (plus(b'"x":[9007199254740993]'), "record.unsafe-integer"),
    "duplicate key": (plus(b'"x":{"a":1,"\\u0061":2}'), "record.duplicate-key"),
    "duplicate keys": (plus(b'"x":{' + MANY + b"}"), "record.duplicate-key"),
    "half a pair": (plus(b'"x":"\\ud800"'), "record.lone-surrogate"),
    "no UTF-8": (plus(b'"x":"\xff\xc0\xaf\xed\xa0\x80"'), "record.invalid-utf8"),
    "UTF-16": (lambda raw: b"\xff\xfe" + raw.decode().encode("utf-16-le").replace(b"\n", b""), "record.invalid-utf8"),
    "byte order mark": (lambda raw: b"\xef\xbb\xbf" + raw, "record.byte-order-mark"),
    "NUL": (plus(b'"x":"\0"'), "record.nul-byte"),
    "NULs": (lambda raw: b"\0" * 5000, "record.nul-byte"),
    "separators": (plus('"x":"\u2028\u0085\x0b\x0c\r"'.encode()), "record.invalid-json"),
    "blank": (lambda raw: b" \t", "record.blank-line"),
    "torn": (lambda raw: raw[: len(raw) // 2], "record.invalid-json"),
    "array": (lambda raw: b"[1]", "record.not-an-object"),
    "terminal": (lambda raw: "".join(NASTY[:-3]).encode("utf-8", "replace").replace(b"\n", b""), "record.invalid-json"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_bad_record_is_said_and_the_rest_is_read(call: Call, tmp_path: Path, case: str) -> None:
    make, code = BAD[case]
    for system, sample in SYSTEMS.items():
        lines = [json.dumps(each).encode() for each in sample_events(sample, 5)]
        bad = make(lines[3])
        data = b"\n".join([*lines[:3], bad, *lines[3:]]) + b"\n"
        for path in (tmp_path / f"{system}.jsonl", tmp_path / f"{system}.jsonl.gz"):
            path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
            began = time.monotonic()
            code_of, out = call("verify", path, "--format", "json")
            assert time.monotonic() - began < 10
            report = json.loads(out)
            assert report["totals"]["events"] == len(lines) + (case != "blank"), system
            found = [each for each in report["findings"] if each["code"] == code]
            assert found, (system, report["findings"])
            start = sum(len(line) + 1 for line in lines[:3])
            assert {each["record"] for each in found} == {4}
            assert all(start <= each["offset"] <= start + len(bad) for each in found)
            assert len(found) <= 100
            severe = report["totals"]["findings"]["error"] + report["totals"]["findings"]["critical"]
            assert code_of == (1 if severe else 0)
    verified(call, tmp_path / "kernel.jsonl")
    verified(call, tmp_path / "swarm.jsonl.gz")


@pytest.mark.parametrize("system", SYSTEMS)
def test_hostile_values_in_each_field(call: Call, tmp_path: Path, system: str) -> None:
    """Also in what is kept between starts: the ledger grows, and another process goes on."""
    lines = spoiled(sample_events(SYSTEMS[system]))
    path, whole = tmp_path / "grown.jsonl", tmp_path / "whole.jsonl"
    path.write_bytes(b"\n".join(lines[:-9]) + b"\n")
    call("ledgers", path, "--no-memory")
    with path.open("ab") as file:
        file.write(b"\n".join(lines[-9:]) + b"\n")
    whole.write_bytes(path.read_bytes())
    report = verified(call, path)
    # Blank lines at the end are no record yet.
    assert report["totals"]["events"] == path.read_bytes().rstrip(b"\n").count(b"\n") + 1
    grown, fresh = (
        call("ledgers", each, "--no-memory", "--format", "json")[1].replace(each.stem, "") for each in (path, whole)
    )
    assert grown == fresh


def test_a_folder_of_all_of_it(call: Call, tmp_path: Path) -> None:
    folder = hostile_folder(tmp_path)
    report = verified(call, folder)
    assert report["exit_code"] == 1
    assert {each["container"] for each in report["ledgers"]} == {"jsonl", "json", "gzip", "sqlite", "sse", "zip"}
    unread = [each["ledger"] for each in report["findings"] if each["code"] == "container.unreadable"]
    assert {name.rpartition("/")[2] for name in unread} == {"no\x1b]0;x\x07.jsonl", "fifo\x1b[31m.jsonl"}


@pytest.mark.parametrize("system", ["kernel", "swarm", "smvm"])
def test_a_line_over_the_cap_is_skipped_and_the_rest_is_read(call: Call, tmp_path: Path, system: str) -> None:
    lines = [json.dumps(each).encode() for each in sample_events(SYSTEMS[system], 4)]
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(b"\n".join([*lines[:2], b'{"a":"' + b"x" * (MAX_RECORD + 5) + b'"}', *lines[2:]]) + b"\n")
    report = verified(call, path)
    assert report["totals"]["events"] == 5
    (found,) = [each for each in report["findings"] if each["code"] == "record.too-large"]
    assert (found["record"], found["offset"]) == (3, len(lines[0]) + len(lines[1]) + 2)
    assert report["exit_code"] == 1


def kernel_lines() -> bytes:
    return b"".join((SAMPLES / "kernel/audit.jsonl").read_bytes().splitlines(keepends=True)[:6])


STORED: dict[str, tuple[Callable[[bytes], bytes], str, int]] = {
    "cut.jsonl.gz": (lambda data: gzip.compress(data)[:-12], "container.gzip-truncated", 5),
    "checksum.jsonl.gz": (lambda data: gzip.compress(data)[:-8] + b"\0" * 8, "container.gzip-truncated", 6),
    "trailing.jsonl.gz": (lambda data: gzip.compress(data) + b"\x1b]0;x\x07", "container.gzip-trailing-data", 6),
    "bomb.jsonl.gz": (
        lambda data: gzip.compress(data) + gzip.compress(b"\0" * (64 << 20)),
        "container.gzip-expansion-limit",
        6,
    ),
    "array.json": (lambda data: b"[" + data.strip().replace(b"\n", b",") + b"] \x1b]0;x\x07", "record.invalid-json", 6),
    "torn.json": (lambda data: b"[" + data.strip().replace(b"\n", b",")[:-9], "container.json-truncated", 5),
    "open.json": (lambda data: b"[" + data.strip().replace(b"\n", b","), "container.json-truncated", 6),
    "open-wrapped.json": (
        lambda data: b'{"data":[' + data.strip().replace(b"\n", b",") + b"]",
        "container.json-truncated",
        6,
    ),
    "nested.json": (
        lambda data: b"[" + b"[" * 100_000 + b"]" * 100_000 + b"," + data.strip().replace(b"\n", b",") + b"]",
        "record.too-deep",
        7,
    ),
}


@pytest.mark.parametrize("name", STORED)
def test_damaged_storage_is_said_and_what_came_before_is_kept(call: Call, tmp_path: Path, name: str) -> None:
    make, code, events = STORED[name]
    path = tmp_path / name
    path.write_bytes(make(kernel_lines()))
    report = verified(call, path)
    found = [each for each in report["findings"] if each["code"] == code]
    assert found
    assert all(each["severity"] == "error" and each["offset"] is not None for each in found)
    assert report["exit_code"] == 1
    assert events <= report["totals"]["events"] <= events + 1


@pytest.mark.parametrize(
    ("name", "data"),
    [("empty.jsonl", b""), ("blank.jsonl", b" \n\n"), ("array.json", b"[]"), ("text.jsonl", b"hello\n")],
)
def test_what_is_no_ledger_is_said(call: Call, tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    assert verified(call, tmp_path / name)["exit_code"] == 3


def test_a_view_in_place_of_a_table_is_not_read(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "view.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute(
            'CREATE VIEW "DealEvent" AS WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT x AS id,'
            " 'd' AS dealId, 't' AS eventType, '{}' AS eventData, 1 AS sequenceNumber, 'x' AS occurredAt, 'y' AS"
            " eventHash FROM r"
        )
    assert verified(call, path)["exit_code"] == 3
    assert [each.name for each in tmp_path.glob("view.db*")] == ["view.db"]


def test_a_damaged_page_of_a_database_is_said(call: Call, tmp_path: Path) -> None:
    data = bytearray((SAMPLES / "kernel/portal.db").read_bytes())
    pages = len(data) // 4096
    data[4096 * (pages - 1) : 4096 * (pages - 1) + 60] = b"\xff" * 60
    path = tmp_path / "damaged.db"
    path.write_bytes(data)
    report = verified(call, path)
    assert "container.sqlite-corrupt" in {each["code"] for each in report["findings"]}
    assert report["exit_code"] == 1


def test_a_zip_of_nothing_but_zeros_is_bounded(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as pack_file:
        pack_file.writestr("manifest.json", "{}")
        pack_file.writestr("event_ledger.jsonl", b"\0" * (40 << 20))
    assert verified(call, path)["exit_code"] == 3


TEXT = st.text(st.characters() | st.sampled_from("\ud800\udfff\\u"))


@given(st.lists(TEXT | st.integers(-(2**63), 2**63) | st.none()), st.dictionaries(TEXT, st.lists(TEXT)))
def test_state_comes_back_as_it_was(items: list[Any], names: dict[str, list[str]]) -> None:
    assert unpack(pack((items, names)), tuple[list[str | int | None], dict[str, list[str]]]) == (items, names)
