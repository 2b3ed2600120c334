"""Views against a plain sorted list: any ledgers, filters, windows, and growth of any kind."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.model.event import NO_TIME, StreamKey
from console.model.finding import Finding
from console.model.trust import Severity, Trust
from console.store.opening import store_at
from console.store.protocol import EventView, IndexReader, IndexWriter
from console.store.rows import EventRow
from console.store.sqlite.read import view as view_module
from tests.support.index_cases import Pen, Row, new_index, view_of

ROWS = st.builds(
    Row,
    time=st.one_of(st.just(NO_TIME), st.integers(-5, 40)),
    type=st.sampled_from(["", "A", "B"]),
    actor=st.sampled_from(["", "x"]),
    stream=st.sampled_from(["", "s", "t"]),
    sequence=st.integers(-1, 5),
    trust=st.sampled_from([Trust.VERIFIED, Trust.BROKEN]),
    worst=st.sampled_from([Severity.NONE, Severity.WARNING]),
    also=st.sampled_from([(), (), ("t",), ("u",)]),
)
APPENDS = st.lists(st.tuples(st.integers(0, 2), st.lists(ROWS, min_size=1, max_size=12)), min_size=1, max_size=6)
FILTERS: dict[str, Callable[[Row], bool]] = {
    "": lambda row: True,
    "type:A": lambda row: row.type == "A",
    "trust:broken -type:B": lambda row: row.trust == Trust.BROKEN and row.type != "B",
    "severity:warning": lambda row: row.worst == Severity.WARNING,
    "run:t": lambda row: "t" in (row.stream, *row.also),
    "time:>=1970-01-01": lambda row: row.time != NO_TIME and row.time >= 0,
    "seq:2..4": lambda row: 2 <= row.sequence <= 4,
}


@dataclass
class Plain:
    """What the view must show: rows with their keys."""

    rows: list[tuple[int, int, Row]] = field(default_factory=list)
    """Time to sort by, id, row."""
    last: dict[int, int] = field(default_factory=dict)

    def add(self, ledger: int, first: int, rows: list[Row]) -> None:
        for at, row in enumerate(rows):
            if row.time != NO_TIME:
                self.last[ledger] = row.time
            self.rows.append((self.last.get(ledger, 0), (ledger << 32) + first + at, row))

    def shown(self, query: str, ledger: int | None, stream: tuple[int, str] | None) -> list[int]:
        chosen = [each for each in self.rows if FILTERS[query](each[2])]
        if stream is not None:
            number, name = stream
            chosen = [each for each in chosen if each[1] >> 32 == number and name in (each[2].stream, *each[2].also)]
            return sorted(each[1] for each in chosen)
        if ledger is not None:
            return sorted(each[1] for each in chosen if each[1] >> 32 == ledger)
        return [each[1] for each in sorted(chosen, key=lambda each: each[:2])]


async def check(view: EventView, expected: list[int], windows: list[tuple[int, int]]) -> None:
    assert view.count == len(expected)
    for start, size in windows:
        start %= len(expected) + 2
        assert [row.id for row in await view.rows(start, start + size)] == expected[start : start + size]
    for number in {0, len(expected) // 2, len(expected) - 1} & set(range(len(expected))):
        assert await view.position(expected[number]) == number


async def scenario(
    path: Path,
    appends: list[tuple[int, list[Row]]],
    query: str,
    scope: str,
    looks: list[bool],
    windows: list[tuple[int, int]],
) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    writer, pens = await new_index(path, "one", "two", "three")
    reader = await store_at(path).reader()
    assert reader is not None
    plain = Plain()
    view: EventView | None = None
    stream: tuple[int, str] | None = None
    try:
        for (number, rows), look in zip(appends, looks, strict=False):
            pen = pens[number]
            first = pen.next.ordinal
            await pen.add(*rows)
            plain.add(pen.ledger, first, rows)
            if view is None:
                stream_id = None
                if scope == "stream":
                    found, _ = await reader.streams(pen.ledger)
                    if not found:
                        continue
                    stream, stream_id = (pen.ledger, found[-1].key), found[-1].id
                ledger = pen.ledger if scope == "ledger" else None
                chosen = ledger
                view = await view_of(reader, query, ledger=ledger, stream=stream_id)
            elif look:
                before = [row.id for row in await every(view)]
                changed = await view.refresh()
                after = [row.id for row in await every(view)]
                same = len(before) if changed is None else changed
                assert after[:same] == before[:same]
                assert changed is not None or after == before
            else:
                continue
            await check(view, plain.shown(query, chosen, stream), windows)
    finally:
        await reader.close()
        await writer.close()


async def every(view: EventView) -> list[EventRow]:
    return [row for start in range(0, view.count, 7) for row in await view.rows(start, min(start + 7, view.count))]


@pytest.mark.slow
@settings(max_examples=120, deadline=None)
@given(
    appends=APPENDS,
    query=st.sampled_from(sorted(FILTERS)),
    scope=st.sampled_from(["all", "ledger", "stream"]),
    looks=st.lists(st.booleans(), min_size=6, max_size=6),
    windows=st.lists(st.tuples(st.integers(0, 70), st.integers(0, 30)), min_size=1, max_size=5),
    step=st.sampled_from([1, 3, 4096]),
    dense=st.sampled_from([1, 2, 50]),
)
def test_like_a_sorted_list(
    tmp_path_factory: pytest.TempPathFactory,
    appends: list[tuple[int, list[Row]]],
    query: str,
    scope: str,
    looks: list[bool],
    windows: list[tuple[int, int]],
    step: int,
    dense: int,
) -> None:
    path = tmp_path_factory.getbasetemp() / "view.sqlite"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(view_module, "STEP", step)
        patch.setattr(view_module, "DENSE", dense)
        asyncio.run(scenario(path, appends, query, scope, looks, windows))


@dataclass
class Opened:
    writer: IndexWriter
    pen: Pen
    reader: IndexReader


@pytest.fixture
async def opened(tmp_path: Path):  # type: ignore[no-untyped-def]  # an async generator of Opened
    writer, (pen,) = await new_index(tmp_path / "index.sqlite", "one")
    reader = await store_at(tmp_path / "index.sqlite").reader()
    assert reader is not None
    yield Opened(writer, pen, reader)
    await reader.close()
    await writer.close()


async def test_verdicts_that_change_are_seen(opened: Opened) -> None:
    broken = Finding("chain.hash-mismatch", Severity.CRITICAL, "no", stream="s", record=2)
    rows = [Row(1, stream="s", trust=Trust.VERIFIED), Row(2, stream="s", trust=Trust.BROKEN, worst=Severity.CRITICAL)]
    await opened.pen.write(opened.pen.batch(rows, [broken]))
    everything, only_broken = await view_of(opened.reader), await view_of(opened.reader, "trust:broken")
    by_code = await view_of(opened.reader, "code:chain.*")
    assert (everything.count, only_broken.count, by_code.count) == (2, 1, 1)
    async with opened.writer.transaction():
        verdicts = {1: Trust.BROKEN, 2: Trust.VERIFIED}
        found = [Finding("chain.fork", Severity.CRITICAL, "two", stream="s", record=1)]
        await opened.writer.rewalked(opened.pen.ledger, StreamKey("run", "s"), verdicts.items(), found)
    assert await everything.refresh() == 0
    assert await only_broken.refresh() == 0
    assert await by_code.refresh() == 0
    assert [row.trust for row in await everything.rows(0, 2)] == [Trust.BROKEN, Trust.VERIFIED]
    assert [row.worst for row in await everything.rows(0, 2)] == [Severity.CRITICAL, Severity.NONE]
    assert [row.ordinal for row in await only_broken.rows(0, 2)] == [1]
    assert [row.ordinal for row in await by_code.rows(0, 2)] == [1]
    (stream,), _ = await opened.reader.streams(opened.pen.ledger)
    (ledger,) = await opened.reader.ledgers()
    assert stream.trust == ledger.trust == (0, 1, 0, 0, 0, 0, 1)


async def test_the_same_number_of_other_records(opened: Opened) -> None:
    await opened.pen.add(Row(1, "A", stream="s"), Row(2, "A"))
    view = await view_of(opened.reader)
    assert [row.stream_key for row in await view.rows(0, 2)] == ["s", ""]
    async with opened.writer.transaction():
        await opened.writer.clear(opened.pen.ledger)
    pen = Pen(opened.writer, opened.pen.ledger)
    await pen.add(Row(3, "B", stream="t"), Row(4, "B"))
    assert await view.refresh() == 0
    assert [(row.time, row.type, row.stream_key) for row in await view.rows(0, 2)] == [(3, "B", "t"), (4, "B", "")]


async def test_a_window_is_of_the_last_look(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view_module, "STEP", 4)
    await opened.pen.add(*(Row(time) for time in range(50)))
    view = await view_of(opened.reader)
    await opened.pen.add(*(Row(time) for time in range(50, 60)))
    assert [row.time for row in await view.rows(45, 50)] == [45, 46, 47, 48, 49]
    assert await view.refresh() == 50


async def test_nothing_new_costs_no_change(opened: Opened) -> None:
    view = await view_of(opened.reader)
    assert view.count == 0
    assert await view.rows(0, 10) == []
    assert await view.position(1 << 32) is None
    assert await view.refresh() is None
    await opened.pen.add(Row(1))
    assert await view.refresh() == 0
    assert await view.refresh() is None
    assert len(await view.rows(0, 10)) == 1
