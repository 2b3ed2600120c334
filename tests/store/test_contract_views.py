"""Views of every store: sorted, filtered lists, whatever the filter, however the ledgers grow."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.model.event import NO_TIME, StreamKey
from console.model.finding import Finding
from console.model.trust import Severity, Trust
from console.store.filter import Filter, parse
from console.store.filter.tree import (
    FALSE,
    And,
    Condition,
    Contains,
    FieldCompares,
    FieldMatches,
    InStream,
    Matches,
    Not,
    OfRecord,
    Or,
    Pattern,
    SequenceWithin,
    TimeWithin,
    TrustIn,
    WorstFrom,
)
from console.store.protocol import EventView
from tests.support.filter_evaluation import Judged, fits
from tests.support.index_cases import Pen, Row
from tests.support.stores import PATHS, ROWS, STORES, Opened, index, streams_of


@pytest.fixture(params=STORES)
async def one(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Opened]:
    async with index(request.param, tmp_path) as found:
        yield found


EVERYTHING = Filter()
every_store = pytest.mark.parametrize("name", STORES)


BOUND = st.none() | st.integers(-2, 6)
PATTERNS = st.lists(
    st.builds(Pattern, st.sampled_from(["A", "A*", "?", "*", "b[*", "s", "t", "/three", "*.jsonl"]), st.booleans()),
    min_size=1,
    max_size=2,
).map(tuple)
LEAVES: st.SearchStrategy[Condition] = st.one_of(
    st.builds(Matches, st.sampled_from(["type", "actor", "ledger", "format", "code"]), PATTERNS),
    st.builds(InStream, PATTERNS, st.sampled_from([None, "run", "deal"])),
    st.builds(TrustIn, st.lists(st.sampled_from(list(Trust)), min_size=1, max_size=3).map(tuple)),
    st.builds(WorstFrom, st.sampled_from(list(Severity))),
    st.builds(SequenceWithin, BOUND | st.just(10**30), BOUND | st.just(-(10**30))),
    st.builds(TimeWithin, BOUND, BOUND),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(And, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, max_size=3).map(tuple)),
    ),
    max_leaves=5,
)
OF_RECORDS = (Contains("x"), FieldMatches(("a",), (Pattern("1"),)), FieldCompares(("a",), ">", Decimal(1), None))
CONDITIONS_WITH_RECORDS = st.recursive(
    LEAVES | st.sampled_from(OF_RECORDS),
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(And, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)
APPENDS = st.lists(st.tuples(st.integers(0, 2), st.lists(ROWS, min_size=1, max_size=8)), min_size=1, max_size=5)


class Plain:
    """The rows in a list."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, int, int, Row]] = []
        """The time by which it is ordered, the number of the ledger, the ordinal."""
        self._last: dict[int, int] = {}

    def add(self, number: int, first: int, rows: list[Row]) -> None:
        for at, row in enumerate(rows):
            if row.time != NO_TIME:
                self._last[number] = row.time
            self.rows.append((self._last.get(number, 0), number, first + at, row))

    def shown(self, condition: Condition, number: int | None, stream: str | None) -> list[tuple[int, int]]:
        """Ledgers and ordinals of what a view shows."""
        found = [
            each
            for each in (self.rows if number is None else sorted(self.rows, key=lambda each: each[1:3]))
            if number in (None, each[1]) and (stream is None or stream in streams_of(each[3]))
        ]
        chosen = [each for each in found if fits(condition, judged(each[1], each[2], each[3]))]
        return [each[1:3] for each in (sorted(chosen, key=lambda each: each[:3]) if number is None else chosen)]


def judged(number: int, ordinal: int, row: Row) -> Judged:
    """Every second record has a finding."""
    return Judged(
        path=PATHS[number],
        format="kernel",
        type=row.type,
        actor=row.actor,
        streams=tuple(StreamKey("run", key) for key in streams_of(row)),
        sequence=row.sequence,
        time=None if row.time == NO_TIME else row.time,
        trust=row.trust,
        worst=row.worst,
        codes=frozenset(["c.even"] if ordinal % 2 == 0 else []),
    )


async def write(pen: Pen, rows: list[Row]) -> None:
    numbers = range(pen.next.ordinal, pen.next.ordinal + len(rows))
    found = [Finding("c.even", Severity.NOTE, "even", record=number) for number in numbers if number % 2 == 0]
    await pen.write(pen.batch(rows, found))


async def shown(view: EventView, ledgers: list[int]) -> list[tuple[int, int]]:
    rows = [row for start in range(0, view.count, 5) for row in await view.rows(start, start + 5)]
    return [(ledgers.index(row.ledger), row.ordinal) for row in rows]


