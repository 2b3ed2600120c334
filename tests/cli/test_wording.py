"""Messages are in words for people: no library's, no program's."""

import gzip
import json
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Result
from tests.support import smvm_cases as smvm_case
from tests.support.cli_cases import events, intact, lines

Call = Callable[..., Result]


def report(call: Call, path: str) -> str:
    return " ".join(call("verify", path).out.split())


def test_a_control_character_in_a_string_is_said_once_at_its_place(call: Call) -> None:
    first, second = lines(events(2)).splitlines()
    Path("a.jsonl").write_bytes(first + b"\n" + second.replace(b"ae72070a", b"ae72\t070a") + b"\n")
    assert "Invalid control character at byte " in report(call, "a.jsonl")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("metadata", [], "metadata should be an object, but is an array of 0."),
        ("agent_id", 7, "agent_id should be text, but is 7."),
        ("metadata.record_count", "3", "metadata.record_count should be an integer, but is '3'."),
        ("metadata.quality_score", 1.5, "metadata.quality_score should be at most 1, but is 1.5."),
        ("metadata.estimated_size_bytes", -1, "metadata.estimated_size_bytes should be at least 0, but is -1."),
    ],
)
def test_what_a_field_should_be_is_in_plain_words(call: Call, field: str, value: object, said: str) -> None:
    made = smvm_case.ledger()
    *above, last = field.split(".")
    (made[0][above[0]] if above else made[0])[last] = value
    Path("a.jsonl").write_bytes(b"".join(line + b"\n" for line in smvm_case.lines(made)))
    words = report(call, "a.jsonl")
    assert said in words
    assert "Input should" not in words and "instance of" not in words and "dictionary" not in words


def test_a_gzip_that_fails_its_checksum_is_said_to_do_so_at_its_end(call: Call) -> None:
    data = bytearray(gzip.compress(intact(Path("a.jsonl")).read_bytes()))
    data[-6] ^= 1
    Path("b.jsonl.gz").write_bytes(data)
    words = report(call, "b.jsonl.gz")
    assert "does not fit its own checksum" in words and "byte 0 of" not in words


def test_a_damaged_archive_is_said_without_its_bytes(call: Call) -> None:
    with zipfile.ZipFile("pack.zip", "w") as archive:
        archive.writestr("event_ledger.jsonl", lines(events(2)))
    data = Path("pack.zip").read_bytes()
    Path("pack.zip").write_bytes(data[:26] + b"\xff\x01" + data[28:])  # another length of the member's name
    words = report(call, "pack.zip")
    assert "event_ledger.jsonl is damaged in the archive" in words
    assert "b'" not in words and "\\x" not in words


def test_one_event_is_one_event(call: Call) -> None:
    event = {"event_id": "e1", "event_type": "deal_created", "timestamp": "2026-01-01T00:00:00Z", "actor": "op"}
    Path("events").mkdir()
    Path("events/DEAL-1.jsonl").write_text(json.dumps({**event, "data": {}}) + "\n")
    words = report(call, "events/DEAL-1.jsonl")
    assert "1 event lacks trace_id and correlation_id." in words
    assert "Events of a deal's file name no schema_version" in words


@pytest.mark.parametrize("text", ['{"data":[]}', '{ "events" : [ ] }\n', '{"items":[],"total":0,"next":null}'])
def test_a_list_of_no_events_is_said_to_be_one(call: Call, text: str) -> None:
    Path("a.json").write_text(text)
    result = call("verify", "a.json")
    assert result.code == 3 and "an empty list of events" in result.out


def test_a_line_with_an_empty_list_is_still_a_line(call: Call) -> None:
    Path("a.jsonl").write_text('{"type":"x","data":[]}\n')
    assert "an empty list" not in call("verify", "a.jsonl").out


def test_a_database_of_views_alone_is_said_to_hold_no_tables_that_are_read(call: Call) -> None:
    with closing(sqlite3.connect("a.db")) as db:
        db.execute("CREATE VIEW agent_events AS SELECT 1 AS id")
        db.commit()
    assert "no tables; views and virtual tables are not read" in report(call, "a.db")
