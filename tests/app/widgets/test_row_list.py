"""Columns of a report's rows: what a row is about stands whole, and a column without values takes no room."""

import pytest
from textual.app import App, ComposeResult

from console.app.widgets.tables.row_list import RowList
from console.engine.questions import report_cell
from console.formats.report import ReportColumn, ReportRow

DAY = 86_400_000_000
IDS = ("7c1f0b52-94d3-4f6e-8a27-3e5b90d1c648", "11c0cf2b-0b7c-4d53-8d3c-2f8d8f6f8a10")
KEYS = ("ClosingReadinessAttested", "worker.job_queued_after_retry")
COLUMNS = (
    ReportColumn("deal", "deal"),
    ReportColumn("time", "time", "time"),
    ReportColumn("event", "event"),
    ReportColumn("nothing", "nothing"),
    ReportColumn("kept", "kept", "flag"),
    ReportColumn("materials", "materials"),
    ReportColumn("none", "a wide title of nothing", "age"),
    ReportColumn("actor", "actor"),
)


class Rows(App[None]):
    def compose(self) -> ComposeResult:
        yield RowList(report_cell)


def rows(keys: tuple[str, ...] = KEYS) -> list[ReportRow]:
    values = {"nothing": "", "kept": None, "none": None, "materials": "6 of 7, one of them without", "actor": "alice"}
    return [
        ReportRow({"deal": id, "time": DAY * at, "event": key} | values)
        for at, (id, key) in enumerate(zip(IDS, keys, strict=False))
    ]


@pytest.mark.parametrize("width", [20, 40, 70, 80, 120, 200])
async def test_the_key_whole_and_empty_columns_left_out(width: int) -> None:
    async with Rows().run_test(size=(width, 10)) as pilot:
        table = pilot.app.query_one(RowList)
        table.fill(COLUMNS, rows())
        await pilot.pause()
        assert "nothing" not in table.titles
        lines = [strip.text for at in (0, 1) if (strip := table.draw(at, False)) is not None]
        assert all(len(line) == width for line in lines)
        if width >= 70:
            assert all(key in line for key, line in zip(KEYS, lines, strict=True))
            assert table.hidden == (0 if width >= 120 else table.hidden)


async def test_without_rows_each_column_has_its_title() -> None:
    async with Rows().run_test(size=(200, 10)) as pilot:
        table = pilot.app.query_one(RowList)
        table.fill(COLUMNS, [])
        assert "a wide title of nothing" in table.titles