@every_store
@settings(max_examples=60, deadline=None)
@given(APPENDS, CONDITIONS, st.sampled_from(["all", "ledger", "stream"]), st.tuples(*[st.booleans()] * 5))
def test_a_view_is_a_sorted_filtered_list(
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    appends: list[tuple[int, list[Row]]],
    condition: Condition,
    scope: str,
    looks: tuple[bool, ...],
) -> None:
    async def scenario() -> None:
        async with index(name, tmp_path_factory.mktemp("index")) as one:
            plain, view = Plain(), None
            chosen: tuple[int | None, str | None] = (None, None)
            ledgers = [pen.ledger for pen in one.pens]
            for (number, rows), look in zip(appends, looks, strict=False):
                first = one.pens[number].next.ordinal
                await write(one.pens[number], rows)
                plain.add(number, first, rows)
                if view is None:
                    stream_rows, _ = await one.reader.streams(ledgers[number])
                    if scope == "stream" and not stream_rows:
                        continue
                    chosen = {
                        "all": (None, None),
                        "ledger": (number, None),
                        "stream": (number, stream_rows[-1].key if stream_rows else None),
                    }[scope]
                    view = await one.reader.view(
                        Filter(condition),
                        ledger=ledgers[number] if scope == "ledger" else None,
                        stream=stream_rows[-1].id if scope == "stream" else None,
                    )
                elif look:
                    before = await shown(view, ledgers)
                    changed = await view.refresh()
                    after = await shown(view, ledgers)
                    same = len(before) if changed is None else changed
                    assert after[:same] == before[:same]
                    assert changed is not None or after == before
                else:
                    continue
                expected = plain.shown(condition, *chosen)
                assert view.count == len(expected)
                assert await shown(view, ledgers) == expected
                for at in {0, len(expected) - 1} & {*range(len(expected))}:
                    (row,) = await view.rows(at, at + 1)
                    assert await view.position(row.id) == at

    asyncio.run(scenario())


async def test_a_page_is_bounded(one: Opened) -> None:
    await one.pen.add(*(Row(at) for at in range(1500)))
    view = await one.reader.view(EVERYTHING)
    assert [row.ordinal for row in await view.rows(0, 5000)] == [*range(1, 1025)]
    assert [row.ordinal for row in await view.rows(1490, 5000)] == [*range(1491, 1501)]
    assert await view.rows(1500, 1501) == []


async def test_only_hits_are_shown(one: Opened) -> None:
    ledgers = [pen.ledger for pen in one.pens]
    for pen in one.pens[:2]:
        await pen.add(*(Row(at, "A" if at % 2 else "B") for at in range(6)))
    view = await one.reader.hit_view(parse("type:A"))
    other = await one.reader.hit_view(EVERYTHING)
    assert view.count == other.count == 0
    await view.add_hits(ledgers[0], [(1, 0), (2, 0), (4, 0)])
    await view.add_hits(ledgers[1], [(6, 0), (4, 0)])
    assert await view.refresh() == 0
    assert await shown(view, ledgers) == [(0, 2), (0, 4), (1, 4), (1, 6)]
    await view.forget_hits(ledgers[0])
    assert await view.refresh() == 0
    assert await shown(view, ledgers) == [(1, 4), (1, 6)]
    assert await other.refresh() is None


@every_store
@settings(max_examples=40, deadline=None)
@given(CONDITIONS_WITH_RECORDS, st.lists(st.tuples(ROWS, st.frozensets(st.sampled_from(OF_RECORDS))), max_size=8))
def test_what_holds_of_records_stands_anywhere(
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    condition: Condition,
    rows: list[tuple[Row, frozenset[OfRecord]]],
) -> None:
    """Hits are the records that may fit; the rest is asked of the index."""

    async def scenario() -> None:
        async with index(name, tmp_path_factory.mktemp("index")) as one:
            await write(one.pen, [row for row, _ in rows])
            filter = Filter(condition)
            view = await one.reader.hit_view(filter)
            asked, hits, expected = filter.undecided.of_record, [], []
            for ordinal, (row, held) in enumerate(rows, 1):
                if filter.given(held.__contains__).condition != FALSE:
                    hits.append((ordinal, sum(1 << bit for bit, each in enumerate(asked) if each in held)))
                if fits(condition, replace(judged(0, ordinal, row), held=held)):
                    expected.append(ordinal)
            await view.add_hits(one.pen.ledger, hits)
            await view.refresh()
            assert sorted(row.ordinal for row in await view.rows(0, 99)) == expected
            possible = await one.reader.between(filter.possible, one.pen.ledger, 1, 99, 99)
            assert {*expected} <= {row.ordinal for row in possible}

    asyncio.run(scenario())


async def test_between_two_records(one: Opened) -> None:
    await one.pen.add(*(Row(at, "A" if at % 3 else "B") for at in range(1, 13)))
    found = await one.reader.between(parse("type:A"), one.pen.ledger, 3, 11, 4)
    assert [row.ordinal for row in found] == [4, 5, 7, 8]
