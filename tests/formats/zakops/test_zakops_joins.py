"""Events, messages and what was processed, joined by id: over tables of one database and over files of one folder."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from console.formats.protocol import Context
from console.formats.zakops import FORMAT
from tests.support.verdicts import judge
from tests.support.writers.zakops import (
    Row,
    agent_rows,
    database,
    deal_rows,
    inbox_rows,
    jsonl,
    micros,
    outbox_rows,
    service_outbox,
)
from tests.support.zakops_cases import batch_of, raw

Tables = dict[str, list[Row]]
Found = list[tuple[str, str, int | None]]


def tables(**change: Callable[[list[Row]], Any]) -> Tables:
    """A healthy database, with a change to some of its tables."""
    messages = outbox_rows(agent_rows())
    found = {"agent_events": agent_rows(), "outbox": messages, "inbox": inbox_rows(messages)}
    for name, each in change.items():
        each(found[name])
    return found


def in_database(folder: Path, found: Tables) -> Path:
    path = folder / "state.db"
    database(path, **found)
    return path


def in_files(folder: Path, found: Tables) -> Path:
    for name, rows in found.items():
        (folder / f"{name}.jsonl").write_bytes(jsonl(rows))
    return folder


def judged(path: Path) -> Found:
    verdict = judge(path)
    name = "#" if path.is_file() else "/"
    found = []
    for each in verdict.findings:
        if each["severity"] != "note":
            found.append((each["ledger"].rpartition(name)[2].removesuffix(".jsonl"), each["code"], each["record"]))
    return sorted(found)


def put(at: int, **values: Any) -> Callable[[list[Row]], None]:
    return lambda rows: rows[at].update(values)


def drop(at: int) -> Callable[[list[Row]], Row]:
    return lambda rows: rows.pop(at)


FOREIGN = "b0000000-0000-4000-8000-00000000abcd"
OTHER_DEAL = "d0000000-0000-4000-8000-0000000000ff"
CASES: list[tuple[str, dict[str, Callable[[list[Row]], Any]], Found]] = [
    ("healthy", {}, []),
    ("an event without a message", {"outbox": drop(2)},
     [("agent_events", "outbox.row-missing", 3), ("inbox", "inbox.unpublished", 3)]),
    ("a message without an event", {"outbox": put(2, id=FOREIGN)},
     [("agent_events", "outbox.row-missing", 3), ("inbox", "inbox.unpublished", 3),
      ("outbox", "outbox.event-missing", 3)]),
    ("a dead letter", {"outbox": put(2, is_dead=1, published_at=None, attempts=5), "inbox": drop(2)},
     [("outbox", "outbox.dead", 3)]),
    ("a stalled message", {"outbox": put(2, published_at=None, attempts=0), "inbox": drop(2)},
     [("outbox", "outbox.stalled", 3)]),
    ("processed before it was published", {"inbox": put(2, processed_at=micros(2))},
     [("inbox", "order.time-regression", 3)]),
    ("processed and not published", {"outbox": put(2, published_at=None, attempts=0)},
     [("inbox", "inbox.unpublished", 3), ("outbox", "outbox.stalled", 3)]),
    ("published before it was created", {"outbox": put(2, published_at=micros(0))},
     [("outbox", "order.time-regression", 3)]),
    ("another type of the message", {"outbox": put(2, event_type="run.tool_called")},
     [("inbox", "schema.inconsistent", 3), ("outbox", "schema.inconsistent", 3)]),
    ("another deal of the message", {"outbox": put(2, correlation_id=OTHER_DEAL)},
     [("outbox", "correlation.mismatch", 3)] * 2),
    ("another trace of the message", {"outbox": put(2, trace_id=FOREIGN)}, [("outbox", "correlation.mismatch", 3)]),
    ("another type that was processed", {"inbox": put(2, event_type="run.paused")},
     [("inbox", "schema.inconsistent", 3)]),
    ("processed and unknown", {"inbox": lambda rows: rows[2].update(event_id=FOREIGN)},
     [("inbox", "inbox.unknown", 3), ("inbox", "inbox.unpublished", 3)]),
    ("an event that was deleted, with its message", {"agent_events": drop(5), "outbox": drop(5)},
     [("inbox", "inbox.unknown", 6), ("inbox", "inbox.unpublished", 6)]),
    ("not processed yet", {"inbox": drop(5)}, []),
]  # fmt: skip


@pytest.mark.parametrize("write", [in_database, in_files])
@pytest.mark.parametrize(("_", "change", "expected"), CASES, ids=[each[0].replace(" ", "-") for each in CASES])
def test_the_three_tables_are_joined(
    tmp_path: Path,
    _: str,
    change: dict[str, Callable[[list[Row]], Any]],
    expected: Found,
    write: Callable[[Path, Tables], Path],
) -> None:
    assert judged(write(tmp_path, tables(**change))) == expected


def test_an_event_that_was_archived_and_not_removed(tmp_path: Path) -> None:
    rows = agent_rows()
    (tmp_path / "agent_events.jsonl").write_bytes(jsonl(rows[2:]))
    (tmp_path / "agent_events_archive.jsonl").write_bytes(jsonl(rows[:3]))
    assert judged(tmp_path) == [("agent_events", "identity.duplicate-event-id", 1)]
    (tmp_path / "agent_events_archive.jsonl").write_bytes(jsonl(rows[:2]))
    assert judged(tmp_path) == [], "causes and runs of the archive are known"


def test_messages_of_archived_events_are_known(tmp_path: Path) -> None:
    rows = agent_rows()
    found = {"agent_events": rows[3:], "agent_events_archive": rows[:3], "outbox": outbox_rows(rows)}
    assert judged(in_files(tmp_path, found)) == []


def test_a_table_alone_accuses_nobody(tmp_path: Path) -> None:
    for name, rows in tables().items():
        folder = tmp_path / name
        folder.mkdir()
        assert judged(in_files(folder, {name: rows})) == []


def test_messages_with_ids_of_their_own_are_joined_by_type_trace_and_deal(tmp_path: Path) -> None:
    rows = outbox_rows(agent_rows())
    for number, row in enumerate(rows):
        row["id"] = f"b0000000-0000-4000-8000-{number:012x}"
    found = {"agent_events": agent_rows(), "outbox": rows}
    (tmp_path / "1").mkdir()
    assert judged(in_files(tmp_path / "1", found)) == []
    del rows[3]
    (tmp_path / "2").mkdir()
    assert judged(in_files(tmp_path / "2", found)) == [("agent_events", "outbox.row-missing", 4)]


def test_messages_of_the_real_service_have_ids_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "deal_events.json").write_text(json.dumps(deal_rows()))
    (tmp_path / "outbox.json").write_text(json.dumps(service_outbox()))
    assert "outbox.event-missing" not in judge(tmp_path).codes


def test_what_came_after_the_other_table_was_read_is_not_judged() -> None:
    packed = FORMAT.extract("outbox", [raw(each) for each in outbox_rows(agent_rows())[:3]])

    def missing(events: Sequence[Row]) -> list[int | None]:
        reader = FORMAT.reader(Context("agent_events", 10**18, companions={"outbox": packed}))
        reader.read(batch_of([raw(each) for each in events]))
        state = reader.take_state()
        again = FORMAT.reader(Context("agent_events", 10**18, companions={"outbox": packed}))
        again.load_state(state.items())
        assert again.standing() == reader.standing()
        return [each.record for each in reader.standing() if each.code == "outbox.row-missing"]

    assert missing(agent_rows()) == [4, 5, 6]
    assert missing([{**each, "created_at": "2999-01-01T00:00:00Z"} for each in agent_rows()]) == []


def test_a_message_that_came_meanwhile_is_not_missing_at_the_next_start() -> None:
    messages = [raw(each) for each in outbox_rows(agent_rows())]

    def reader(known: int) -> Any:
        packed = FORMAT.extract("outbox", messages[:known])
        return FORMAT.reader(Context("agent_events", 10**18, companions={"outbox": packed}))

    first, second = reader(3), reader(5)
    first.read(batch_of([raw(each) for each in agent_rows()]))
    assert [each.record for each in first.standing()] == [4, 5, 6]
    second.load_state(first.take_state().items())
    assert [each.record for each in second.standing()] == [6]
