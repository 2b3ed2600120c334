"""Tiers, deletion dates, and deletions before them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from console.engine.ledgers.options import Options
from console.engine.replay.reports import make_report
from console.formats.json.times import parse
from console.formats.smvm import FORMAT
from console.formats.smvm.rules.retention import due, due_text, is_due, overdue, tier
from console.model.record import Record
from console.model.trust import Severity
from tests.support.both_ways import one_at_a_time, outcome
from tests.support.looks import look
from tests.support.smvm_cases import context
from tests.support.writers.smvm import Event, events, jsonl, steps

SHORT = ("INGESTED", "NORMALIZED", "SYNTHESIZED", "PERSISTED")
LONG = ("SANITIZED", "SIMULATED", "ANALYZED")
ALWAYS = ("FLAGGED", "DECIDED")
DAY = 86_400_000_000


def at(text: str) -> int:
    instant = parse(text)
    assert instant is not None
    return instant.micros


MADE = at("2026-02-03T10:15:30Z")


@pytest.mark.parametrize(
    ("kinds", "hot_until", "warm_until", "deleted"),
    [
        (SHORT, "2026-03-05", "2026-05-04", "2028-02-03"),
        (LONG, "2026-05-04", "2027-02-03", "2031-02-03"),
        (ALWAYS, "2027-02-03", "2028-02-03", "never"),
    ],
)
def test_the_table(kinds: tuple[str, ...], hot_until: str, warm_until: str, deleted: str) -> None:
    hot, warm = at(f"{hot_until}T10:15:30Z"), at(f"{warm_until}T10:15:30Z")
    for kind in kinds:
        places = [tier(kind, MADE, now) for now in (MADE, hot - 1, hot, warm - 1, warm, warm + 9000 * DAY)]
        assert places == ["hot", "hot", "warm", "warm", "cold", "cold"]
        assert due_text(kind, MADE) == deleted
        when = due(kind, MADE)
        if deleted == "never":
            assert when is None and not overdue(when, MADE + 90_000 * DAY) and not is_due(when, MADE)
        else:
            assert when == at(f"{deleted}T10:15:30Z")
            ages = [(is_due(when, when + days * DAY), overdue(when, when + days * DAY)) for days in (-31, -30, 0, 1)]
            assert ages == [(False, False), (True, False), (True, False), (False, True)]


def test_days_that_not_every_year_has_and_ends_of_the_calendar() -> None:
    assert due_text("INGESTED", at("2024-02-29T00:00:00Z")) == "2026-03-01"
    assert due_text("ANALYZED", at("9998-01-01T00:00:00Z")) == "9999-12-31"
    assert (due_text("GUESSED", MADE), tier("GUESSED", MADE, MADE), due("GUESSED", MADE)) == ("", "", None)


def found(records: list[Event], now: str) -> dict[str, tuple[int, int | None, str | None]]:
    """Findings of retention by code: count, record, and date; the same in bulk, one by one, and from saved state."""
    raws = [json.dumps(each).encode() for each in records]

    def make(bulk: bool = True) -> Any:
        reader = FORMAT.reader(context(now=at(now)))
        return reader if bulk else one_at_a_time(reader)

    result = outcome(make, raws, [4])
    assert result == outcome(lambda: make(False), raws)
    some = [each for each in result["standing"] if each.code.startswith("retention.")]
    return {each.code: (each.count, each.record, each.expected) for each in some}


def test_what_is_due_and_overdue_is_found_once_a_ledger() -> None:
    assert found(events(), "2028-01-03T10:15:00Z") == {}
    assert found(events(), "2028-01-04T00:00:00Z") == {"retention.due": (4, 1, "2028-02-03")}
    assert found(events(), "2028-02-03T23:59:00Z") == {"retention.due": (4, 1, "2028-02-03")}
    assert found(events(), "2028-02-04T00:00:00Z") == {"retention.overdue": (4, 1, "2028-02-03")}
    both = {"retention.overdue": (4, 1, "2028-02-03"), "retention.due": (3, 3, "2031-02-03")}
    assert found(events(), "2031-02-01T00:00:00Z") == both
    assert found(events(), "2040-01-01T00:00:00Z") == {"retention.overdue": (7, 1, "2028-02-03")}
    kept = [each for each in events() if each["event_type"] in ALWAYS]
    assert found(kept, "2090-01-01T00:00:00Z") == {}
    assert found(steps(), "2090-01-01T00:00:00Z") == {}


def test_the_report(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_bytes(jsonl(events()))
    answer = make_report([str(tmp_path)], "retention", now=at("2028-02-04T00:00:00Z"))
    rows = [
        (row.values["type"], row.values["tier"], row.values["due"], row.values["overdue"]) for row in answer.table.rows
    ]
    assert rows == [
        *((kind, "cold", "2028-02-03", True) for kind in SHORT),
        *((kind, "cold", "2031-02-03", False) for kind in LONG),
        *((kind, "cold", "never", False) for kind in ALWAYS),
    ]
    assert [row.worst for row in answer.table.rows] == [Severity.WARNING] * 4 + [Severity.NONE] * 5
    assert answer.table.summary == {"events": 9, "hot": 0, "warm": 0, "cold": 9, "due": 0, "overdue": 4, "never": 2}
    assert "no such file can be deleted whole" in answer.table.notes[0]
    early = make_report([str(tmp_path)], "retention", now=MADE)
    assert early.table.summary["hot"] == 9 and not any(row.worst for row in early.table.rows)


def test_an_event_shows_its_tier_and_deletion_date() -> None:
    raw = json.dumps(events()[0]).encode()
    event = FORMAT.decode(Record(1, 0, len(raw), raw), context())
    fields = {
        each.name: (each.value, each.note)
        for each in FORMAT.panels(event, context(now=at("2028-03-01T00:00:00Z")))[0].fields
    }
    assert fields["retention tier"] == ("cold", "by type and age") and fields["deleted on"] == ("2028-02-03", "overdue")


def premature(tmp_path: Path, records: list[Event], left: list[Event] | None, now: str) -> list[tuple[int, str | None]]:
    """What is found of deletions before their time when only these records are ``left``, or the file is gone."""
    ledger, options = tmp_path / "ledgers" / "events.jsonl", Options(now=at(now))
    ledger.parent.mkdir(exist_ok=True, parents=True)
    ledger.write_bytes(jsonl(records))
    assert not look(tmp_path / "memory", ledger, options=options).findings
    if left is None:
        ledger.unlink()
    else:
        ledger.write_bytes(jsonl(left))
    for path in (ledger, ledger.parent):
        looked = look(tmp_path / "memory", path, options=options).verification
        some = [found for ledger in looked.ledgers for found in ledger.findings]
        some += [each.finding for each in looked.skipped]
        result = [(each.count, each.expected) for each in some if each.code == "retention.premature-deletion"]
        assert bool(result) <= any(each.family == "witness" for each in some)
    return result


def aged(days: int) -> list[Event]:
    """A run of so many days ago, as of the first day of 2030."""
    start = datetime(2030, 1, 1, tzinfo=UTC) - timedelta(days=days)
    return events(f"RUN-{start:%Y%m%d-%H%M%S}-5ea1ab1e", start)


NEW_YEAR = "2030-01-01T00:00:00Z"


def test_an_event_that_is_gone_before_its_time(tmp_path: Path) -> None:
    run = aged(10)
    assert premature(tmp_path, run, run[:2] + run[3:], NEW_YEAR) == [(1, "2031-12-22")]


def test_what_is_over_may_be_deleted(tmp_path: Path) -> None:
    run = aged(800)  # four of nine events are older than two years
    over = [each for each in run if each["event_type"] not in SHORT]
    assert premature(tmp_path / "1", run, over, NEW_YEAR) == []
    assert premature(tmp_path / "2", run, over[1:], NEW_YEAR) == [(1, "2032-10-24")]


def test_flags_and_decisions_never_and_a_file_with_them_not_whole(tmp_path: Path) -> None:
    run = aged(4000)
    kept = [each for each in run if each["event_type"] in ALWAYS]
    assert premature(tmp_path / "1", run, kept, NEW_YEAR) == []
    assert premature(tmp_path / "2", run, kept[:1], NEW_YEAR) == [(1, "never")]
    assert premature(tmp_path / "3", run, None, NEW_YEAR) == [(2, "never")]


def test_a_file_whose_events_may_all_be_deleted(tmp_path: Path) -> None:
    run = [each for each in aged(4000) if each["event_type"] not in ALWAYS]
    assert premature(tmp_path / "1", run, None, NEW_YEAR) == []
    run = [each for each in aged(800) if each["event_type"] not in ALWAYS]
    assert premature(tmp_path / "2", run, None, NEW_YEAR) == [(3, "2032-10-24")]
