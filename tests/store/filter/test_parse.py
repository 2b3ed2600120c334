"""Filters: what each field chooses, and what is refused and where."""

import re
from pathlib import Path

import pytest

from console.model.finding import Finding
from console.model.trust import Severity, Trust
from console.store.filter import FilterError, moment, parse
from console.store.opening import store_at
from tests.support.index_cases import Row, new_index, view_of

HOUR = 3_600_000_000
DAY = 24 * HOUR


async def chosen(path: Path, query: str) -> list[int]:
    """Ordinals that a filter lets through."""
    reader = await store_at(path).reader()
    assert reader is not None
    try:
        view = await view_of(reader, query)
        return [row.ordinal for row in await view.rows(0, 100)]
    finally:
        await reader.close()


@pytest.fixture
async def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "index.sqlite"
    writer, (pen,) = await new_index(path, "/ledgers/deals.jsonl")
    rows = [
        Row(1 * HOUR, "DealCreated", "anna", "a-1", 1, trust=Trust.VERIFIED),
        Row(2 * HOUR, "DealClosed", "Smith, J", "a-2", 2, trust=Trust.BROKEN, worst=Severity.CRITICAL),
        Row(type="Deal[x]", actor="anna", stream="a-1", sequence=3, trust=Trust.VERIFIED, worst=Severity.NOTE),
        Row(DAY + HOUR, "Other", "", "b", 9, also=("a-2",), worst=Severity.WARNING),
    ]
    found = Finding("chain.hash-mismatch", Severity.CRITICAL, "no", record=2)
    await pen.write(pen.batch(rows, [found]))
    await writer.close()
    return path


@pytest.mark.parametrize(
    ("query", "ordinals"),
    [
        ("", [1, 2, 3, 4]),
        ("type:DealCreated", [1]),
        ("type:DealCreated,Other", [1, 4]),
        ("type:Deal*", [1, 2, 3]),
        ("type:Deal[x*", [3]),
        ("type:D?alClosed", [2]),
        ("-type:Deal*", [4]),
        ("TYPE:Other", [4]),
        ('actor:"Smith, J"', [2]),
        ("actor:Smith*", [2]),
        ('type:"Deal*"', []),
        ("stream:a-1", [1, 3]),
        ("run:a-2", [2, 4]),
        ("deal:a-2", []),
        ("ledger:deals", [1, 2, 3, 4]),
        ("ledger:/ledgers/deals.jsonl", [1, 2, 3, 4]),
        ("ledger:others,deals", [1, 2, 3, 4]),
        ("-ledger:deals", []),
        ("format:kernel", [1, 2, 3, 4]),
        ("trust:broken", [2]),
        ("trust:broken,Verified", [1, 2, 3]),
        ("severity:warning", [2, 4]),
        ("severity:none", [1]),
        ("-severity:note", [1]),
        ("code:chain.*", [2]),
        ("seq:2", [2]),
        ("seq:2..3", [2, 3]),
        ("seq:3..", [3, 4]),
        ("seq:..2", [1, 2]),
        ("seq:>=3", [3, 4]),
        ("seq:<3", [1, 2]),
        ("seq:99999999999999999999", []),
        ("since:1970-01-02", [4]),
        ("until:1970-01-02", [1, 2, 4]),
        ("until:1970-01-01", [1, 2]),
        ("time:1970-01-01T02", [2]),
        ("time:1970-01-01T04+02:00", [2]),
        ("time:>1970-01-01", [4]),
        ("time:<=1970-01-01T02", [1, 2]),
        ("time:1970-01-01T02..1970-01-02", [2, 4]),
        ("type:Deal* -trust:broken seq:<3", [1]),
    ],
)
async def test_field(ledger: Path, query: str, ordinals: list[int]) -> None:
    # Rows without a time stand beside the row before them, and no time is chosen by name.
    assert sorted(await chosen(ledger, query)) == ordinals


@pytest.mark.parametrize(
    ("query", "at", "words"),
    [
        ("nothing:1", 0, "no field"),
        ("ok type:A  trust:good", 11, "trust is one of"),
        ("severity:bad", 0, "severity is one of"),
        ("type:", 0, "needs a value"),
        ('ok type:""', 3, "needs a value"),
        ("id:", 0, "needs a value"),
        ('ab "cd', 3, "no end"),
        ('"ab\\"', 0, "no end"),
        ('""', 0, "nothing to look for"),
        ("seq:x", 0, "seq is a number"),
        ("seq:1..x", 0, "seq is a number"),
        ("since:yesterday", 0, "A time is written like"),
        ("since:2026-02-30", 0, "A time is written like"),
        ("time:0000", 0, "A time is written like"),
        ("type:" + "a," * 300, 0, "at most 200 values"),
        ("a " * 201, 400, "at most 200 terms"),
        ("a" * 10_001, 10_000, "at most 10,000 characters"),
    ],
)
def test_refused_with_its_place(query: str, at: int, words: str) -> None:
    with pytest.raises(FilterError, match=re.escape(words)) as error:
        parse(query)
    assert error.value.at == at


def test_texts() -> None:
    assert parse('abc -Def "two words" -"a \\"b\\\\" id:x-1').texts == (
        ("abc", True),
        ("Def", False),
        ("two words", True),
        ('a "b\\', False),
        ("x-1", True),
    )


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("2024", 366 * DAY),
        ("9999", 365 * DAY),
        ("2026-02", 28 * DAY),
        ("9999-12-31", DAY),
        ("2026-11-20T09", HOUR),
        ("2026-11-20 09:17", 60_000_000),
        ("2026-11-20T09:17Z", 60_000_000),
        ("2026-11-20T09:17+05:30", 60_000_000),
        ("2026-11-20T09:17:40", 1_000_000),
        ("2026-11-20T09:17:40.018Z", 1_000),
        ("2026-11-20T09:17:40.018+02:00", 1_000),
        ("2026-11-20T09:17:40.018123456", 1),
        ("0001-01-01T00:00+14:00", 60_000_000),
    ],
)
def test_a_time_names_a_span(text: str, width: int) -> None:
    start, after = moment(text)
    assert after - start == width


def test_a_zone_shifts() -> None:
    assert moment("1970-01-01T02:00+02:00")[0] == 0
    assert moment("1969-12-31T19:00-0500")[0] == 0
