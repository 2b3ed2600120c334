"""Filters: what each field chooses, and what is refused and where."""

import re
from pathlib import Path

import pytest

from console.model.finding import Finding
from console.model.trust import Severity, Trust
from console.store.filter import FilterError, moment, parse
from console.store.filter.tree import And, Contains, FieldCompares, Not, TimeWithin
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
        ("severty:high", 0, "Did you mean severity:?"),
        ("ok type:A  trust:good", 17, "trust is one of"),
        ("trust:broken,good", 13, "trust is one of"),
        ("severity:bad", 9, "severity is one of"),
        ("format:kernal", 7, "Did you mean format:kernel?"),
        ("format:kernel,x*", 14, "Known: custody, kernel, "),
        ("code:chain.hash-mismach", 5, "Did you mean code:chain.hash-mismatch?"),
        ("code:zzz.*", 5, "chain.*, "),
        ('-code:"chain.*"', 6, "no code"),
        ("type:", 5, "needs a value"),
        ('ok type:""', 8, "needs a value"),
        ("id:", 3, "needs a value"),
        ("type:A or", 9, "term is missing"),
        ("a (type:A or b", 2, "not closed"),
        ("a) b", 1, "No bracket is open"),
        ("a ()", 3, "no term before this bracket"),
        ("or b", 0, "between two terms"),
        ("a and and b", 6, "between two terms"),
        ("a -", 2, "nothing to look for"),
        ("a not", 5, "term is missing"),
        ("seq>5x", 4, "seq is a number"),
        ("type>A", 5, "has no order"),
        ("seq:1,2", 6, "has one value"),
        ("payload.amount>much", 15, "number or a time"),
        ("ancesters(a)", 0, "Did you mean ancestors(…)?"),
        ("seq:1 foo(a)", 6, "no function"),
        ("chain( )", 6, "needs the id"),
        ("not " * 60 + "a", 84, "at most 20"),
        ('ab "cd', 3, "no end"),
        ('type:"cd', 5, "no end"),
        ('type:"\\', 5, "no end"),
        ('"ab\\"', 0, "no end"),
        ('""', 0, "nothing to look for"),
        ("seq:x", 4, "seq is a number"),
        ("seq:1..x", 4, "seq is a number"),
        ("since:soon", 6, "A time is written like"),
        ("since:2026-02-30", 6, "A time is written like"),
        ("time:0000", 5, "A time is written like"),
        ("type:" + "a," * 300, 405, "at most 200 values"),
        ("a " * 201, 400, "at most 200 terms"),
        ("a" * 10_001, 10_000, "at most 10,000 characters"),
    ],
)
def test_refused_with_its_place(query: str, at: int, words: str) -> None:
    with pytest.raises(FilterError, match=re.escape(words)) as error:
        parse(query)
    assert error.value.at == at


def test_texts() -> None:
    assert parse('abc -Def "two words" -"a \\"b\\\\" id:x-1').condition == And(
        (
            Contains("abc"),
            Not(Contains("Def")),
            Contains("two words"),
            Not(Contains('a "b\\')),
            Contains("x-1"),
        )
    )


@pytest.mark.parametrize("text", ["09:17", "<b>", "a->b", "10.0.0.1:80", 'x"y', "[a-[*", "C#", "and-so-on"])
def test_what_can_be_meant_as_text(text: str) -> None:
    assert parse(text).condition == Contains(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("type:A or type:B seq:1", "type:A or (type:B and seq:1)"),
        ("not type:A seq:1", "(-type:A) and seq:1"),
        ("type!=A,B", "-type:A,B"),
        ("TYPE=A", "type:A"),
        ("seq>9", "seq:>9"),
        ("time<=2026", "time:<=2026"),
        ("severity>=warning", "severity:warning"),
        ("severity>warning", "severity:error"),
        ("severity<warning", "-severity:warning"),
        ("payload.a:>9", "payload.a>9"),
        ("payload.a:3..9", "payload.a>=3 payload.a<=9"),
        ('payload."a".0:x', "payload.a.0:x"),
        ("Not (a OR b)", "-(a or b)"),
        ('type:"A",B', 'type:A,"B"'),
    ],
)
def test_two_ways_to_write_it(one: str, other: str) -> None:
    assert parse(one) == parse(other)


def test_times_count_from_now() -> None:
    now = 10 * DAY + 5 * HOUR
    assert parse("since:2h", now).condition == TimeWithin(now - 2 * HOUR, None)
    assert parse("until:now", now).condition == TimeWithin(None, now + 1)
    assert parse("time:yesterday", now).condition == TimeWithin(9 * DAY, 10 * DAY)
    assert parse("since:1d12h30m", now).condition == TimeWithin(now - 36 * HOUR - HOUR // 2, None)
    assert parse("payload.due<today", now).condition == FieldCompares(
        ("payload", "due"), "<", None, (10 * DAY, 11 * DAY)
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
